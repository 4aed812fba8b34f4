# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 02 · The spatial gate, and its three formulas
#
# **15 minutes.** It helps to have done notebook 01.
#
# You will be able to
#
# - compute the *spatial-only gate* by hand, and say which axis it collapses;
# - tell apart the three formulas that go by the name of PSA, by where their softmax stands;
# - recognise, from two numbers, a map that looks vivid and does nothing;
# - write the gate yourself.
#
# NumPy and Matplotlib are all you need. The features are 4 channels of a picture of 2×3 positions.

# %%
import math

import numpy as np
from checks import check, hint  # hint("02.1") says more, if you are stuck
from classroom import has_torch, maps_figure, numbers_figure, ranges_figure, show  # also puts psa_viz on the path
from numpy_block import sigmoid, softmax

from psa_viz.rendering.scales import gate_scale, signed_scale, stretched

x = np.array([[1, 0, 0, 2, 0, 0], [0, 2, 1, 0, 1, 0], [1, 1, 1, 1, 1, 1], [0, 0, 3, 0, 0, 1]], dtype=float)
x = x.reshape(4, 2, 3)  # (C, H, W)
features = x.reshape(4, 6)  # (C, HW): the six positions in reading order
show(numbers_figure({"X: 4 channels, 6 positions": features}, signed_scale(features, "value"), 0), "Features")

# %% [markdown]
# ## Step 1 · what is the picture about? A query without space
#
# The channel gate kept channels and collapsed space. The spatial gate does the opposite: it will keep every position,
# and collapse the channels into one number each. To know how to weigh channels against each other it first needs a
# summary of the whole picture.
#
# $W_q$ makes c = C/2 = 2 query channels at every position, and the mean over all positions leaves two numbers.

# %%
W_q = np.array([[1, 0, 0, 0.5], [0, 1, 0, 0]])  # (c, C)

pooled = []
for row in range(2):
    values = [sum(float(W_q[row, ch] * features[ch, p]) for ch in range(4)) for p in range(6)]
    pooled.append(sum(values) / 6)
print("pooled query:", [round(value, 4) for value in pooled])

# %% [markdown]
# A mean of products is the product with the mean: average the features first, multiply once.

# %%
q = W_q @ features.mean(axis=1)  # (c,)
np.testing.assert_allclose(q, (W_q @ features).mean(axis=1))
np.testing.assert_allclose(q, pooled)

# %% [markdown]
# ## Step 2 · the value, at full resolution
#
# $W_v$ makes two value channels, at every position. Nothing is pooled here: this is what keeps H×W.

# %%
W_v = np.array([[2, -1, 0, 0], [0, 1, 0, 1]], dtype=float)  # (c, C)
value = W_v @ features  # (c, HW)
show(numbers_figure({"W_v X: 2 value channels, 6 positions": value}, signed_scale(value, "value"), 0), "Values")

# %% [markdown]
# ## Step 3 · the paper's softmax: over the two query channels
#
# Now the collapse needs shares, and this time the axis that is collapsed is the channels. So, in the paper, the softmax
# runs over the c numbers of the pooled query.

# %%
raised = [math.exp(value) for value in pooled]
s = [value / sum(raised) for value in raised]  # shares of the two channels
print("shares:", [round(share, 4) for share in s], " sum:", round(sum(s), 12))

# %% [markdown]
# ## Step 4 · one logit for each position, and the sigmoid
#
# At each position: the first share times the first value, plus the second times the second. A mean of value channels,
# then, and therefore always between the smallest and the largest value at that position. Those values can be any
# number, so the map can use all of (0, 1).

# %%
logits = [sum(s[row] * float(value[row, p]) for row in range(2)) for p in range(6)]
by_hand = [1 / (1 + math.exp(-logit)) for logit in logits]

paper = sigmoid(softmax(q) @ value)  # (HW,)
np.testing.assert_allclose(paper, by_hand)
show(numbers_figure({"paper: A_sp on 2x3 positions": paper.reshape(2, 3)}, gate_scale(), 3), "The paper's map")

# %% [markdown]
# ## The other two formulas
#
# The authors published code as well, and what it computes is not what the paper prints. It is not even one formula: its
# parallel and its sequential block differ from each other. Same matrices, same features; only the softmax moves.
#
# | formula | the softmax acts on | so its shares are |
# |---|---|---|
# | paper | the pooled query, before the product | of the c channels |
# | official, parallel | the product, after it | of the H·W positions |
# | official, sequential | each value channel, before the product | of the H·W positions |
#
# **Official, parallel.** The plain query is multiplied with the values, and the six products become six shares that sum
# to 1. A share lies between 0 and 1 — and *that* goes into the sigmoid.

# %%
product = [sum(pooled[row] * float(value[row, p]) for row in range(2)) for p in range(6)]
raised = [math.exp(number) for number in product]
shares = [number / sum(raised) for number in raised]
official_parallel = sigmoid(softmax(q @ value))  # (HW,)
np.testing.assert_allclose(official_parallel, [1 / (1 + math.exp(-n)) for n in shares])
print("shares:", [round(share, 3) for share in shares])
print("map:   ", [round(number, 3) for number in official_parallel.tolist()])

# %% [markdown]
# Look at the smallest number of that map. The sigmoid of 0 is 0.5, and no share is below 0: **this gate cannot hold
# anything back by more than half.** And no share is above 1, so nothing gets more than sigmoid(1) = 0.7311.
#
# **Official, sequential.** The softmax turns each value channel into shares of the positions, and the plain query then
# weighs these.

# %%
official_sequential = sigmoid(q @ softmax(value, axis=1))  # (HW,)
three = {
    "paper": paper.reshape(2, 3),
    "official, parallel": official_parallel.reshape(2, 3),
    "official, sequential": official_sequential.reshape(2, 3),
}
show(
    numbers_figure(three, gate_scale(), 3), "The three maps of the same features, from the same matrices, on one scale"
)

# %% [markdown]
# ## In one function, and in the library
#
# `spatial_gate` in `numpy_block.py` has one argument for the difference, and three words for it. So has the library's
# `SpatialGate`, where PyTorch is installed.

# %%
from numpy_block import spatial_gate

WORDS = ("query", "product", "value")
for word, expected in zip(WORDS, three.values(), strict=True):
    difference = float(np.abs(spatial_gate(x, W_q, W_v, word) - expected).max())
    print(f"softmax on the {word:7}: largest difference {difference:.1e}")
    assert difference < 1e-12

# %%
if has_torch():
    import torch

    from psa_viz.attention.spatial import SpatialGate

    for word, expected in zip(WORDS, three.values(), strict=True):
        gate = SpatialGate(4, softmax_on=word).double()
        with torch.no_grad():
            gate.query.weight.copy_(torch.from_numpy(W_q))
            gate.value.weight.copy_(torch.from_numpy(W_v))
            library = gate(torch.from_numpy(x)[None])[0].numpy()  # (H, W)
        assert np.abs(library - expected).max() < 1e-12
    print("the library's three gates give the same maps")

# %% [markdown]
# ## On more than six positions
#
# With six positions each share is about a sixth. With 768 positions it is about 0.0013, and the sigmoid of 0.0013 is
# 0.5003. Let us see: 32 channels, 24×32 positions, random features, fresh matrices, and the same matrices under each
# formula.

# %%
from numpy_block import fresh

many = np.random.default_rng(0).standard_normal((32, 24, 32)).clip(min=0)  # what a ReLU would leave
matrices = fresh(32, seed=1).spatial
maps = {word: spatial_gate(many, *matrices, word) for word in WORDS}
names = dict(zip(maps, three, strict=True))
ranges = {names[word]: (float(m.min()), float(m.max())) for word, m in maps.items()}
show(ranges_figure(ranges, gate_scale()), "Range of each map on the axis from 0 to 1")

# %% [markdown]
# ## How to make nothing look like something
#
# On the absolute scale, 0 to 1, the official map is one colour. It *is* one colour: it multiplies every position by
# nearly the same number.

# %%
absolute = {f"{names[word]}, absolute": m for word, m in maps.items()}
show(maps_figure(absolute, gate_scale()), "Three maps on the absolute scale; the official ones have one colour")

# %% [markdown]
# Plotting libraries stretch the colours over whatever range there is, unless told otherwise. Here is the official
# parallel map again, with that default. Read the legend before you believe the picture.

# %%
official = maps["product"]
show(maps_figure({"official, parallel, stretched": official}, stretched(official)), "The same flat map, stretched")

# %% [markdown]
# Those are random features and untrained matrices: there is nothing to see, and it looks like attention. Two numbers
# protect you: the minimum and the maximum of the map.
#
# ## What you have
#
# $$A^{sp} = \mathrm{sigmoid}\big(s^{\top}\,(W_v X)\big), \qquad s = \mathrm{softmax}\big(\mathrm{GAP}(W_q X)\big)$$
#
# is the paper's; GAP is the mean over all positions. Three formulas, one name: whoever says "PSA" has to say which.
#
# ## Exercises
#
# **1.** What is the largest value that a map of the official parallel formula can have, on any picture? Four decimals.

# %%
answer_1 = ...

# %%
check("02.1", answer_1)

# %% [markdown]
# **2.** The shares sum to 1, so their mean is one over the number of positions; and close to zero, sigmoid(v) is almost
# 0.5 + v/4. What is, about, the mean of an official parallel map on 64×48 positions? Six decimals. (Exactly it depends
# on the picture, a little: between 0.500075, when all of the softmax falls on one position, and 0.500081.)

# %%
answer_2 = ...

# %%
check("02.2", answer_2)

# %% [markdown]
# **3.** Make all six positions of our `features` equal: each of them gets the mean of its channel,
# `features.mean(dim=1)`. What does the *paper's* map have at each position?

# %%
answer_3 = ...

# %%
check("02.3", answer_3, features, W_q, W_v)

# %% [markdown]
# **4.** Write the paper's gate. A function of features of any number of channels and positions, and of the two matrices;
# it returns the map, one number for each position.


# %%
def answer_4(features, W_q, W_v):  # (C, N), (C/2, C), (C/2, C) -> (N,)
    return ...


# %%
check("02.4", answer_4)

# %% [markdown]
# ## See it in the page
#
# Start the page with `make demo` and add to its address `#example=01-astronaut&tab=walk`: below the steps, the
# features of one photo go through all three formulas. The tour's step `#tour=7`, *Three formulas, one name*, asks you
# whether training changes it.

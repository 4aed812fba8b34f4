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
# # 01 · One gate by hand
#
# **15 minutes.** You need to know what a 1×1 convolution is: the same matrix, applied at every position of a picture.
#
# You will be able to
#
# - compute the *channel-only gate* of polarized self-attention with nothing but loops;
# - say which axis it collapses, which one it keeps, and why that is called *polarized*;
# - check your numbers against one function, and against a library, to fifteen digits;
# - write the gate yourself, in a cell that is content only when it is right.
#
# NumPy and Matplotlib are all you need; where PyTorch is installed, one cell compares with the library. Everything happens on 8 channels of a picture that is one cell high and two cells wide: sixteen numbers, small enough
# to follow each of them.

# %% [markdown]
# ## The words
#
# We keep to a few words, and use each for one thing only.
#
# | word | what it is |
# |---|---|
# | **feature** | one number of the input X, at one channel and one position |
# | **shares** | what a softmax gives: not negative, and they sum to 1 |
# | **logit** | any number that a sigmoid is about to squeeze |
# | **gate** | a number between 0 and 1 that features are multiplied by; a sigmoid makes it |
# | **weight** | one value of the channel-only gate: one for each channel, the same everywhere in the picture |
# | **map** | the spatial-only gate, which is the subject of notebook 02 |
#
# Letters for sizes: C channels, H×W positions, and c = C/2 channels inside the gate.

# %%
import math

import numpy as np
from checks import check, hint  # hint("01.1") says more, if you are stuck
from classroom import has_torch, numbers_figure, show  # also puts psa_viz on the path

from psa_viz.rendering.scales import gate_scale, signed_scale

# %% [markdown]
# ## The input
#
# A row for each channel, a column for each position. In a network these numbers would come out of a 3×3 convolution and
# a ReLU, which is why none of them is negative.

# %%
x = np.array([[2, 0], [0, 1], [1, 1], [0, 3], [0, 0], [1, 0], [0, 1], [2, 0]], dtype=float).reshape(
    8, 1, 2
)  # (C, H, W)
features = x.reshape(8, 2)  # (C, HW): the two positions in a row
show(numbers_figure({"X: 8 channels, 2 positions": features}, signed_scale(features, "value"), 0), "The 16 features")

# %% [markdown]
# ## Step 1 · one query value for each position
#
# The gate has to turn two positions into one without knowing in advance which of them matters. So it asks. The matrix
# $W_q$ has a single row: it looks at the 8 channels of a position and answers with one number, the *query value* of
# that position. A 1×1 convolution from C channels to 1 does just that.
#
# Our $W_q$ likes channels 0 and 7, and dislikes channel 3.

# %%
W_q = np.array([[0.25, 0, 0, -0.25, 0, 0, 0, 0.25]])  # (1, C)

query = [0.0, 0.0]
for position in range(2):
    for channel in range(8):
        query[position] += float(W_q[0, channel] * features[channel, position])
query

# %% [markdown]
# Position 0 has 2 in both channels that the query likes: 0.25·2 + 0.25·2 = 1. Position 1 has 3 in the one that it
# dislikes: −0.75. The same loop is one matrix product.

# %%
np.testing.assert_allclose(W_q @ features, [query], rtol=0, atol=1e-15)

# %% [markdown]
# ## Step 2 · softmax over the positions
#
# Query values are not yet something to average with. The softmax makes shares of them: raise *e* to each, divide by the
# sum. **Over the positions**, because the positions are what is about to be collapsed.

# %%
raised = [math.exp(value) for value in query]
shares = [value / sum(raised) for value in raised]
print("shares:", [round(value, 4) for value in shares], " sum:", round(sum(shares), 12))

# %% [markdown]
# The difference of the query values is 1.75, and that is all that counts: position 0 gets e^1.75 ≈ 5.75 times as much
# as position 1. Add the same number to both query values and nothing changes. This is why a bias on $W_q$ would be
# useless here.

# %% [markdown]
# ## Step 3 · collapse: a mean that was told where to look
#
# Every channel is averaged over the positions with these shares. What was 8×2 is now 8×1. **Space is gone**,
# completely. That is one pole of "polarized": this branch gives up all resolution in space.

# %%
collapsed = [0.0] * 8
for channel in range(8):
    for position in range(2):
        collapsed[channel] += float(features[channel, position]) * shares[position]

a = np.array(shares)  # (HW,)
np.testing.assert_allclose(features @ a, collapsed)
pictures = {"X": features, "shares a": a[None], "X a": np.array(collapsed)}
show(numbers_figure(pictures, signed_scale(features, "value")), "X, the shares of two positions, and the collapsed X a")

# %% [markdown]
# ## Step 4 · inside the gate: half of the channels
#
# $W_v$ mixes the 8 collapsed numbers into c = 4. That is the other pole: the branch that gave up space keeps half of
# the channels, which is a lot. (Squeeze-and-excitation keeps a sixteenth.) Ours compares neighbours: channel 0 with 1,
# 2 with 3, and so on.

# %%
W_v = np.zeros((4, 8))  # (c, C)
for row in range(4):
    W_v[row, 2 * row], W_v[row, 2 * row + 1] = 1, -1

inside = [sum(float(W_v[row, channel]) * collapsed[channel] for channel in range(8)) for row in range(4)]
z = W_v @ (features @ a)  # (c,)
np.testing.assert_allclose(z, inside)
z

# %% [markdown]
# The paper writes this step the other way round, $(W_v X)\,a$: first the matrix at every position, then the average. It
# comes to the same, because both are sums of the same products. On two positions that is a detail. On 64×48 positions
# it is the difference between a cheap block and an expensive one, and the subject of notebook 03.

# %%
np.testing.assert_allclose((W_v @ features) @ a, z)

# %% [markdown]
# ## Step 5 · back to all channels
#
# $W_z$ makes 8 numbers of the 4: one for each channel that is to be weighted.

# %%
W_z = np.array(
    [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1], [1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1], [1, 0, 0, 1]],
    dtype=float,
)  # (C, c)
spread_out = W_z @ z  # (C,)
spread_out

# %% [markdown]
# ## Step 6 · LayerNorm: a spread that does not depend on the picture
#
# The paper's formula now subtracts the mean of these 8 numbers and divides by their standard deviation. Whatever came
# in, what goes out has mean 0 and standard deviation 1. (A tiny number, 0.00001, keeps the division possible when all
# are equal.) That holds **as long as its gain is 1**: a LayerNorm also multiplies by a gain and adds an offset, one of
# each for every channel. Fresh, they are 1 and 0; training may widen the spread with them, or close it.

# %%
mean = sum(spread_out.tolist()) / 8
variance = sum((value - mean) ** 2 for value in spread_out.tolist()) / 8
logits = [(value - mean) / (variance + 1e-5) ** 0.5 for value in spread_out.tolist()]
print([round(value, 3) for value in logits])

# %% [markdown]
# ## Step 7 · sigmoid: weights between 0 and 1
#
# $1 / (1 + e^{-v})$ squeezes any number into (0, 1). A logit of 0 becomes 0.5; that is why 0.5 is marked on every scale
# in this project. Below it a channel is held back, above it, let through.

# %%
weights = [1 / (1 + math.exp(-value)) for value in logits]
pictures = {"W_z z": spread_out, "logits": np.array(logits)}
show(numbers_figure(pictures, signed_scale(spread_out, "value")), "The numbers before and after LayerNorm")
show(numbers_figure({"A_ch, the weights": np.array(weights)}, gate_scale(), 3), "The eight weights, from 0 to 1")

# %% [markdown]
# ## Step 8 · gate the features
#
# Each channel is multiplied by its weight, at every position alike. The gate knows *what*, and no longer *where*.

# %%
gated = features * np.array(weights)[:, None]  # (C, HW)
show(numbers_figure({"X": features, "A_ch · X": gated}, signed_scale(features, "value")), "Features before and after")

# %% [markdown]
# ## In one function
#
# `numpy_block.py`, beside this notebook, has the eight steps in five lines of NumPy. It has to agree with the loops, and
# "about the same" is not enough: these are 64-bit numbers, so the difference must be rounding, some 0.0000000000000001.

# %%
from numpy_block import channel_gate

difference = float(np.abs(channel_gate(x, W_q, W_v, W_z) - weights).max())
print(f"largest difference: {difference:.1e}")
assert difference < 1e-12

# %% [markdown]
# ## The library call
#
# In a network the same is `ChannelGate`, a PyTorch module for batches of real features. We give it our three matrices
# and ask for its weights. Without PyTorch you lose nothing here: the cell says so, and goes on.

# %%
if has_torch():
    import torch

    from psa_viz.attention.channel import ChannelGate

    gate = ChannelGate(8).double()
    with torch.no_grad():
        for layer, matrix in ((gate.query, W_q), (gate.value, W_v), (gate.ending[0], W_z)):
            layer.weight.copy_(torch.from_numpy(matrix))
        library = gate(torch.from_numpy(x)[None])[0].numpy()  # a batch of one picture in, (C,) weights out
    difference = float(np.abs(library - weights).max())
    print(f"largest difference: {difference:.1e}")
    assert difference < 1e-12
else:
    print("PyTorch is not installed here: nothing to compare with")

# %% [markdown]
# ## What you have
#
# $$A^{ch} = \mathrm{sigmoid}\big(\mathrm{LN}(W_z\,(W_v X)\,a)\big), \qquad a = \mathrm{softmax}(W_q X)$$
#
# Section 3.1 of the paper in one line, and you have computed every symbol of it. One axis, space, is collapsed
# completely; the other keeps C/2. Notebook 02 does the opposite.
#
# ## Exercises
#
# Put your answer in place of the three dots and run both cells. Use Python to compute: that is what it is for. A wrong
# answer is told so, with a hint, and stops nothing.
#
# **1.** Set $W_q$ to zero. Which weight does channel 0 get now? (Everything else stays as it is. What has the told mean
# become?)

# %%
answer_1 = ...

# %%
check("01.1", answer_1, x, W_v, W_z)

# %% [markdown]
# **2.** Multiply $W_z$ by 10. Which weight does channel 3 get now? Think first: what does step 6 do to a factor?

# %%
answer_2 = ...

# %%
check("01.2", answer_2, x, W_q, W_v, W_z)

# %% [markdown]
# **3.** The authors' published code, in its parallel layout, has no LayerNorm: its sigmoid acts on $W_z z$ itself. Give
# all eight weights under that formula, as a list or an array.

# %%
answer_3 = ...

# %%
check("01.3", answer_3, x, W_q, W_v, W_z)

# %% [markdown]
# **4.** Write the gate. A function of features of any number of channels and positions, and of the three matrices; it
# returns the paper's weights. The check runs it on features that you have not seen, 8×2, 4×6 and 6×1.


# %%
def answer_4(features, W_q, W_v, W_z):  # (C, N), (1, C), (C/2, C), (C, C/2) -> (C,)
    return ...


# %%
check("01.4", answer_4)

# %% [markdown]
# ## See it in the page
#
# Start the page with `make demo` and add to its address `#example=01-astronaut&tab=walk`: the same eight steps
# with the numbers of a photo, at any block you choose. Click *softmax* in the channel branch: can you find the positions
# that it looks at?

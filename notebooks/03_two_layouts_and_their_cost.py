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
# # 03 · Parallel, sequential, and why O(C·N) is enough
#
# **15 minutes.** After notebooks 01 and 02.
#
# You will be able to
#
# - put the two gates together in both layouts, and say what a feature is multiplied by in the end: the *gain*;
# - count multiply-adds, and find the order of a product that needs the fewest;
# - prove that the cheap order gives the same numbers, and name the one formula that forbids it;
# - see what a *self-attention* with keys would cost beside it, and write the sequential layout yourself.
#
# NumPy and Matplotlib are all you need. # N stands for the number of positions, H·W.

# %%
from dataclasses import replace

import numpy as np
from checks import check, hint  # hint("03.1") says more, if you are stuck
from classroom import LINES, has_torch, numbers_figure, show  # also puts psa_viz on the path
from matplotlib.figure import Figure
from numpy_block import fresh, sigmoid, softmax, spatial_gate

from psa_viz.rendering.scales import gain_scale, gate_scale

# %% [markdown]
# ## One block
#
# A block of 8 channels with fresh random matrices, on 2×3 positions, and its two gates. (`fresh` is in `numpy_block.py`;
# a network records the same gates with `psa_viz.record`, notebook 05.)

# %%
block = fresh(8, layout="parallel", seed=1)
x = np.random.default_rng(1).standard_normal((8, 2, 3)).clip(min=0)  # (C, H, W)

y = block(x)
weights, map_ = block.weights(x), block.map(x)  # (C,), (H, W)
show(
    numbers_figure({"weights": weights, "map": map_}, gate_scale(), 3), "The weights of 8 channels, a map of 2x3 cells"
)

# %% [markdown]
# ## Parallel: both gates see X, and their results are added
#
# $$Y = A^{ch} \odot X + A^{sp} \odot X$$
#
# By hand: a feature at channel *ch* and position *(i, j)* is multiplied by the weight of its channel **plus** the map's
# value at its position.

# %%
by_hand = np.zeros_like(x)
for ch in range(8):
    for i in range(2):
        for j in range(3):
            by_hand[ch, i, j] = (weights[ch] + map_[i, j]) * x[ch, i, j]
np.testing.assert_allclose(by_hand, y, rtol=0, atol=1e-12)

# %% [markdown]
# So what the next layer gets is X times a **gain**, a number for each channel *and* position, C·H·W of them, made of
# only C + H·W numbers. It lies between 0 and 2. Both gates at 0.5 give a gain of 1: X passes as it is.

# %%
gain = weights[:, None] + map_.ravel()[None]  # (C, HW)
show(numbers_figure({"gain = weight + map: 8 channels, 6 positions": gain}, gain_scale("parallel"), 2), "The gain")

# %% [markdown]
# ## Sequential: the channel gate first, the spatial gate on its result
#
# $$Z = A^{ch}(X) \odot X, \qquad Y = A^{sp}(Z) \odot Z$$
#
# Now the factors multiply, and the spatial gate looks at features that were weighted already. The gain lies between 0
# and 1; both gates at 0.5 leave a quarter.

# %%
sequential = replace(block, layout="sequential")  # the same matrices
z = x * weights[:, None, None]
map_of_z = block.map(z)  # the same gate, asked about Z
np.testing.assert_allclose(sequential(x), map_of_z * z, rtol=0, atol=1e-12)

gain = weights[:, None] * map_of_z.ravel()[None]
show(numbers_figure({"gain = weight x map": gain}, gain_scale("sequential"), 2), "The gain of the sequential layout")

# %% [markdown]
# Neither layout is the right one. The paper's abstract calls the difference in accuracy marginal. But a picture of "the attention" that shows
# only one of the two factors hides what the layer after it gets: look at the gain as well.
#
# ## Counting
#
# Here are two ways to the same c numbers. As printed: the matrix $W_v$ at every position, then the mean with the shares
# *a*. Collapsed first: the mean of the features, then the matrix, once. We count every multiply-add as it happens.


# %%
def as_printed(W, X, a):
    """(W X) a, and how many multiply-adds it took."""
    count, result = 0, [0.0] * len(W)
    for p in range(X.shape[1]):
        for row in range(len(W)):
            value = 0.0
            for ch in range(len(X)):
                value, count = value + float(W[row, ch] * X[ch, p]), count + 1
            result[row], count = result[row] + value * float(a[p]), count + 1
    return np.array(result), count


# %%
def collapsed_first(W, X, a):
    """W (X a), and how many multiply-adds it took."""
    count, mean = 0, [0.0] * len(X)
    for ch in range(len(X)):
        for p in range(X.shape[1]):
            mean[ch], count = mean[ch] + float(X[ch, p] * a[p]), count + 1
    result = [0.0] * len(W)
    for row in range(len(W)):
        for ch in range(len(X)):
            result[row], count = result[row] + float(W[row, ch]) * mean[ch], count + 1
    return np.array(result), count


# %%
W_q, W_v, W_z = block.channel  # (1, C), (c, C), (C, c)
features = x.reshape(8, 6)  # (C, N)
a = softmax((W_q @ features)[0])  # (N,)

first, long_way = as_printed(W_v, features, a)
second, short_way = collapsed_first(W_v, features, a)
np.testing.assert_allclose(first, second, rtol=0, atol=1e-12)
print(f"as printed: {long_way} multiply-adds; collapsed first: {short_way}; the same {len(first)} numbers")

# %% [markdown]
# ## Why they are equal, and what it saves
#
# $(W_v X)\,a$ and $W_v (X a)$ are sums of the same products; brackets may be moved. Count them without running a loop,
# with c = C/2:
#
# - as printed: c·C·N for the matrix at every position, and c·N for the mean;
# - collapsed first: C·N for the mean, and c·C for the matrix, once.
#
# The first grows with C² times N. The second with C times N, plus something that does not grow with the picture at all.
# **Once the shares are known, the mean is one more matrix product, and in a row of products the brackets may be moved.**

# %%
C, c, N = 8, 4, 6
assert long_way == c * C * N + c * N
assert short_way == C * N + c * C

# %% [markdown]
# ## The spatial gate has the same secret
#
# There the printed form is $s^{\top}(W_v X)$: values at every position, then a mean over the c channels. Move the
# brackets: $(W_v^{\top} s)^{\top} X$. First one direction in channel space, C numbers; then one product with X. And the
# query: the mean of $W_q X$ over positions is $W_q$ times the mean of X.

# %%
W_q, W_v = block.spatial  # (c, C) each
s = softmax((W_q @ features).mean(axis=1))  # as printed: W_q X at full size
s_short = softmax(W_q @ features.mean(axis=1))
logits = s @ (W_v @ features)  # as printed: W_v X at full size
logits_short = (W_v.T @ s_short) @ features  # two reads of X are all that is needed
np.testing.assert_allclose(logits, logits_short, rtol=0, atol=1e-12)
np.testing.assert_allclose(sigmoid(logits_short).reshape(2, 3), map_, rtol=0, atol=1e-12)

# %% [markdown]
# Does a bias spoil it? In the channel gate, $(W_v X + b)\,a$ has *b* once for every position, weighted with shares that
# sum to 1: that is *b*. Nothing is spoiled.
#
# A softmax does. The official sequential formula takes the softmax of each value channel over the positions, *between*
# the matrix and the product. A softmax is not linear, nothing may be moved past it, and $W_v X$ has to be formed.

# %%
for word, whose in (("query", "paper's"), ("product", "official parallel"), ("value", "official sequential")):
    in_full = spatial_gate(x, W_q, W_v, word).ravel()
    q = W_q @ features.mean(axis=1)
    logits = (W_v.T @ (softmax(q) if word == "query" else q)) @ features  # brackets moved, whether allowed or not
    moved = sigmoid(softmax(logits) if word == "product" else logits)
    same = np.abs(in_full - moved).max() < 1e-12
    print(f"{whose:20}: softmax on the {word:7}; may the brackets be moved? {'yes' if same else 'no'}")

# %% [markdown]
# ## The count of a whole block
#
# `macs_as_printed` and `macs_needed` are the two formulas for the whole block, on 64×48 positions. (A test compares them
# with what the library counts in its own forward pass.)

# %%
from numpy_block import macs_as_printed, macs_needed

N, widths = 64 * 48, [32, 64, 128, 256]
printed = [macs_as_printed(C, N) / 1e6 for C in widths]
needed = [macs_needed(C, N) / 1e6 for C in widths]
figure = Figure(figsize=(6.4, 3.0), layout="constrained")
axes = figure.subplots()
axes.loglog(widths, printed, **LINES[0], label="as printed")
axes.loglog(widths, needed, **LINES[1], label="collapsed first")
axes.set_xticks(widths, widths)
axes.set_xticks([], minor=True)
axes.set(
    xlabel="channels", ylabel="million multiply-adds", title="One block on 64x48 positions (both axes logarithmic)"
)
axes.legend()
show(figure, "Multiply-adds of one block, as printed and collapsed first, for 32 to 256 channels")

# %%
for C, long_way, short_way in zip(widths, printed, needed, strict=True):
    print(
        f"{C:4} channels: {long_way:7.1f} million as printed, {short_way:5.2f} needed: {long_way / short_way:4.0f} times"
    )

# %% [markdown]
# Written as an *order of growth*, as papers do, the printed form is O(C²·N) and the other O(C·N). Whoever writes
# "O(C·W·H)" for a block with 1×1 convolutions has to say which of the two is meant: the letters hide a factor C.
#
# ## A self-attention without keys
#
# The name says *self-attention*, and there are no keys, and no N×N matrix. In a transformer every position has a query
# and a key, each query is compared with each key, and the N×N results are softmaxed row by row: each position gets its
# *own* mean of the values. Here there is one query for the whole picture. `channel_gate` has one row of shares and makes
# one mean; `spatial_gate` has one direction in channel space and makes one number a position. "Self" is all that is left:
# the shares come from X itself. What that saves, in multiply-adds and in numbers to be kept:

# %%
C, N = 64, 64 * 48
keys = 3 * C * C * N + 2 * C * N * N  # queries, keys and values; then N x N scores, and N means of values
print(f"{'one block':28}{'multiply-adds':>16}{'largest tensor':>16}")
print(f"{'attention with keys (ViT)':28}{keys / 1e6:14.1f} M{N * N:16,}")
print(f"{'PSA as printed':28}{macs_as_printed(C, N) / 1e6:14.1f} M{C * N:16,}")
print(f"{'PSA, brackets moved':28}{macs_needed(C, N) / 1e6:14.1f} M{C * N:16,}")

# %% [markdown]
# The price: every position is treated by the *same* rule. PSA cannot say "this wrist belongs to that elbow"; a matrix of
# N×N scores can. `docs/ARGUMENT.md` has the other kinds of attention in one table.
#
# ## Still exact
#
# The library computes its block the cheap way. Where PyTorch is installed: here it is against the printed formula, every
# large product formed on purpose, in 32-bit numbers.

# %%
if has_torch():
    import torch

    import psa_viz
    from psa_viz.session.stages import walk

    torch.manual_seed(2)
    of_torch, X = psa_viz.PolarizedSelfAttention(64), torch.randn(1, 64, 32, 24).clamp_min(0)
    with torch.no_grad():
        printed_form = torch.from_numpy(walk(of_torch, X, "block")["y"])
        difference = float((of_torch(X)[0] - printed_form).abs().max())
    print(f"largest difference in 32-bit numbers: {difference:.1e}")
    assert difference < 1e-5

# %% [markdown]
# ## Exercises
#
# **1.** A channel's weight is 0.3 and the map has 0.6 at some position. What is the gain there, in the parallel and in
# the sequential layout? Two numbers, `[parallel, sequential]`.

# %%
answer_1 = ...

# %%
check("03.1", answer_1)

# %% [markdown]
# **2.** 64 channels on 48×36 positions: how many multiply-adds take $(W_v X)\,a$ and $W_v (X a)$? Two whole numbers.

# %%
answer_2 = ...

# %%
check("03.2", answer_2)

# %% [markdown]
# **3.** Shuffle the positions of `x` with `order`, below, and run the block on that. How far is the result from `block(x)`,
# at most, (a) as it is, (b) with its positions put back in order? Two numbers. What do they say about what a gate knows
# of places?

# %%
order = np.random.default_rng(5).permutation(6)

# %%
answer_3 = ...

# %%
check("03.3", answer_3, block, x, order)

# %% [markdown]
# **4.** Write the sequential layout out of the two gates, `channel_gate` and `spatial_gate` of `numpy_block.py`.


# %%
def answer_4(X, channel, spatial):  # (C, N), three matrices, two matrices -> (C, N)
    return ...


# %%
check("03.4", answer_4)

# %% [markdown]
# ## See it in the page
#
# Start the page with `make demo` and add to its address `#example=01-astronaut&tab=compare`: each
# branch alone, added, and multiplied.

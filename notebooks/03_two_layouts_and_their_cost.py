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
# - prove that the cheap order gives the same numbers, and name the one formula that forbids it.
#
# N stands for the number of positions, H·W.

# %%
import torch
from checks import check
from classroom import numbers_figure, show  # also puts psa_viz on the path
from matplotlib.figure import Figure

import psa_viz
from psa_viz.rendering.scales import gain_scale, gate_scale

# %% [markdown]
# ## One block, recorded
#
# A block of 8 channels with fresh random matrices, on 2×3 positions. `psa_viz.record` puts hooks on the block for as
# long as the `with` lasts, and hands us copies of both gates.

# %%
torch.manual_seed(1)
block = psa_viz.PolarizedSelfAttention(8, layout="parallel").double()
x = torch.randn(1, 8, 2, 3, dtype=torch.float64).clamp_min(0)

with torch.no_grad(), psa_viz.record(block) as trace:
    y = block(x)
weights = torch.from_numpy(trace.get("channel.gate").value[0])  # (C,)
map_ = torch.from_numpy(trace.get("spatial.gate").value[0])  # (H, W)
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
by_hand = torch.zeros_like(x[0])
for ch in range(8):
    for i in range(2):
        for j in range(3):
            by_hand[ch, i, j] = (weights[ch] + map_[i, j]) * x[0, ch, i, j]
torch.testing.assert_close(by_hand, y[0], rtol=0, atol=1e-12)

# %% [markdown]
# So what the next layer gets is X times a **gain**, a number for each channel *and* position, C·H·W of them, made of
# only C + H·W numbers. It lies between 0 and 2. Both gates at 0.5 give a gain of 1: X passes as it is.

# %%
gain = weights[:, None] + map_.flatten()[None]  # (C, HW)
show(numbers_figure({"gain = weight + map: 8 channels, 6 positions": gain}, gain_scale("parallel"), 2), "The gain")

# %% [markdown]
# ## Sequential: the channel gate first, the spatial gate on its result
#
# $$Z = A^{ch}(X) \odot X, \qquad Y = A^{sp}(Z) \odot Z$$
#
# Now the factors multiply, and the spatial gate looks at features that were weighted already. The gain lies between 0
# and 1; both gates at 0.5 leave a quarter.

# %%
sequential = psa_viz.PolarizedSelfAttention(8, layout="sequential").double()
sequential.load_state_dict(block.state_dict())
with torch.no_grad(), psa_viz.record(sequential) as trace:
    y_sequential = sequential(x)
    z = x[0] * weights[:, None, None]
    map_of_z = block.spatial(z[None])[0]  # the same gate, asked about Z
torch.testing.assert_close(torch.from_numpy(trace.get("spatial.gate").value[0]), map_of_z, rtol=0, atol=1e-12)
torch.testing.assert_close(y_sequential[0], map_of_z * z, rtol=0, atol=1e-12)

gain = weights[:, None] * map_of_z.flatten()[None]
show(numbers_figure({"gain = weight x map": gain}, gain_scale("sequential"), 2), "The gain of the sequential layout")

# %% [markdown]
# Neither layout is the right one. The paper finds the difference marginal. But a picture of "the attention" that shows
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
    return torch.tensor(result, dtype=torch.float64), count


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
    return torch.tensor(result, dtype=torch.float64), count


# %%
W_v = block.channel.value.weight.detach()  # (c, C)
features = x[0].flatten(1)  # (C, N)
a = torch.softmax(block.channel.query.weight.detach() @ features, dim=1)[0]  # (N,)

first, long_way = as_printed(W_v, features, a)
second, short_way = collapsed_first(W_v, features, a)
torch.testing.assert_close(first, second, rtol=0, atol=1e-12)
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
W_q, W_v = block.spatial.query.weight.detach(), block.spatial.value.weight.detach()
s = torch.softmax((W_q @ features).mean(dim=1), dim=0)  # as printed: W_q X at full size
s_short = torch.softmax(W_q @ features.mean(dim=1), dim=0)
logits = s @ (W_v @ features)  # as printed: W_v X at full size
logits_short = (W_v.T @ s_short) @ features  # two reads of X are all that is needed
torch.testing.assert_close(logits, logits_short, rtol=0, atol=1e-12)
torch.testing.assert_close(torch.sigmoid(logits_short).view(2, 3), map_, rtol=0, atol=1e-12)

# %% [markdown]
# Does a bias spoil it? In the channel gate, $(W_v X + b)\,a$ has *b* once for every position, weighted with shares that
# sum to 1: that is *b*. Nothing is spoiled.
#
# A softmax does. The official sequential formula takes the softmax of each value channel over the positions, *between*
# the matrix and the product. A softmax is not linear, nothing may be moved past it, and $W_v X$ has to be formed.

# %%
for formula, layout in [("paper", "parallel"), ("official", "parallel"), ("official", "sequential")]:
    softmax_on = psa_viz.PolarizedSelfAttention(32, layout, formula).spatial.softmax_on
    short = "no: W_v X is needed in full" if softmax_on == "value" else "yes"
    print(f"{formula}, {layout:10}: softmax on the {softmax_on:7}; can the brackets be moved? {short}")

# %% [markdown]
# ## The library's count
#
# `count_macs` runs a module and counts its matrix products. `psa_macs_as_printed` is the formula for the whole block,
# as printed. On 64×48 positions:

# %%
from psa_viz.models.cost import count_macs, psa_macs_as_printed

widths = [32, 64, 128, 256]
printed = [psa_macs_as_printed(C, 64, 48) / 1e6 for C in widths]
needed = [count_macs(psa_viz.PolarizedSelfAttention(C), (64, 48), C) / 1e6 for C in widths]
figure = Figure(figsize=(6.4, 3.0), layout="constrained")
axes = figure.subplots()
axes.loglog(widths, printed, "o-", color="0.2", label="as printed")
axes.loglog(widths, needed, "s-", color="tab:orange", label="collapsed first")
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
# And the whole block is still exact. Here it is against the printed formula, every large product formed on purpose.

# %%
from psa_viz.inference.stages import walk

torch.manual_seed(2)
block = psa_viz.PolarizedSelfAttention(64)
x = torch.randn(1, 64, 32, 24).clamp_min(0)
with torch.no_grad():
    printed_form = torch.from_numpy(walk(block, x, "block")["y"])
    difference = float((block(x)[0] - printed_form).abs().max())
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
# **3.** Shuffle the positions of X, run the block, and put the positions of the result back in order. What is the
# largest difference from running the block on X itself? Use `block` and `x` from above, and `torch.randperm`. What does
# the answer say about what a gate knows of places? The check reads the order of magnitude: 1e-6 counts as 0.

# %%
answer_3 = ...

# %%
check("03.3", answer_3, block, x)

# %% [markdown]
# ## See it in the page
#
# Start the page with `make demo` and open
# [Compare](http://127.0.0.1:7860/#example=01-astronaut&model=person-psa-parallel&tab=compare&block=stage2.0.branch1.block1): each branch alone,
# added, and multiplied.

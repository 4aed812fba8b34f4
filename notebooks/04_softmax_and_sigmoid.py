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
# # 04 · Enhancement: softmax, sigmoid, and the gate pinned at 0.5
#
# **15 minutes.** After notebook 02.
#
# You will be able to
#
# - say what a softmax and a sigmoid each do to a range of numbers;
# - test, in ten lines, the paper's claim that they fit heatmaps and masks;
# - predict how much of (0, 1) a gate will use, from its formula, before any training;
# - explain why one published formula holds the mean of its map at 0.5, and read off trained networks what they do with it.
#
# The paper calls this part *enhancement*: after polarizing, it wants the dynamic range back. NumPy and Matplotlib are
# all you need.

# %%
import math

import numpy as np
from checks import check, hint  # hint("04.1") says more, if you are stuck
from classroom import (
    LINES,
    MODEL,
    OFFICIAL,
    OFFICIAL_SEQUENTIAL,
    numbers_figure,
    ranges_figure,
    show,
)  # also puts psa_viz on the path
from matplotlib.figure import Figure
from numpy_block import fresh, softmax

from psa_viz.models.cards import gate_tables
from psa_viz.rendering.scales import Scale, gate_scale
from psa_viz.values.statistics import FLAT_RANGE, describe

# %% [markdown]
# ## Softmax: contrast among many
#
# Six numbers, and the same six multiplied by 3 and by 10. A softmax turns each row into shares. It does not see the
# numbers' size, only their differences; and it exaggerates them, because *e* is raised to them.


# %%
def softmax_by_hand(values):
    raised = [math.exp(value - max(values)) for value in values]  # the shift changes nothing, and keeps e^... finite
    return [value / sum(raised) for value in raised]


values = [0.1, 0.3, -0.2, 0.8, 0.5, 0.0]
rows = np.array([softmax_by_hand([factor * value for value in values]) for factor in (1, 3, 10)])
for row, factor in zip(rows, (1, 3, 10), strict=True):
    np.testing.assert_allclose(softmax(factor * np.array(values)), row)
shares = Scale(0.0, 1.0, "magma", "share, absolute scale")
show(numbers_figure({"shares; rows: times 1, times 3, times 10": rows}, shares, 3), "Shares at three strengths")

# %% [markdown]
# How even are they? *Entropy*, divided by the largest it can be, says it in one number: 1 when all shares are equal, 0
# when one has everything. The library prints it beside every map.

# %%
for row, factor in zip(rows, (1, 3, 10), strict=True):
    by_hand = -sum(share * math.log(share) for share in row) / math.log(len(row))
    assert abs(by_hand - describe(row).entropy) < 1e-12
    print(f"times {factor:2}: largest share {row.max():.3f}, entropy {by_hand:.3f}")

# %% [markdown]
# ## Sigmoid: one number into (0, 1)
#
# A sigmoid looks at each number by itself. It is steep around 0 and flat far away; in the middle its slope is 1/4. To
# get from 0.1 to 0.9 the logit has to travel 4.4.


# %%
def sigmoid(value):
    return 1 / (1 + np.exp(-np.asarray(value, dtype=float)))


line = np.linspace(-6, 6, 200)
figure = Figure(figsize=(6.4, 3.0), layout="constrained")
axes = figure.subplots()
axes.plot(line, sigmoid(line), color="0.2")
axes.axhline(0.5, color="0.5", linewidth=0.9, linestyle="--")
axes.axvspan(0, 1, color="tab:orange", alpha=0.25, label="where a share can be: 0 to 1")
axes.axvspan(-2, 2, ymax=0.06, color="tab:blue", alpha=0.5, label="where most of a normalised logit is: -2 to 2")
axes.set(xlabel="logit", ylabel="gate", ylim=(0, 1), xlim=(-6, 6))
axes.set_yticks([0, 0.5, 1])
axes.legend(fontsize=8, loc="upper left")
show(figure, "The sigmoid from -6 to 6; shares fall on the narrow part from 0 to 1")

# %% [markdown]
# The order of the two matters, then. **Softmax, then something linear, then sigmoid**: the linear step can bring its
# logits anywhere, and the gate can use all of (0, 1). **Softmax, then at once sigmoid**: the sigmoid gets shares, which
# lie on the orange strip. Everything below 0.5 is out of reach, and everything above 0.7311.
#
# ## The paper's claim, in ten lines
#
# The abstract says more than "it restores the range": the two functions are chosen because they directly fit the
# distribution of what such tasks put out, Gaussians for keypoint heatmaps, and ones and zeros for binary masks. That can be tested without any network. Give each function the simplest logits that know of a
# place, $v = k\,(d - r^2)$ with r the distance from it, and let k and d be whatever fits best. How much of a Gaussian
# blob, and of a disc, is missed?

# %%
down, across = np.mgrid[-1:1:24j, -1:1:24j]
r2 = across**2 + down**2
targets = {"Gaussian blob": np.exp(-r2 / (2 * 0.15**2)), "disc": (r2 < 0.4**2).astype(float)}
functions = {
    "linear": lambda v, t: np.polyval(np.polyfit(v.ravel(), t.ravel(), 1), v),  # the best multiple, plus an offset
    "sigmoid": lambda v, t: sigmoid(v.clip(-500, 500)),
    "softmax": lambda v, t: t.sum() * softmax(v.ravel()).reshape(v.shape),  # shares, of as much as there is
}
tries = [k * (d - r2) for k in np.geomspace(1, 400, 60) for d in np.linspace(0, 0.4, 41)]


def missed(function, target):
    """Part of the target's variance that the best try leaves over."""
    return min(((function(v, target) - target) ** 2).sum() for v in tries) / ((target - target.mean()) ** 2).sum()


for name, target in targets.items():
    print(f"{name:14}", ", ".join(f"{what} misses {missed(f, target):6.1%}" for what, f in functions.items()))

# %% [markdown]
# **The claim about the functions holds**: a softmax over places of a quadratic logit *is* a Gaussian, a steep sigmoid *is*
# a disc, each misses the other's target by more, and a linear end misses most of both.
#
# What does not follow is that a gate inside a network gains from it. In the paper's block the softmax makes shares of
# channels or positions that are then summed away; the map itself ends in a sigmoid of a mean of value channels, whatever
# the target is; and behind the gate come more convolutions. The heatmap's own softmax, at the end of the network, is
# there with PSA and without. Whether networks learn better with it is a question for training (notebook 10).
#
# ## How much of the range does each formula use?
#
# Fresh matrices, random features, 64 channels on 16×16 positions. All three blocks begin with the same random seed.

# %%
features = np.random.default_rng(0).standard_normal((64, 16, 16)).clip(min=0)
channel, spatial = {}, {}
for formula, layout in [("paper", "parallel"), ("official", "parallel"), ("official", "sequential")]:
    block = fresh(64, layout, formula, seed=1)
    weights = block.weights(features)
    map_ = block.map(features if layout == "parallel" else weights[:, None, None] * features)
    for gates, gate in ((channel, weights), (spatial, map_)):
        gates[f"{formula}, {layout}"] = (float(gate.min()), float(gate.max()))

# %%
show(ranges_figure(channel, gate_scale()), "Range of the channel gate under each formula")
show(ranges_figure(spatial, gate_scale()), "Range of the spatial gate under each formula")

# %% [markdown]
# **Channel gate.** The paper's ends in LayerNorm, and that fixes the spread as long as its gain is 1, as it is before
# training: logits with a standard deviation of 1, on any picture. Most gates then lie between sigmoid(−2) and sigmoid(2),
# 0.12 and 0.88. Training moves the gains, one a channel. The official parallel one has no LayerNorm: how far its logits
# spread is for the network to learn.
#
# **Spatial gate.** With the official formulas the map is pinned at one half.
#
# ## Pinned at 0.5
#
# The official parallel map is the sigmoid of shares. N shares sum to 1, so on average each is 1/N, and close to 0 the
# sigmoid is 0.5 + v/4. The mean of the map is therefore about 0.5 + 1/(4N), whatever the picture, and whatever training
# does. More positions, closer to a half. The largest value depends on how peaked the softmax is, so we try three
# strengths.

# %%
counts = [4, 16, 64, 256, 1024, 4096]
rng = np.random.default_rng(0)
largest = {}
for strength in (1, 5, 20):
    logits = [strength * rng.standard_normal(count) for count in counts]
    largest[strength] = [float(sigmoid(max(softmax_by_hand(row.tolist())))) for row in logits]
means = [0.5 + 1 / (4 * count) for count in counts]

# %%
figure = Figure(figsize=(6.4, 3.2), layout="constrained")
axes = figure.subplots()
for (strength, row), line in zip(largest.items(), LINES, strict=False):
    axes.semilogx(counts, row, **line, label=f"largest value, products with sd {strength}")
axes.semilogx(counts, means, "k--", label="mean: 0.5 + 1/(4N)")
axes.axhline(float(sigmoid(1)), color="0.6", linewidth=0.9)
axes.annotate("sigmoid(1) = 0.7311, the ceiling", (4, 0.76), fontsize=8)
axes.set(ylim=(0, 1), xlabel="N, number of positions (logarithmic)", ylabel="gate", yticks=[0, 0.5, 1])
axes.legend(fontsize=7, loc="lower left")
show(figure, "Largest value and mean of an official parallel map against the number of positions")

# %% [markdown]
# A peaked softmax lifts a *few* positions towards 0.73. All others stay at 0.5, and none goes below. As nothing is held
# back, the block does little more than add half of X at almost every position.
#
# ## And after some training?
#
# Maybe a network learns its way out. This project trained all of these formulas, and stored what their gates do over
# hundreds of photos of people that they were not trained on: for each block, the range of the map within a photo,
# averaged over the photos. N, the number of cells, is in the plot too, because it decides how far a softmax can get: with
# few cells one share is soon large.

# %%
names = (MODEL, OFFICIAL, OFFICIAL_SEQUENTIAL)
blocks = {name: next(t for t in gate_tables(name) if t.data == "lspet_val.tar").blocks for name in names}
ranges = {name: [block.spatial.range for block in found] for name, found in blocks.items()}

figure = Figure(figsize=(7.2, 3.0), layout="constrained")
axes = figure.subplots()
for (name, row), line in zip(ranges.items(), LINES, strict=False):
    axes.plot(row, **line, markersize=4, label=name)
axes.axhline(float(sigmoid(1)) - 0.5, color="0.5", linewidth=0.9)
axes.annotate("0.2311, all that the official parallel formula can span", (0, 0.25), fontsize=8)
axes.set(ylim=(0, 1), xlabel="block, in the order of the forward pass", ylabel="range of the map within a photo")
axes.set_xticks(range(0, len(row), 5))
axes.legend(fontsize=8)
show(figure, "Range of the spatial map in every block of three trained networks")

# %%
for name, row in ranges.items():
    flat = sum(one < FLAT_RANGE for one in row)
    print(
        f"{name}: median range {np.median(row):.4f}; {flat} of {len(row)} maps span less than {FLAT_RANGE}; widest {max(row):.3f}"
    )

# %% [markdown]
# The project calls a gate that spans less than 0.01 *flat*, and draws it flat. Most maps of the official formulas are
# flat here. Not all: the widest official parallel one uses most of the 0.2311 that its formula allows.
#
# How much does that say? Look at the cards (`python -m psa_viz models --markdown`): the official formulas were put into a
# trained network and had 120 steps, the paper's form thousands. They begin flat, and 120 steps are few. So: *after a short
# fine-tuning* most maps were still flat, and some were on their way. What the ceiling and the mean do is exact; what a
# long training does has to be seen. And a flat map is no proof that the *block* is useless: its channel gate still works.
#
# ## Exercises
#
# **1.** A picture of 16×16 positions is the same everywhere. Which value does the official parallel map have? Five
# decimals.

# %%
answer_1 = ...

# %%
check("04.1", answer_1)

# %% [markdown]
# **2.** What is the widest range, largest minus smallest value, that an official parallel map can have on any picture?
# Four decimals.

# %%
answer_2 = ...

# %%
check("04.2", answer_2)

# %% [markdown]
# **3.** Which logit gives a gate of 0.9? Turn the sigmoid around: logit = log(gate / (1 − gate)). Three decimals.

# %%
answer_3 = ...

# %%
check("04.3", answer_3)

# %% [markdown]
# **4.** Write a softmax that works for any numbers, [1000, 2000] too. It takes an array of N numbers and returns N shares.


# %%
def answer_4(values):  # (N,) -> (N,)
    return ...


# %%
check("04.4", answer_4)

# %% [markdown]
# ## See it in the page
#
# Start the page with `make demo` and add to its address `#tour=5`, *A vivid picture is a choice*, or `#tour=6`, *Where the
# range goes*.

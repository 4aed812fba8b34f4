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
# - predict how much of (0, 1) a gate will use, from its formula, before any training;
# - explain why one published formula keeps its map at 0.5, and read that off real trained networks.
#
# The paper calls this part *enhancement*: after polarizing, it wants the dynamic range back.

# %%
import math

import numpy as np
import torch
from checks import check
from classroom import numbers_figure, ranges_figure, show  # also puts psa_viz on the path
from matplotlib.figure import Figure

from psa_viz.recording.gate_table import stored
from psa_viz.recording.statistics import FLAT_RANGE, describe
from psa_viz.rendering.scales import Scale, gate_scale

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
    torch.testing.assert_close(torch.softmax(factor * torch.tensor(values).double(), dim=0).numpy(), row)
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
# ## How much of the range does each formula use?
#
# Fresh matrices, random features, 64 channels on 16×16 positions. All three blocks begin with the same random seed.

# %%
import psa_viz

torch.manual_seed(0)
features = torch.randn(1, 64, 16, 16).clamp_min(0)
channel, spatial = {}, {}
for formula, layout in [("paper", "parallel"), ("official", "parallel"), ("official", "sequential")]:
    torch.manual_seed(1)
    block = psa_viz.PolarizedSelfAttention(64, layout, formula)
    with torch.no_grad(), psa_viz.record(block) as trace:
        block(features)
    for gates, name in ((channel, "channel.gate"), (spatial, "spatial.gate")):
        gate = trace.get(name).value
        gates[f"{formula}, {layout}"] = (float(gate.min()), float(gate.max()))

# %%
show(ranges_figure(channel, gate_scale()), "Range of the channel gate under each formula")
show(ranges_figure(spatial, gate_scale()), "Range of the spatial gate under each formula")

# %% [markdown]
# **Channel gate.** The paper's ends in LayerNorm, and that fixes the spread: logits with a standard deviation of 1, on
# any picture, from the first step of training on. Most gates then lie between sigmoid(−2) and sigmoid(2), 0.12 and
# 0.88. The official parallel one has no LayerNorm: how far its logits spread is for the network to learn.
#
# **Spatial gate.** With the official formulas the map is pinned at one half.
#
# ## Pinned at 0.5
#
# The official parallel map is the sigmoid of shares. N shares sum to 1, so on average each is 1/N, and close to 0 the
# sigmoid is 0.5 + v/4. The mean of the map is therefore about 0.5 + 1/(4N), whatever the picture. More positions, closer
# to a half. The largest value depends on how peaked the softmax is, so we try three strengths.

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
for strength, row in largest.items():
    axes.semilogx(counts, row, "o-", label=f"largest value, products with sd {strength}")
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
# ## And after training?
#
# Maybe a network learns its way out. This project trained all of these formulas, and stored what their gates do over
# hundreds of photos of people that they were not trained on: for each block, the range of the map within a photo,
# averaged over the photos.

# %%
names = ("person-psa-parallel", "person-psa-official-parallel", "person-psa-official-sequential")
blocks = {name: next(t for t in stored(name) if t.data == "lspet_val.tar").blocks for name in names}
ranges = {name: [block.spatial.range for block in found] for name, found in blocks.items()}

figure = Figure(figsize=(7.2, 3.0), layout="constrained")
axes = figure.subplots()
for name, row in ranges.items():
    axes.plot(row, "o-", markersize=4, label=name)
axes.set(ylim=(0, 1), xlabel="block, in the order of the forward pass", ylabel="range of the map within a photo")
axes.set_xticks(range(0, 20, 5))
axes.legend(fontsize=8)
show(figure, "Range of the spatial map in every block of three trained networks")

# %%
for name, row in ranges.items():
    flat = sum(one < FLAT_RANGE for one in row)
    print(f"{name}: median range {np.median(row):.4f}; {flat} of {len(row)} maps span less than {FLAT_RANGE}")

# %% [markdown]
# The project calls a gate that spans less than 0.01 *flat*, and draws it flat. After training, too, most maps of the
# official formulas are.
#
# Two cautions. The networks were not all trained in the same way (their cards, `psa_viz.bundled()`, say how), so this
# is no fair race. And a flat map is no proof that the *block* is useless: its channel gate still works.
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
# ## See it in the page
#
# Start the page with `make demo` and open the tour's steps [A vivid picture is a choice](http://127.0.0.1:7860/#tour=5)
# and [Where the range goes](http://127.0.0.1:7860/#tour=6).

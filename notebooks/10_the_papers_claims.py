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
# # 10 · Reading the paper's claims
#
# **20 minutes.** After notebook 03.
#
# You will be able to
#
# - predict the parameters and multiply-adds that a table should print, and say how it counted;
# - lay published numbers side by side with those of others, like with like;
# - tell a difference from noise when two networks were tested on the *same* people.
#
# What was read for this notebook is the paper's abstract (arXiv 2107.00782), its authors' code, and the READMEs named
# below. Its tables were not; where a total with PSA stands here it is **derived**. The abstract claims two things: 2 to 4
# points over *standard baselines*, and 1 to 2 over the *state of the art*.

# %%
from collections import Counter
from dataclasses import dataclass

import numpy as np
import torch
from checks import check, hint
from classroom import MODEL, PLAIN, ROOT, show  # also puts psa_viz on the path
from matplotlib.figure import Figure

import psa_viz
from psa_viz.models.cost import cost
from psa_viz.models.full_size import build

# %% [markdown]
# ## Prediction 1 · parameters
#
# A block in the official parallel formula has five matrices and nothing else. By hand, for C channels: $W_q$ of the
# channel branch has C numbers, the other four have C·C/2 each. Together 2C² + C.


# %%
def by_hand(C):
    sizes = {"channel query": C, "channel value": C * C // 2, "channel out": C * C // 2}
    sizes |= {"spatial query": C * C // 2, "spatial value": C * C // 2}
    return sum(sizes.values())


for C in (48, 96, 192, 384):
    block = psa_viz.PolarizedSelfAttention(C, layout="parallel", formula="official")
    counted = sum(parameter.numel() for parameter in block.parameters())
    print(f"{C:3} channels: {counted:7,} parameters")
    assert counted == by_hand(C) == 2 * C * C + C

# %% [markdown]
# How many blocks are there? HRNet-W48 has one in every residual block of its branches. On the *meta* device PyTorch
# builds the network without any numbers in it: enough to count.

# %%
with torch.device("meta"):
    network = build("coco-hrnet-w48-psa-official-parallel")
widths = Counter(m.channels for m in network.modules() if isinstance(m, psa_viz.PolarizedSelfAttention))
added = sum(blocks * by_hand(C) for C, blocks in widths.items())
print(dict(widths), "->", widths.total(), "blocks")
print(f"{added / 1e6:.3f} million parameters added")

# %% [markdown]
# HRNet-W48 was published with 63.6 million (the README of its repository). So a table that counts the authors' code should
# print **70.0 million**. That is a prediction. It is not confirmed by a figure that somebody derived in the same way: if
# you have the paper, look, and you will have tested it.

# %%
total = sum(parameter.numel() for parameter in network.parameters())
print(f"counted in the whole network: {total / 1e6:.2f} million")
assert abs(total / 1e6 - (63.6 + added / 1e6)) < 0.05

# %% [markdown]
# Four formulas, four predictions. The paper's own formula has a LayerNorm and no bottleneck, and would give the same in
# both layouts; the authors' sequential code is smaller by a million. A table that gives the two layouts different totals
# is therefore about the code and not about the formula.

# %%
FORMS = [("paper", "parallel"), ("paper", "sequential"), ("official", "parallel"), ("official", "sequential")]
for formula, layout in FORMS:
    make = {C: psa_viz.PolarizedSelfAttention(C, layout=layout, formula=formula) for C in widths}
    block = {C: sum(parameter.numel() for parameter in made.parameters()) for C, made in make.items()}
    millions = 63.6 + sum(blocks * block[C] for C, blocks in widths.items()) / 1e6
    print(f"{formula:8}, {layout:10}: {block[48]:,} at 48 channels, {millions:.2f} million in W48")

# %% [markdown]
# ## Prediction 2 · multiply-adds
#
# For W48 at 256×192 HRNet's README prints 14.6 GFLOPs. The library counts in two ways: what is needed, and as that table
# counted.

# %%
rows = [cost(f"coco-hrnet-w48-{attention}", (256, 192)) for attention in ("none", "psa-official-parallel")]
for row in rows:
    published = row.published_gmacs or "not published in any table that was read"
    print(f"{row.name:38} needed {row.macs / 1e9:6.2f} GMACs, as HRNet counts {row.summary_gmacs:5.2f}; {published}")

# %% [markdown]
# Two things stand out.
#
# The published figure is *smaller* than what is needed, and still it comes out when one counts as they did: their unit
# is 2³⁰ = 1,073,741,824, and not 10⁹. Figures of papers can be compared only if they counted alike.
#
# And of the 1.1 GMACs that PSA would add in that way, next to nothing is necessary. The products of notebook 03 were formed
# at full size; with the brackets moved, the block costs a small fraction.

# %%
unit = rows[1].summary_gmacs - rows[0].summary_gmacs
needed = (rows[1].macs - rows[0].macs) / 1e9
print(f"PSA adds {unit:.2f} as HRNet counts, {needed:.3f} as needed: {unit * 2**30 / 1e9 / needed:.0f} times less")

# %% [markdown]
# "At little extra cost" is then too modest a claim. Multiply-adds are not time, though: the block has to read all of its
# features more than once, and reading costs too. `docs/PERFORMANCE.md` has measured times.
#
# ## Claim · accuracy
#
# Here nothing can be recomputed. The weights of the pose networks were never published. What can be done is to lay side
# by side what different people reported, each beside the figure it can be compared with, and the range that was claimed
# for *that* kind of comparison.


# %%
@dataclass
class Reported:
    what: str
    without: float
    psa: float
    claimed: tuple[float, float]  # the abstract's range for a comparison of this kind
    source: str


BASELINE, STRONG = (2, 4), (1, 2)  # over standard baselines; over the state of the art
reported = [
    Reported("COCO pose, UDP W48, 256x192, AP", 77.2, 78.9, STRONG, "PSA's README; without: UDP-Pose's"),
    Reported("COCO pose, UDP W48, 384x288, AP", 77.8, 79.5, STRONG, "PSA's README; without: UDP-Pose's"),
    Reported("Cityscapes val, parallel, mIoU", 86.92, 86.95, STRONG, "PSA's README; without: NVIDIA's, extra data"),
    Reported("Cityscapes val, sequential, mIoU", 86.92, 86.72, STRONG, "PSA's README; without: NVIDIA's, extra data"),
    Reported("Cityscapes val, retrained, mIoU", 84.7, 84.62, STRONG, "PaddleSeg's; without: NVIDIA's, fine data only"),
]

# %%
figure = Figure(figsize=(8.2, 2.8), layout="constrained")
axes = figure.subplots()
for place, one in enumerate(reported):
    gain = one.psa - one.without
    axes.barh(place, one.claimed[1] - one.claimed[0], left=one.claimed[0], height=0.9, color="0.85")
    axes.barh(place, gain, color="black" if gain > 0 else "white", edgecolor="black", height=0.5)
    axes.text(2.2, place, f"{gain:+.2f}  {one.source}", va="center", fontsize=8)
axes.axvline(0, color="0.3", linewidth=0.9)
axes.set_yticks(range(len(reported)), [one.what for one in reported], fontsize=8)
axes.invert_yaxis()
axes.set(xlim=(-0.6, 6.5), xlabel="points that PSA adds; grey: what the abstract claims for it", xticks=[0, 1, 2])
show(figure, "Gain by PSA in five reports against the 1 to 2 points claimed over strong networks")

# %% [markdown]
# Read it slowly.
#
# - **Pose.** +1.7 points over UDP, a strong baseline: **inside** the claimed 1 to 2. It is the authors' report; their texts
#   contradict each other on whether it is the validation set or test-dev, and the figure without PSA is another group's
#   training. The 2 to 4 points are for *standard* baselines, of which no report is in this list.
# - **Cityscapes.** The authors' own figures are +0.03 and −0.20 beside 86.92, which NVIDIA reached with their recipe of
#   auto-labelled extra data.
# - **Independent.** PaddleSeg could not reproduce the authors' training, followed the paper's settings with the fine data,
#   and got 84.62. Like with like it stands beside the plain recipe's 84.7, and *not* beside 86.92: −0.1, not −2.3. A user
#   who trained HRNet for pose with the block reported 0.1 *less* (DeLightCMU/PSA, issue 9).
#
# None of this proves that PSA does not help. It shows how much of the claim rests on one report, and how far two honest
# figures can be apart when their trainings differ.
#
# ## What this project found
#
# Its own networks, trained in equal conditions; the numbers come from their cards. PCK is the share of joints that are
# close enough to the label.


# %%
def pck(name):
    card = next(card for card in psa_viz.bundled() if card.name == name)
    return card.facts["metrics"]["lspet_val.tar"]["pck_torso"]


without, psa = pck(PLAIN), pck(MODEL)
print(f"without PSA {without:.1f}, with {psa:.1f}: {psa - without:+.1f} points")

# %% [markdown]
# ## Is that a difference?
#
# The first thing one might do: treat each joint as an independent toss of a coin, and the two networks as two independent
# series of tosses. Then a difference of two shares varies by $\sqrt{2\,p\,(1-p)/n}$. **Both assumptions are wrong here.**
# Joints of one person are missed together, which makes chance larger than that. And both networks saw the *same* people,
# and fail on the same difficult ones, which makes it smaller.
#
# So keep the pairs together, and do not assume anything: draw as many *people* as there are, with replacement, each with
# all joints and both networks' answers; compute the difference; do that a few thousand times. This is the **paired
# bootstrap**. Which joints each network found is stored for every person (`evaluate --people`).

# %%
from psa_viz.training.paired import paired_bootstrap, pck_torso, read

stored = {name: read(ROOT / "docs" / "runs" / "people" / f"{name}.json") for name in (PLAIN, MODEL)}
(plain_found, counts), (psa_found, _) = (stored[name].table() for name in (PLAIN, MODEL))  # (P, J) bool each
joints = int(counts.sum())
print(f"{len(counts)} people, {joints:,} joints that count")
print("one person, with + found, - missed, . not counted:", stored[PLAIN].people[0], stored[MODEL].people[0])

rng = np.random.default_rng(0)
draws = []
for _ in range(2000):
    people = rng.integers(len(counts), size=len(counts))  # the same people for both: that is the pairing
    draws.append(pck_torso(psa_found[people], counts[people]) - pck_torso(plain_found[people], counts[people]))
low, high = np.quantile(draws, (0.025, 0.975))
print(
    f"difference {psa - without:+.2f}; standard deviation {np.std(draws):.2f}; 95% between {low:+.2f} and {high:+.2f}"
)

# %%
library = paired_bootstrap(stored[PLAIN], stored[MODEL])
assert abs(library.sd - np.std(draws)) < 0.1
assert library.joints == joints
unpaired = []
for _ in range(2000):
    a, b = rng.integers(len(counts), size=(2, len(counts)))  # other people for each network: pairing thrown away
    unpaired.append(pck_torso(psa_found[a], counts[a]) - pck_torso(plain_found[b], counts[b]))
tossing = 100 * np.sqrt(2 * without / 100 * (1 - without / 100) / joints)
print(f"paired, by people {np.std(draws):.2f}; unpaired {np.std(unpaired):.2f}; as tosses of joints {tossing:.2f}")

# %% [markdown]
# The three standard deviations differ by what each one assumes. Use the first.
#
# And it answers one question only: would *other people* have given another sign? Another seed of the *training* would move
# both networks too, and of that this bootstrap knows nothing. For it there are seeds: three paired differences, and a
# Student's t interval, which `python -m psa_viz compare` prints and `docs/RESULTS.md` shows. **One seed of each carries no
# sentence about a cause**, and an interval that holds 0 excludes only what lies outside it: at this size and schedule,
# gains of up to two points are not excluded.
#
# ## What to ask of any paper
#
# 1. Which formula, exactly, gave these numbers: the printed one or the code's?
# 2. Is the baseline the authors' own, trained in the same way, on the same data, and for as long?
# 3. On which data, chosen when?
# 4. How many seeds, how far apart, and are the differences paired?
# 5. Has anybody else got it?
#
# ## Exercises
#
# **1.** How many parameters has one block of 48 channels in the *paper's* formula, without biases? Count the LayerNorm,
# which has a gain and an offset for each channel. By hand first; the code above can confirm.

# %%
answer_1 = ...

# %%
check("10.1", answer_1)

# %% [markdown]
# **2.** ResNet-50 (SimpleBaseline) at 256×192: by how many GMACs, in 10⁹, does official parallel PSA raise what is
# *needed*? Use `cost` and the names `coco-resnet-50-none` and `coco-resnet-50-psa-official-parallel`. Three decimals.

# %%
answer_2 = ...

# %%
check("10.2", answer_2)

# %% [markdown]
# **3.** On how many of the joints that count do the two networks *disagree* (one finds it, the other does not)? Only those
# can make a difference. A whole number.

# %%
answer_3 = ...

# %%
check("10.3", answer_3, stored[PLAIN], stored[MODEL])

# %% [markdown]
# **4.** Write the bootstrap of any statistic: a function of the numbers of n people and of a list of draws, each a list of
# n places; it returns the standard deviation of the *mean* over the draws.


# %%
def answer_4(values, draws):  # (n,) and (R, n) places -> one number
    return ...


# %%
check("10.4", answer_4)

# %% [markdown]
# ## See it in the page
#
# Start the page with `make demo`, choose the tab *Compare* and the network without PSA, and keep in mind what one photo can
# tell.

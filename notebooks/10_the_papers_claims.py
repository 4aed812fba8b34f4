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
# - recompute the parameters and multiply-adds that a paper prints, and find out how it counted;
# - lay published numbers side by side with those of others, and see where they contradict each other;
# - tell a difference from noise, with one square root.
#
# The abstract of *Polarized Self-Attention* (arXiv 2107.00782) claims 2 to 4 points over its baselines, 1 to 2 over the
# best known results, at little extra cost. Let us check what can be checked.

# %%
import math
from collections import Counter
from dataclasses import dataclass

import torch
from checks import check
from classroom import show  # also puts psa_viz on the path
from matplotlib.figure import Figure

import psa_viz
from psa_viz.models.cost import cost
from psa_viz.models.full_size import build

# %% [markdown]
# ## Claim 1 · parameters
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
# HRNet-W48 was published with 63.6 million, so it should be 70.0 with PSA. The paper prints 70.0. **This claim holds**,
# to the last printed digit.

# %%
total = sum(parameter.numel() for parameter in network.parameters())
print(f"counted in the whole network: {total / 1e6:.2f} million")
assert abs(total / 1e6 - (63.6 + added / 1e6)) < 0.05

# %% [markdown]
# ## Claim 2 · multiply-adds
#
# For W48 at 256×192 the paper prints 15.7 GMACs with PSA, the HRNet paper 14.6 without. The library counts in two ways:
# what is needed, and what these papers counted.

# %%
rows = [cost(f"coco-hrnet-w48-{attention}", (256, 192)) for attention in ("none", "psa-official-parallel")]
for row in rows:
    print(
        f"{row.name:38} needed {row.macs / 1e9:6.2f} GMACs, as in print {row.published_gmacs:5.2f}, printed {row.printed_gmacs}"
    )

# %% [markdown]
# Two things stand out.
#
# The printed figures are *smaller* than what is needed, and still they come out when one counts as they did: their unit
# is 2³⁰ = 1,073,741,824, and not 10⁹. Figures of papers can be compared only if they counted alike.
#
# And of the 1.1 GMACs that PSA adds in print, next to nothing is necessary. The products of notebook 03 were formed at
# full size; with the brackets moved, the block costs a small fraction.

# %%
unit = rows[1].published_gmacs - rows[0].published_gmacs
needed = (rows[1].macs - rows[0].macs) / 1e9
print(f"PSA adds {unit:.2f} as printed, {needed:.3f} as needed: {unit * 2**30 / 1e9 / needed:.0f} times less")

# %% [markdown]
# **This claim holds, and is too modest.** Multiply-adds are not time, though: the block has to read all of its features
# more than once, and reading costs too. `docs/PERFORMANCE.md` has measured times.
#
# ## Claim 3 · accuracy
#
# Here nothing can be recomputed. The weights of the pose networks were never published. What can be done is to lay side
# by side what different people reported, with its source.


# %%
@dataclass
class Reported:
    what: str
    without: float
    psa: float
    source: str


reported = [
    Reported("COCO pose, W48, 256x192, AP", 77.2, 78.9, "PSA's README; without: UDP-Pose's"),
    Reported("COCO pose, W48, 384x288, AP", 77.8, 79.5, "PSA's README; without: UDP-Pose's"),
    Reported("Cityscapes val, parallel, mIoU", 86.92, 86.95, "PSA's README; without: NVIDIA's"),
    Reported("Cityscapes val, sequential, mIoU", 86.92, 86.72, "PSA's README; without: NVIDIA's"),
    Reported("Cityscapes val, retrained, mIoU", 86.92, 84.62, "PaddleSeg's; without: NVIDIA's"),
]

# %%
figure = Figure(figsize=(7.4, 2.8), layout="constrained")
axes = figure.subplots()
for place, one in enumerate(reported):
    gain = one.psa - one.without
    axes.barh(place, gain, color="tab:blue" if gain > 0 else "tab:red", height=0.6)
    axes.text(4.2, place, f"{gain:+.2f}  {one.source}", va="center", fontsize=8)
axes.axvspan(2, 4, color="tab:green", alpha=0.15)
axes.axvline(0, color="0.3", linewidth=0.9)
axes.set_yticks(range(len(reported)), [one.what for one in reported], fontsize=8)
axes.invert_yaxis()
axes.set(xlim=(-2.5, 10), xlabel="points that PSA adds; green: the abstract's 2 to 4", xticks=[-2, 0, 2, 4])
show(figure, "Gain by PSA in five reports against the 2 to 4 points of the abstract")

# %% [markdown]
# Read it slowly.
#
# - **Pose.** 1.7 points on COCO, from the authors. Their texts contradict each other on whether these are results on
#   the validation set or on test-dev, and the figure without PSA is another group's training.
# - **Cityscapes.** The authors' own segmentation results are +0.03 in one layout and −0.20 in the other, against 86.92
#   of the same network without PSA: NVIDIA's, as released.
# - **Independent.** PaddleSeg retrained the parallel form, got 84.62, and notes that the result cannot be reproduced. A
#   user who trained HRNet for pose with the block reported 0.1 AP *less* (DeLightCMU/PSA, issue 9).
#
# None of this proves that PSA does not help. It shows how much of the claim rests on one report.
#
# ## Claim 4 · "the" formula
#
# The paper prints one formula, and its authors published two others (notebook 02). Which of them gave the accuracies?
# Parameters can tell: the formulas have different numbers of them, and the paper prints 70.0 million for the parallel
# and 69.0 for the sequential network.

# %%
for formula, layout in [
    ("paper", "parallel"),
    ("paper", "sequential"),
    ("official", "parallel"),
    ("official", "sequential"),
]:
    make = {C: psa_viz.PolarizedSelfAttention(C, layout=layout, formula=formula) for C in widths}
    block = {C: sum(parameter.numel() for parameter in made.parameters()) for C, made in make.items()}
    millions = 63.6 + sum(blocks * block[C] for C, blocks in widths.items()) / 1e6
    print(f"{formula:8}, {layout:10}: {block[48]:,} at 48 channels, {millions:.2f} million in W48")

# %% [markdown]
# The printed formula would give 70.0 in *both* layouts. The 69.0 of the sequential network is that of the published
# code. So the sequential results in the paper's tables belong to a formula that the paper does not print.
#
# ## What this project found
#
# Its own networks, trained in equal conditions; the numbers come from their cards. PCK is the share of joints that are
# close enough to the label.


# %%
def pck(name):
    card = next(card for card in psa_viz.bundled() if card.name == name)
    found = card.facts["metrics"]["lspet_val.tar"]
    return found["pck_torso"], found["people"]


(without, people), (psa, _) = pck("person-none"), pck("person-psa-parallel")
print(f"without PSA {without:.1f}, with {psa:.1f}: {psa - without:+.1f} points, on {people} people")

# %% [markdown]
# ## Is that a difference?
#
# Suppose each joint were an independent toss of a coin that comes up right with probability p. Over n joints the share
# that is right then varies by $\sqrt{p(1-p)/n}$, and a difference of two such shares by $\sqrt 2$ times that. By hand,
# and then by tossing.

# %%
n, p = people * 14, without / 100  # about: invisible joints do not count
by_formula = math.sqrt(2 * p * (1 - p) / n)

generator = torch.Generator().manual_seed(0)
shares = (torch.rand(2, 400, n, generator=generator) < p).double().mean(dim=2)  # two networks, 400 times
by_tossing = float((shares[1] - shares[0]).std())
print(
    f"standard deviation of the difference: {100 * by_formula:.2f} points by formula, {100 * by_tossing:.2f} by tossing"
)
assert abs(by_formula - by_tossing) < 0.1 * by_formula

# %%
standard = 100 * by_formula
verdict = "no more than chance would give" if abs(psa - without) < 2 * standard else "more than chance alone would give"
print(f"{psa - without:+.1f} points is {abs(psa - without) / standard:.1f} standard deviations: {verdict}")

# %% [markdown]
# And this is the friendliest estimate. Joints of one person are not independent, and another seed of the *training*
# would move both numbers too. A difference below about two points on 495 people says little; below one, nothing.
#
# ## What to ask of any paper
#
# 1. Which formula, exactly, gave these numbers: the printed one or the code's?
# 2. Is the baseline the authors' own, trained in the same way and for as long?
# 3. On which data, chosen when?
# 4. How many seeds, and how far apart?
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
# **3.** Suppose two networks are compared on 10,000 independent joints, and one is right in 75% of them. From which
# difference on, in points, are they two standard deviations apart? One decimal.

# %%
answer_3 = ...

# %%
check("10.3", answer_3)

# %% [markdown]
# ## See it in the page
#
# Start the page with `make demo` and open
# [with and without PSA](http://127.0.0.1:7860/#example=01-astronaut&model=person-psa-parallel&tab=compare&with=person-none&picture=joints)
# on one photo, and keep in mind what one photo can tell.

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
# # 08 · Train one from nothing
#
# **20 minutes**, about one of them training. After notebook 05.
#
# You will be able to
#
# - train a small pose network, with PSA and without, under equal conditions;
# - say whether the difference is one, with more than a single seed;
# - ask a question that photos cannot answer: *is the map bright where the figure is?* Here the truth is known;
# - notice when a striking answer is mostly something else, and take that out.
#
# The photos of notebook 05 have no known truth: nobody can say where attention *should* be. So we draw our own: stick
# figures whose joints we placed ourselves, in front of lines that try to be mistaken for them.

# %%
import numpy as np
import torch
from checks import check, hint
from classroom import LINES, maps_figure, show  # also puts psa_viz on the path
from drawn_figures import JOINTS, as_picture, draw
from matplotlib.figure import Figure
from torch import nn

import psa_viz
from psa_viz.rendering.scales import gate_scale, probability_scale, signed_scale

torch.set_num_threads(1)

# %% [markdown]
# ## The data
#
# Left limbs are blue, right limbs orange, head and body white. Each figure leans, waves and walks at random, in front of
# a plain background and six distracting lines in the same three colours: colour alone does not find a hand. The images
# have 64×64 pixels, and there are five joints to predict.
#
# `drawn_figures.py`, beside this notebook, does the drawing. From one seed it always draws the same figures, and it
# returns three things: the images, where the joints are (we put them there, so there is no labelling error), and which
# pixels belong to the figure.

# %%
train, test = draw(1500, seed=1), draw(300, seed=2)
shown = {f"figure {i}": as_picture(train[0][i]) for i in range(5)}
show(maps_figure(shown, width=1.9), "Five of the drawn figures in front of distracting lines")

# %% [markdown]
# ## The network
#
# Two convolutions with stride 2, three residual blocks with a slot for attention, and one heatmap of 16×16 cells for
# each joint. With PSA or without, everything else has the same names, and from the same seed the same kind of start.

# %%
from psa_viz.models.nets.blocks import BasicBlock, conv_norm_relu


class Small(nn.Module):
    def __init__(self, attention, channels=24):
        super().__init__()
        self.stem = nn.Sequential(conv_norm_relu(3, 16, 3, stride=2), conv_norm_relu(16, channels, 3, stride=2))
        self.blocks = nn.Sequential(*(BasicBlock(channels, attention) for _ in range(3)))
        self.head = nn.Conv2d(channels, len(JOINTS), 1)

    def forward(self, images):  # (N, 3, 64, 64) -> (N, 5, 16, 16) logits
        return self.head(self.blocks(self.stem(images)))


ATTENTION = {"without": nn.Identity, "with PSA": psa_viz.PolarizedSelfAttention}
for name, attention in ATTENTION.items():
    print(f"{name:9} {sum(parameter.numel() for parameter in Small(attention).parameters()):,} parameters")

# %% [markdown]
# ## What training minimises
#
# Each heatmap becomes shares by a softmax over all 256 cells. They should lie where the joint is: in a small Gaussian
# around it. The *cross-entropy* says how far they are from that: minus the sum over cells of target times log share.
# For one joint by hand:

# %%
from psa_viz.training.losses import heatmap_loss

cells = (train[1] - 1.5) / 4  # (N, 5, 2): joints in cells; the first cell's centre is at pixel 1.5
logits = torch.randn(1, 1, 16, 16, generator=torch.Generator().manual_seed(0))
shares = logits.flatten().softmax(0).view(16, 16)
x, y = cells[0, 0].tolist()
bell = torch.tensor([[-((i - x) ** 2 + (j - y) ** 2) / 2 for i in range(16)] for j in range(16)]).exp()
target = bell / bell.sum()
by_hand = -sum(float(target[j, i] * shares[j, i].log()) for i in range(16) for j in range(16))

library = float(heatmap_loss(logits, cells[:1, :1], torch.ones(1, 1, dtype=torch.bool)))
print(f"by hand {by_hand:.5f}, library {library:.5f}")
assert abs(by_hand - library) < 1e-4
show(maps_figure({"target of one joint": target}, probability_scale(target.numpy())), "A Gaussian around the joint")

# %% [markdown]
# ## Training
#
# Equal conditions means: the same images in the same order, the same number of steps, the same schedule. Only the slot
# differs. And because a network also depends on the random numbers that it began with, each kind is trained three times,
# from three seeds. How far three *equal* networks are apart is the ruler for everything else.
#
# 100 steps of 24 images are little, but enough to see most joints found; six trainings take about a minute.


# %%
STEPS, BATCH, RATE = 100, 24, 3e-3


def trained(attention, seed):
    torch.manual_seed(seed)
    network = Small(attention).train()
    optimiser = torch.optim.AdamW(network.parameters(), RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=STEPS)
    order = torch.Generator().manual_seed(seed)
    visible = torch.ones(BATCH, len(JOINTS), dtype=torch.bool)
    for _ in range(STEPS):
        chosen = torch.randint(len(train[0]), (BATCH,), generator=order)
        loss = heatmap_loss(network(train[0][chosen]), cells[chosen], visible)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    return network.eval()


# %% [markdown]
# The measure is as simple as it can be: the highest cell of each heatmap, and the share of joints for which its centre
# is less than 4 pixels from the truth, on 300 figures that were not trained on.


# %%
def accuracy(network):
    with torch.no_grad():
        highest = network(test[0]).flatten(2).argmax(-1)  # (N, 5)
    found = torch.stack((highest % 16, highest // 16), dim=-1) * 4 + 1.5  # (N, 5, 2) in pixels
    return float(((found - test[1]).norm(dim=-1) < 4).double().mean())


SEEDS = (0, 1, 2)
networks = {name: [trained(attention, seed) for seed in SEEDS] for name, attention in ATTENTION.items()}
scores = {name: [accuracy(network) for network in row] for name, row in networks.items()}
for name, row in scores.items():
    print(f"{name:9}", "  ".join(f"seed {seed}: {100 * score:.1f}%" for seed, score in zip(SEEDS, row, strict=True)))

# %% [markdown]
# ## Does PSA help here?
#
# Look at all six numbers before the two means. If the bands of dots overlap, a single pair of runs could have told
# either story: choose your favourite dot in each row, and you have a paper.

# %%
figure = Figure(figsize=(6.2, 1.9), layout="constrained")
axes = figure.subplots()
for place, row in enumerate(scores.values()):
    axes.plot(row, [place] * len(row), **LINES[place] | {"linestyle": ""})
    axes.plot([np.mean(row)], [place], "|", color="tab:red", markersize=18)
axes.set_yticks(range(len(scores)), list(scores))
axes.set(ylim=(-0.5, 1.5), xlim=(0, 1), xlabel="share of joints found; dots: seeds, red: mean")
show(figure, "Share of joints found by three networks with PSA and three without")

# %%
differences = np.array(scores["with PSA"]) - np.array(scores["without"])
between_seeds = max(np.ptp(row) for row in scores.values())
print(f"PSA minus none, seed by seed: {', '.join(f'{100 * d:+.1f}' for d in differences)} points")
print(
    f"mean {100 * differences.mean():+.1f} points; equal networks differ by up to {100 * between_seeds:.1f} between seeds"
)
if abs(differences.mean()) <= between_seeds:
    print("So: no difference that these six runs could show.")
else:
    print("So: more than the seeds differ. It would take more runs, and another task, to believe it.")

# %% [markdown]
# Whatever your machine printed: this is a small network, a minute of training, an easy task. It says nothing about
# large networks on photos. It says something about *method*: had we trained one network of each kind, we would have
# reported the difference of one pair.
#
# ## Is the map bright where the figure is?
#
# Now the question that needs a known truth. For the first network with PSA: the spatial map of each block on one test
# figure, and the cells that the figure really covers.

# %%
psa_network = networks["with PSA"][0]
with torch.no_grad(), psa_viz.record(psa_network) as trace:
    psa_network(test[0])
maps = [trace.get(f"blocks.{i}.attention.spatial.gate").value for i in range(3)]  # each (N, 16, 16)
covered = (nn.functional.avg_pool2d(test[2][:, None].float(), 4)[:, 0] > 0.1).numpy()  # (N, 16, 16)

image = as_picture(test[0][0])
truth = np.where(covered[0], 255, 60).astype(np.uint8)[..., None].repeat(3, axis=2)
show(
    maps_figure({"image": image, "cells of the figure": truth}, width=2.2),
    "One test image, and the cells of its figure",
)
show(maps_figure({f"block {i}": m[0] for i, m in enumerate(maps)}, gate_scale(), width=2.2), "The maps of three blocks")

# %% [markdown]
# What did you expect? Most people expect light on the figure. One image can mislead, though. So a number over all 300: take a cell of the figure and a cell beside it, at random. How often
# is the map higher on the figure? **0.5 means that the map does not know; 1, that it is always higher; 0, that it is
# always lower.** By hand on a few pairs, then over all of them by ranks.


# %%
def higher_on_figure(gate):
    """Chance that the map is higher at a random cell of the figure than at a random cell beside it, over all images."""
    on, off = gate[covered], gate[~covered]
    return float((np.searchsorted(np.sort(off), on) / len(off)).mean())


rng = np.random.default_rng(0)
pairs = [(rng.choice(maps[0][covered]), rng.choice(maps[0][~covered])) for _ in range(2000)]
by_hand = sum(on > off for on, off in pairs) / len(pairs)
print(f"block 0: {by_hand:.3f} in 2000 random pairs, {higher_on_figure(maps[0]):.3f} in all")
assert abs(by_hand - higher_on_figure(maps[0])) < 0.05

# %% [markdown]
# And a control: the same network before training, with random weights. Its map is made of image features too, and a
# figure has edges.

# %%
torch.manual_seed(0)
untrained = Small(psa_viz.PolarizedSelfAttention).eval()
with torch.no_grad(), psa_viz.record(untrained) as trace:
    untrained(test[0])
random_maps = [trace.get(f"blocks.{i}.attention.spatial.gate").value for i in range(3)]
for i in range(3):
    print(f"block {i}: trained {higher_on_figure(maps[i]):.2f}, random weights {higher_on_figure(random_maps[i]):.2f}")

# %% [markdown]
# Some trained maps are *dark* on the figure, in nearly every pair. An earlier version of this notebook stopped here, and
# took that for a fact about figures. Look at the five images above again before you believe it. Where do the figures
# stand?
#
# ## What else would score like that?
#
# Our figures all stand near the middle: their hips are drawn there. A map that is dark in the middle, *whatever the image
# shows*, would score well too. So take the block that is furthest from one half, and four maps:
#
# 1. its map of each image;
# 2. one map for all images, the mean of the 300: it has not seen the image at all;
# 3. the distance from the centre: it has not even seen the network;
# 4. the map of each image minus that mean: what is left that *is* about the image.


# %%
def all_alike(one):
    return np.broadcast_to(one, covered.shape)


dark = min(range(3), key=lambda i: higher_on_figure(maps[i]))
rows, columns = np.mgrid[:16, :16] - 7.5
mean_map, distance = maps[dark].mean(axis=0), np.hypot(rows, columns)
four = {
    "its map of each image": maps[dark],
    "the mean map, for all images": all_alike(mean_map),
    "the distance from the centre": all_alike(distance),
    "each map minus the mean map": maps[dark] - mean_map,
}
print(f"block {dark}")
for name, values in four.items():
    score = higher_on_figure(values)
    print(f"  {name:30} {score:.2f}, or {1 - score:.0%} right if dark means figure")

# %%
shown = {"map of image 0": maps[dark][0], "mean map": mean_map}
show(maps_figure(shown, gate_scale(), width=2.4), "The map of one image, and the mean map of 300")
rest = maps[dark][0] - mean_map
show(maps_figure({"what is left of image 0": rest}, signed_scale(rest), width=2.4), "The map minus the mean map")

# %% [markdown]
# The second and third row score nearly as low as the first, or lower, and know nothing of the image. **Most of "dark on the
# figure" was "dark in the middle".** The fourth row is the answer to the question that was meant: with the mean map taken
# out, the map is still lower on the figure than beside it, in more than half of the pairs and far from nearly all.
#
# So there is a real effect, and it is smaller than it looked. A network that has learned where figures usually are is not
# cheating; but a picture of its map over *one* image cannot tell "I see a figure" from "it is usually there". A mean over
# images can, and it costs one line.
#
# That what is left is *below* one half is no failure either. The map multiplies features inside a block whose second
# convolution can turn every sign around: holding back the figure and subtracting what is left tells the next layer just
# as much as letting it through. **Bright does not mean important, and dark does not mean ignored.**
#
# What remains is to ask whether the map matters at all: take its pattern away, and count.

# %%
print(f"untouched: {100 * accuracy(psa_network):.1f}% of the joints")
for i in range(3):
    with psa_viz.edited(psa_network, [psa_viz.SwitchOff(f"blocks.{i}", "channel", to="mean")]):
        channel = accuracy(psa_network)
    with psa_viz.edited(psa_network, [psa_viz.SwitchOff(f"blocks.{i}", "spatial", to="shuffled")]):
        shuffled = accuracy(psa_network)
    print(f"block {i}: channel gate to its mean {100 * channel:.1f}%, map shuffled {100 * shuffled:.1f}%")

# %% [markdown]
# ## Exercises
#
# **1.** How many parameters do the three PSA blocks add? Compute it by hand from notebook 10's counting (the paper's
# formula has 2C² + 3C a block), or count.

# %%
answer_1 = ...

# %%
check("08.1", answer_1, networks)

# %% [markdown]
# **2.** Set the *spatial map* of `blocks.2` to its mean in `psa_network`. Which share of the joints does it still find,
# between 0 and 1?

# %%
answer_2 = ...

# %%
check("08.2", answer_2, psa_network, accuracy)

# %% [markdown]
# **3.** How many *standard errors* is the mean of `differences` away from 0? The standard error is the standard
# deviation of the three numbers (`ddof=1`) divided by √3; give the quotient with its sign. With three runs, anything
# between −4.3 and 4.3 is within chance (that is Student's t).

# %%
answer_3 = ...

# %%
check("08.3", answer_3, differences)

# %% [markdown]
# **4.** Take the middle away: move the mask of image i by `shifts[i]` cells, down and to the right, with `np.roll`. What does
# the distance from the centre score on the moved masks? (A number near one half: it is no help any more. Moved *images*
# would take the same help from a network, if it had trained on them.)

# %%
shifts = np.random.default_rng(0).integers(-8, 8, (300, 2))  # (N, 2) cells

# %%
answer_4 = ...

# %%
check("08.4", answer_4, covered, shifts)

# %% [markdown]
# ## See it in the page
#
# Start the page with `make demo` and add to its address `#tour=10`, the tour's last step, *learned against random weights*: the
# control of this notebook on a photo.

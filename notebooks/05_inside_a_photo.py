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
# # 05 · Inside a real photo
#
# **20 minutes.** After notebooks 01 to 04, or if you are in a hurry, after 02.
#
# You will be able to
#
# - run a trained person network on a photo, and read its heatmaps, its mask and every gate behind them;
# - read off the picture which numbers are predictions and which are attention;
# - record the gates of any forward pass yourself, and check one of them by hand.

# %%
import math
import tempfile

import numpy as np
import torch
from checks import check, hint
from classroom import MODEL, OFFICIAL, maps_figure, photo, show  # also puts psa_viz on the path

import psa_viz
from psa_viz.rendering import mpl_figures, overlays
from psa_viz.rendering.scales import gate_scale
from psa_viz.rendering.words import channel_sentence, spatial_sentence

# %% [markdown]
# ## One call
#
# `psa_viz.load` gives a network that comes with the project; `psa_viz.explain` finds the person in the photo, cuts a
# square around them, runs the network once more on that, and keeps what every PSA block did on the way. The photo is
# one of an astronaut, Eileen Collins (NASA, public domain).

# %%
astronaut = photo("astronaut")  # (H, W, 3) uint8; yours: psa_viz.explain("photo.jpg", model)
model = psa_viz.load(MODEL, device="cpu")
result = psa_viz.explain(astronaut, model)

seen = overlays.draw_crop(astronaut, result.crop)
pictures = {"what the network saw": seen, "the joints it predicts": overlays.draw_skeleton(seen, result.pose)}
show(maps_figure(pictures, width=3.6), "The photo with the crop, and with the predicted skeleton")

# %% [markdown]
# Filled dots are joints that the network is sure of; hollow ones it is not. Knees and ankles are not in the picture at
# all, and still each has a place: **a network that always answers also answers where there is nothing.** The score
# tells.

# %%
for name, score in sorted(zip(result.pose.joint_names, result.pose.scores, strict=True), key=lambda pair: -pair[1]):
    print(f"{name:15} {'#' * round(40 * float(score))} {score:.2f}")

# %% [markdown]
# ## Heatmaps are predictions
#
# For each joint the network gives every cell of a grid a probability. This is *not* attention, though it looks similar.
# It is the output.

# %%
show(mpl_figures.heatmaps_figure(result.pose), "The heatmaps of all joints on one scale, each with its peak")

# %% [markdown]
# By hand: the sum of one heatmap, its highest cell, and where in the photo that cell lies. One object, the *crop*,
# knows how cells and pixels correspond, so that nobody has to guess.

# %%
joint = result.pose.joint_names.index("right_shoulder")
heatmap = result.pose.heatmaps[joint]  # (h, w)
total, best, place = 0.0, -1.0, None
for row in range(heatmap.shape[0]):
    for column in range(heatmap.shape[1]):
        total += float(heatmap[row, column])
        if heatmap[row, column] > best:
            best, place = float(heatmap[row, column]), (column, row)  # as (x, y)
x, y = result.crop.cells_to_image(np.array(place))
print(f"sum {total:.4f}; highest cell {place} with {best:.4f}, in the photo at ({x:.0f}, {y:.0f})")
print("the library, refined below the cell:", result.pose.keypoints[joint].round(0))
assert math.isclose(total, 1, abs_tol=1e-3)
assert best == result.pose.peaks[joint]

# %% [markdown]
# The second output is a class for every pixel: hair, skin, clothes.

# %%
show(mpl_figures.mask_figure(result), "The parsing mask over the photo, with the share of every class")

# %% [markdown]
# ## Every block at once
#
# Now the attention. This network has a PSA block in every residual block. The overview has one cell for each, stages
# from left to right and resolutions from top to bottom, coloured by how far the values of its spatial map are apart.

# %%
show(mpl_figures.overview_figure(result.blocks), "All PSA blocks, coloured by the range of their spatial map")

# %% [markdown]
# Names read like addresses: the stage, the branch if there are several resolutions, the residual block. Let us take the
# block whose map has the widest range.

# %%
block = max(result.blocks.values(), key=lambda block: block.spatial_statistics.range)
print(block.name)
print("channel:", channel_sentence(block))
print("spatial:", spatial_sentence(block, result.crop))

# %% [markdown]
# The spatial map: cell by cell, never smoothed, on the scale from 0 to 1. On the left it lies over the photo, on the
# right by itself.

# %%
over = overlays.draw_map(astronaut, block.spatial, result.crop, gate_scale(), opacity=0.6)
show(maps_figure({"over the photo": over}, width=3.4), "The map over the photo")
show(mpl_figures.spatial_figure(block, result.crop), "The map by itself, with its numbers")

# %% [markdown]
# Before you say "it looks at the face": a map tells where features of *this* block are let through or held back. What
# the prediction depends on is another question; notebooks 06 and 07 ask it. And this map was *chosen*, as the most
# striking of all. The channel gate of the same block:

# %%
show(mpl_figures.channel_figure(block), "The weights of all channels of the block")

# %% [markdown]
# ## Record it yourself
#
# `explain` did nothing that you cannot do. Cut the crop, normalise it, run the model inside `psa_viz.record`. The hooks
# live as long as the `with` and are gone afterwards.

# %%
from psa_viz.session.crops import cut
from psa_viz.session.predict import network_input

images = network_input(cut(astronaut, result.crop)[None], torch.device("cpu"))  # (1, 3, H, W)
with torch.no_grad(), psa_viz.record(model) as trace:
    outputs = model(images)

print({task: tuple(logits.shape) for task, logits in outputs.items()})
print(len(trace), "tensors recorded; the last:", trace.names()[-1])
assert not any(module._forward_hooks for module in model.modules())

# %% [markdown]
# The recorded gate is the one that `explain` reported. And a gate is the sigmoid of its logits: one value by hand.

# %%
path = f"{block.name}.attention"
gate = trace.get(f"{path}.spatial.gate").value[0]  # (H, W)
logits = trace.get(f"{path}.spatial.logits").value[0]
np.testing.assert_allclose(gate, block.spatial, atol=1e-5)

by_hand = 1 / (1 + math.exp(-float(logits[0, 0])))
print(f"logit {logits[0, 0]:.4f} -> gate {by_hand:.4f}; recorded {gate[0, 0]:.4f}")
assert math.isclose(by_hand, gate[0, 0], abs_tol=1e-6)

# %% [markdown]
# ## The same photo under another formula
#
# `OFFICIAL` is the same network with the formula of the authors' code, put in late and trained for 120 steps. On the same
# crop, and on the same scale, most of its maps are flat; not all. No map of this formula can span more than 0.2311
# (notebook 04): read off how near the widest one comes.

# %%
official = psa_viz.load(OFFICIAL, device="cpu")
official_result = psa_viz.explain(astronaut, official, box=result.crop.box)
show(mpl_figures.overview_figure(official_result.blocks), "All blocks of the official formula")
flattest = min(official_result.blocks.values(), key=lambda block: block.spatial_statistics.range)
widest = max(official_result.blocks.values(), key=lambda block: block.spatial_statistics.range)
for one in (flattest, widest):
    print(one.name, "·", spatial_sentence(one, official_result.crop))

# %% [markdown]
# ## Keep it
#
# `save` writes everything into a folder: numbers, tensors, pictures, and a report that opens in a browser without a
# connection.

# %%
with tempfile.TemporaryDirectory() as folder:
    print(sorted(path.name for path in result.save(folder).iterdir()))
    again = psa_viz.load_explanation(folder)
np.testing.assert_array_equal(again.blocks[block.name].spatial, block.spatial)

# %% [markdown]
# ## Exercises
#
# **1.** How many gate values, weights and map cells together, did the network compute for this photo in all its blocks?

# %%
answer_1 = ...

# %%
check("05.1", answer_1, result)

# %% [markdown]
# **2.** The channel branch first averages over positions, with shares (`position_weights`, H×W). At which cell does the
# block in the middle of the network look most? Answer `[row, column]`; `np.unravel_index` helps.

# %%
BLOCK = list(result.blocks)[len(result.blocks) // 2]
print(BLOCK)

# %%
answer_2 = ...

# %%
check("05.2", answer_2, result, BLOCK)

# %% [markdown]
# **3.** By what are the features of channel 0 multiplied at that cell, in that block? The layout is parallel. Three
# decimals.

# %%
answer_3 = ...

# %%
check("05.3", answer_3, result, BLOCK)

# %% [markdown]
# ## See it in the page
#
# Start the page with `make demo`: it opens with the same photo and network. `#tour=1` behind its address is the tour's
# first step. Point at any cell: the same place is marked in every panel.

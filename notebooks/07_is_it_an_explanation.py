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
# # 07 · Is it an explanation?
#
# **20 minutes.** After notebook 06.
#
# You will be able to
#
# - say what exactly is to be explained, in one number;
# - attribute that number to the cells of a map, and check that the parts add up;
# - put "attention" beside chance, and beside maps that know nothing, before you call it an explanation;
# - say how the answer depends on what "taken away" means.
#
# A gate is a factor. "The network looks here *because* it finds the shoulder here" is a claim about a reason, and a
# claim can fail. This notebook gives it three chances to.

# %%
import numpy as np
import torch
from checks import check, hint
from classroom import LINES, MODEL, maps_figure, photo, show  # also puts psa_viz on the path
from matplotlib.figure import Figure

import psa_viz
from psa_viz import evidence
from psa_viz.rendering.scales import gate_scale, signed_scale

# %% [markdown]
# ## What is to be explained
#
# "The prediction" is a heatmap for each joint, and a mask. We need *one* number: the **target**. Here it is the
# probability that the network gives to the cell where it sees the right shoulder. The place is fixed now and stays
# where it is, so that what we change cannot carry it along.

# %%
astronaut = photo("astronaut")
model = psa_viz.load(MODEL, device="cpu")
subject = evidence.Subject(psa_viz.open_session(astronaut, model))

target = subject.fix("joint:right_shoulder")
ranked = [effect for effect in evidence.rank_blocks(subject, target) if effect.branch == "spatial"]
BLOCK = next(e.block for e in ranked if subject.gate(e.block, "spatial").size >= 64)  # coarser ones have too few cells
gate = torch.from_numpy(subject.gate(BLOCK, "spatial"))[None]  # (1, H, W)


def asked(gates):
    """(N, H, W) maps in the place of the block's own -> (N,) the target."""
    return target(subject.gated(BLOCK, "spatial", gates))


with torch.no_grad():
    here, without = asked(gate).item(), asked(torch.zeros_like(gate)).item()
print(f"{BLOCK}: the target is {here:.4f}; with the whole map at 0, {without:.4f}")

# %% [markdown]
# ## Attribution by hand
#
# The map made a difference of those two numbers. Which of its cells made how much of it? Go from the map at 0 to
# the map as it is in small steps. At each step the gradient says how much the target grows when one cell grows a
# little. Add up the gradients on the way, multiply by how far each cell went: these are **integrated gradients**.

# %%
STEPS = 16
total = torch.zeros_like(gate)
for step in range(STEPS):
    on_the_way = (gate * (step + 0.5) / STEPS).requires_grad_()
    total += torch.autograd.grad(asked(on_the_way).sum(), on_the_way)[0]
by_hand = (total / STEPS * gate)[0]  # (H, W)
print(f"sum over the cells {by_hand.sum():.4f}; difference to explain {here - without:.4f}")

# %% [markdown]
# The parts add up to the whole, up to the error of the steps. That is called *completeness*, and few methods have it.
# The library calls captum, which places its steps better:

# %%
library = evidence.attribute(subject, target, "gate_gradients", BLOCK, "spatial", off=0.0, steps=STEPS)
print(f"difference by hand and captum, largest cell: {np.abs(by_hand.numpy() - library.values).max():.5f}")
print(f"captum's parts miss the whole by {library.delta:+.5f}")
assert abs(by_hand.sum().item() - (here - without)) < 0.1 * abs(here - without) + 0.02

# %% [markdown]
# ## Three maps that are often taken for each other
#
# The gate itself; the attribution to the gate's cells; and Grad-CAM, which weighs the channels that come out of the
# block by their gradients. The first does not know which joint we asked about. The other two do. Signed maps have their
# zero in white: red speaks for the target, blue against it.

# %%
cam = evidence.attribute(subject, target, "grad_cam", BLOCK, "spatial")
show(maps_figure({"the gate": gate[0].numpy()}, gate_scale()), "The gate of the block")
for one, title in ((library, "attribution to the gate"), (cam, "Grad-CAM of the block's output")):
    show(maps_figure({title: one.native}, signed_scale(one.native, "credit, signed")), title)

# %% [markdown]
# Do they agree? The eye says yes to any two blobs in the middle of a picture. So, in numbers: *rank correlation*. Put
# the cells in order by one map and by the other, and correlate the places in the order: 1 for the same order, 0 for
# no relation, −1 for the opposite.

# %%
rho = evidence.spearman(gate[0].numpy(), np.abs(library.values))
print(f"rank correlation of the gate and the size of its attribution: {rho:+.3f}")

# %% [markdown]
# ## First chance to fail: against the same map elsewhere
#
# Is that much? Two *smooth* maps agree by accident far more often than independent cells would. A fair control is as
# smooth as the map: the map itself, mirrored and moved to another place. 200 of those give a band in which 95% lie.

# %%
found = {
    name: evidence.correlate(gate[0].numpy(), values.native, "spatial", name, values.magnitude)
    for name, values in (("attribution to the gate", library), ("Grad-CAM", cam))
}
for name, one in found.items():
    low, high = one.band_magnitude
    print(f"{name:24} {one.rho_magnitude:+.2f}; the map elsewhere gives {low:+.2f} to {high:+.2f}")

# %% [markdown]
# ## Second chance: take it away
#
# If bright cells are the important ones, then taking them away first must destroy the target *faster* than taking away
# any others. Taken away means: set to a number, "off". **Which number decides what is asked.** At 0 a high cell loses more
# than a low one by being high; an order that begins with the highest values gets that for nothing. At the map's mean
# every cell loses its distance from the mean, up or down: high cells still lose more than middling ones, and much less of
# the target is at stake. Neither is neutral, so we look at both. By hand, half of the cells:

# %%
half = gate.numel() // 2


def after_half(order, off):
    changed = gate.clone()
    changed.view(-1)[torch.as_tensor(order[:half].copy())] = off
    with torch.no_grad():
        return asked(changed).item()


rising = np.argsort(gate.flatten().numpy())
for off in (0.0, float(gate.mean())):
    drawn = [after_half(np.random.default_rng(seed).permutation(gate.numel()), off) for seed in range(5)]
    print(
        f"to {off:.2f}: highest half {after_half(rising[::-1], off):.4f}, lowest {after_half(rising, off):.4f}", end=""
    )
    print(f", random {min(drawn):.4f} to {max(drawn):.4f}; untouched {here:.4f}")

# %% [markdown]
# The whole curve, from nothing taken away to everything, in several orders: by the map, by the map reversed, by the
# attribution, at random, by the map elsewhere, and from the centre outwards. On the left over how many *cells* are gone;
# on the right the same numbers over how much of the map's *mass* is gone, the sum of all distances from "off". On that
# axis an order gains nothing by height alone.

# %%
rankings = {"attribution": library.values}
runs = {
    off: evidence.faithfulness_curves(
        subject, target, BLOCK, "spatial", rankings, off=off, steps=8, draws=5, modes=("delete",)
    )
    for off in (0.0, "mean")
}
curves = runs["mean"]

# %%
SINGLE = ("attention", "reversed", "attribution", "centre")
figure = Figure(figsize=(8.6, 5.6), layout="constrained")
grid = figure.subplots(2, 2, sharey="row")
for axes_row, (off, found) in zip(grid, runs.items(), strict=True):
    for axes, over in zip(axes_row, ("cells", "mass"), strict=True):
        for name, line in zip(SINGLE, LINES, strict=False):
            along = found.shares if over == "cells" else found.get(name).mass[0]
            axes.plot(along, found.get(name).left["target"][0], **line, markersize=4, label=name)
        for name, hatch in (("random", "//"), ("elsewhere", "..")):
            drawn, mass = found.get(name).left["target"], found.get(name).mass.mean(0)
            along = found.shares if over == "cells" else mass
            axes.fill_between(along, drawn.min(0), drawn.max(0), color="0.6", alpha=0.4, hatch=hatch, label=name)
        axes.set(xlabel=f"part of the map's {over} gone", title=f"values to {off}", xlim=(0, 1))
    axes_row[0].set(ylabel="target", ylim=(0, None))
grid[0, 1].legend(fontsize=7, ncols=2)
show(figure, "What is left of the target in six orders: values to 0 or to the mean, over cells or over mass")

# %% [markdown]
# The area under a curve sums it up: smaller means that the order found what matters sooner. Read it as a competition in
# which chance takes part, and the distance from the centre: the crop was cut around the person, so its middle is a good
# guess for anything.

# %%
for off, found in runs.items():
    for over in ("values", "mass"):
        areas = {name: found.areas(name, axis=over) for name in (*SINGLE, "random", "elsewhere")}
        order = sorted(areas, key=lambda name: areas[name].mean())
        print(f"to {off}, over {over}:", " < ".join(f"{name} {areas[name].mean():.4f}" for name in order))

# %% [markdown]
# The attribution *had* to do well: it was computed from this very target. It shows what an order that knows can reach. If
# "attention" lies below all draws of both controls and below the centre, it has passed this test, for this block, this
# joint, this photo *and this meaning of off*. Compare the four lines: does it pass in all of them?
#
# ## Third chance: forget what was learned
#
# A map that explains what the network has learned must change when the network forgets it. The *cascade* puts the
# weights of one stage after the other into random order, from the output down, and compares the gate with what it was.

# %%
for step in evidence.cascade(subject, target, BLOCK, methods=("grad_cam",)):
    row = {name: step.rho[name] for name in ("spatial gate", "grad_cam")}
    words = ", ".join(f"{name} {'constant' if rho is None else f'{rho:+.2f}'}" for name, rho in row.items())
    print(f"{step.randomised or 'as trained':12} rank correlation with before: {words}")

# %% [markdown]
# Stages above the block can forget everything without a trace in the gate: **it does not know what its features are
# used for.** The gate of an untouched block is the same for the shoulder, the ankle, and a network that finds neither.
# That alone limits what a gate can explain.
#
# ## More than one photo
#
# One photo, one block and one joint are an anecdote. Six cases are still few, but they show what a claim would need: in
# how many is the area of "attention" below *all* draws of both controls, and in how many below the centre's?

# %%
people = {"astronaut": subject}
people["camera"] = evidence.Subject(psa_viz.open_session(photo("camera"), model))
won, centre_won, cases = 0, 0, 0
for person, who in people.items():
    for joint in ("right_shoulder", "left_shoulder", "right_hip"):
        found = evidence.faithfulness_curves(
            who, who.fix(f"joint:{joint}"), BLOCK, "spatial", off="mean", steps=4, draws=4, modes=("delete",)
        )
        attention, centre = found.areas("attention")[0], found.areas("centre")[0]
        chance = np.concatenate((found.areas("random"), found.areas("elsewhere")))
        won, centre_won, cases = won + (attention < chance.min()), centre_won + (attention < centre), cases + 1
        print(
            f"{person:10} {joint:15} attention {attention:.4f}; chance {chance.min():.4f} to {chance.max():.4f}", end=""
        )
        print(f"; centre {centre:.4f}")
print(f"attention below all draws of chance in {won} of {cases} cases, below the centre in {centre_won}")

# %% [markdown]
# With nothing but luck, "below all of eight draws" happens in about one case of nine, and "below the centre" in about one
# of two. `docs/RESULTS.md` has a hundred photos, both meanings of off, and a crop that is moved off the person.
#
# ## What you may say
#
# - "This is what the features were multiplied by." Always true, and often interesting.
# - "Taking these cells away changes this prediction more than taking others away." If you have measured it, with
#   controls, on enough photos.
# - "This is *why* the network predicts this." Not from a gate.
#
# ## Exercises
#
# **1.** With infinitely many steps, what would the cells of `library.values` add up to? The result knows both ends.
# Four decimals.

# %%
answer_1 = ...

# %%
check("07.1", answer_1, library)

# %% [markdown]
# **2.** What is the area under the curve of the order "centre" in `curves`? Four decimals.

# %%
answer_2 = ...

# %%
check("07.2", answer_2, curves)

# %% [markdown]
# **3.** Three maps that no network made: how near to the centre a cell is, how bright the photo is there, how many edges it
# has. They are `evidence.label_free(subject.pixels, shape)`, with the shape of a block's map. Which of them, "centre",
# "brightness" or "edges", has the rank correlation with the *first* block's map that is furthest from 0? (If such a map
# agrees as well as an attribution does, agreement says little.)

# %%
answer_3 = ...

# %%
check("07.3", answer_3, subject, next(iter(subject.blocks)))

# %% [markdown]
# ## See it in the page
#
# Start the page with `make demo` and choose the tab *Evidence*, or add `#tour=10`, *Against chance*, to its address.

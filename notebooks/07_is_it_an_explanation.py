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
# - attribute that number to the cells of a map, by hand and with captum, and check that the parts add up;
# - put "attention" beside chance, and beside maps that know nothing, before you call it an explanation.
#
# A gate is a factor. "The network looks here *because* it finds the shoulder here" is a claim about a reason, and a
# claim can fail. This notebook gives it three chances to.

# %%
import numpy as np
import torch
from checks import check
from classroom import maps_figure, photo, show  # also puts psa_viz on the path
from matplotlib.figure import Figure

import psa_viz
from psa_viz import evidence
from psa_viz.rendering.scales import gate_scale, signed_scale

# %% [markdown]
# ## What is to be explained
#
# "The prediction" is 32×32 numbers for each of 14 joints, and a mask. We need *one*: the **target**. Here it is the
# probability that the network gives to the cell where it sees the right shoulder. The place is fixed now and stays
# where it is, so that what we change cannot carry it along.

# %%
astronaut = photo("astronaut")
model = psa_viz.load("person-psa-parallel", device="cpu")
crop = psa_viz.explain(astronaut, model).crop
subject = evidence.Subject(astronaut, model, crop)

BLOCK = "stage3.0.branch1.block1"
target = subject.fix("joint:right_shoulder")
gate = torch.from_numpy(subject.gate(BLOCK, "spatial"))[None]  # (1, H, W)


def asked(gates):
    """(N, H, W) maps in the place of the block's own -> (N,) the target."""
    return target(subject.gated(BLOCK, "spatial", gates))


with torch.no_grad():
    here, without = asked(gate).item(), asked(torch.zeros_like(gate)).item()
print(f"the target is {here:.4f}; with the whole map at 0, {without:.4f}")

# %% [markdown]
# ## Attribution by hand
#
# The map made a difference of those two numbers. Which of its 256 cells made how much of it? Go from the map at 0 to
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
# The same with captum, which places its steps better, and with the library, which calls captum:

# %%
from captum.attr import IntegratedGradients

captum = IntegratedGradients(asked).attribute(gate, baselines=0.0, n_steps=STEPS)[0]
library = evidence.attribute(subject, target, "gate_gradients", BLOCK, "spatial", off=0.0, steps=STEPS)
np.testing.assert_allclose(captum.detach().numpy(), library.values, atol=1e-6)
print(f"difference by hand and captum, largest cell: {(by_hand - captum).abs().max():.5f}")
print(f"captum's parts miss the whole by {library.delta:+.5f}")
assert abs(by_hand.sum().item() - (here - without)) < 0.02

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
# the 256 cells in order by one map and by the other, and correlate the places in the order: 1 for the same order, 0 for
# no relation, −1 for the opposite.


# %%
def ranks(values):
    """Place of every value in the rising order; no two cells are equal here."""
    order = sorted(range(values.size), key=lambda i: values.flat[i])
    places = [0] * values.size
    for place, i in enumerate(order):
        places[i] = place
    return places


one, other = gate[0].numpy(), np.abs(library.values)
by_hand = np.corrcoef(ranks(one), ranks(other))[0, 1]
assert abs(by_hand - evidence.spearman(one, other)) < 1e-6
print(f"rank correlation of the gate and the size of its attribution: {by_hand:+.3f}")

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
# And against maps that no network made: how bright the photo is at each cell, how many edges it has, how near to the
# centre it lies. If those agree as well with the gate, agreement says little.

# %%
cells = tuple(gate.shape[1:])
controls = evidence.label_free(subject.pixels, cells)
for name, values in controls.items():
    print(f"{name:10} rank correlation with the gate {evidence.spearman(gate[0].numpy(), values):+.2f}")

# %% [markdown]
# ## Second chance: take it away
#
# If bright cells are the important ones, then taking them away first must destroy the target *faster* than taking away
# any others. Cells go to the mean of the map, and not to 0 as in notebook 06: so a high cell is not punished for being
# high. By hand, half of the cells:

# %%
off = float(gate.mean())
half = gate.numel() // 2


def after_half(order):
    changed = gate.clone()
    changed.view(-1)[torch.as_tensor(order[:half].copy())] = off
    with torch.no_grad():
        return asked(changed).item()


rising = np.argsort(gate.flatten().numpy())
at_random = [after_half(np.random.default_rng(seed).permutation(gate.numel())) for seed in range(5)]
print(
    f"untouched {here:.4f}; highest half gone {after_half(rising[::-1]):.4f}, lowest half gone {after_half(rising):.4f}"
)
print(f"random halves gone: {min(at_random):.4f} to {max(at_random):.4f}")

# %% [markdown]
# The whole curve, from nothing taken away to everything, in several orders: by the map, by the map reversed, by the
# attribution, at random, by the map elsewhere, and from the centre outwards.

# %%
rankings = {"attribution": library.values}
curves = evidence.faithfulness_curves(
    subject, target, BLOCK, "spatial", rankings, off="mean", steps=8, draws=5, modes=("delete",)
)
figure = Figure(figsize=(7.0, 3.6), layout="constrained")
axes = figure.subplots()
styles = {"attention": "tab:orange", "reversed": "tab:blue", "attribution": "tab:green", "centre": "0.5"}
for name, colour in styles.items():
    axes.plot(curves.shares, curves.get(name).left["target"][0], "o-", markersize=3, color=colour, label=name)
for name, colour in (("random", "0.2"), ("elsewhere", "tab:purple")):
    drawn = curves.get(name).left["target"]
    axes.fill_between(curves.shares, drawn.min(0), drawn.max(0), color=colour, alpha=0.25, label=f"{name}, 5 draws")
axes.set(xlabel="share of the map set to its mean", ylabel="target", xlim=(0, 1))
axes.set_ylim(bottom=0)
axes.legend(fontsize=7, ncols=2)
show(figure, "What is left of the target while the map is taken away in six orders")

# %% [markdown]
# The area under a curve sums it up: smaller means that the order found what matters sooner. Read it as a competition in
# which chance takes part.

# %%
areas = {name: curves.areas(name) for name in (*styles, "random", "elsewhere")}
for name, drawn in sorted(areas.items(), key=lambda pair: pair[1].mean()):
    spread = f" ({drawn.min():.4f} to {drawn.max():.4f})" if len(drawn) > 1 else ""
    print(f"{name:12} {drawn.mean():.4f}{spread}")

# %% [markdown]
# The attribution *had* to do well: it was computed from this very target. It shows what an order that knows can reach. If
# "attention" lies below all draws of both controls, it has passed this test, for this block, this joint and this photo;
# if it lies among them, it has not. Either may happen, and that is what makes it a test.
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
# how many is the area of "attention" below *all* draws of both controls?

# %%
people = {"astronaut": subject, "camera": None}
people["camera"] = evidence.Subject(photo("camera"), model, psa_viz.explain(photo("camera"), model).crop)
won, cases = 0, 0
for person, who in people.items():
    for joint in ("right_shoulder", "neck", "head_top"):
        found = evidence.faithfulness_curves(
            who, who.fix(f"joint:{joint}"), BLOCK, "spatial", off="mean", steps=4, draws=4, modes=("delete",)
        )
        attention = found.areas("attention")[0]
        chance = np.concatenate((found.areas("random"), found.areas("elsewhere")))
        won, cases = won + (attention < chance.min()), cases + 1
        print(f"{person:10} {joint:15} attention {attention:.4f}; chance {chance.min():.4f} to {chance.max():.4f}")
print(f"attention below all draws of chance in {won} of {cases} cases")

# %% [markdown]
# With nothing but luck, "below all of eight draws" happens in about one case of nine.
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
# **3.** Take the gate of `stage1.block0`, the first block. Which of the label-free maps, "centre", "brightness" or
# "edges", has the rank correlation with it that is furthest from 0? `evidence.label_free` wants the size of that
# block's map.

# %%
answer_3 = ...

# %%
check("07.3", answer_3, subject)

# %% [markdown]
# ## See it in the page
#
# Start the page with `make demo` and open
# [this block](http://127.0.0.1:7860/#example=01-astronaut&model=person-psa-parallel&tab=evidence&block=stage3.0.branch1.block1) on the tab *Evidence*, or the
# tour's last step, [Against chance](http://127.0.0.1:7860/#tour=10).

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
# # 06 · Change a gate, predict what moves, check
#
# **20 minutes.** After notebook 05.
#
# You will be able to
#
# - change the gates of one forward pass, and compare the prediction with the untouched one;
# - say what "off" means, and why there is no neutral choice;
# - measure an effect so that a jumping joint does not fool you, and judge it against chance.
#
# A picture of a gate is an observation. To learn whether it matters you have to intervene.

# %%
import numpy as np
from checks import check, hint
from classroom import MODEL, maps_figure, photo, show  # also puts psa_viz on the path
from matplotlib.figure import Figure

import psa_viz
from psa_viz.rendering.change_words import change_sentences
from psa_viz.rendering.scales import probability_scale, signed_scale
from psa_viz.session.session import Session
from psa_viz.values.difference import difference

# %% [markdown]
# ## The session
#
# One photo, one crop, one network. A `Session` runs the untouched pass once, and of every edited pass only the
# blocks that the edits change: all others are given what they were given before.

# %%
astronaut = photo("astronaut")
model = psa_viz.load(MODEL, device="cpu")
crop = psa_viz.explain(astronaut, model).crop
session = Session(astronaut, model, crop)
before = session.untouched

# %% [markdown]
# ## Nothing changed, nothing changes
#
# The first control of any experiment: do nothing, and see nothing. Multiplying a gate by 1 goes through the whole
# machinery of editing, and has to leave every predicted probability as it was, to the last bit.
#
# The block is chosen by a rule, not by eye: of all maps with at least 64 cells, the one that spans most.

# %%
large = [name for name, block in before.blocks.items() if block.spatial.size >= 64]
BLOCK = max(large, key=lambda name: before.blocks[name].spatial_statistics.range)
print(BLOCK, before.blocks[BLOCK].spatial.shape)
nothing = session.edited([psa_viz.Scale(BLOCK, factor=1.0, branch="spatial")])
print(change_sentences(difference(before, nothing))[0])
assert difference(before, nothing).identical

# %% [markdown]
# ## Predict
#
# We are about to replace the whole spatial map of this block by its own mean: as much gate as before, but everywhere
# the same. **Which joint will move most?** Write down a name before you run on. A guess that can be wrong teaches more
# than a picture.

# %%
my_guess = "right_shoulder"
assert my_guess in before.pose.joint_names, before.pose.joint_names

# %%
edit = psa_viz.SwitchOff(BLOCK, "spatial", to="mean")
after = session.edited([edit])
change = difference(before, after)
print(*change_sentences(change), sep="\n")
guessed = next(joint for joint in change.joints if joint.name == my_guess)
print(f"\nYour guess, {my_guess}: moved {guessed.moved:.1f} px")

# %% [markdown]
# Look at the heatmaps of the joint that moved most, before and after, before you believe in a dramatic effect.

# %%
jumper = max(change.joints, key=lambda joint: joint.moved)
place = before.pose.joint_names.index(jumper.name)
pair = {"before": before.pose.heatmaps[place], "after": after.pose.heatmaps[place]}
show(maps_figure(pair, probability_scale(np.stack(list(pair.values())))), f"Heatmap of {jumper.name}, before and after")
print(f"{jumper.name}: score before {jumper.score_before:.2f}; moved {jumper.moved:.1f} px")

# %% [markdown]
# A joint sits at the highest cell of its heatmap. If two places are almost equally likely, a small push makes the other
# one the highest, and the joint leaps across the photo. **The leap says that the network was undecided, not that the
# edit was strong.** Over all joints: how far each moved, against how sure the network was.

# %%
figure = Figure(figsize=(6.0, 3.0), layout="constrained")
axes = figure.subplots()
axes.scatter([joint.score_before for joint in change.joints], [joint.moved for joint in change.joints], color="0.2")
for joint in sorted(change.joints, key=lambda joint: -joint.moved)[:3]:
    axes.annotate(joint.name.replace("_", " "), (joint.score_before, joint.moved), (5, 0), textcoords="offset points")
axes.set(xlim=(0, 1), xlabel="score before the edit", ylabel="moved, px of the photo")
show(figure, "How far each joint moved against its score before the edit")

# %% [markdown]
# ## A better measure
#
# So compare whole heatmaps. Each sums to 1; half the sum of all absolute differences is **the share of the probability
# that changed its place**: 0 if nothing did, 1 if all of it. By hand, then in one line.


# %%
def moved_share(old, new):
    total = 0.0
    for row in range(old.shape[0]):
        for column in range(old.shape[1]):
            total += abs(float(new[row, column]) - float(old[row, column]))
    return total / 2


shares = 0.5 * np.abs(change.heatmaps).sum(axis=(1, 2))  # (J,)
assert abs(moved_share(before.pose.heatmaps[place], after.pose.heatmaps[place]) - shares[place]) < 1e-5
for name, share in zip(before.pose.joint_names, shares, strict=True):
    print(f"{name:15} {'#' * round(40 * float(share))} {share:.2f}")

# %% [markdown]
# The change itself, for the joint whose heatmap changed most: blue lost probability, red gained it, white stayed. Zero
# is in the middle of the scale, always.

# %%
most = int(shares.argmax())
title = f"{before.pose.joint_names[most]}: after minus before"
show(maps_figure({title: change.heatmaps[most]}, signed_scale(change.heatmaps[most]), width=3.4), title)

# %% [markdown]
# ## What does "off" mean?
#
# A gate has no neutral value. At 0 the branch says nothing: in the parallel layout the features then pass through the
# other gate alone. At 1 it lets everything through. Its mean keeps the amount and takes away the pattern. Shuffled, it
# keeps every value and puts it in the wrong place. Four questions, four answers.


# %%
def effect(edits):
    """Mean over the joints of the share of probability that changed its place."""
    heatmaps = difference(before, session.edited(edits)).heatmaps
    return float(0.5 * np.abs(heatmaps).sum(axis=(1, 2)).mean())


for off in (0.0, 1.0, "mean", "shuffled"):
    print(f"the map becomes {off!s:8}: effect {effect([psa_viz.SwitchOff(BLOCK, 'spatial', to=off)]):.3f}")

# %% [markdown]
# ## Every block
#
# Which maps matter, for this photo? Each block's spatial map set to its mean, one block at a time; and each channel
# gate.

# %%
names = list(before.blocks)
effects = {
    branch: [effect([psa_viz.SwitchOff(name, branch, to="mean")]) for name in names]
    for branch in ("channel", "spatial")
}

# %%
figure = Figure(figsize=(7.2, 4.2), layout="constrained")
axes = figure.subplots()
rows = np.arange(len(names))
axes.barh(rows - 0.2, effects["channel"], 0.4, color="tab:blue", label="channel gate to its mean")
axes.barh(rows + 0.2, effects["spatial"], 0.4, color="tab:orange", hatch="//", label="spatial map to its mean")
axes.set_yticks(rows, names, fontsize=7)
axes.invert_yaxis()
axes.set(xlim=(0, None), xlabel="share of the joints' probability that changed its place, from 0")
axes.legend(fontsize=8)
show(figure, "Effect of taking the pattern out of each gate, block by block")

# %% [markdown]
# ## Is it the range that matters?
#
# It is tempting to read the overview of notebook 05 as "bright blocks matter". Here is how well a map's range predicts
# the effect of taking it away: the correlation of their ranks, 1 for the same order, 0 for no relation. One network
# and one photo: take it as an example of a check, not as a law.


# %%
def ranks(values):
    return np.argsort(np.argsort(values))


ranges = [before.blocks[name].spatial_statistics.range for name in names]
correlation = np.corrcoef(ranks(ranges), ranks(effects["spatial"]))[0, 1]
print(f"rank correlation of a map's range and its effect: {correlation:+.2f}, over {len(names)} blocks")

# %% [markdown]
# ## Against chance
#
# Mute the quarter of the cells where the map is highest. Does the prediction change? Surely. But does it change *more
# than if you mute a quarter of the cells at random*? Only that comparison says something about the map.

# %%
gate = before.blocks[BLOCK].spatial
quarter = gate.size // 4
highest = (gate >= np.sort(gate, axis=None)[-quarter]).astype(bool)
chosen = effect([psa_viz.Mute(BLOCK, cells=highest, to=0.0)])

by_chance = []
for seed in range(10):
    cells = np.zeros(gate.size, dtype=bool)
    cells[np.random.default_rng(seed).permutation(gate.size)[: highest.sum()]] = True
    by_chance.append(effect([psa_viz.Mute(BLOCK, cells=cells.reshape(gate.shape), to=0.0)]))
print(f"highest quarter muted: {chosen:.3f}; random quarters: {min(by_chance):.3f} to {max(by_chance):.3f}")
print(f"random quarters with less effect: {sum(one < chosen for one in by_chance)} of {len(by_chance)}")

# %% [markdown]
# This control is not fair yet: high values that go to 0 lose more than random ones do. Notebook 07 makes it fairer, and
# asks over more than one photo.
#
# ## Exercises
#
# **1.** Set the channel gate of the last block to its mean. Which joint's *heatmap* changes most, by the
# share of its probability that changes its place? Its name, as in `before.pose.joint_names`.

# %%
answer_1 = ...

# %%
check("06.1", answer_1, session, list(before.blocks)[-1])

# %% [markdown]
# **2.** Give a list with at least one `psa_viz.Paint` that changes no predicted probability, not by a bit. Which values
# would you have to paint?

# %%
answer_2 = ...

# %%
check("06.2", answer_2, session)

# %% [markdown]
# **3.** How many blocks' gates can an edit of the block at three quarters of the network reach at all, itself included?
# Where a network has branches, they meet only at the end of a stage. `session.reached` takes a list of edits.

# %%
LATE = list(before.blocks)[3 * len(before.blocks) // 4]
print(LATE)

# %%
answer_3 = ...

# %%
check("06.3", answer_3, session, LATE)

# %% [markdown]
# ## See it in the page
#
# Start the page with `make demo` and add to its address `#tour=8`, *Predict, then change*, or `#tour=9`, *Off is a choice*.
# The tab *Change* makes any of the edits above.

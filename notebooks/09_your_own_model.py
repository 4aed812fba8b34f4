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
# # 09 · Your own model
#
# **20 minutes.** You need to have written a PyTorch module before. Notebook 03 helps.
#
# You will be able to
#
# - put PSA into a network of your own, in the place the paper puts it, without disturbing what it has learned;
# - see the gates of a network that somebody else wrote, and know when its PSA is not what it says;
# - load a published checkpoint whole, or be told in one sentence why not.

# %%
import tempfile
from collections import Counter
from pathlib import Path

import torch
from checks import check, hint
from classroom import maps_figure, photo, show  # also puts psa_viz on the path
from torch import nn

import psa_viz
from psa_viz.rendering.scales import gate_scale

# %% [markdown]
# ## 1 · Where it goes
#
# The paper puts PSA after the first 3×3 convolution of every residual block, behind its normalisation and ReLU. Give
# the block a *slot*: a module made from the number of channels. `nn.Identity` leaves it empty, and then the network
# with PSA and the one without have the same names everywhere else. You will be glad of that when you compare them.


# %%
class Residual(nn.Module):
    def __init__(self, channels, attention=nn.Identity):
        super().__init__()
        self.conv1 = nn.Sequential(nn.Conv2d(channels, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels))
        self.attention = attention(channels)
        self.conv2 = nn.Sequential(nn.Conv2d(channels, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels))

    def forward(self, x):  # (N, C, H, W)
        y = self.attention(torch.relu(self.conv1(x)))
        return torch.relu(x + self.conv2(y))


def network(attention=nn.Identity):
    torch.manual_seed(0)
    stem = nn.Sequential(nn.Conv2d(3, 32, 3, stride=4, padding=1, bias=False), nn.BatchNorm2d(32), nn.ReLU())
    return nn.Sequential(stem, Residual(32, attention), Residual(32, attention), nn.Conv2d(32, 5, 1)).eval()


# %%
plain, mine = network(), network(psa_viz.PolarizedSelfAttention)
count = {name: sum(p.numel() for p in model.parameters()) for name, model in {"plain": plain, "mine": mine}.items()}
print(count, f"PSA adds {count['mine'] / count['plain'] - 1:.1%}")

images = torch.rand(1, 3, 64, 64)
with torch.no_grad():
    assert mine(images).shape == plain(images).shape == (1, 5, 16, 16)

# %% [markdown]
# ## 2 · What it does to a trained network
#
# Suppose that `plain` was trained, and you want to go on with PSA in it. Fresh PSA blocks multiply the features by
# numbers that nobody learned. How much does that disturb? We copy all shared weights, and compare the features after
# each kind of fresh block: 0 means undisturbed.

# %%
from functools import partial

from psa_viz.models.nets.efficientnet import make_neutral


def disturbed(model):
    """Relative change of the output against the plain network with the same weights."""
    model.load_state_dict(plain.state_dict(), strict=False)  # all but the attention, which plain does not have
    with torch.no_grad():
        return float((model(images) - plain(images)).norm() / plain(images).norm())


for formula, layout in [
    ("paper", "parallel"),
    ("paper", "sequential"),
    ("official", "parallel"),
    ("official", "sequential"),
]:
    block = partial(psa_viz.PolarizedSelfAttention, formula=formula, layout=layout)
    print(f"{formula:8}, {layout:10}: {disturbed(network(block)):.2f}")

# %% [markdown]
# The sequential layouts multiply by two gates near a half each, and leave about a quarter. The parallel ones add two
# halves: about one. The paper's parallel form can be made to begin at *exactly* one: set the gain of its LayerNorm and
# the spatial value to zero, and both gates are 0.5 until training moves them.

# %%
neutral = network(psa_viz.PolarizedSelfAttention)
make_neutral(neutral)
print("neutral start:", disturbed(neutral))
assert disturbed(neutral) < 1e-5

# %% [markdown]
# ## 3 · See its gates
#
# Any photo, any network that takes an image: `capture` finds the PSA blocks and records them. This network was not
# trained, so do not look for meaning in it.

# %%
astronaut = photo("astronaut")
result = psa_viz.capture(astronaut, mine, size=64)
for name, found in result.blocks.items():
    print(name, found.shape, f"map {found.spatial.min():.3f} to {found.spatial.max():.3f}")
maps = {name: found.spatial for name, found in result.blocks.items()}
show(maps_figure(maps, gate_scale()), "The maps of the two blocks of an untrained network on the absolute scale")

# %% [markdown]
# ## 4 · A block that somebody else wrote
#
# Here is a block in the authors' parallel formula, with the names of its layers as in their published file; in it
# "right" is the channel branch and "left" the spatial one. The code is ours, and a colleague might have written it.


# %%
class TheirPSA(nn.Module):
    def __init__(self, channels):
        super().__init__()
        half = channels // 2
        self.conv_q_right = nn.Conv2d(channels, 1, 1, bias=False)
        self.conv_v_right = nn.Conv2d(channels, half, 1, bias=False)
        self.conv_up = nn.Conv2d(half, channels, 1, bias=False)
        self.conv_q_left = nn.Conv2d(channels, half, 1, bias=False)
        self.conv_v_left = nn.Conv2d(channels, half, 1, bias=False)

    def forward(self, x):
        shares = self.conv_q_right(x).flatten(2).softmax(-1)  # (N, 1, HW)
        z = self.conv_v_right(x).flatten(2) @ shares.transpose(1, 2)  # (N, c, 1)
        weights = torch.sigmoid(self.conv_up(z[..., None]))  # (N, C, 1, 1)
        query = self.conv_q_left(x).mean((2, 3))  # (N, c)
        product = (query[:, None] @ self.conv_v_left(x).flatten(2)).softmax(-1)  # (N, 1, HW)
        return weights * x + torch.sigmoid(product).view(len(x), 1, *x.shape[2:]) * x


# %% [markdown]
# `psa_viz.adapt` looks for blocks by the names and shapes of their parameters. Names can lie, so it then **runs** both,
# their code and ours on the same weights, and exchanges the block in a copy of the model only if the numbers agree.

# %%
theirs = network(TheirPSA)
adapted = psa_viz.adapt(theirs)
print(adapted.summary())
with torch.no_grad():
    difference = float((adapted.model(images) - theirs(images)).abs().max())
print(f"largest difference of the two networks' outputs: {difference:.1e}")
assert difference < 1e-5

# %% [markdown]
# From here everything works as with our own: record, edit, capture.

# %%
with torch.no_grad(), psa_viz.record(adapted.model) as trace:
    adapted.model(images)
gate = trace.get("1.attention.spatial.gate").value
print(f"their map: {gate.min():.4f} to {gate.max():.4f}; the formula of notebook 02 cannot go below 0.5")

# %% [markdown]
# ## 5 · A block that is not what it says
#
# There are many copies of PSA in other people's repositories, and some are wrong. A common mistake: the features are
# multiplied *in place*, so the second branch works on what the first has done. Same names, same shapes, other numbers.

# %%
import warnings


class InPlace(TheirPSA):
    def forward(self, x):
        shares = self.conv_q_right(x).flatten(2).softmax(-1)
        z = self.conv_v_right(x).flatten(2) @ shares.transpose(1, 2)
        first = x.mul_(torch.sigmoid(self.conv_up(z[..., None])))  # x is no longer what came in
        query = self.conv_q_left(x).mean((2, 3))
        product = (query[:, None] @ self.conv_v_left(x).flatten(2)).softmax(-1)
        return first + x.mul_(torch.sigmoid(product).view(len(x), 1, *x.shape[2:]))


with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # they would say the same as `refused`
    wrong = psa_viz.adapt(network(InPlace))
for module in wrong.refused:
    print(module.path, "·", module.reason)
assert not wrong.recognised

# %% [markdown]
# Gradients would have failed on it in training; in evaluation nothing would have told you.
#
# ## 6 · A published checkpoint
#
# Whole networks come as files of named tensors. We write one in the published form of HRNet with official PSA blocks,
# small and with random weights, as PyTorch's `torch.save` does, with the `module.` that multi-GPU training leaves in
# front of every name.

# %%
from psa_viz.models.files.official import to_official
from psa_viz.models.full_size import build

holder = tempfile.TemporaryDirectory()
folder = Path(holder.name)
published = to_official(build("coco-hrnet-w8-psa-official-parallel"))
torch.save({"state_dict": {f"module.{name}": value for name, value in published.items()}}, folder / "pose.pth")
print(len(published), "tensors, for example", next(name for name in published if "deattn" in name))

# %% [markdown]
# A `.pth` file is a pickle: opening one the old way runs whatever code its author put in. `psa_viz.load` never does
# that. It tells the network from the names and shapes, and then takes **every tensor or none**.

# %%
loaded = psa_viz.load(folder / "pose.pth", device="cpu")
kinds = Counter(type(module).__name__ for module in loaded.modules())
print(
    loaded.info.name, "·", loaded.info.formula, loaded.info.layout, "·", kinds["PolarizedSelfAttention"], "PSA blocks"
)

# %% [markdown]
# Strictness matters. The authors' own loader skips whatever does not fit; a parallel file in a sequential network then
# "loads". Four of the five matrices of each block have the same names and shapes in both layouts, so 89% of the
# attention's parameters come from the file and look right; but the formula is another one, and the end of every channel
# gate keeps its random numbers. Here one tensor is missing:

# %%
damaged = dict(list(published.items())[:-1])
torch.save({"state_dict": damaged}, folder / "damaged.pth")
try:
    psa_viz.load(folder / "damaged.pth")
except ValueError as error:
    print("refused:", str(error).replace(str(folder) + "/", ""))

# %% [markdown]
# And a single block's tensors, without a network around them:

# %%
from psa_viz.models.files.checkpoints import block_from_official

block = block_from_official(theirs[1].attention.state_dict())
x = torch.randn(2, 32, 8, 8)
with torch.no_grad():
    torch.testing.assert_close(block(x), theirs[1].attention(x), rtol=0, atol=1e-5)
print(block.extra_repr())

# %% [markdown]
# ## Exercises
#
# **1.** A file has a tensor named `layer1.0.deattn.conv_up.0.weight`. Which layout do its PSA blocks have? Notebook
# 02's table and the library's `psa_viz.models.files.checkpoints` know.

# %%
answer_1 = ...

# %%
check("09.1", answer_1)

# %% [markdown]
# **2.** Give a `Residual` of 16 channels whose slot holds PSA in the paper's *sequential* layout. A module, not a
# class.

# %%
answer_2 = ...

# %%
check("09.2", answer_2)

# %% [markdown]
# **3.** Write `answer_3` as a network, made with `network(...)`, in which `psa_viz.adapt` recognises no block and
# refuses **two**, though their *names* are right: a subclass of `TheirPSA` with any mistake of your own in its
# `forward`.

# %%
answer_3 = ...

# %%
check("09.3", answer_3)

# %% [markdown]
# ## See it in the page
#
# The page runs the bundled models; for yours there is the command line:
#
#     python -m psa_viz explain photo.jpg --model package.module:factory --weights FILE --out DIR
#
# It writes the same report. `docs/MODELS.md` lists what can be loaded. To see the formulas as trained side by side, start
# the page with `make demo` and choose the tab *Compare*.

"""The tables "what works with what" of docs/MODELS.md: every row is run. `python -m tests.what_works` prints them."""

from __future__ import annotations

import functools
import tempfile
import warnings
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn

import psa_viz
from psa_viz.models.factories import fill
from tests.recording.foreign.in_place import InPlaceParallel, InPlaceSequential
from tests.recording.foreign.official import OfficialParallel, OfficialSequential
from tests.recording.foreign.other_kinds import Context, Coordinates, Efficient, GatesOutside, NonLocal, Squeeze
from tests.recording.foreign.ports import (
    EarlyPortParallel,
    EarlyPortSequential,
    PairParallel,
    PairSequential,
    PortParallel,
    PortSequential,
)

C = 16


class Net(nn.Module):
    """A stem, a block, a head."""

    def __init__(self, block: nn.Module) -> None:
        super().__init__()
        self.stem, self.block, self.head = nn.Conv2d(3, C, 3, padding=1), block, nn.Conv2d(C, 4, 1)

    def forward(self, x):
        return self.head(self.through(self.stem(x)))

    def through(self, x):
        return self.block(x)


def port_with(**changes):
    return type("Changed", (PortParallel,), changes)


class Renamed(nn.Module):
    """The port with names of its own."""

    NAMES: ClassVar = {
        "cv": "channel.value", "cq": "channel.query", "cz": "channel.ending.0", "norm": "channel.ending.1",
        "sv": "spatial.value", "sq": "spatial.query",
    }  # fmt: skip

    def __init__(self, channels):
        super().__init__()
        for own, layer in zip(self.NAMES, PortParallel(channels).children(), strict=True):
            setattr(self, own, layer)

    def forward(self, x):
        a = torch.softmax(self.cq(x).flatten(1), dim=-1)
        z = torch.einsum("ncp,np->nc", self.cv(x).flatten(2), a)[:, :, None, None]
        channel = torch.sigmoid(self.norm(self.cz(z).flatten(1)))[:, :, None, None]
        s = torch.softmax(self.sq(x).mean((2, 3)), dim=-1)
        return channel * x + torch.sigmoid(torch.einsum("nc,nchw->nhw", s, self.sv(x)))[:, None] * x


def with_eps():
    block = PortParallel(C)
    block.ln.eps = 1e-6
    return block


def dropout(self, x):
    return nn.functional.dropout(PortParallel.forward(self, x), 0.1, self.training)


def windows(self, x):
    n, c, h, w = x.shape
    if h % 8 or w % 8:
        return PortParallel.forward(self, x)
    parts = x.view(n, c, h // 8, 8, w // 8, 8).permute(0, 2, 4, 1, 3, 5).reshape(-1, c, 8, 8)
    y = PortParallel.forward(self, parts).view(n, h // 8, w // 8, c, 8, 8).permute(0, 3, 1, 4, 2, 5)
    return y.reshape(n, c, h, w)


BLOCKS: dict[str, Callable[[], nn.Module]] = {
    "of this library": lambda: psa_viz.PolarizedSelfAttention(C),
    "authors' PSA_p, PaddleSeg's": lambda: OfficialParallel(C),
    "authors' PSA_s": lambda: OfficialSequential(2 * C),
    "xmu-xiaoma666 port, parallel": lambda: PortParallel(C),
    "the same, sequential": lambda: PortSequential(C),
    "pair `ca`, `sa` (MegBox), parallel": lambda: PairParallel(C),
    "the same, sequential ": lambda: PairSequential(C),
    "LayerNorm with another eps": with_eps,
    "other names, without `names=`": lambda: Renamed(C),
    "other names, with `names=`": lambda: Renamed(C),
    "dropout at the end": lambda: port_with(forward=dropout)(C),
    "windows of 8x8 inside": lambda: port_with(forward=windows)(C),
    "products in place, parallel": lambda: InPlaceParallel(C),
    "products in place, sequential": lambda: InPlaceSequential(2 * C),
    "no softmax, parallel": lambda: EarlyPortParallel(C),
    "no softmax, sequential": lambda: EarlyPortSequential(C),
    "channel branch alone": lambda: port_with(forward=lambda self, x: self.channel_gate(x) * x)(C),
    "a residual inside": lambda: port_with(forward=lambda self, x: PortParallel.forward(self, x) + x)(C),
    "SE": lambda: Squeeze(C),
    "ECA": lambda: Efficient(C),
    "CBAM": lambda: GatesOutside(C),
    "coordinate attention": lambda: Coordinates(C),
    "GC": lambda: Context(C),
    "non-local": lambda: NonLocal(C),
}


class Many(Net):
    def through(self, x):
        return self.block(self.block(x))


class Listed(Net):
    def __init__(self, block):
        super().__init__(block)
        self.steps = [self.stem, self.block, self.head]

    def forward(self, x):
        for step in self.steps:
            x = step(x)
        return x


class Kept(Net):
    def __init__(self, block):
        super().__init__(block)
        self.call = self.block.forward

    def through(self, x):
        return self.call(x)


class Lambda(Net):
    def __init__(self, block):
        super().__init__(block)
        self.call = lambda x: self.block(x)

    def through(self, x):
        return self.call(x)


class Partial(Net):
    def __init__(self, block):
        super().__init__(block)
        self.call = functools.partial(self.block)

    def through(self, x):
        return self.call(x)


def plain():
    return Net(PortParallel(C))


def inference():
    with torch.inference_mode():
        return plain()


def weight_norm(layer: str):
    net = plain()
    torch.nn.utils.parametrizations.weight_norm(net.get_submodule(layer))
    return net


def with_part(change):
    net = plain()
    change(net)
    return net


def scripted(net):
    net.head = torch.jit.script(net.head)


def compiled_in_place(net):
    net.compile(backend="eager")


def compiled_block(net):
    net.block = torch.compile(net.block, backend="eager")


def hooked(net):
    net.block.ln.register_forward_hook(lambda *_: None)


NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "a block that runs twice": lambda: Many(PortParallel(C)),
    "a block called from a plain list": lambda: Listed(PortParallel(C)),
    "a kept `forward`": lambda: Kept(PortParallel(C)),
    "a lambda or closure over the network": lambda: Lambda(PortParallel(C)),
    "a `functools.partial`": lambda: Partial(PortParallel(C)),
    "`torch.compile`, whole": lambda: torch.compile(plain(), backend="eager"),
    "`model.compile()`": lambda: with_part(compiled_in_place),
    "a compiled block": lambda: with_part(compiled_block),
    "a scripted part": lambda: with_part(scripted),
    "`DataParallel`": lambda: nn.DataParallel(plain()),
    "made under `inference_mode`": inference,
    "weight_norm elsewhere": lambda: weight_norm("stem"),
    "weight_norm in the block": lambda: weight_norm("block.ch_wv"),
    "hooks on the block": lambda: with_part(hooked),
    "float64": lambda: plain().double(),
    "bfloat16": lambda: plain().bfloat16(),
    "float16": lambda: plain().half(),
}


def state():
    return nn.Sequential(OrderedDict(conv=nn.Conv2d(3, 4, 3), bn=nn.BatchNorm2d(4)))


def before(prefix, tensors):
    return {prefix + name: value for name, value in tensors.items()}


def script(path):
    torch.jit.save(torch.jit.script(state()), path)


POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1000\n"
FILES: dict[str, Callable[[Path, dict], object]] = {
    "tensors by name": lambda path, own: torch.save(own, path),
    "safetensors": lambda path, own: save_file(own, path),
    "under `state_dict`, beside numbers of NumPy": lambda path, own: torch.save(
        {"state_dict": own, "best": np.int64(12), "miou": np.float16(0.5), "done": np.bool_(True)}, path
    ),
    "under `model`": lambda path, own: torch.save({"model": own, "epoch": 3}, path),
    "under `model_state_dict`": lambda path, own: torch.save({"model_state_dict": own}, path),
    "under `model` and `ema`": lambda path, own: torch.save({"model": own, "ema": own}, path),
    "`module.` before every name": lambda path, own: torch.save(before("module.", own), path),
    "`module._orig_mod.`": lambda path, own: torch.save(before("module._orig_mod.", own), path),
    "`model.` and a loss beside it (Lightning)": lambda path, own: torch.save(
        {"state_dict": before("model.", own) | {"loss.weight": torch.ones(2)}}, path
    ),
    "AveragedModel": lambda path, own: torch.save(
        before("module.", own) | {"n_averaged": torch.tensor(3)}, path
    ),
    "one tensor less": lambda path, own: torch.save({k: v for k, v in own.items() if k != "conv.bias"}, path),
    "a whole module": lambda path, own: torch.save({"model": state()}, path),
    "TorchScript": lambda path, own: script(path),
    "a git-lfs pointer": lambda path, own: path.write_bytes(POINTER),
}  # fmt: skip


def block_row(name: str) -> tuple[str, ...]:
    """What adapt, capture and edits make of a network with such a block."""
    torch.manual_seed(0)
    block = BLOCKS[name]()
    net = Net(block)
    if isinstance(block, (OfficialSequential, InPlaceSequential)):
        net.stem, net.head = nn.Conv2d(3, 2 * C, 3, padding=1), nn.Conv2d(2 * C, 4, 1)
    given = Renamed.NAMES if name.endswith("with `names=`") else None
    return _tried(net, given)


def network_row(name: str) -> tuple[str, ...]:
    """The same of a network that is made or called in such a way; its block is the port's."""
    torch.manual_seed(0)
    return _tried(NETWORKS[name](), None)


def file_row(name: str) -> tuple[str, ...]:
    """What filling a network from such a file says."""
    torch.manual_seed(0)
    own, target = state(), state()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "weights"
        FILES[name](path, own.state_dict())
        try:
            said = fill(target, path)
        except ValueError as error:
            words = str(error).replace(str(path), "it").split(": expected")[0].split(";")[0]
            return ("no", words)
    assert all(torch.equal(value, target.state_dict()[key]) for key, value in own.state_dict().items())
    return ("yes", "; ".join(said))


def _tried(net: nn.Module, names: dict[str, str] | None) -> tuple[str, ...]:
    images = torch.randn(1, 3, 24, 32, generator=torch.Generator().manual_seed(1)).to(next(net.parameters()).dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        adapted = psa_viz.adapt(net.eval(), names=names)
        (result,) = psa_viz.capture(model=net, tensors=images, names=names)
        edits = "no"
        if result.blocks:
            block = next(iter(result.blocks))
            edit = psa_viz.SwitchOff(block, "channel", to=0.5)
            (changed,) = psa_viz.capture(model=net, tensors=images, names=names, edits=[edit])
            edits = "yes" if (changed.blocks[block].channel == 0.5).all() else "no"
    shown = ", ".join(f"{one.kind}{'' if one.proven else ' (unproven)'}" for one in result.others.values())
    if result.blocks:
        calls = len(result.blocks)
        shown = "yes" if calls == 1 else f"yes, {calls} calls"
    said = adapted.refused[0].reason if adapted.refused else ""
    return ("yes" if adapted.recognised else "no", shown if result.blocks else f"as theirs: {shown}", edits, said)


def tables() -> str:
    """Markdown."""
    network_heads = ("`adapt`", "`capture` shows its gates", "edits", "what is said")
    parts = []
    for title, heads, rows, row in (
        ("the block", network_heads, BLOCKS, block_row),
        ("the network, with the port's block", network_heads, NETWORKS, network_row),
        ("the weight file", ("taken", "what is said"), FILES, file_row),
    ):
        lines = [f"| {title} | {' | '.join(heads)} |", f"| --- |{' --- |' * len(heads)}"]
        lines += [f"| {name.strip()} | {' | '.join(cell.replace('|', '/') for cell in row(name))} |" for name in rows]
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    print(tables(), end="")

"""Blocks of attention by name, and from a trace to one record per PSA block."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

import numpy as np
from torch import nn

from psa_viz.attention.polarized import PolarizedSelfAttention
from psa_viz.values.edits import Edit
from psa_viz.values.sites import Sites
from psa_viz.values.trace import BlockAttention, Trace

KINDS = ("position_weights", "channel_logits", "channel_gate", "spatial_logits", "spatial_gate")
TAPS = {
    "channel.gate": "channel",
    "channel.logits": "channel_logits",
    "spatial.gate": "spatial",
    "spatial.logits": "spatial_logits",
    "channel.position_weights": "position_weights",
}
"""Tap inside a block -> what BlockAttention calls its tensor."""
SLOT = ".attention"
"""Residual blocks keep their PSA under this name; the block is called by the residual block's own path."""


def block_paths(model: nn.Module) -> dict[str, str]:
    """Name of every block that publishes its sites -> its module's path, in the order of the model's modules."""
    return {
        path.removesuffix(SLOT): path
        for path, module in model.named_modules()
        if isinstance(getattr(module, "sites", None), Sites)
    }


def psa_paths(model: nn.Module) -> dict[str, str]:
    """The same of PSA blocks alone."""
    return {
        path.removesuffix(SLOT): path
        for path, module in model.named_modules()
        if isinstance(module, PolarizedSelfAttention)
    }


def edited_paths(model: nn.Module, edits: Iterable[Edit]) -> set[str]:
    """Paths of the blocks whose sites are edited.

    Raises:
        ValueError: for an edit of a block that the model does not have.
    """
    names = block_paths(model)
    paths = names | {path: path for path in names.values()}
    blocks = [edit.block.partition("#")[0] for edit in edits]  # "head#1" is the second call of "head"
    if unknown := [block for block in blocks if block not in paths]:
        raise ValueError(f"no attention block named {unknown[0]!r}; this model has {', '.join(names) or 'none'}")
    return {paths[block] for block in blocks}


def attention_blocks(model: nn.Module, trace: Trace, image: int = 0) -> dict[str, BlockAttention]:
    """What every PSA block of a model did to one image of the recorded batch, in the order of the model's modules.

    Args:
        model: the model that was recorded.
        trace: made by `record`, with at least this file's KINDS; of each block the last call is taken, see
            `attention_calls` for all of them.
        image: index in the batch.

    Returns:
        Name -> what was recorded; without the blocks that no forward pass came to.
    """
    return {name: _attention(block, calls[max(calls)], image, name) for name, block, calls in _ran(model, trace)}


def attention_calls(model: nn.Module, trace: Trace, image: int = 0, images: int = 1) -> dict[str, BlockAttention]:
    """What every PSA block of a model did to one image, in every call, in the order of the model's modules.

    A block that ran once has its own name. One that ran several times, on several scales or pyramid levels, is there
    once for each call, as "head#0", "head#1" and so on, in the order of the calls. One that was given several parts of
    an image as a batch, such as windows, is there once for each part: "head[0]", "head#1[0]".

    Args:
        model, trace: as for `attention_blocks`.
        image: index in the batch.
        images: how many images the batch had.

    Raises:
        SeveralImages: if a block was given another number of features than there were images, and there were several:
            to which image they belong cannot be told.
    """
    blocks = {}
    for path, block, calls in _ran(model, trace):
        for number, call in calls.items():
            name = f"{path}#{number}" if len(calls) > 1 else path
            rows = len(call["channel.gate"])
            if rows == images:
                blocks[name] = _attention(block, call, image, name)
            elif images == 1:
                for row in range(rows):
                    part = f"{name}[{row}]"
                    blocks[part] = _attention(block, call, row, part)
            else:
                raise SeveralImages(
                    f"{path}: it was given {rows} features for a batch of {images} images, and which belong to which "
                    "image cannot be told; record one image at a time"
                )
    return blocks


class SeveralImages(ValueError):
    """Which of a block's features belong to which image cannot be told: record one image at a time."""


Call = Mapping[str, np.ndarray]
"""Tap inside a block, for example "channel.gate" -> what it saw in one call."""


def _ran(model: nn.Module, trace: Trace) -> Iterator[tuple[str, PolarizedSelfAttention, dict[int, Call]]]:
    """Name and module of every block that ran, and number of the call -> what its taps saw; without calls that broke
    off."""
    found: dict[str, dict[int, dict[str, np.ndarray]]] = {}
    for record in trace:
        owner, _, tap = record.name.rpartition(".")
        path, _, branch = owner.rpartition(".")
        found.setdefault(path, {}).setdefault(record.call, {})[f"{branch}.{tap}"] = record.value
    for name, path in psa_paths(model).items():
        calls = {number: call for number, call in sorted(found.get(path, {}).items()) if call.keys() >= TAPS.keys()}
        if calls:
            yield name, model.get_submodule(path), calls


def _attention(block: PolarizedSelfAttention, call: Call, row: int, name: str) -> BlockAttention:
    values = {field: call[tap][row] for tap, field in TAPS.items()}
    return BlockAttention(name=name, formula=block.formula, layout=block.layout, **values)


def several_times(model: nn.Module, blocks: Collection[str]) -> list[str]:
    """One sentence for every block that is there more than once among the names that `attention_calls` gives."""
    places: dict[nn.Module, list[str]] = {}
    for path, module in model.named_modules(remove_duplicate=False):
        if isinstance(module, PolarizedSelfAttention):
            places.setdefault(module, []).append(path.removesuffix(SLOT))
    sentences = []
    for at in places.values():
        own = [name for name in blocks if name.startswith((f"{at[0]}#", f"{at[0]}["))]
        if not own:
            continue
        calls = len({name.rpartition("[")[0] or name for name in own})
        also = f", and stands at {' and '.join(at)}" if len(at) > 1 else ""
        parts = f", {len(own)} parts of the image in all" if "[" in own[0] else ""
        times = "once" if calls == 1 else f"{calls} times"
        sentences.append(f"{at[0] or 'the model'} ran {times}{parts}{also}: {own[0]} to {own[-1]}, in this order")
    return sentences

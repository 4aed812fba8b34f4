"""The block on a CPU in C++ (block.cpp): one call, two reads of the features and one write. Inference only."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator

import torch
from torch import Tensor

from psa_viz.attention.backends.conditions import only_eager
from psa_viz.attention.backends.cpu import library
from psa_viz.attention.backends.cpu.weights import Weights
from psa_viz.attention.backends.protocol import Block
from psa_viz.attention.backends.structure import Structure, has_hook, structure_of

TYPES = {torch.float32: "psa_block_float32", torch.bfloat16: "psa_block_bfloat16"}
"""Of the features -> the function in block.cpp. Everything but features and output is float32."""
TAPS = 6
_Taps = ctypes.c_void_p * TAPS
_NOTHING = _Taps()
_ARGUMENTS = (
    ctypes.c_void_p, *[ctypes.c_int64] * 3, ctypes.c_int,  # the features
    *[ctypes.c_void_p] * 5, ctypes.c_int,  # weights, form, given, seen, y; threads
)  # fmt: skip


class Cpu:
    name = "cpu"
    priority = 1

    def supports(self, block: Block, x: Tensor) -> Iterator[str]:
        """The first call may have to build the library."""
        against = False
        for reason in only_eager(block, x):
            against = True
            yield reason
        if not isinstance(x, Tensor) or not x.is_cpu:
            yield f"the features are on {x.device.type}, not on the CPU" if isinstance(x, Tensor) else "x is no tensor"
            return
        if x.dtype not in TYPES:
            yield f"the features are {x.dtype}, not float32 or bfloat16"
        if (unbuilt := library.reason()) is not None:
            yield unbuilt
        if not against and (unfit := _weights(structure_of(block), block).unfit()) is not None:
            yield unfit

    def run(self, block: Block, x: Tensor) -> Tensor:
        structure, y = structure_of(block), torch.empty_like(x)
        weights = _weights(structure, block)
        if structure.tapped:
            _run_tapped(weights, x, y)
        else:
            _call(weights, x, _NOTHING, _NOTHING, y)
        return y


def _weights(structure: Structure, block: Block) -> Weights:
    return structure.derived.get("cpu") or structure.derived.setdefault("cpu", Weights(block))


def _run_tapped(weights: Weights, x: Tensor, y: Tensor) -> None:
    """Fill y, and show hooked taps what is theirs. What depends on one that replaces it is computed again."""
    n, c, h, w = x.shape
    a_map, of_channels = (n, h, w), (n, c)
    shapes = (a_map, of_channels, of_channels, (n, weights.width), a_map, a_map)
    wanted = [shape if has_hook(tap) else None for shape, tap in zip(shapes, weights.taps, strict=True)]
    given: list[Tensor | None] = [None] * TAPS

    def computed() -> list[Tensor | None]:
        seen = [None if shape is None else x.new_empty(shape, dtype=torch.float32) for shape in wanted]
        _call(weights, x, _addresses(given), _addresses(seen), y)
        return seen

    values = computed()
    for place, tap in enumerate(weights.taps):
        value = values[place]
        if value is None:
            continue
        kept = tap(value)
        if kept is not value:
            given[place] = kept.expand_as(value).float().contiguous()
            values = computed()


def _call(weights: Weights, x: Tensor, given: ctypes.Array, seen: ctypes.Array, y: Tensor) -> None:
    function = getattr(library.library(), TYPES[x.dtype])
    if function.argtypes is None:
        function.restype, function.argtypes = ctypes.c_int, _ARGUMENTS
    n, c, h, w = x.shape
    pointers, _alive = weights.pointers()
    failed = function(
        x.data_ptr(), n, c, h * w, not x.is_contiguous(), pointers, weights.form(), given, seen, y.data_ptr(),
        torch.get_num_threads(),
    )  # fmt: skip
    if failed:
        raise torch.OutOfMemoryError(f"no memory for a PSA block on features {tuple(x.shape)}; use smaller images")


def _addresses(tensors: list[Tensor | None]) -> ctypes.Array:
    return _Taps(*(None if tensor is None else tensor.data_ptr() for tensor in tensors))

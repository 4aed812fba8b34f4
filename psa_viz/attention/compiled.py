"""The block on a CPU in C++ (passes.cpp): one call, two reads of the features and one write. Inference only.

The call is an operator that torch knows: its profiler, its fake tensors and its counter of multiply-adds see it.
"""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import register_flop_formula

from psa_viz.attention import native, quick
from psa_viz.attention.steps import map_past, past

if TYPE_CHECKING:
    from psa_viz.attention.polarized import PolarizedSelfAttention

TYPES = {torch.float32: "psa_block_float32", torch.bfloat16: "psa_block_bfloat16"}
"""Of the features -> the function in passes.cpp. Everything but features and output is float32."""
TAPS = 6


class Weights:
    """Where a block's weights are, found once: asking modules for attributes takes longer than a small block."""

    def __init__(self, block: PolarizedSelfAttention) -> None:
        channel, spatial = block.channel, block.spatial
        project, norm = (channel.ending, None) if isinstance(channel.ending, nn.Linear) else channel.ending
        self._channels = block.channels
        self.epsilon = None if norm is None else norm.eps
        layers = (channel.query, channel.value, project, norm, spatial.query, spatial.value)
        places = [({} if layer is None else layer._parameters, name) for layer in layers for name in ("weight", "bias")]
        del places[1]  # W_q of the channel branch: its bias cancels
        self._places = places
        self.taps = (
            (channel.position_weights, True), (channel.logits, False), (channel.gate, False),
            (spatial.pooled_query, False), (spatial.logits, True), (spatial.gate, True),
        )  # fmt: skip
        """In the order in which they are passed and of the structure in passes.cpp; and whether it is one for maps."""

    def now(self) -> list[Tensor | None] | None:
        """In the order of the structure in passes.cpp, None for a bias that is not there. None instead of a list if
        they are not what PSA has: a weight of another size, or one that a parametrization makes at every call."""
        found: list[Tensor | None] = [place.get(name) for place, name in self._places]
        _, collapsed, _, project, _, _, _, query, _, value, _ = found
        if found[0] is None or collapsed is None or project is None or query is None or value is None:
            return None
        c, inner, width = self._channels, collapsed.shape[0], query.shape[0]
        sizes = (c, inner * c, inner, inner * c, c, c, c, width * c, width, width * c, width)
        fit = all(weight is None or weight.numel() == size for weight, size in zip(found, sizes, strict=True))
        return found if fit else None


def unavailable(x: Tensor) -> str | None:
    """Why features on a CPU cannot take this way, or None if they can. The first call may have to build it."""
    if x.dtype not in TYPES:
        return f"the features are {x.dtype}, not float32 or bfloat16"
    return native.reason()


def forward(block: PolarizedSelfAttention, x: Tensor, tapped: bool) -> Tensor:
    """(N, C, H, W) -> (N, C, H, W); as psa_viz.attention.quick.forward."""
    places = block._weights
    weights = places.now()
    if weights is None:
        return quick.forward(block, x, tapped)
    facts = (places.epsilon, block.spatial.softmax_on == "query", block.layout == "parallel", tapped)
    given: list[Tensor | None] = [None] * TAPS
    y, *seen = BLOCK(x, weights, given, *facts)
    if not tapped:
        return y
    for place, (tap, is_map) in enumerate(places.taps):
        value = seen[place]
        kept = map_past(tap, value, x.shape[2:]) if is_map else past(tap, value)
        if kept is not value:  # what depends on it has to be computed again
            given[place] = kept.expand_as(value)
            y, *seen = BLOCK(x, weights, given, *facts)
    return y


class _Form(ctypes.Structure):
    """As in passes.cpp."""

    _fields_ = (
        ("inner", ctypes.c_int64),
        ("width", ctypes.c_int64),
        ("with_norm", ctypes.c_bool),
        ("epsilon", ctypes.c_float),
        ("softmax_on_query", ctypes.c_bool),
        ("parallel", ctypes.c_bool),
    )


_Weights = ctypes.c_void_p * 11
_Taps = ctypes.c_void_p * TAPS
_ARGUMENTS = (
    ctypes.c_void_p, *[ctypes.c_int64] * 3, ctypes.c_int,  # the features
    *[ctypes.c_void_p] * 5, ctypes.c_int,  # weights, form, given, seen, y; threads
)  # fmt: skip


def _block(
    x: Tensor,
    weights: list[Tensor | None],
    given: list[Tensor | None],
    epsilon: float | None,
    on_query: bool,
    parallel: bool,
    tapped: bool,
) -> list[Tensor]:
    function = getattr(native.library(), TYPES[x.dtype])
    if function.argtypes is None:
        function.restype, function.argtypes = None, _ARGUMENTS
    n, c, h, w = x.shape
    y, *seen = made = _unfilled(x, weights, given, epsilon, on_query, parallel, tapped)
    plain, others = _plain(weights), _plain(given)
    form = _Form(len(plain[1]), len(plain[7]), epsilon is not None, epsilon or 0.0, on_query, parallel)
    function(
        x.data_ptr(), n, c, h * w, not x.is_contiguous(),
        ctypes.byref(_Weights(*_pointers(plain))), ctypes.byref(form),
        ctypes.byref(_Taps(*_pointers(others))), ctypes.byref(_Taps(*_pointers(seen))),
        y.data_ptr(), torch.get_num_threads(),
    )  # fmt: skip
    return made


def _plain(tensors: list[Tensor | None]) -> list[Tensor | None]:
    """In float32 and in one piece; mostly they are."""
    return [
        t if t is None or (t.dtype is torch.float32 and t.is_contiguous()) else t.float().contiguous() for t in tensors
    ]


def _pointers(tensors: list[Tensor | None]) -> list[int | None]:
    return [None if tensor is None else tensor.data_ptr() for tensor in tensors]


def _unfilled(
    x: Tensor,
    weights: list[Tensor | None],
    given: list[Tensor | None],
    epsilon: float | None,
    on_query: bool,
    parallel: bool,
    tapped: bool,
) -> list[Tensor]:
    """y; and if tapped, what the taps are shown: (N, H*W), (N, C), (N, C), (N, C/2), (N, H*W), (N, H*W)."""
    n, c, h, w = x.shape
    y = torch.empty_like(x, memory_format=torch.contiguous_format if x.is_contiguous() else torch.channels_last)
    sizes = (h * w, c, c, len(weights[7]), h * w, h * w) if tapped else ()
    return [y, *(x.new_empty((n, size), dtype=torch.float32) for size in sizes)]


_LIBRARY = torch.library.Library("psa_viz", "DEF")
_LIBRARY.define(
    "block(Tensor x, Tensor?[] weights, Tensor?[] given, float? epsilon, bool on_query, bool parallel, bool tapped)"
    " -> Tensor[]"
)
_LIBRARY.impl("block", _block, "CPU")
torch.library.register_fake("psa_viz::block", _unfilled, lib=_LIBRARY)
BLOCK = torch.ops.psa_viz.block.default


@register_flop_formula(torch.ops.psa_viz.block)
def _flops(x: torch.Size, weights: list[torch.Size | None], *_: object, **__: object) -> int:
    """Twice the multiply-adds: four sums over the features, and products with four matrices for every image."""
    matrices = sum(weights[place].numel() for place in (1, 3, 7, 9))
    return 2 * (4 * x.numel() + x[0] * matrices)

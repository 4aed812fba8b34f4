"""The block on a CPU in C++ (cpu/block.cpp): one call, two reads of the features and one write. Inference only."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from psa_viz.attention import native, quick
from psa_viz.attention.steps import hooked

if TYPE_CHECKING:
    from psa_viz.attention.polarized import PolarizedSelfAttention

TYPES = {torch.float32: "psa_block_float32", torch.bfloat16: "psa_block_bfloat16"}
"""Of the features -> the function in cpu/block.cpp. Everything but features and output is float32."""
TAPS = 6


class _Form(ctypes.Structure):
    """As in cpu/gates.h."""

    _fields_ = (
        ("inner", ctypes.c_int64),
        ("narrow", ctypes.c_int64),
        ("width", ctypes.c_int64),
        ("softmax", ctypes.c_int64),
        ("with_norm", ctypes.c_bool),
        ("parallel", ctypes.c_bool),
        ("epsilon", ctypes.c_float),
    )


SOFTMAX = {"query": 0, "product": 1, "value": 2}
_Weights = ctypes.c_void_p * 13
_Taps = ctypes.c_void_p * TAPS
_ARGUMENTS = (
    ctypes.c_void_p, *[ctypes.c_int64] * 3, ctypes.c_int,  # the features
    *[ctypes.c_void_p] * 5, ctypes.c_int,  # weights, form, given, seen, y; threads
)  # fmt: skip
_NOTHING = _Taps()


class Inside:
    """A block's weights and taps, found once: asking modules for attributes takes longer than a small block."""

    def __init__(self, block: PolarizedSelfAttention) -> None:
        channel, spatial = block.channel, block.spatial
        narrow, norm, project = channel.ending_parts()
        c, inner, width = block.channels, channel.value.out_features, spatial.query.out_features
        narrowed = 0 if narrow is None else narrow.out_features
        layers = (  # each with the sizes of its weight and its bias
            (channel.query, c, 1),
            (channel.value, inner * c, inner),
            (narrow, narrowed * inner, narrowed),
            (norm, narrowed or c, narrowed or c),
            (project, c * (narrowed or inner), c),
            (spatial.query, width * c, width),
            (spatial.value, width * c, width),
        )
        self._places = []
        for layer, of_weight, of_bias in layers:
            parameters = None if layer is None else layer._parameters
            needed = layer is not None and not isinstance(layer, nn.LayerNorm)
            self._places += [(parameters, "weight", of_weight, needed), (parameters, "bias", of_bias, False)]
        del self._places[1]  # W_q of the channel branch: its bias cancels
        self.spatial, self.widths, self._norm = spatial, (inner, narrowed, width), norm
        self.taps = (
            channel.position_weights, channel.logits, channel.gate,
            spatial.pooled_query, spatial.logits, spatial.gate,
        )  # fmt: skip
        """In the order in which they are passed, and of the structure in cpu/gates.h."""

    def form(self, layout: str) -> _Form:
        """Made anew every time: a block's words, like its weights, may be changed in place."""
        norm = self._norm
        softmax = SOFTMAX[self.spatial.softmax_on]
        return _Form(*self.widths, softmax, norm is not None, layout == "parallel", 0 if norm is None else norm.eps)

    def weights(self) -> list[Tensor | None] | None:
        """Now, in the order of the structure in cpu/gates.h, None for what is not there. None instead of a list if they
        are not what PSA has: a weight of another size, or one that a parametrization makes at every call."""
        found: list[Tensor | None] = []
        for parameters, name, size, needed in self._places:
            weight: Tensor | None = None if parameters is None else parameters.get(name)
            if weight is None:
                if needed:
                    return None
            elif weight.numel() != size or not weight.is_cpu:
                return None
            elif weight.dtype is not torch.float32 or not weight.is_contiguous():
                weight = weight.float().contiguous()
            found.append(weight)
        return found


def unavailable(x: Tensor) -> str | None:
    """Why features on a CPU cannot take this way, or None if they can. The first call may have to build it."""
    if x.dtype not in TYPES:
        return f"the features are {x.dtype}, not float32 or bfloat16"
    return native.reason()


def forward(block: PolarizedSelfAttention, x: Tensor, tapped: bool) -> Tensor:
    """(N, C, H, W) -> (N, C, H, W); as psa_viz.attention.quick.forward, which it calls if a weight is not PSA's."""
    inside = block._inside
    weights = inside.weights()
    if weights is None:
        return quick.forward(block, x, tapped)
    pointers, form = _Weights(*_pointers(weights)), inside.form(block.layout)
    y = torch.empty_like(x)
    if not tapped:
        _call(x, pointers, form, _NOTHING, _NOTHING, y)
        return y
    n, c, h, w = x.shape
    a_map, of_channels = (n, h, w), (n, c)
    shapes = (a_map, of_channels, of_channels, (n, form.width), a_map, a_map)
    wanted = [shape if hooked(tap) else None for shape, tap in zip(shapes, inside.taps, strict=True)]
    given: list[Tensor | None] = [None] * TAPS

    def seen() -> list[Tensor | None]:
        """Fill y, and return what the taps are shown that somebody looks at."""
        shown = [None if shape is None else x.new_empty(shape, dtype=torch.float32) for shape in wanted]
        _call(x, pointers, form, _Taps(*_pointers(given)), _Taps(*_pointers(shown)), y)
        return shown

    values = seen()
    for place, tap in enumerate(inside.taps):
        value = values[place]
        if value is None:
            continue
        kept = tap(value)
        if kept is not value:  # what depends on it has to be computed again
            given[place] = kept.expand_as(value).float().contiguous()
            values = seen()
    return y


def _call(x: Tensor, weights: ctypes.Array, form: _Form, given: ctypes.Array, seen: ctypes.Array, y: Tensor) -> None:
    function = getattr(native.library(), TYPES[x.dtype])
    if function.argtypes is None:
        function.restype, function.argtypes = ctypes.c_int, _ARGUMENTS
    n, c, h, w = x.shape
    failed = function(
        x.data_ptr(), n, c, h * w, not x.is_contiguous(), weights, ctypes.byref(form), given, seen, y.data_ptr(),
        torch.get_num_threads(),
    )  # fmt: skip
    if failed:
        raise torch.OutOfMemoryError(f"no memory for a PSA block on features {tuple(x.shape)}; use smaller images")


def _pointers(tensors: list[Tensor | None]) -> list[int | None]:
    return [None if tensor is None else tensor.data_ptr() for tensor in tensors]

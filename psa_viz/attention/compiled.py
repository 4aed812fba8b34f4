"""The block on a CPU in C++ (passes.cpp): one call, two reads of the features and one write. Inference only."""

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
"""Of the features -> the function in passes.cpp. Everything but features and output is float32."""
TAPS = 6


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
_NOTHING = _Taps()


class Inside:
    """A block's weights, taps and form, found once: asking modules for attributes takes longer than a small block."""

    def __init__(self, block: PolarizedSelfAttention) -> None:
        channel, spatial = block.channel, block.spatial
        project, norm = (channel.ending, None) if isinstance(channel.ending, nn.Linear) else channel.ending
        layers = (channel.query, channel.value, project, norm, spatial.query, spatial.value)
        places = [({} if layer is None else layer._parameters, name) for layer in layers for name in ("weight", "bias")]
        del places[1]  # W_q of the channel branch: its bias cancels
        self._places = places
        c, inner, width = block.channels, channel.value.out_features, spatial.query.out_features
        self._sizes = (c, inner * c, inner, inner * c, c, c, c, width * c, width, width * c, width)
        self.form = _Form(
            inner, width, norm is not None, 0 if norm is None else norm.eps,
            spatial.softmax_on == "query", block.layout == "parallel",
        )  # fmt: skip
        self.taps = (
            channel.position_weights, channel.logits, channel.gate,
            spatial.pooled_query, spatial.logits, spatial.gate,
        )  # fmt: skip
        """In the order in which they are passed, and of the structure in passes.cpp."""

    def weights(self) -> list[Tensor | None] | None:
        """Now, in the order of the structure in passes.cpp, None for a bias that is not there. None instead of a list
        if they are not what PSA has: a weight of another size, or one that a parametrization makes at every call."""
        found: list[Tensor | None] = []
        for (parameters, name), size in zip(self._places, self._sizes, strict=True):
            weight: Tensor | None = parameters.get(name)
            if weight is None:
                if name == "weight" and (parameters or len(found) != 5):  # only the LayerNorm may be missing
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
    """(N, C, H, W) -> (N, C, H, W); as psa_viz.attention.quick.forward."""
    inside = block._inside
    weights = inside.weights()
    if weights is None:
        return quick.forward(block, x, tapped)
    pointers = _Weights(*_pointers(weights))
    y = torch.empty_like(x)
    if not tapped:
        _call(x, pointers, inside.form, _NOTHING, _NOTHING, y)
        return y
    n, c, h, w = x.shape
    a_map, of_channels = (n, h, w), (n, c)
    shapes = (a_map, of_channels, of_channels, (n, inside.form.width), a_map, a_map)
    wanted = [shape if hooked(tap) else None for shape, tap in zip(shapes, inside.taps, strict=True)]
    given: list[Tensor | None] = [None] * TAPS

    def seen() -> list[Tensor | None]:
        """Fill y, and return what the taps are shown that somebody looks at."""
        shown = [None if shape is None else x.new_empty(shape, dtype=torch.float32) for shape in wanted]
        _call(x, pointers, inside.form, _Taps(*_pointers(given)), _Taps(*_pointers(shown)), y)
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
        function.restype, function.argtypes = None, _ARGUMENTS
    n, c, h, w = x.shape
    function(x.data_ptr(), n, c, h * w, not x.is_contiguous(), weights, ctypes.byref(form), given, seen, y.data_ptr(),
             torch.get_num_threads())  # fmt: skip


def _pointers(tensors: list[Tensor | None]) -> list[int | None]:
    return [None if tensor is None else tensor.data_ptr() for tensor in tensors]

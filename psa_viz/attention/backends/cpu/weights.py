"""A block's weights as C++ gets them, looked up once: asking modules for them takes longer than a small block."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from operator import is_

import torch
from torch import Tensor, nn

from psa_viz.attention.backends.protocol import Block
from psa_viz.attention.backends.structure import parameters_of

SOFTMAX = {"query": 0, "product": 1, "value": 2}
KINDS = (Tensor, nn.Parameter)
Pointers = ctypes.c_void_p * 13


class Form(ctypes.Structure):
    """As in gates.h."""

    _fields_ = (
        ("inner", ctypes.c_int64),
        ("narrow", ctypes.c_int64),
        ("width", ctypes.c_int64),
        ("softmax", ctypes.c_int64),
        ("with_norm", ctypes.c_bool),
        ("parallel", ctypes.c_bool),
        ("epsilon", ctypes.c_float),
    )


class Weights:
    """Weights, words and taps of a block whose modules stay the same, while what they hold may change at any time.

    Attributes:
        taps: in the order of the structure Taps in gates.h.
        width: of the spatial branch.
    """

    def __init__(self, block: Block) -> None:
        channel, spatial = block.channel, block.spatial
        narrow, norm, project = channel.ending_parts()
        c, inner, width = block.channels, channel.value.out_features, spatial.query.out_features
        narrowed = 0 if narrow is None else narrow.out_features
        layers = (  # in the order of the structure Weights in gates.h, each with the shapes of its weight and its bias
            (channel.query, (1, c), (1,)),
            (channel.value, (inner, c), (inner,)),
            (narrow, (narrowed, inner), (narrowed,)),
            (norm, (narrowed or c,), (narrowed or c,)),
            (project, (c, narrowed or inner), (c,)),
            (spatial.query, (width, c), (width,)),
            (spatial.value, (width, c), (width,)),
        )
        self._places: list[tuple[Mapping[str, Tensor | None], str]] = []
        self._shapes: list[tuple[int, ...]] = []
        self._needed: list[bool] = []
        for layer, *shapes in layers:
            parameters: Mapping[str, Tensor | None] = {} if layer is None else parameters_of(layer)
            self._places += [(parameters, "weight"), (parameters, "bias")]
            self._shapes += shapes
            self._needed += [layer is not None and not isinstance(layer, nn.LayerNorm), False]
        # W_q of the channel branch: its bias cancels.
        del self._places[1], self._shapes[1], self._needed[1]
        self._block, self._spatial, self._norm = block, spatial, norm
        self._sizes, self.width = (inner, narrowed, width), width
        self._tensors: list[Tensor | None] = []
        self._facts: list[tuple | None] = []
        self._pointers: ctypes.Array | None = None
        self._words: tuple | None = None
        self.taps = (
            channel.position_weights, channel.logits, channel.gate,
            spatial.pooled_query, spatial.logits, spatial.gate,
        )  # fmt: skip

    def form(self) -> ctypes._CArgObject:
        """A reference to what the block is told about itself: its words may be changed in place, as its weights."""
        norm = self._norm
        words = (self._block.layout, self._spatial.softmax_on, 0.0 if norm is None else norm.eps)
        if words != self._words:
            layout, softmax_on, epsilon = words
            form = Form(*self._sizes, SOFTMAX[softmax_on], norm is not None, layout == "parallel", epsilon)
            self._form, self._words = ctypes.byref(form), words
        return self._form

    def unfit(self) -> str | None:
        """Why the weights, as they are now, are not what PSA has on a CPU, or None. `pointers` are then of now."""
        tensors = [parameters.get(name) for parameters, name in self._places]
        try:
            facts = [None if tensor is None else (tensor.data_ptr(), tensor.stride()) for tensor in tensors]
        except RuntimeError:
            return "a weight is no ordinary tensor"
        if facts != self._facts or not all(map(is_, tensors, self._tensors)):
            for tensor, shape, needed in zip(tensors, self._shapes, self._needed, strict=True):
                if needed if tensor is None else tensor.shape != shape:
                    return f"expected a weight {shape}, got {None if tensor is None else tuple(tensor.shape)}"
                if tensor is not None and (type(tensor) not in KINDS or not tensor.is_cpu):
                    return "a weight is no ordinary tensor on the CPU"
            usable = all(t is None or (t.dtype is torch.float32 and t.is_contiguous()) for t in tensors)
            self._pointers = _pointers(tensors) if usable else None
            self._tensors, self._facts = tensors, facts  # last: another thread may be reading
        return None

    def pointers(self) -> tuple[ctypes.Array, object]:
        """To the weights in float32, and what has to be kept alive meanwhile. Call `unfit` before."""
        if self._pointers is not None:
            return self._pointers, self._tensors
        converted = [None if tensor is None else tensor.float().contiguous() for tensor in self._tensors]
        return _pointers(converted), converted


def _pointers(tensors: list[Tensor | None]) -> ctypes.Array:
    return Pointers(*(None if tensor is None else tensor.data_ptr() for tensor in tensors))

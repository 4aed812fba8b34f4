"""What a module was given and what it returned, noted so that both are recognised, and given back, in a later pass."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, TypeGuard

import torch
from torch import Tensor, nn

CONSTANTS = (
    bool, bytes, complex, float, int, range, slice, str, type(None), type(...), torch.device, torch.dtype, torch.Size,
)  # fmt: skip
BITS = {1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64}
"""Bytes of one value -> the integers of that size."""


class UnknownValueError(TypeError):
    """Something whose content cannot be compared with what it was in another pass."""


@dataclass(frozen=True)
class Noted:
    """A tensor, and how often it had been written to when it was noted."""

    tensor: Tensor
    version: int

    @property
    def intact(self) -> bool:
        return self.tensor._version == self.version

    def is_now(self, value: object, rows: int, origin: Tensor | None) -> bool:
        """Whether a tensor of the present pass is this one, or has the same bits in the same layout.

        Args:
            rows: how many copies of the one image the present pass runs.
            origin: the noted tensor that `value` was copied from, if it is such a copy.
        """
        was = self.tensor
        if not is_plain(value) or value.dtype != was.dtype or value.device != was.device or not self.intact:
            return False
        if value.requires_grad and torch.is_grad_enabled():
            return False
        if origin is was:
            return True
        if rows == 1 and value.shape == was.shape and value.stride() == was.stride():
            return value.data_ptr() == was.data_ptr() or _same_bits(value, was)
        if rows == 1 or value.ndim == 0 or value.shape != (rows, *was.shape[1:]):
            return False
        return value.stride()[1:] == was.stride()[1:] and _same_bits(value, was.expand_as(value))


def is_plain(value: object) -> TypeGuard[Tensor]:
    """Whether it is an ordinary tensor, whose memory can be compared and which counts what is written to it."""
    if not isinstance(value, Tensor) or type(value) not in (Tensor, nn.Parameter):
        return False
    return value.layout == torch.strided and not value.is_inference()


def noted(value: Any) -> Any:
    """The same structure with every tensor noted.

    Raises:
        UnknownValueError: if anything in it is neither a tensor, a constant, nor a list, tuple, dictionary or frozen
            dataclass of such.
    """

    def leaf(value: Any) -> Any:
        if is_plain(value):
            return Noted(value, value._version)
        if type(value) in CONSTANTS:
            return value
        raise UnknownValueError(f"cannot tell whether a {type(value).__name__} is what it was")

    return _mapped(leaf, value)


def given_back(value: Any, copied: Callable[[Tensor], Tensor]) -> Any:
    """The structure that was noted, of new containers; `copied` makes of each tensor what is handed out."""
    return _mapped(lambda leaf: copied(leaf.tensor) if isinstance(leaf, Noted) else leaf, value)


def tensors(value: Any) -> Iterator[Noted]:
    """Every noted tensor in a structure."""
    if isinstance(value, Noted):
        yield value
    elif (parts := _parts(value)) is not None:
        for part in parts:
            yield from tensors(part)


def same(was: Any, value: Any, is_now: Callable[[Noted, object], bool]) -> bool:
    """Whether a value of the present pass is what was noted; `is_now` decides about tensors."""
    if isinstance(was, Noted):
        return is_now(was, value)
    parts = _parts(was)
    if parts is None:
        return type(was) is type(value) and was == value
    others = _parts(value) if type(was) is type(value) else None
    if others is None or len(parts) != len(others) or (isinstance(was, dict) and list(was) != list(value)):
        return False
    return all(same(part, other, is_now) for part, other in zip(parts, others, strict=True))


def _same_bits(one: Tensor, other: Tensor) -> bool:
    if one.is_complex() or one.is_quantized:
        return False
    bits = BITS[one.element_size()]
    return torch.equal(one.detach().view(bits), other.detach().view(bits))


def _parts(value: Any) -> list[Any] | None:
    """What a container holds; None for what is none."""
    if type(value) in (list, tuple) or (isinstance(value, tuple) and hasattr(value, "_fields")):
        return list(value)
    if type(value) in (dict, OrderedDict):
        return list(value.values())
    if _is_frozen(value):
        return [getattr(value, field.name) for field in fields(value)]
    return None


def _mapped(leaf: Callable[[Any], Any], value: Any) -> Any:
    parts = None if isinstance(value, Noted) else _parts(value)
    if parts is None:
        return leaf(value)
    made = [_mapped(leaf, part) for part in parts]
    if isinstance(value, dict):
        return type(value)(zip(value, made, strict=True))
    if hasattr(value, "_fields"):
        return type(value)(*made)
    if isinstance(value, (list, tuple)):
        return type(value)(made)
    return replace(value, **{field.name: part for field, part in zip(fields(value), made, strict=True)})


def _is_frozen(value: Any) -> bool:
    kind = type(value)
    if not is_dataclass(kind) or not all(field.init for field in fields(kind)):
        return False
    return kind.__dataclass_params__.frozen  # type: ignore[attr-defined]

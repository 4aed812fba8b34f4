"""One photo in somebody's own network, of which nothing is known but that it takes an image."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields, replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from psa_viz.models.normalise import normalise
from psa_viz.recording.adapt import exchanged
from psa_viz.recording.adapt.onsite import compared
from psa_viz.recording.adapt.twin import copied
from psa_viz.recording.alone import alone
from psa_viz.recording.blocks import attention_calls, edited_paths, psa_paths, several_times
from psa_viz.recording.others import others
from psa_viz.recording.replay import BUDGET
from psa_viz.recording.watching import watched
from psa_viz.session.devices import Precision, computing
from psa_viz.session.leaves import as_array, as_maps, tensors_of
from psa_viz.session.opened import Opened, OwnInfo
from psa_viz.session.passes import Pass
from psa_viz.session.session import Session
from psa_viz.session.witnessed import differences, not_kept, run, unproven, without_tf32
from psa_viz.values.edits import Edit
from psa_viz.values.geometry import Crop
from psa_viz.values.other_attention import OtherAttention
from psa_viz.values.results import Explanation
from psa_viz.values.trace import BlockAttention, Trace

_NAME = re.compile(r"(?P<block>.*?)(?:#(?P<call>\d+))?(?:\[(?P<part>\d+)\])?")
"""A block's name, which of its calls, and which part of the image: "head", "head#1", "head[0]", "head#1[0]"."""


class OwnSession(Session):
    """As `Session`, and before the untouched pass the network runs as it is: every block of it is compared with ours on
    the features that it is given, and the gates that are not PSA's are seen there.

    A block that runs several times in a pass is there once for each call, "head#0", "head#1", and all its calls run in
    every edited pass.

    Args:
        own: the network.

    Attributes:
        others: attention of other kinds, once the untouched pass has run.
    """

    def __init__(
        self, own: Opened, photo: str | Path | np.ndarray, crop: Crop, precision: Precision = "float32",
        budget: int = BUDGET, model: nn.Module | None = None,
    ) -> None:  # fmt: skip
        self.own, self.others, self._altered = own, dict[str, OtherAttention](), model is not None
        super().__init__(photo, own.model if model is None else model, crop, precision, budget)
        self._opening = self.notes = (*self.notes, *own.info.notes)

    @property
    def info(self) -> OwnInfo:
        return self.own.info

    @property
    def source(self) -> Opened:
        return self.own

    def explain(self, edits: Sequence[Edit] = (), flip: bool = False) -> Explanation:
        if flip:
            raise ValueError("nobody knows what this network predicts: it cannot be averaged with the mirrored photo")
        result = super().explain(edits)
        return replace(result, others={}) if edits else result  # they were seen in the untouched pass

    def begin(self, model: nn.Module | None = None) -> OwnSession:
        with self._lock:
            self.model, self.notes = self.model if model is None else model, self._opening
            if self._altered:
                super().begin()
                return self
            theirs, dtype = self._compare()
            super().begin()
            self.note(differences(theirs, _arrays(self.first.outputs), dtype))
            self.note(several_times(self.model, self.first.blocks))
            ran = {_parts(name)["block"] for name in self.first.blocks}
            if idle := [name for name in self.paths if name not in ran]:
                self.note([f"the forward pass did not come to {', '.join(idle)}"])
        return self

    def _compare(self) -> tuple[dict[str, np.ndarray], torch.dtype]:
        """What the network itself returns, and the type that it computes in. Blocks that ours cannot stand for on this
        photo are left as they are."""
        image, found = self.image, self.own.found
        plain = copied(self.own.network, share=True).to(image.device)
        own = psa_paths(plain).values()
        watching = watched(plain, without=[*found.places, *own])
        with self._undisturbed(plain), watching as gates, compared(plain, found) as seen:
            returned = run(plain, image)
        if seen.refused:
            left = found.inside(plain, seen.refused)
            with self._undisturbed(plain), watched(plain, without=[*left.places, *own]) as gates:
                run(plain, image)
            self.model = exchanged(plain, left, share=True).model
            self.paths = psa_paths(self.model)
            self.note([f"{path or 'the model'}: left as it is: {reason}" for path, reason in seen.refused.items()])
        refused = {one.path: one.family for one in found.refused}
        refused |= {path: found.places[path][0].name for path in seen.refused}
        self.others = others(plain, gates, refused=refused)
        self.note((*not_kept(returned), *unproven(self.others)))
        rounded = torch.backends.cudnn.allow_tf32 and image.is_cuda  # as the recorded pass is: to float16's ten bits
        return _arrays(tensors_of(returned)), seen.autocast or (torch.float16 if rounded else image.dtype)

    @contextmanager
    def _undisturbed(self, plain: nn.Module) -> Iterator[None]:
        device = self.image.device
        with alone(plain), torch.no_grad(), without_tf32(device), computing(device, self.precision):
            yield

    def on(self, model: nn.Module) -> OwnSession:
        return OwnSession(self.own, self.photo, self.crop, self.precision, self.budget, model)

    def path(self, block: str) -> str:
        name = _parts(block)["block"]
        if name not in self.paths:
            names = ", ".join(self.first.blocks) or "none"
            raise ValueError(f"no PSA block named {block!r}; this model has {names}")
        return self.paths[name]

    def features(self, block: str) -> Tensor:
        name = _parts(block)
        given = self.replay.input_of(self.path(block), int(name["call"] or 0))
        part = int(name["part"] or 0)
        if part >= len(given):
            raise ValueError(f"no PSA block named {block!r}; its module was given {len(given)} parts of the image")
        return given[part : part + 1]

    def in_call(self, block: str, way: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
        call, calls = _parts(block)["call"], count()
        return way if call is None else lambda own: way(own) if next(calls) == int(call) else own

    def given(self, pixels: np.ndarray) -> Tensor:
        return as_input(self.model, self.own.info, pixels)

    def tensors(self, returned: Any) -> dict[str, Tensor]:
        return tensors_of(returned)

    def maps_of(self, outputs: dict[str, Tensor]) -> dict[str, Tensor]:
        return {name: as_maps(one) for name, one in outputs.items() if one.is_floating_point() and one.ndim > 1}

    def gates(self, trace: Trace, image: int = 0, images: int = 1) -> dict[str, BlockAttention]:
        return attention_calls(self.model, trace, image, images)

    def read(self, found: Pass) -> dict[str, Any]:
        return {"pose": None, "segmentation": None, "outputs": _arrays(found.outputs), "others": self.others}

    def _again(self, edits: tuple[Edit, ...]) -> Pass:
        first = self.first.blocks
        several = {self.path(name) for name in first if _parts(name)["call"] is not None}
        found = self._pass(edits, lambda _: self.replay.again(edited_paths(self.model, edits) | several))
        return replace(
            found, blocks={name: one for name, one in found.blocks.items() if not _same(one, first.get(name))}
        )


def as_input(network: nn.Module, info: OwnInfo, pixels: np.ndarray) -> Tensor:
    """(N, h, w, 3) uint8 RGB -> (N, 3, h, w) normalised, on the network's device and in its precision."""
    first = next(network.parameters())
    images = torch.from_numpy(np.ascontiguousarray(pixels)).to(first.device).permute(0, 3, 1, 2)
    return normalise(images, info.mean, info.std).to(first.dtype)


def _parts(name: str) -> re.Match[str]:
    found = _NAME.fullmatch(name)
    assert found is not None  # the pattern takes every name
    return found


def _arrays(outputs: Mapping[str, Tensor]) -> dict[str, np.ndarray]:
    return {name: as_array(one) for name, one in outputs.items()}


def _same(one: BlockAttention, other: BlockAttention | None) -> bool:
    """Whether all that was recorded is the same, as for the calls of an edited block that come before the edit."""
    if other is None:
        return False
    names = [own.name for own in fields(one)]
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in names)

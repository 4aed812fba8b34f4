"""One photo in one network: the untouched pass, once, and everything that is asked about it afterwards."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from psa_viz.attention.polarized import Formula, Layout
from psa_viz.recording.alone import alone
from psa_viz.recording.blocks import KINDS, edited_paths, psa_paths
from psa_viz.recording.recorder import edited, record
from psa_viz.recording.replay import BUDGET, Replay
from psa_viz.session.crops import cut
from psa_viz.session.devices import TOLERANCE, Precision, computing
from psa_viz.session.interface import Interface
from psa_viz.session.memory import within_memory
from psa_viz.session.passes import Pass
from psa_viz.session.photo import load_photo
from psa_viz.session.predict import averaged
from psa_viz.session.stages import Walk, walk
from psa_viz.session.variants import gates_under
from psa_viz.values.edit_text import describe
from psa_viz.values.edits import Edit
from psa_viz.values.geometry import Crop
from psa_viz.values.people import Person
from psa_viz.values.results import Explanation
from psa_viz.values.trace import BlockAttention, Trace


class Session(Interface):
    """Runs the untouched pass once, when something asks for it, and of every edited pass only what the edits change.

        session = Session(photo, psa_viz.load("person-psa-parallel"), crop)
        after = session.edited([Mute("stage1.block0", channels=[3], to=0.0)])
        difference(session.untouched, after)

    Edits live in the call: the network is shared and stays as it is. `psa_viz.session.explain.open_session` makes one
    for a photo whose crop is not known yet.

    Args:
        photo: a path, or an (H, W, 3) uint8 RGB array.
        model: from psa_viz.load.
        crop: what the network sees, for example that of an earlier Explanation.
        precision: what the network computes in.
        budget: bytes of the untouched pass that may be kept, see psa_viz.recording.replay.
        person, people: whom the crop shows, and all who were found.

    Attributes:
        photo, crop: as given, the photo as an array.
        model: the network; a copy on the CPU where a GPU had too little memory for the untouched pass.
        paths: name of every PSA block -> path of its module.
        pixels: (h, w, 3) uint8, the crop.
        notes: sentences that every result carries.

    Raises:
        TypeError: for a network without info.
    """

    def __init__(
        self,
        photo: str | Path | np.ndarray,
        model: nn.Module,
        crop: Crop,
        precision: Precision = "float32",
        budget: int = BUDGET,
        person: Person | None = None,
        people: tuple[Person, ...] = (),
    ) -> None:
        self.model = model
        if self.info is None:
            raise TypeError(f"expected a model from psa_viz.load, got {type(model).__name__}")
        self.photo, self.crop, self.precision = load_photo(photo), crop, precision
        self.person, self.people = person, people
        self.paths, self.pixels, self.budget = psa_paths(model), cut(self.photo, crop), budget
        said = f"computed in {precision}: gates are within {TOLERANCE.get(precision)} of those in float32"
        self.notes: tuple[str, ...] = (said,) if precision in TOLERANCE else ()
        self._begun: tuple[Pass, Replay] | None = None
        self._untouched: Explanation | None = None
        self._lock = threading.RLock()

    @property
    def untouched(self) -> Explanation:
        """What the network predicts, and its gates; its notes say whether that had to be on the CPU.

        Raises:
            torch.OutOfMemoryError, RuntimeError: if there is too little memory for it on the CPU.
        """
        first = self.first
        if self._untouched is None:
            self._untouched = self._explanation(first, first.blocks, ())
        return self._untouched

    def begin(self, model: nn.Module | None = None) -> Session:
        """Run the untouched pass, here or in a copy of the network elsewhere, and keep it. Memory may run out."""
        with self._lock:
            self.model = model or self.model
            replay = Replay(self.model, self.budget)
            self._begun = self._pass((), replay.remember), replay
        return self

    def note(self, sentences: Iterable[str]) -> Session:
        """Let every result carry these sentences."""
        self.notes += tuple(sentences)
        if self._untouched is not None:
            self._untouched = replace(self._untouched, notes=self.notes)
        return self

    @property
    def began(self) -> bool:
        """Whether the untouched pass has run."""
        return self._begun is not None

    @property
    def first(self) -> Pass:
        """The untouched pass; its tensors are not to be written to."""
        return self._beginning()[0]

    @property
    def replay(self) -> Replay:
        """What is remembered of it."""
        return self._beginning()[1]

    @property
    def nbytes(self) -> int:
        """Bytes of what is remembered of the untouched pass, see psa_viz.recording.remembered."""
        return self._begun[1].memory.nbytes if self._begun else 0

    def forget(self) -> None:
        """Let go of that; every later pass runs in full, and gives the same numbers."""
        if self._begun:
            self._begun[1].memory.clear()

    def edited(self, edits: Sequence[Edit]) -> Explanation:
        """The same crop with gates changed; an empty list gives `untouched` itself. Blocks that the edits do not change
        are the same objects as there.

        Raises:
            TypeError, ValueError: for an edit that does not fit this network; see psa_viz.recording.recorder.edited.
        """
        return self.explain(edits) if edits else self.untouched

    def explain(self, edits: Sequence[Edit] = (), flip: bool = False) -> Explanation:
        """One result; with flip, averaged with that for the mirrored crop. Where the untouched pass has not run yet,
        nothing is kept of this one either."""
        edits = tuple(edits)
        if not self.began:
            found = self._pass(edits, self.model)
            blocks: Mapping[str, BlockAttention] = found.blocks
        else:
            found = self._again(edits) if edits else self.first
            blocks = self.first.blocks | found.blocks
        if flip:
            with self._running(edits):
                found = replace(found, maps=averaged(self.model, self.image, found.maps))
        return replace(self._explanation(found, blocks, edits), flip=flip)

    def reached(self, edits: Sequence[Edit]) -> tuple[str, ...]:
        """Names of the blocks that edits change, in the order of the forward pass: the edited ones, and all that are
        given something else because of them; not those upstream, or on a branch that has not met the edited one yet."""
        ran = self._again(tuple(edits)).blocks
        return tuple(name for name in self.first.blocks if name in ran)

    def walk(self, block: str) -> Walk:
        """Every step of one block in the untouched pass, as the paper prints it.

        Raises:
            ValueError: if the network has no such block.
        """
        path = self.path(block)
        with self._running():
            return walk(self.model.get_submodule(path), self.features(block), path)

    def under(self, block: str, formula: Formula, layout: Layout) -> BlockAttention:
        """The gates that a block's weights and features give under another formula or layout.

        Raises:
            ValueError: as walk does, and where the formula needs weights that the block does not have.
        """
        with self._running():
            found = gates_under(self.model.get_submodule(self.path(block)), self.features(block), formula, layout)
        return replace(found, name=block)

    def features(self, block: str) -> Tensor:
        """(1, C, H, W) what a block was given in the untouched pass."""
        return self.replay.input_of(self.path(block))

    def on(self, model: nn.Module) -> Session:
        """The same crop in another network of the same kind, such as a copy with other weights."""
        return Session(self.photo, model, self.crop, self.precision, self.budget)

    @property
    def image(self) -> Tensor:
        """(1, 3, h, w) what the network is given, on its device."""
        return self.given(self.pixels[None])

    def _beginning(self) -> tuple[Pass, Replay]:
        if self._begun is None:
            with self._lock:
                if self._begun is None:
                    size = f"{self.crop.width}x{self.crop.height} pixels"
                    _, notes = within_memory(lambda model, _: self.begin(model), self.model, size, lambda _: None)
                    self.note(notes)
        return self._begun  # type: ignore[return-value]  # it has begun

    def _again(self, edits: tuple[Edit, ...]) -> Pass:
        replay = self.replay
        return self._pass(edits, lambda _: replay.again(edited_paths(self.model, edits)))

    def _pass(self, edits: tuple[Edit, ...], run: Callable[[Tensor], Any]) -> Pass:
        began = time.perf_counter()
        with self._running(edits), record(self.model, KINDS) if self.paths else nullcontext(Trace()) as trace:
            outputs = self.tensors(run(self.image))
            maps = self.maps_of(outputs)
        return Pass(outputs, maps, self.gates(trace), time.perf_counter() - began)

    @contextmanager
    def _running(self, edits: tuple[Edit, ...] = ()) -> Iterator[None]:
        """Exclusive use of the network, edited, without gradients, in this precision."""
        device = next(self.model.parameters()).device
        with alone(self.model), torch.no_grad(), computing(device, self.precision), edited(self.model, edits):
            yield

    def _explanation(self, found: Pass, blocks: Mapping[str, BlockAttention], edits: tuple[Edit, ...]) -> Explanation:
        began, info = time.perf_counter(), self.info
        return Explanation(
            image=self.photo,
            crop=self.crop,
            **self.read(found),
            blocks=blocks,
            model=info.name,
            formula=info.formula,
            layout=info.layout,
            weights_sha256=info.weights_sha256,
            device=str(next(self.model.parameters()).device),
            seconds=found.seconds + time.perf_counter() - began,
            edits=tuple(map(describe, edits)),
            notes=self.notes,
            person=self.person,
            people=self.people,
        )

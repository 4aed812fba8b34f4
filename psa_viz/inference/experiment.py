"""One photo, one crop, one network: its untouched pass, and edited ones beside it that show the same crop."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import numpy as np
import torch
from torch import Tensor

from psa_viz.attention.polarized import Formula, Layout
from psa_viz.inference.crops import cut
from psa_viz.inference.geometry import Crop
from psa_viz.inference.memory import within_memory
from psa_viz.inference.photo import load_photo
from psa_viz.inference.predict import network_input, probability_maps
from psa_viz.inference.readout import read_pose, read_segmentation
from psa_viz.inference.results import Explanation
from psa_viz.inference.stages import Walk, walk
from psa_viz.inference.variants import under_formula
from psa_viz.models.heads import Dense
from psa_viz.recording.blocks import KINDS, attention_blocks, psa_paths
from psa_viz.recording.edit_text import describe
from psa_viz.recording.edits import Edit
from psa_viz.recording.recorder import edited, record
from psa_viz.recording.resume import Memory, gated_features, remember, resumable, resume
from psa_viz.recording.trace import BlockAttention, Trace


class Experiment:
    """Runs the untouched pass once, and every edited pass from its first edited block on.

        experiment = Experiment(photo, psa_viz.load("person-psa-parallel"), crop)
        after = experiment.edited([Mute("stage1.block0", channels=[3], to=0.0)])
        difference(experiment.untouched, after)

    Edits live in the call: the network is shared and stays as it is. One that psa_viz.recording.resume does not know
    runs in full.

    Args:
        photo: a path, or an (H, W, 3) uint8 RGB array.
        model: from psa_viz.load.
        crop: what the network sees, for example that of an earlier Explanation.

    Attributes:
        untouched: what the network predicts, and its gates; its notes say whether that had to be on the CPU.
    """

    def __init__(self, photo: str | Path | np.ndarray, model: Dense, crop: Crop) -> None:
        if getattr(model, "info", None) is None:
            raise TypeError(f"expected a model from psa_viz.load, got {type(model).__name__}")
        self.photo, self.model, self.crop = load_photo(photo), model, crop
        self._paths = psa_paths(model)
        self._memory: Memory | None = None
        self._notes: tuple[str, ...] = ()
        untouched, self._notes = within_memory(self._begun, model, f"{crop.width}x{crop.height} pixels", lambda _: None)
        self.untouched = replace(untouched, notes=self._notes)

    def _begun(self, model: Dense, _size: str) -> Explanation:
        self.model = model  # on the CPU where a GPU had too little memory; every later pass runs there too
        return self._explain(())

    def edited(self, edits: Sequence[Edit]) -> Explanation:
        """The same crop with gates changed; an empty list gives `untouched` itself.

        Raises:
            TypeError, ValueError: for an edit that does not fit this network; see psa_viz.recording.recorder.edited.
        """
        return self._explain(tuple(edits)) if edits else self.untouched

    def reached(self, edits: Sequence[Edit]) -> tuple[str, ...]:
        """Names of the blocks whose gates an edit can reach, in the order of the forward pass: the edited ones and all
        that is computed from them. The others are upstream, or on a branch that has not met the edited one yet."""
        return self._pass(tuple(edits))[2]

    def walk(self, block: str) -> Walk:
        """Every step of one block in the untouched pass, as the paper prints it.

        Raises:
            ValueError: if the network has no such block, or is not one of the project's own.
        """
        path = self._path(block)
        with torch.no_grad():
            features = gated_features(self.model, self._memory, block)
            return walk(self.model.get_submodule(path), features, path)

    def under(self, block: str, formula: Formula, layout: Layout) -> BlockAttention:
        """The gates that a block's weights and features give under another formula or layout.

        Raises:
            ValueError: as walk does, and where the formula needs weights that the block does not have.
        """
        path = self._path(block)
        with torch.no_grad():
            module = under_formula(self.model.get_submodule(path), formula, layout)
            with record(module, KINDS) as trace:
                module(gated_features(self.model, self._memory, block))
        return replace(attention_blocks(module, trace)[""], name=block)

    def _path(self, block: str) -> str:
        """Path of a block's PSA, if its features are remembered."""
        if block not in self._paths:
            raise ValueError(f"no PSA block named {block!r}; this model has {', '.join(self._paths) or 'none'}")
        if self._memory is None:
            raise ValueError(
                f"the steps of a block are not shown for {self.model.info.name}: it is no network of this project"
            )
        return self._paths[block]

    def _explain(self, edits: tuple[Edit, ...]) -> Explanation:
        began = time.perf_counter()
        maps, trace, fresh = self._pass(edits)
        info = self.model.info
        blocks = attention_blocks(self.model, trace)
        if edits:
            blocks = {name: blocks[name] if name in fresh else old for name, old in self.untouched.blocks.items()}
        else:
            self._trace = trace
        return Explanation(
            image=self.photo,
            crop=self.crop,
            pose=read_pose(maps["pose"], self.crop, info) if info.joints else None,
            segmentation=read_segmentation(maps["segmentation"], self.crop, info, self.photo) if info.classes else None,
            blocks=MappingProxyType(blocks),
            model=info.name,
            formula=info.formula,
            layout=info.layout,
            weights_sha256=info.weights_sha256,
            device=str(next(self.model.parameters()).device),
            seconds=time.perf_counter() - began,
            edits=tuple(map(describe, edits)),
            notes=self._notes,
        )

    def _pass(self, edits: tuple[Edit, ...]) -> tuple[dict[str, Tensor], Trace, tuple[str, ...]]:
        """Probability maps, what was recorded (what did not run as it was before), names of the blocks that ran."""
        with torch.no_grad(), edited(self.model, edits), self._recording() as trace:
            if edits and self._memory is not None:
                outputs = resume(self.model, self._memory, edits)
            elif resumable(self.model):
                outputs, self._memory = remember(self.model, self._input())
            else:
                outputs = self.model(self._input())
        ran = {record.name for record in trace}
        fresh = tuple(name for name, path in self._paths.items() if f"{path}.channel.gate" in ran)
        if edits:
            trace = Trace([*self._trace, *trace])
        return probability_maps(outputs), trace, fresh

    def _recording(self):
        return record(self.model, KINDS) if self._paths else nullcontext(Trace())

    def _input(self) -> Tensor:
        return network_input(cut(self.photo, self.crop)[None], next(self.model.parameters()).device)

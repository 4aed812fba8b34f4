"""Every test of one explanation: one photo, one network, one target, one block."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image
from torch import nn

from psa_viz.evidence import attribution, faithfulness
from psa_viz.evidence.attribution import METHODS, attribute, methods_for
from psa_viz.evidence.controls import label_free
from psa_viz.evidence.correlation import correlate
from psa_viz.evidence.equivariance import equivariance_of
from psa_viz.evidence.faithfulness import DRAWS, STEPS, faithfulness_curves, off_value
from psa_viz.evidence.ranking import gates_with_a_pattern, rank_blocks
from psa_viz.evidence.sanity import cascade
from psa_viz.evidence.subject import Subject
from psa_viz.evidence.targets import FixedTarget, Target
from psa_viz.evidence.work import Work
from psa_viz.session.explain import open_session
from psa_viz.session.own import Own
from psa_viz.values.evidence import Attribution, Correlation, Evidence
from psa_viz.values.geometry import Box
from psa_viz.values.statistics import FLAT_RANGE

CASCADED = "grad_cam"
"""The attribution that is computed again for every stage that forgets; the others take too long for that."""
STAGES = 10
"""About how many stages a network has, for the estimate."""


def examine(
    image: str | Path | Image.Image | np.ndarray,
    model: nn.Module | Own,
    target: Target | str,
    block: str | None = None,
    methods: Sequence[str] | None = None,
    off: float | str = 0.0,
    steps: int = STEPS,
    draws: int = DRAWS,
    seed: int = 0,
    box: Box | None = None,
    size: int | None = None,
    work: Work | None = None,
) -> Evidence:
    """Test whether one block's gates explain one prediction: against other methods, controls, and random weights.

    Args:
        image, box, size: see psa_viz.explain.
        model: from psa_viz.load, or a psa_viz.Own, with PSA.
        target: for example "joint:left_wrist", see psa_viz.evidence.target_text.
        block: to be tested; by default the one of which a gate, set to its own mean, changes the target most.
        methods: some of psa_viz.evidence.attribution.METHODS; all by default.
        off, steps, draws, seed: of the deletion curves, see psa_viz.evidence.faithfulness.
        work: told of every pass.

    Raises:
        TypeError, ValueError: for something that cannot be used; the message says what to do.
        psa_viz.evidence.work.Cancelled: if the work was stopped; the model is as before.
    """
    began, work = time.perf_counter(), work or Work()
    chosen = tuple(METHODS) if methods is None else tuple(methods)
    if unknown := [name for name in chosen if name not in METHODS]:
        raise ValueError(f"unknown methods {', '.join(unknown)}; expected some of {', '.join(METHODS)}")
    session = open_session(image, model, box=box, size=size)
    subject = Subject(session, work)
    fixed = subject.fix(target)
    if block is not None:
        subject.gate(block, "spatial")
    work.total = work.done + len(gates_with_a_pattern(subject))
    effects = rank_blocks(subject, fixed)
    if block is None and not effects:
        raise ValueError(
            f"every gate of {session.info.name} spans less than {FLAT_RANGE:g} on this photo, so there is no pattern "
            "to test; name a block to have it tested all the same"
        )
    name = block or effects[0].block
    work.total = work.done + units_needed(subject, name, chosen, steps, draws)
    attributions = _attributions(subject, fixed, name, chosen, off, seed)
    curves = {
        branch: faithfulness_curves(
            subject,
            fixed,
            name,
            branch,
            {method: found.native for method, found in attributions[branch].items()},
            off,
            steps,
            draws,
            seed,
        )
        for branch in ("spatial", "channel")
    }
    info = session.info
    return Evidence(
        image=session.photo,
        crop=session.crop,
        model=info.name,
        formula=info.formula,
        layout=info.layout,
        weights_sha256=info.weights_sha256,
        target=fixed.text,
        task=fixed.task,
        where=fixed.weights,
        start=float((subject.maps[fixed.task][fixed.index] * fixed.weights).sum()),
        block=subject.blocks[name],
        chosen=block is None,
        effects=effects,
        attributions=attributions,
        correlations=_correlations(subject, name, attributions, seed),
        curves=curves,
        cascade=cascade(subject, fixed, name, (CASCADED,), seed),
        equivariance=equivariance_of(subject, name),
        off={branch: off_value(subject.gate(name, branch), off) for branch in ("spatial", "channel")},
        draws=draws,
        seed=seed,
        seconds=time.perf_counter() - began,
    )


def units_needed(
    subject: Subject, block: str, methods: Sequence[str] = tuple(METHODS), steps: int = STEPS, draws: int = DRAWS
) -> int:
    """About how many units of psa_viz.evidence.work.Work the tests of a block take, but for ranking the blocks."""
    total = STAGES * 5 + 6
    for branch in ("spatial", "channel"):
        values = subject.gate(block, branch).size
        own = _methods(branch, methods)
        total += sum(attribution.rows_needed(method, values, branch) for method in own)
        total += faithfulness.rows_needed(values, branch, len(own), steps, draws)
    return total


def _methods(branch: str, methods: Sequence[str]) -> list[str]:
    return [method for method in methods if method in methods_for(branch)]


def _attributions(
    subject: Subject, target: FixedTarget, block: str, methods: Sequence[str], off: float | str, seed: int
) -> dict[str, dict[str, Attribution]]:
    return {
        branch: {
            method: attribute(subject, target, method, block, branch, off, seed=seed)
            for method in _methods(branch, methods)
        }
        for branch in ("spatial", "channel")
    }


def _correlations(
    subject: Subject, block: str, attributions: dict[str, dict[str, Attribution]], seed: int
) -> tuple[Correlation, ...]:
    found = [
        correlate(subject.gate(block, branch), one.native, branch, method, one.magnitude, seed)
        for branch, own in attributions.items()
        for method, one in own.items()
    ]
    spatial = subject.gate(block, "spatial")
    controls = label_free(subject.pixels, spatial.shape)
    found += [correlate(spatial, values, "spatial", name, values, seed) for name, values in controls.items()]
    return tuple(found)

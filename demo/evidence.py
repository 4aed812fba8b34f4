"""Tests of an explanation for the browser: curves, attributions, the ranking of blocks, sanity checks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from demo.change import with_session
from demo.engine import Engine
from demo.progress import Pause, Progress, no_pause
from demo.scales import encode, scale_facts
from demo.slots import STOPPED, visitor_of
from demo.visit import Visit
from psa_viz.rendering.evidence_words import AXES, GATES, verdict
from psa_viz.rendering.scales import signed_scale

if TYPE_CHECKING:
    from demo.messages.evidence import (
        AreaFacts,
        BandFacts,
        CurveFacts,
        CurvesFacts,
        EffectFacts,
        EvidenceAnswer,
        MapFacts,
        RankAnswer,
        SanityAnswer,
        TargetFacts,
    )
    from psa_viz.evidence.subject import Subject
    from psa_viz.evidence.targets import FixedTarget
    from psa_viz.evidence.work import Work
    from psa_viz.values.evidence import Attribution, Curve, Curves, Effect

BRANCHES = ("spatial", "channel")
OFF = (0.0, 1.0, 0.5, "mean")
LARGEST_SEED = 2**31 - 1


def evidence(
    request: Mapping[str, Any], visit: Visit, engine: Engine, progress: Progress, pause: Pause = no_pause
) -> tuple[EvidenceAnswer, Visit]:
    """Curves of one gate in every order, what captum says counts, and how far attention agrees with it.

    Raises:
        ValueError: for a target, block, branch, "off" or seed that there is not, with one sentence for the visitor.
    """
    from psa_viz.evidence import attribution, faithfulness

    branch, off, seed = _read_branch(request), _read_off(request), _read_seed(request)
    base, visit = with_session(visit, engine)
    block = str(request.get("block"))
    methods = attribution.methods_for(branch)

    with stoppable(request, progress, pause) as work:
        subject, target = _subject(request, visit, work)
        gate = subject.gate(block, branch)
        work.total = 1 + faithfulness.rows_needed(gate.size, branch, len(methods))
        work.total += sum(attribution.rows_needed(method, gate.size, branch) for method in methods)
        found = [attribution.attribute(subject, target, method, block, branch, off, seed=seed) for method in methods]
        rankings = {one.method: one.native for one in found}
        curves = faithfulness.faithfulness_curves(subject, target, block, branch, rankings, off, seed=seed)
        maps = []
        for one in found:
            work.begin()  # no pass of the network, and as long as one: others may go first
            maps.append(map_facts(one, gate, branch, seed))
    return {
        "kind": "evidence",
        "base": base,
        "target": target_facts(target),
        "maps": maps,
        "curves": curves_facts(curves, target_facts(target)["what"]),
        "verdict": f"{GATES[branch].capitalize()}: {verdict(curves)}",
    }, visit


def curves_facts(curves: Curves, what: str = "probability") -> CurvesFacts:
    """Every curve as mean and range over its draws, and the area under it, for every measure."""
    from psa_viz.evidence.measures import MEANING

    names = list(curves.curves[0].left)
    return {
        "block": curves.block,
        "branch": curves.branch,
        "off": curves.off,
        "shares": curves.shares.tolist(),
        "measures": [
            {"name": name, "meaning": MEANING[name], "axis": AXES[name].replace("probability", what)} for name in names
        ],
        "curves": [_curve_facts(curve, curves, names) for curve in curves.curves],
    }


def _curve_facts(curve: Curve, curves: Curves, names: list[str]) -> CurveFacts:
    return {
        "order": curve.order,
        "mode": curve.mode,
        "left": {name: _band(curve.left[name]) for name in names},
        "areas": {name: _spread(curves.areas(curve.order, name, curve.mode)) for name in names},
    }


def _band(draws: np.ndarray) -> BandFacts:
    """(D, T) -> what a line with a band needs."""
    return {"mean": draws.mean(0).tolist(), "low": draws.min(0).tolist(), "high": draws.max(0).tolist()}


def _spread(areas: np.ndarray) -> AreaFacts:
    return {"mean": float(areas.mean()), "low": float(areas.min()), "high": float(areas.max()), "draws": len(areas)}


def map_facts(one: Attribution, gate: np.ndarray, branch: str, seed: int) -> MapFacts:
    """An attribution on the block's own cells or channels, its scale, and its rank correlation with the gate."""
    from psa_viz.evidence.correlation import correlate

    found = correlate(gate, one.native, branch, one.method, one.magnitude, seed)
    return {
        "method": one.method,
        "of": one.of,
        "note": one.note,
        "values": encode(one.native),
        "shape": list(one.native.shape),
        "scale": scale_facts(signed_scale(one.native, f"{one.method.replace('_', ' ')}, credit for the target")),
        "delta": one.delta,
        "change": None if one.start is None else one.end - one.start,
        "rho": found.rho,
        "band": found.band,
        "rhoSize": found.rho_magnitude,
        "bandSize": found.band_magnitude,
        "beyond": found.beyond_chance,
        "draws": found.draws,
    }


def target_facts(target: FixedTarget) -> TargetFacts:
    """What is explained, for the title."""
    own = target.task not in ("pose", "segmentation")
    name = target.name if own else target.name.replace("_", " ")
    return {"text": target.text, "task": target.task, "name": name, "what": "value" if own else "probability"}


def rank(
    request: Mapping[str, Any], visit: Visit, engine: Engine, progress: Progress, pause: Pause = no_pause
) -> tuple[RankAnswer, Visit]:
    """Every gate that is not flat set to its own mean: which of them the target depends on.

    Raises:
        ValueError: for a target that there is not.
    """
    from psa_viz.evidence.ranking import gates_with_a_pattern, rank_blocks

    base, visit = with_session(visit, engine)
    with stoppable(request, progress, pause) as work:
        subject, target = _subject(request, visit, work)
        work.total = 1 + len(gates_with_a_pattern(subject))
        effects = effects_facts(rank_blocks(subject, target))
        flat = 2 * len(subject.blocks) - len(effects)
    return {
        "kind": "rank",
        "base": base,
        "target": target_facts(target),
        "effects": effects,
        "flat": flat,
        "tried": len(effects),
        "of": len(effects),
    }, visit


def effects_facts(effects: Iterable[Effect]) -> list[EffectFacts]:
    """What each gate's pattern is worth, in the order given."""
    return [
        {"block": one.block, "branch": one.branch, "off": one.off, "lost": one.lost, "left": dict(one.left)}
        for one in effects
    ]


def sanity(
    request: Mapping[str, Any], visit: Visit, engine: Engine, progress: Progress, pause: Pause = no_pause
) -> tuple[SanityAnswer, Visit]:
    """What a block's gates know: they should change when the network forgets, and follow the photo when it moves.

    Raises:
        ValueError: for a target, block or seed that there is not.
    """
    from psa_viz.evidence.equivariance import equivariance_of
    from psa_viz.evidence.sanity import cascade

    seed, block = _read_seed(request), str(request.get("block"))
    base, visit = with_session(visit, engine)
    with stoppable(request, progress, pause) as work:
        subject, target = _subject(request, visit, work)
        forgotten = cascade(subject, target, block, seed=seed)
        moved = equivariance_of(subject, block)
    return {
        "kind": "sanity",
        "base": base,
        "target": target_facts(target),
        "block": block,
        "cascade": [asdict(step) for step in forgotten],
        "moved": [asdict(one) for one in moved],
    }, visit


@contextmanager
def stoppable(request: Mapping[str, Any], progress: Progress, pause: Pause) -> Iterator[Work]:
    from psa_viz.evidence.work import Cancelled

    with progress.watched(visitor_of(request), 0, pause) as work:
        try:
            yield work
        except Cancelled as stopped:
            raise ValueError(STOPPED) from stopped


def _subject(request: Mapping[str, Any], visit: Visit, work: Work) -> tuple[Subject, FixedTarget]:
    from psa_viz.evidence.subject import Subject

    # Between two steps others run theirs: hooks and the network's lock are there for one pass at a time.
    subject = Subject(visit.session, work)
    return subject, subject.fix(str(request.get("target")))


def _read_branch(request: Mapping[str, Any]) -> str:
    branch = request.get("branch")
    if branch not in BRANCHES:
        raise ValueError(f"Expected the branch 'spatial' or 'channel', got {str(branch)[:20]!r}.")
    return branch


def _read_off(request: Mapping[str, Any]) -> float | str:
    off = request.get("off")
    if isinstance(off, bool) or off not in OFF:
        raise ValueError(f"Expected off as 0, 1, 0.5 or 'mean', got {str(off)[:20]!r}.")
    return off


def _read_seed(request: Mapping[str, Any]) -> int:
    seed = request.get("seed", 0)
    if type(seed) is not int or not 0 <= seed <= LARGEST_SEED:
        raise ValueError(f"Expected a seed from 0 to {LARGEST_SEED}, got {str(seed)[:20]!r}.")
    return seed

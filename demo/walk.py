"""One block step by step, under its own formula and under the others, for the browser."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from demo.change import with_session
from demo.engine import Engine
from demo.payload import block_facts
from demo.progress import Pause, no_pause
from demo.scales import encode, scale_facts
from demo.slots import never
from demo.snippets import five_lines
from demo.visit import Visit
from psa_viz.rendering.scales import Scale, gain_scale, gate_scale, signed_scale
from psa_viz.rendering.words import span

if TYPE_CHECKING:
    from demo.messages.walk import FormulaFacts, NormFacts, StageFacts, TrainedAnswer, WalkAnswer
    from psa_viz.session.stages import Stage, Walk

FORMULAS = (
    ("paper", "parallel"),
    ("paper", "sequential"),
    ("official", "parallel"),
    ("official", "sequential"),
)


def walk(request: Mapping[str, Any], visit: Visit, engine: Engine) -> tuple[WalkAnswer, Visit]:
    """Every step of one block of the untouched pass, and the same features under the other formulas.

    Raises:
        ValueError: for a block that this model does not have, or a model whose steps can not be shown.
    """
    base, visit = with_session(visit, engine)
    name = str(request.get("block"))
    steps = visit.session.walk(name)
    facts: WalkAnswer = {
        "kind": "walk",
        "base": base,
        "block": name,
        "formula": steps.formula,
        "layout": steps.layout,
        "stages": [_stage(stage, steps, visit, name) for stage in steps.stages.values()],
        "weights": {key: {"shape": list(value.shape), "values": encode(value)} for key, value in steps.weights.items()},
        "norm": _norm(steps),
        "formulas": [_under(visit, name, *rule) for rule in FORMULAS],
    }
    return facts, visit


def trained(
    request: Mapping[str, Any], visit: Visit, engine: Engine, pause: Pause = no_pause
) -> tuple[TrainedAnswer, Visit]:
    """The same block of the bundled models that were trained under each formula, on the same crop."""
    base, visit = with_session(visit, engine)
    name = str(request.get("block"))
    rows: list[FormulaFacts] = []
    for formula, layout in FORMULAS:
        model = engine.trained_under(visit.shown.model, formula, layout)
        if model is None:
            why = f"No model trained under the {formula} formula, {layout}, is bundled here."
            rows.append({"formula": formula, "layout": layout, "why": why})
            continue
        result = visit.shown
        if model != visit.shown.model:
            result = engine.session(visit.shown.image, model, visit.shown.crop, device=visit.device).untouched
            pause(never)
        label = f"trained and run under {formula}, {layout}"
        row: FormulaFacts = {"formula": formula, "layout": layout, "label": label, "model": model}
        rows.append(
            {**row, "block": block_facts(result.blocks[name], result)}
            if name in result.blocks
            else {**row, "why": f"{result.model} has no block of this name."}
        )
    return {"kind": "trained", "base": base, "block": name, "rows": rows}, visit


def _stage(stage: Stage, steps: Walk, visit: Visit, block: str) -> StageFacts:
    values = stage.value.astype(np.float64)
    return {
        "key": stage.key,
        "term": stage.term,
        "path": stage.path,
        "formed": stage.formed,
        "axes": stage.axes,
        "shape": list(stage.value.shape),
        "kind": stage.kind,
        "values": encode(stage.value),
        "scale": scale_facts(_scale(stage, steps.layout)),
        "words": span(float(values.min()), float(values.max())),
        "sd": f"{values.std():.4f}",
        "code": five_lines(visit.shown, block, stage.key, getattr(visit.session.source, "code", "")),
    }


def _scale(stage: Stage, layout: str) -> Scale:
    if stage.kind == "gate":
        return gate_scale()
    if stage.kind == "gain":
        return gain_scale(layout)
    if stage.kind == "weights":
        return Scale(0.0, float(stage.value.max()), "cividis", "weights, from 0")
    return signed_scale(stage.value, "value")


def _norm(steps: Walk) -> NormFacts | None:
    if steps.norm is None:
        return None
    epsilon, gain, offset = steps.norm
    return {"epsilon": epsilon, "gain": encode(gain), "offset": encode(offset)}


def _under(visit: Visit, name: str, formula: str, layout: str) -> FormulaFacts:
    """This block's weights and features under one formula; why not, where that is impossible."""
    own = visit.shown.blocks[name]
    rule: FormulaFacts = {"formula": formula, "layout": layout, "own": (own.formula, own.layout) == (formula, layout)}
    try:
        result = visit.session.under(name, formula, layout)
    except ValueError as error:
        return {**rule, "why": f"{str(error)[:1].upper()}{str(error)[1:]}."}
    label = f"trained under {own.formula}, {own.layout}"
    label += " and run so" if rule["own"] else f"; run under {formula}, {layout}"
    return {**rule, "label": label, "block": block_facts(result, visit.shown)}

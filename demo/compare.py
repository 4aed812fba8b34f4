"""Another model, or the same one with random weights, on the crop that is shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from demo.change import with_session
from demo.difference_facts import OF_TWO, change_facts, second_facts
from demo.engine import Engine
from demo.visit import Visit

if TYPE_CHECKING:
    from demo.messages.change import CompareAnswer

LARGEST_SEED = 2**31 - 1


def compare(request: Mapping[str, Any], visit: Visit, engine: Engine) -> tuple[CompareAnswer, Visit]:
    """The other result beside the one that is shown, on the same scales.

    Raises:
        ValueError: for a model that is not offered, or a seed that is none.
    """
    base, visit = with_session(visit, engine)
    seed = request.get("seed")
    if seed is not None and (type(seed) is not int or not 0 <= seed <= LARGEST_SEED):
        raise ValueError(f"Expected a seed from 0 to {LARGEST_SEED}, got {str(seed)[:20]!r}.")
    name = visit.shown.model if seed is not None else str(request.get("model"))
    other = engine.session(visit.shown.image, name, visit.shown.crop, seed=seed, device=visit.device).untouched
    facts: CompareAnswer = {
        "kind": "compare",
        "base": base,
        "asked": {"model": name, "seed": seed},
        "other": second_facts(other),
        "change": change_facts(visit.shown, other, OF_TWO),
    }
    return facts, visit

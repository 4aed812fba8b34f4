"""What a bundled model's gates did over a whole archive: a sentence per block, for the very weights that are shown."""

from __future__ import annotations

from functools import lru_cache

from psa_viz.models.cards import gate_tables
from psa_viz.rendering.habit_words import habit_sentence


@lru_cache(maxsize=32)
def habits(model: str, weights_sha256: str) -> dict[str, list[str]]:
    """Block -> a sentence for each archive; empty for a model without stored tables, or with other weights."""
    sentences: dict[str, list[str]] = {}
    for table in gate_tables(model):
        if table.weights_sha256 == weights_sha256:
            for block in table.blocks:
                sentences.setdefault(block.name, []).append(habit_sentence(table, block))
    return sentences

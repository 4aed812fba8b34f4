"""Edits in the browser's form -> edits of the library. Imports no torch.

The form is that of psa_viz.values.edit_text with two shorthands: to "data" stands for the data set's mean of
that gate, and a painted stroke has one "value" in place of a whole map of "values".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import ValidationError

from demo.serving.schema import EDITS, MOST_EDITS, sentence_of
from psa_viz.values.edit_text import from_json

if TYPE_CHECKING:
    from demo.means import Means
    from psa_viz.values.edits import Edit
    from psa_viz.values.trace import BlockAttention

MOST_TEXT = 2_000_000


def read_edits(asked: Any, blocks: Mapping[str, BlockAttention], means: Means | None) -> tuple[Edit, ...]:
    """An ordered list of edits.

    Args:
        asked: what the browser sent, honest or not.
        blocks: the untouched gates, which say how large each one is.
        means: the data set's means; None if there are none for this model.

    Raises:
        ValueError: with one sentence for the visitor.
    """
    if not isinstance(asked, list) or len(asked) > MOST_EDITS:
        raise ValueError(f"Expected a list of at most {MOST_EDITS} edits.")
    if any(not isinstance(item, dict) for item in asked) or len(json.dumps(asked)) > MOST_TEXT:
        raise ValueError("Expected every edit as an object, and all of them under two megabytes.")
    try:
        EDITS.validate_python(asked)
    except ValidationError as error:
        raise ValueError(f"edit {sentence_of(error)}") from error
    edits = from_json(json.dumps([_written_out(item, blocks, means) for item in asked]))
    for edit in edits:
        block = _block(edit.block, blocks)
        edit.check(block[edit.site].value.shape)
    return edits


def _written_out(item: dict[str, Any], blocks: Mapping[str, BlockAttention], means: Means | None) -> dict[str, Any]:
    item = dict(item)
    if item.get("kind") == "paint" and "value" in item:
        shape = _block(item.get("block"), blocks).spatial.shape
        value = item.pop("value")
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise ValueError("Expected the brush's value as a number.")
        item["values"] = np.full(shape, value, dtype=np.float64).tolist()
    if item.get("to") == "data":
        if means is None:
            raise ValueError("The data set's mean is not stored for this model; choose another value for off.")
        block = _block(item.get("block"), blocks)
        named = item.get("branch", item.get("site"))
        site = "channel" if "channels" in item else "spatial" if "cells" in item else named
        if site not in ("channel", "spatial"):
            raise ValueError("Expected the branch 'channel' or 'spatial'.")
        item["to"] = means.gate(block.name, site, block[site].value.shape).astype(float).tolist()
    return item


def _block(name: Any, blocks: Mapping[str, BlockAttention]) -> BlockAttention:
    if name not in blocks if isinstance(name, str) else True:
        raise ValueError(f"There is no block {str(name)[:60]!r} in this model.")
    return blocks[name]

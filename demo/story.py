"""A few feature maps of one block of a stored example: with the example's own gates, what the page's story is made of.

A result holds gates, but no features, which would be about a hundred times as large. So the command that makes the
examples chooses a few channels of one block and stores them beside the result, in 256 steps.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from demo.scales import encode, scale_facts
from psa_viz.rendering.scales import signed_scale

if TYPE_CHECKING:
    from demo.messages.story import StoryFacts
    from psa_viz.values.results import Explanation

STORY_NAME = "story.json"
MAPS = 6
"""Channels that the story shows."""


def story_block(result: Explanation) -> str:
    """The block whose spatial gate has the widest range: its map shows most. The page opens with it, too.

    Raises:
        ValueError: for a network without PSA.
    """
    if not result.blocks:
        raise ValueError(f"{result.model} has no PSA block: there is no story to tell of it")
    return max(result.blocks.values(), key=lambda block: block.spatial_statistics.range).name


def write_story(folder: Path, result: Explanation, features: np.ndarray) -> None:
    """Store what a story needs.

    Args:
        features: (C, H, W) what `story_block` was given in the pass that `result` shows.

    Raises:
        ValueError: if the features are not of that block.
    """
    block = result.blocks[story_block(result)]
    if features.shape != block.shape:
        raise ValueError(f"expected the features of {block.name}, {block.shape}, got {features.shape}")
    varied = features.reshape(len(features), -1).std(axis=1)
    channels = sorted(int(channel) for channel in np.argsort(-varied, kind="stable")[:MAPS])
    shown = features[channels].astype(np.float64)
    low, high = float(shown.min()), float(shown.max())
    steps = np.rint((shown - low) / ((high - low) or 1) * 255).astype(np.uint8)
    facts = {
        "weights_sha256": result.weights_sha256,
        "block": block.name,
        "channels": channels,
        "low": low,
        "high": high,
        "maps": base64.b64encode(steps.tobytes()).decode("ascii"),
    }
    (folder / STORY_NAME).write_text(json.dumps(facts) + "\n", encoding="utf-8")


def read_story(folder: Path, result: Explanation) -> StoryFacts | None:
    """For the browser: the block, and for each of its channels shown the features before and after the gates, on one
    scale. None where nothing is stored.

    Raises:
        ValueError: for a story of other weights, or of a block that the result does not have.
    """
    path = folder / STORY_NAME
    if not path.exists():
        return None
    facts = json.loads(path.read_text(encoding="utf-8"))
    if facts["weights_sha256"] != result.weights_sha256 or facts["block"] not in result.blocks:
        raise ValueError(f"{path.parent.name}/{STORY_NAME} is of another result: make the examples again")
    block = result.blocks[facts["block"]]
    before = _features(facts, block.shape)
    after = before * block.gain()[facts["channels"]]
    scale = signed_scale(np.concatenate([before, after]))
    return {
        "block": block.name,
        "channels": facts["channels"],
        "before": encode(before),
        "after": encode(after),
        "scale": scale_facts(scale),
    }


def _features(facts: Mapping[str, Any], shape: tuple[int, int, int]) -> np.ndarray:
    """(channels, H, W) of the stored steps."""
    steps = np.frombuffer(base64.b64decode(facts["maps"]), dtype=np.uint8).reshape(len(facts["channels"]), *shape[1:])
    return facts["low"] + steps / 255 * (facts["high"] - facts["low"])

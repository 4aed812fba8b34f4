"""Two results of one crop for the browser: the second one, and what changed from the first."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import numpy as np

from demo.others import other_facts
from demo.outputs import change_of_outputs, output_facts
from demo.payload import block_facts, parsing_facts, pose_facts
from demo.scales import scale_facts
from psa_viz.rendering.change_words import change_sentences, class_sentence, joint_sentence, signed_percent
from psa_viz.rendering.scales import Scale, signed_scale
from psa_viz.rendering.words import percent
from psa_viz.values.difference import Difference, difference

if TYPE_CHECKING:
    from demo.messages.change import ChangeFacts, ClassChangeFacts, GateScales, JointChangeFacts, SecondFacts
    from demo.messages.drawing import ScaleFacts
    from psa_viz.values.results import Explanation


def second_facts(
    after: Explanation, reached: Collection[str] | None = None, before: Explanation | None = None
) -> SecondFacts:
    """The second result without photo and crop, which are those of the first; only the blocks that were reached, and of
    `before`, where it is the same network, only the outputs that changed."""
    blocks = [block for name, block in after.blocks.items() if reached is None or name in reached]
    return {
        "model": after.model,
        "formula": after.formula,
        "layout": after.layout,
        "seconds": after.seconds,
        "pose": None if after.pose is None else pose_facts(after.pose),
        "segmentation": None if after.segmentation is None else parsing_facts(after),
        "blocks": [block_facts(block, after) for block in blocks],
        "outputs": output_facts(after, before),
        "others": other_facts(after),
    }


AFTER_EDITS, OF_TWO = "after \u2212 before", "second \u2212 first"
"""What a signed picture shows, as its legend says it."""


def change_facts(before: Explanation, after: Explanation, label: str = AFTER_EDITS) -> ChangeFacts:
    """Numbers and sentences of the difference, and the signed scales that its pictures are drawn on."""
    change = difference(before, after)
    return {
        "identical": change.identical,
        "visible": change.visible,
        "sentences": change_sentences(change),
        "joints": _joints(change),
        "classes": _classes(change),
        "flipped": change.flipped,
        "heatmaps": _scales(change.heatmaps, label),
        "probabilities": _scales(change.probabilities, label),
        "gates": _gate_scales(change, label),
        "outputs": change_of_outputs(change),
    }


def _joints(change: Difference) -> list[JointChangeFacts]:
    return [
        {
            "name": joint.name.replace("_", " "),
            "words": joint_sentence(joint),
            "moved": joint.moved,
            "peaks": [f"{joint.peak_before:.3f}", f"{joint.peak_after:.3f}"],
            "scores": [f"{joint.score_before:.2f}", f"{joint.score_after:.2f}"],
        }
        for joint in change.joints
    ]


def _classes(change: Difference) -> list[ClassChangeFacts]:
    return [
        {
            "name": one.name,
            "words": class_sentence(one),
            "areas": [percent(one.before), percent(one.after)],
            "points": signed_percent(one.after - one.before),
            "lost": one.lost,
            "gained": one.gained,
        }
        for one in change.classes
    ]


def _scales(maps: np.ndarray | None, label: str) -> ScaleFacts | None:
    """One scale for all maps, so that they can be compared: diverging and centred on 0."""
    return None if maps is None else scale_facts(signed_scale(maps, label))


def _gate_scales(change: Difference, label: str) -> dict[str, GateScales]:
    """Block -> scales of the change of its two gates; blocks whose gates are the same are left out."""
    return {
        name: {
            "channel": scale_facts(_symmetric(channel, label)),
            "spatial": scale_facts(_symmetric(spatial, label)),
        }
        for name, (channel, spatial) in change.gates.items()
        if channel or spatial
    }


def _symmetric(limit: float, label: str) -> Scale:
    return signed_scale(np.array([-limit, limit]), label)

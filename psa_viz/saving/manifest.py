"""An explanation in plain numbers and words: what explanation.json holds."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from psa_viz.rendering.words import channel_sentence, spatial_sentence
from psa_viz.saving.tensors import named_tensors
from psa_viz.values.geometry import Crop
from psa_viz.values.other_attention import OtherAttention
from psa_viz.values.results import Explanation
from psa_viz.values.statistics import GateStatistics
from psa_viz.values.trace import BlockAttention

SCHEMA = 1
"""Version of the format; raised when an older reader could misread a newer folder."""


def describe_explanation(explanation: Explanation) -> dict[str, Any]:
    """Everything but the tensors, as explanation.json holds it: plain numbers, text, lists and dictionaries."""
    height, width = explanation.image.shape[:2]
    crop = explanation.crop
    return {
        "schema": SCHEMA,
        "model": explanation.model,
        "formula": explanation.formula,
        "layout": explanation.layout,
        "weights_sha256": explanation.weights_sha256,
        "device": explanation.device,
        "seconds": float(explanation.seconds),
        "flip": bool(explanation.flip),
        "edits": list(explanation.edits),
        "notes": list(explanation.notes),
        "people": [person.to_json() for person in explanation.people],
        "person": explanation.person_number,
        "image": {"width": width, "height": height},
        "crop": crop.to_json(),
        "pose": _describe_pose(explanation),
        "segmentation": _describe_segmentation(explanation),
        "blocks": [_describe_block(block, crop) for block in explanation.blocks.values()],
        "outputs": list(explanation.outputs),
        **({"others": [_describe_other(other) for other in explanation.others.values()]} if explanation.others else {}),
        "tensors": [tensor.entry() for tensor in named_tensors(explanation)],
    }


def _describe_pose(explanation: Explanation) -> dict[str, Any] | None:
    pose = explanation.pose
    if pose is None:
        return None
    rows = zip(pose.joint_names, pose.keypoints.tolist(), pose.scores.tolist(), pose.peaks.tolist(), strict=True)
    return {"joints": [{"name": name, "x": x, "y": y, "score": s, "peak": peak} for name, (x, y), s, peak in rows]}


def _describe_segmentation(explanation: Explanation) -> dict[str, Any] | None:
    segmentation = explanation.segmentation
    if segmentation is None:
        return None
    shares = segmentation.shares(explanation.crop).tolist()
    rows = zip(segmentation.class_names, shares, segmentation.palette.tolist(), strict=True)
    return {"classes": [{"name": name, "share": share, "colour": colour} for name, share, colour in rows]}


def _describe_block(block: BlockAttention, crop: Crop) -> dict[str, Any]:
    return {
        "name": block.name,
        "formula": block.formula,
        "layout": block.layout,
        "shape": list(block.shape),
        "channel": {**_numbers(block.channel_statistics), "words": channel_sentence(block)},
        "spatial": {**_numbers(block.spatial_statistics), "words": spatial_sentence(block, crop)},
    }


def _describe_other(other: OtherAttention) -> dict[str, Any]:
    sites = [{"name": s.name, "axes": s.axes, "role": s.role, "neutral": s.neutral} for s in other.sites]
    return {"name": other.name, "kind": other.kind, "acts": other.acts, "sites": sites}


def _numbers(statistics: GateStatistics) -> dict[str, Any]:
    return {**asdict(statistics), "range": statistics.range, "flat": statistics.flat}

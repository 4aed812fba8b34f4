"""An explanation in plain numbers and words: what explanation.json holds."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from psa_viz.inference.geometry import Crop
from psa_viz.inference.results import Explanation
from psa_viz.inference.tensors import named_tensors
from psa_viz.recording.statistics import GateStatistics
from psa_viz.recording.trace import BlockAttention
from psa_viz.rendering.words import channel_sentence, spatial_sentence

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
        "image": {"width": width, "height": height},
        "crop": {
            "box": [float(edge) for edge in crop.box],
            "width": int(crop.width),
            "height": int(crop.height),
            "stride": int(crop.stride),
            **({"alignment": crop.alignment} if crop.alignment != "edges" else {}),
        },
        "pose": _describe_pose(explanation),
        "segmentation": _describe_segmentation(explanation),
        "blocks": [_describe_block(block, crop) for block in explanation.blocks.values()],
        "outputs": list(explanation.outputs),
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


def _numbers(statistics: GateStatistics) -> dict[str, Any]:
    return {**asdict(statistics), "range": statistics.range, "flat": statistics.flat}

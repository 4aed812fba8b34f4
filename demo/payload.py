"""An Explanation as the one JSON object that the page draws from: arrays as base64, colours and words ready made."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from demo.blockmap import block_map
from psa_viz.rendering.scales import Scale, gate_scale, probability_scale, stretched
from psa_viz.rendering.skeletons import joint_colour, limbs, side
from psa_viz.rendering.words import cells_phrase, channel_sentence, decimals, in_full, percent, spatial_sentence

if TYPE_CHECKING:
    from psa_viz.inference.results import Explanation, PosePrediction, SegmentationPrediction
    from psa_viz.recording.trace import BlockAttention

LONGEST_PHOTO = 1024
LONGEST_CROP = 384
OUTSIDE = 255
"""Value of the mask's pixels that lie beyond the photo's edge, where the network saw padding."""

_COLUMNS = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
_CENTRE = ("head_top", "neck")


def payload(explanation: Explanation, *, example: str | None = None) -> dict[str, Any]:
    """Everything that the page shows of one result. `example` names the stored example that it is, if it is one."""
    height, width = explanation.image.shape[:2]
    crop = explanation.crop
    return {
        "kind": "result",
        "example": example,
        "model": explanation.model,
        "formula": explanation.formula,
        "layout": explanation.layout,
        "device": explanation.device,
        "seconds": explanation.seconds,
        "flip": explanation.flip,
        "edits": list(explanation.edits),
        "photo": {"src": _photo(explanation.image), "width": width, "height": height},
        "crop": {
            "box": [float(edge) for edge in crop.box],
            "width": crop.width,
            "height": crop.height,
            "stride": crop.stride,
            "src": _cropped(explanation),
        },
        "pose": None if explanation.pose is None else _pose(explanation.pose),
        "segmentation": None if explanation.segmentation is None else _parsing(explanation.segmentation, explanation),
        "gate": scale_facts(gate_scale()),
        "blocks": [_block(block, explanation) for block in explanation.blocks.values()],
        "map": block_map(explanation.blocks, scale_facts) if explanation.blocks else None,
    }


def encode(values: np.ndarray) -> str:
    """Array of any shape -> base64 of its values as little-endian float32 in C order."""
    return base64.b64encode(np.ascontiguousarray(values, dtype="<f4").tobytes()).decode("ascii")


def scale_facts(scale: Scale) -> dict[str, Any]:
    """A Scale for the browser: picture and legend there both read this one object."""
    return {
        "low": scale.low,
        "high": scale.high,
        "constant": scale.constant,
        "label": scale.label,
        "legend": scale.legend(),
        "ticks": list(scale.ticks()),
        "tickLabels": list(scale.tick_labels()),
        "table": base64.b64encode(scale.table().tobytes()).decode("ascii"),
    }


def reading_order(joint_names: tuple[str, ...]) -> list[int]:
    """Indices of the joints so that seven columns show the centre, then right above left, from shoulder to ankle.

    Joints of another skeleton keep the order they have.
    """
    wanted = [_CENTRE[0], *(f"right_{word}" for word in _COLUMNS), _CENTRE[1], *(f"left_{word}" for word in _COLUMNS)]
    if sorted(wanted) != sorted(joint_names):
        return list(range(len(joint_names)))
    return [joint_names.index(name) for name in wanted]


def _pose(pose: PosePrediction) -> dict[str, Any]:
    joints, height, width = pose.heatmaps.shape
    return {
        "names": [name.replace("_", " ") for name in pose.joint_names],
        "colours": [_css(joint_colour(name)) for name in pose.joint_names],
        "sides": [side(name) for name in pose.joint_names],
        "order": reading_order(pose.joint_names),
        "limbs": [[limb.start, limb.end, _css(limb.colour)] for limb in limbs(pose.joint_names)],
        "width": width,
        "height": height,
        "heatmaps": encode(pose.heatmaps),
        "keypoints": pose.keypoints.astype(float).tolist(),
        "scores": pose.scores.astype(float).tolist(),
        "peaks": pose.peaks.astype(float).tolist(),
        "shared": scale_facts(probability_scale(pose.heatmaps)),
        "own": [scale_facts(probability_scale(pose.heatmaps[joint])) for joint in range(joints)],
    }


def _parsing(parsing: SegmentationPrediction, explanation: Explanation) -> dict[str, Any]:
    _, height, width = parsing.probabilities.shape
    shares = parsing.shares(explanation.crop)
    return {
        "names": list(parsing.class_names),
        "colours": [_css(tuple(int(part) for part in colour)) for colour in parsing.palette],
        "palette": parsing.palette.astype(int).tolist(),
        "width": width,
        "height": height,
        "probabilities": encode(parsing.probabilities),
        "shares": shares.astype(float).tolist(),
        "percents": [percent(share) for share in shares],
        "mask": _mask(parsing.mask, explanation),
        "outside": OUTSIDE,
    }


def _block(block: BlockAttention, explanation: Explanation) -> dict[str, Any]:
    channels, height, width = block.shape
    channel, spatial = block.channel_statistics, block.spatial_statistics
    return {
        "name": block.name,
        "formula": block.formula,
        "layout": block.layout,
        "channels": channels,
        "width": width,
        "height": height,
        "cells": cells_phrase(block, explanation.crop),
        "channel": encode(block.channel),
        "spatial": encode(block.spatial),
        "channelWords": channel_sentence(block),
        "spatialWords": spatial_sentence(block, explanation.crop),
        "channelPlaces": max(4, decimals(channel.minimum, channel.maximum) + 1),
        "spatialPlaces": max(4, decimals(spatial.minimum, spatial.maximum) + 1),
        "channelMean": channel.mean,
        "channelStretched": scale_facts(stretched(block.channel)),
        "spatialStretched": scale_facts(stretched(block.spatial)),
        "size": f"{channels} channels, {width}\u2009\u00d7\u2009{height} cells",
        "channelNumbers": _statistics(channel),
        "spatialNumbers": _statistics(spatial),
    }


def _statistics(numbers: Any) -> dict[str, str]:
    return {
        "min": in_full(numbers.minimum),
        "max": in_full(numbers.maximum),
        "mean": in_full(numbers.mean),
        "sd": f"{numbers.std:.4f}" if numbers.std >= 0.0001 else f"{numbers.std:.0e}",
        "entropy": f"{numbers.entropy:.4f}",
    }


def _photo(image: np.ndarray) -> str:
    picture = Image.fromarray(image)
    picture.thumbnail((LONGEST_PHOTO, LONGEST_PHOTO))
    return _jpeg(picture)


def _cropped(explanation: Explanation) -> str:
    """The crop as a picture of its own; what lies beyond the photo is mid grey."""
    x0, y0, x1, y1 = explanation.crop.box
    left, top, right, bottom = int(np.floor(x0)), int(np.floor(y0)), int(np.ceil(x1)), int(np.ceil(y1))
    height, width = explanation.image.shape[:2]
    inside = (max(0, left), max(0, top), min(width, right), min(height, bottom))
    region = Image.new("RGB", (right - left, bottom - top), (128, 128, 128))
    if inside[0] < inside[2] and inside[1] < inside[3]:
        region.paste(Image.fromarray(explanation.image).crop(inside), (inside[0] - left, inside[1] - top))
    size = _shown_size(explanation, longest=LONGEST_CROP)
    return _jpeg(region.resize(size, Image.Resampling.LANCZOS, box=(x0 - left, y0 - top, x1 - left, y1 - top)))


def _mask(mask: np.ndarray, explanation: Explanation) -> str:
    """Classes inside the crop as a grey PNG, each pixel the nearest of the mask; OUTSIDE beyond the photo."""
    x0, y0, x1, y1 = explanation.crop.box
    columns, rows = _shown_size(explanation, longest=LONGEST_CROP)
    xs = np.floor(x0 + (np.arange(columns) + 0.5) / columns * (x1 - x0)).astype(int)
    ys = np.floor(y0 + (np.arange(rows) + 0.5) / rows * (y1 - y0)).astype(int)
    height, width = mask.shape
    shown = mask[ys.clip(0, height - 1)][:, xs.clip(0, width - 1)].astype(np.uint8)
    shown[(ys < 0) | (ys >= height)] = OUTSIDE
    shown[:, (xs < 0) | (xs >= width)] = OUTSIDE
    return _data_url(Image.fromarray(shown), "PNG")


def _shown_size(explanation: Explanation, longest: int) -> tuple[int, int]:
    crop = explanation.crop
    factor = longest / max(crop.width, crop.height)
    return max(1, round(crop.width * factor)), max(1, round(crop.height * factor))


def _jpeg(picture: Image.Image) -> str:
    return _data_url(picture, "JPEG", quality=88)


def _data_url(picture: Image.Image, form: str, **options: Any) -> str:
    buffer = io.BytesIO()
    picture.save(buffer, form, **options)
    return f"data:image/{form.lower()};base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"


def _css(colour: tuple[int, int, int]) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)

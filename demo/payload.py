"""An Explanation as the one JSON object that the page draws from: arrays as base64, colours and words ready made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from demo.blockmap import block_map
from demo.habits import habits
from demo.others import other_facts
from demo.outputs import output_facts
from demo.pictures import OUTSIDE, crop_facts, mask_url, photo_url
from demo.scales import encode, scale_facts
from psa_viz.rendering.scales import (
    PROBABILITY_COLORMAP,
    Scale,
    gate_scale,
    probability_scale,
    stretched,
)
from psa_viz.rendering.skeletons import joint_colour, limbs, side
from psa_viz.rendering.words import cells_phrase, channel_sentence, decimals, in_full, percent, span, spatial_sentence
from psa_viz.session.person_words import person_doubts

if TYPE_CHECKING:
    from demo.messages.result import (
        BlockFacts,
        DoubtFacts,
        GateNumbers,
        ParsingFacts,
        PoseFacts,
        ResultFacts,
        SkeletonFacts,
    )
    from psa_viz.values.results import Explanation, PosePrediction
    from psa_viz.values.statistics import GateStatistics
    from psa_viz.values.trace import BlockAttention

_COLUMNS = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
_CENTRE = ("head_top", "neck")


def payload(explanation: Explanation, *, example: str | None = None, stored: bool = True) -> ResultFacts:
    """Everything that the page shows of one result.

    "people" has a box (x0, y0, x1, y1) in pixels of the photo and a score for everyone found, the main person first;
    "person" is the number of the one shown, null where nobody was found or looked for.

    Args:
        example: the example whose photo it is, if it is one.
        stored: whether that example is shown as it was stored, or was run again.
    """
    height, width = explanation.image.shape[:2]
    crop = explanation.crop
    return {
        "kind": "result",
        "example": example,
        "stored": example is not None and stored,
        "model": explanation.model,
        "formula": explanation.formula,
        "layout": explanation.layout,
        "device": explanation.device,
        "seconds": explanation.seconds,
        "flip": explanation.flip,
        "edits": list(explanation.edits),
        "notes": list(explanation.notes),
        "people": [{"box": list(person.box), "score": person.score} for person in explanation.people],
        "person": explanation.person_number,
        "doubts": _doubts(explanation),
        "photo": {"src": photo_url(explanation.image), "width": width, "height": height},
        "crop": crop_facts(explanation.image, crop),
        "pose": None if explanation.pose is None else pose_facts(explanation.pose),
        "segmentation": None if explanation.segmentation is None else parsing_facts(explanation),
        "gate": scale_facts(gate_scale()),
        "blocks": [block_facts(block, explanation) for block in explanation.blocks.values()],
        "habits": habits(explanation.model, explanation.weights_sha256),
        "map": block_map(explanation.blocks, scale_facts) if explanation.blocks else None,
        "outputs": output_facts(explanation),
        "others": other_facts(explanation),
    }


def _doubts(explanation: Explanation) -> list[DoubtFacts]:
    """What a visitor should know of the person shown, where somebody was looked for: these notes by their kind."""
    return [
        {"kind": kind, "text": text}
        for kind, text in person_doubts(explanation.person, explanation.image).items()
        if text in explanation.notes
    ]


def reading_order(joint_names: tuple[str, ...]) -> list[int]:
    """Indices of the joints so that seven columns show the centre, then right above left, from shoulder to ankle.

    Joints of another skeleton keep the order they have.
    """
    wanted = [_CENTRE[0], *(f"right_{word}" for word in _COLUMNS), _CENTRE[1], *(f"left_{word}" for word in _COLUMNS)]
    if sorted(wanted) != sorted(joint_names):
        return list(range(len(joint_names)))
    return [joint_names.index(name) for name in wanted]


def skeleton_facts(names: tuple[str, ...]) -> SkeletonFacts:
    """The joints by name: how they are called, drawn and connected."""
    return {
        "names": [name.replace("_", " ") for name in names],
        "colours": [css(joint_colour(name)) for name in names],
        "sides": [side(name) for name in names],
        "order": reading_order(names),
        "limbs": [(limb.start, limb.end, css(limb.colour)) for limb in limbs(names)],
    }


def pose_facts(pose: PosePrediction) -> PoseFacts:
    """Joints and heatmaps for the browser."""
    joints, height, width = pose.heatmaps.shape
    return {
        **skeleton_facts(pose.joint_names),
        "width": width,
        "height": height,
        "heatmaps": encode(pose.heatmaps),
        "keypoints": pose.keypoints.astype(float).tolist(),
        "scores": pose.scores.astype(float).tolist(),
        "peaks": pose.peaks.astype(float).tolist(),
        "shared": scale_facts(probability_scale(pose.heatmaps)),
        "own": [scale_facts(probability_scale(pose.heatmaps[joint])) for joint in range(joints)],
    }


def parsing_facts(explanation: Explanation) -> ParsingFacts:
    """Classes, probabilities and mask for the browser."""
    parsing = explanation.segmentation
    _, height, width = parsing.probabilities.shape
    shares = parsing.shares(explanation.crop)
    return {
        "names": list(parsing.class_names),
        "colours": [css(tuple(int(part) for part in colour)) for colour in parsing.palette],
        "palette": parsing.palette.astype(int).tolist(),
        "width": width,
        "height": height,
        "probabilities": encode(parsing.probabilities),
        "scale": scale_facts(Scale(0.0, 1.0, PROBABILITY_COLORMAP, "probability of the class")),
        "shares": shares.astype(float).tolist(),
        "percents": [percent(share) for share in shares],
        "mask": mask_url(parsing.mask, explanation.crop),
        "outside": OUTSIDE,
    }


def block_facts(block: BlockAttention, explanation: Explanation) -> BlockFacts:
    """One block's gates for the browser, with their numbers and scales."""
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
        "channelSpan": _plain(channel),
        "spatialSpan": _plain(spatial),
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


def _plain(numbers: GateStatistics) -> str:
    """ "0.30 to 0.80"; a flat gate is said to be one at once."""
    text = span(numbers.minimum, numbers.maximum)
    return f"{text}: flat, next to no difference" if numbers.flat and numbers.range > 0 else text


def _statistics(numbers: GateStatistics) -> GateNumbers:
    return {
        "min": in_full(numbers.minimum),
        "max": in_full(numbers.maximum),
        "mean": in_full(numbers.mean),
        "sd": f"{numbers.std:.4f}" if numbers.std >= 0.0001 else f"{numbers.std:.0e}",
        "entropy": f"{numbers.entropy:.4f}",
    }


def css(colour: tuple[int, int, int]) -> str:
    """RGB as the browser writes it."""
    return "#{:02x}{:02x}{:02x}".format(*colour)

"""A training in snapshots, on one photo. Axes S stand for the snapshots."""

from __future__ import annotations

from typing_extensions import TypedDict

from demo.messages.drawing import Base64, CropFacts, ScaleFacts
from demo.messages.result import SkeletonFacts


class CodedFacts(TypedDict):
    """Maps as bytes, each between two `limits` (float32) of its own."""

    codes: Base64
    limits: Base64


class SnapshotBlock(TypedDict):
    """`channel` (S, C), `spatial` (S, height, width)."""

    name: str
    width: int
    height: int
    channels: int
    channel: CodedFacts
    spatial: CodedFacts
    channelWords: list[str]
    spatialWords: list[str]


class SnapshotPose(SkeletonFacts):
    """`heatmaps` (S, J, height, width), all on one scale."""

    width: int
    height: int
    heatmaps: CodedFacts
    keypoints: list[list[list[float]]]
    scores: list[list[float]]
    scale: ScaleFacts


class SnapshotParsing(TypedDict):
    names: list[str]
    colours: list[str]
    palette: list[list[int]]
    masks: list[str]
    outside: int


class SnapshotsAnswer(TypedDict):
    """`figures` has the metrics that were known at each step."""

    trainings: list[str]
    training: str
    photos: list[str]
    photo: str
    model: str
    formula: str
    layout: str
    total: int
    steps: list[int]
    figures: list[dict[str, float]]
    crop: CropFacts
    gate: ScaleFacts
    blocks: list[SnapshotBlock]
    pose: SnapshotPose | None
    segmentation: SnapshotParsing | None

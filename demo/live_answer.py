"""What a camera's page is answered for one frame, as bytes. docs/API.md has the layout as a table.

HEADER, then float32 numbers: J joints as x, y in pixels of the frame and score; C values of the chosen block's channel
gate; H x W values of its spatial gate. With FLAG_MAPS, for the B blocks of the network: float32 B values of the chosen
statistic, uint16 B pairs of width and height, and every block's spatial gate as bytes, 255 being 1. All numbers are
little-endian.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from psa_viz.values.block_statistics import statistic

if TYPE_CHECKING:
    from psa_viz.values.film import ExplainedFrame
    from psa_viz.values.results import Explanation

HEADER = struct.Struct("<4sBBHHHHHIf4d4dHHI")
"""MAGIC; kind; flags; J, C, W, H, B; identity; milliseconds that this took; box of the crop; box that asks for the same
crop; width and height of the network's input; 0."""
MAGIC = b"PSA1"
NOBODY, RESULT = 0, 1
FLAG_LOOKED, FLAG_MAPS, FLAG_EDITED = 1, 2, 4
NO_BOX = (0.0, 0.0, 0.0, 0.0)


def nobody(looked: bool, identity: int, seconds: float) -> bytes:
    """The answer where nobody is followed: nothing was run but the finder."""
    flags = FLAG_LOOKED if looked else 0
    return HEADER.pack(MAGIC, NOBODY, flags, 0, 0, 0, 0, 0, identity, 1000 * seconds, *NO_BOX, *NO_BOX, 0, 0, 0)


def packed(seen: ExplainedFrame, block: str, key: str | None, box: Any, seconds: float) -> bytes:
    """The answer for one frame.

    Args:
        block: whose gates are sent in full; "" for none.
        key: of the statistic that is sent with the maps of all blocks; None for no maps.
        box: that asks for the same crop.

    Raises:
        ValueError: for a block that there is not.
    """
    result = seen.explanation
    if block and block not in result.blocks:
        raise ValueError(f"There is no PSA block named {block!r}.")
    joints = _joints(result)
    channel, spatial = np.zeros(0), np.zeros((0, 0))
    if block:
        channel, spatial = result.blocks[block].channel, result.blocks[block].spatial
    all_maps = b"" if key is None else _maps(result, key)
    flags = FLAG_LOOKED * seen.looked + FLAG_MAPS * (key is not None) + FLAG_EDITED * bool(result.edits)
    crop = result.crop
    counts = (len(joints), len(channel), spatial.shape[1], spatial.shape[0], len(result.blocks) if key else 0)
    sizes = (crop.width, crop.height, 0)
    head = HEADER.pack(MAGIC, RESULT, flags, *counts, seen.identity, 1000 * seconds, *crop.box, *box, *sizes)
    return head + b"".join(_floats(part) for part in (joints, channel, spatial)) + all_maps


def _joints(result: Explanation) -> np.ndarray:
    """(J, 3) x, y and score."""
    if result.pose is None:
        return np.zeros((0, 3))
    return np.column_stack((result.pose.keypoints, result.pose.scores))


def _maps(result: Explanation, key: str) -> bytes:
    blocks = result.blocks.values()
    sizes = np.array([one.spatial.shape[::-1] for one in blocks], dtype="<u2")
    maps = [np.rint(one.spatial.clip(0, 1) * 255).astype(np.uint8).tobytes() for one in blocks]
    return _floats(statistic(key).values(result.blocks)) + sizes.tobytes() + b"".join(maps)


def _floats(values: np.ndarray) -> bytes:
    return np.ascontiguousarray(values, dtype="<f4").tobytes()


def read_answer(data: bytes) -> Mapping[str, Any]:
    """An answer as numbers again, for programs in Python: `joints` (J, 3), `channel` (C,), `spatial` (H, W), `crop`,
    `box`, `identity`, `looked`, `edited`, `milliseconds`, and with maps `statistic` (B,) and `maps`, B of (h, w).

    Raises:
        ValueError: if it is none.
    """
    if len(data) < HEADER.size or data[:4] != MAGIC:
        raise ValueError(f"expected an answer that begins with {MAGIC!r}, got {data[:4]!r}")
    _, kind, flags, joints, channels, width, height, blocks, identity, took, *rest = HEADER.unpack_from(data)
    at = HEADER.size
    floats = np.frombuffer(data, "<f4", 3 * joints + channels + width * height, at)
    at += floats.nbytes
    answer = {
        "nobody": kind == NOBODY,
        "looked": bool(flags & FLAG_LOOKED),
        "edited": bool(flags & FLAG_EDITED),
        "identity": identity,
        "milliseconds": took,
        "crop": tuple(rest[:4]),
        "box": tuple(rest[4:8]),
        "input": (rest[8], rest[9]),
        "joints": floats[: 3 * joints].reshape(joints, 3),
        "channel": floats[3 * joints : 3 * joints + channels],
        "spatial": floats[3 * joints + channels :].reshape(height, width),
    }
    if flags & FLAG_MAPS:
        answer["statistic"] = np.frombuffer(data, "<f4", blocks, at)
        sizes = np.frombuffer(data, "<u2", 2 * blocks, at + 4 * blocks).reshape(blocks, 2).astype(int)
        at += 8 * blocks
        answer["maps"] = []
        for wide, high in sizes.tolist():
            answer["maps"].append(np.frombuffer(data, np.uint8, wide * high, at).reshape(high, wide))
            at += wide * high
    return answer

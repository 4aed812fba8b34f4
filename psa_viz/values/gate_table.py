"""What the gates of a network did over many images, block by block, as data to keep and to show. Imports no torch."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from psa_viz.values.statistics import FLAT_RANGE

SCHEMA = 1
"""Version of the format; raised when an older reader could misread a newer file."""
STILL = 0.01
"""A channel or cell whose standard deviation over the images is below this is called still: whatever the photo shows,
it gets the same weight. A gate of such values is a bias, not attention."""

BIAS = 0.05
"""Below this share of a gate's variance between photos, the gate is called a bias of its block."""


@dataclass(frozen=True)
class GateSummary:
    """One gate over all images. Its values are its C channels, or its H x W cells.

    Attributes:
        minimum, maximum, mean: over all images and values.
        range: maximum minus minimum within an image, mean over the images.
        spread: standard deviation within an image, mean over the images.
        entropy: see psa_viz.values.statistics.GateStatistics, mean over the images.
        from_half: distance of the values from 0.5, the gate of a logit 0; mean over all.
        flat: share of the images in which the gate's range is below FLAT_RANGE, 0 to 1.
        variation: standard deviation of one value over the images, mean over the values; None for a single image.
        still: share of the values whose standard deviation over the images is below STILL; None for a single image.
        between: share of the gate's whole variance that is between images at the same value, 0 to 1. 0: every image
            gets the same gate; 1: all values of the gate are the same on average, and only images differ. None where
            nothing varies, and for a single image.
    """

    minimum: float
    maximum: float
    mean: float
    range: float
    spread: float
    entropy: float
    from_half: float
    flat: float
    variation: float | None
    still: float | None
    between: float | None


@dataclass(frozen=True)
class GainSummary:
    """The factor that every feature is multiplied by (BlockAttention.gain), over all images.

    Attributes:
        minimum, maximum, mean: over all images and features.
        spread: standard deviation over the features of an image, mean over the images.
    """

    minimum: float
    maximum: float
    mean: float
    spread: float


@dataclass(frozen=True)
class BlockGates:
    """One PSA block over all images.

    Attributes:
        name: the block's path, for example "stage2.0.branch0.block1".
        channels: C, the number of values of the channel gate.
        channel, spatial: the two gates.
        gain: both together.
    """

    name: str
    channels: int
    channel: GateSummary
    spatial: GateSummary
    gain: GainSummary


@dataclass(frozen=True)
class GateTable:
    """All PSA blocks of one network over the photos of one archive.

    Attributes:
        model, formula, layout, weights_sha256: of the network.
        data: file name of the archive.
        images: how many of its photos were used.
        size: longer side of the network's input in pixels.
        blocks: in the order of the network's modules.
    """

    model: str
    formula: str
    layout: str
    weights_sha256: str
    data: str
    images: int
    size: int
    blocks: tuple[BlockGates, ...]


def to_json(tables: Sequence[GateTable]) -> str:
    """Tables as JSON text, which says what was called still and flat."""
    document = {"schema": SCHEMA, "still_below": STILL, "flat_below": FLAT_RANGE, "tables": [asdict(t) for t in tables]}
    return json.dumps(document, indent=1, allow_nan=False) + "\n"


def read(path: str | Path) -> tuple[GateTable, ...]:
    """The tables that a file holds, as `to_json` wrote them.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it holds no tables, or those of another schema.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"no table of gates at {path}")
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["schema"] != SCHEMA:
            raise ValueError(f"expected schema {SCHEMA}, got {document['schema']}")
        return tuple(_table(table) for table in document["tables"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} holds no tables of gates that this version reads: {error!r}") from error


def markdown(table: GateTable) -> str:
    """The table for a page of text, one row per block; three decimals, as a gate below FLAT_RANGE has to show."""
    rows = [
        "| block | channel gate: lowest to highest | spread | entropy | varies | still | between images "
        "| spatial map: lowest to highest | spread | entropy | varies | still | between images | flat | gain |",
        "|---|" + "---|" * 14,
    ]
    for block in table.blocks:
        cells = [
            f"`{block.name}`",
            *_cells(block.channel),
            *_cells(block.spatial),
            f"{block.spatial.flat:.0%}",
            f"{block.gain.mean:.3f} ± {block.gain.spread:.3f}",
        ]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"


def overview(tables: Sequence[GateTable]) -> str:
    """One row a table, as markdown: medians over the blocks, and in how many of them the channel gate is a bias."""
    rows = [
        "| model | photos | channel gate: range | between photos | blocks where it is a bias "
        "| spatial map: range | between photos | flat maps |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for table in tables:
        channel, spatial = ([getattr(block, gate) for block in table.blocks] for gate in ("channel", "spatial"))
        biases = sum(gate.between is None or gate.between < BIAS for gate in channel)
        rows.append(
            f"| `{table.model}` | {table.images} of {table.data} | {median(g.range for g in channel):.3f} "
            f"| {_between(channel)} | {biases} of {len(channel)} | {median(g.range for g in spatial):.4f} "
            f"| {_between(spatial)} | {sum(g.flat for g in spatial) / len(spatial):.0%} |"
        )
    return "\n".join(rows) + "\n"


def _between(gates: Sequence[GateSummary]) -> str:
    known = [gate.between for gate in gates if gate.between is not None]
    return f"{median(known):.0%} ({min(known):.0%} to {max(known):.0%})" if known else "-"


def _cells(gate: GateSummary) -> list[str]:
    known = [(gate.variation, ".3f"), (gate.still, ".0%"), (gate.between, ".0%")]
    return [
        f"{gate.minimum:.4f} to {gate.maximum:.4f}",
        f"{gate.spread:.4f}",
        f"{gate.entropy:.4f}",
        *("-" if value is None else format(value, form) for value, form in known),
    ]


def _table(facts: dict[str, Any]) -> GateTable:
    return GateTable(**{**facts, "blocks": tuple(_block(block) for block in facts["blocks"])})


def _block(facts: dict[str, Any]) -> BlockGates:
    parts = {"channel": GateSummary, "spatial": GateSummary, "gain": GainSummary}
    return BlockGates(**{**facts, **{name: kind(**facts[name]) for name, kind in parts.items()}})

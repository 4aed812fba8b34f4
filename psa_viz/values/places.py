"""Where each block stands in an overview of a network: from left to right as the pass goes, finer maps above."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

Size = tuple[int, int]

_NAME = re.compile(r"^(?P<stage>.*?)\.?(?:branch(?:es\.)?(?P<branch>\d+)\.)?(?:block)?(?P<block>\d+)$")
TRUNK = "trunk, in the order of the pass"
DECODERS = {"merge": "decoder", "pyramid": "pyramid", "parsing": "parsing"}
"""What the names of a decoder's blocks begin with -> its heading. They stand to the right of the trunk."""
LONGEST = 6
"""A row of the trunk with more blocks than this becomes a row for each stage."""


@dataclass(frozen=True)
class Place:
    """One block's cell.

    Attributes:
        name: the block.
        stage: what stands before branch and block in its name, for example "stage2.0"; "blocks" where nothing does.
        row, column: from 0.
    """

    name: str
    stage: str
    row: int
    column: int


@dataclass(frozen=True)
class Layout:
    """A place for every block, no two of them the same.

    Attributes:
        places: in the order of the blocks.
        columns: headings, from left to right, with the number of columns that each spans.
        rows: (H, W) of the first block in each row.
    """

    places: tuple[Place, ...]
    columns: tuple[tuple[str, int], ...]
    rows: tuple[Size, ...]


def lay_out(sizes: Mapping[str, Size]) -> Layout:
    """Block name -> (H, W) of its map, in the order of the pass, to a place for each.

    Where names have branches, as in an HRNet ("stage2.0.branch1.block3", "stage2.0.branches.1.3"), stages follow one
    another from left to right and branches lie below one another. In any other network each size of map has a row, with
    the trunk's blocks from left to right and each decoder's at the right.
    """
    parts = {name: _parts(name) for name in sizes}
    cells = _by_branch(parts) if any(branch is not None for _, branch, _ in parts.values()) else _by_size(sizes, parts)
    places = tuple(Place(name, parts[name][0], row, column) for name, (row, column) in cells.items())
    first: dict[int, Size] = {}
    for place in places:
        first.setdefault(place.row, sizes[place.name])
    return Layout(places, _columns(places, parts), tuple(size for _, size in sorted(first.items())))


def _parts(name: str) -> tuple[str, int | None, int]:
    """Stage, branch, and number of the block."""
    match = _NAME.match(name)
    if match is None:
        return name, None, 0
    return match["stage"] or "blocks", None if match["branch"] is None else int(match["branch"]), int(match["block"])


def _by_branch(parts: Mapping[str, tuple[str, int | None, int]]) -> dict[str, tuple[int, int]]:
    inside: dict[str, set[int]] = {}
    for stage, _, block in parts.values():
        inside.setdefault(stage, set()).add(block)
    ordered = [(stage, block) for stage, blocks in inside.items() for block in sorted(blocks)]
    columns = {key: column for column, key in enumerate(ordered)}
    return {name: (branch or 0, columns[stage, block]) for name, (stage, branch, block) in parts.items()}


def _by_size(sizes: Mapping[str, Size], parts: Mapping[str, tuple[str, int | None, int]]) -> dict[str, tuple[int, int]]:
    trunk = Counter(size for name, size in sizes.items() if _decoder(name) is None)
    keys: dict[tuple[Size, str], None] = {}  # a row each: of a size, or of a stage where a size has too many blocks
    of: dict[str, tuple[Size, str]] = {}
    for name, size in sizes.items():
        of[name] = size, parts[name][0] if trunk[size] > LONGEST and _decoder(name) is None else ""
        if _decoder(name) is None or not trunk[size]:
            keys.setdefault(of[name])
    ordered = sorted(keys, key=lambda key: (-key[0][0], -key[0][1]))
    rows = {key: row for row, key in enumerate(ordered)}
    for (size, _), row in list(rows.items()):
        rows.setdefault((size, ""), row)  # where a decoder's block of that size stands
    groups = [None, *dict.fromkeys(found for name in sizes if (found := _decoder(name)))]
    taken: dict[str | None, Counter[int]] = {group: Counter() for group in groups}
    cells: dict[str, tuple[int, int]] = {}  # the column counted within the group
    for name in sizes:
        group, row = _decoder(name), rows[of[name]]
        cells[name] = row, taken[group][row]
        taken[group][row] += 1
    starts, start = {}, 0
    for group in groups:
        starts[group] = start
        start += max(taken[group].values(), default=0)
    return {name: (row, starts[_decoder(name)] + column) for name, (row, column) in cells.items()}


def _decoder(name: str) -> str | None:
    first, dot, _ = name.partition(".")
    return first if dot and first in DECODERS else None


def _columns(
    places: tuple[Place, ...], parts: Mapping[str, tuple[str, int | None, int]]
) -> tuple[tuple[str, int], ...]:
    branched = any(branch is not None for _, branch, _ in parts.values())
    groups: dict[str, list[int]] = {}
    for place in places:
        decoder = _decoder(place.name)
        key = place.stage if branched else TRUNK if decoder is None else DECODERS[decoder]
        groups.setdefault(key, []).append(place.column)
    return tuple(
        (_heading(key, groups) if branched else key, max(columns) - min(columns) + 1) for key, columns in groups.items()
    )


def _heading(stage: str, stages: Mapping[str, object]) -> str:
    """ "stage 3" for a stage of one module, "stage 3, module 2" where there are several."""
    match = re.fullmatch(r"stage(\d+)(?:\.(\d+))?", stage)
    if match is None:
        return stage
    several = sum(other.partition(".")[0] == f"stage{match[1]}" for other in stages) > 1
    return f"stage {match[1]}, module {int(match[2] or 0) + 1}" if several else f"stage {match[1]}"

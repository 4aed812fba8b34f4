"""No two blocks stand in one place, whatever a network calls them."""

from __future__ import annotations

import pytest

from psa_viz.values.places import LONGEST, lay_out
from tests.rendering.synthetic import block_names


def laid(names, size=(8, 8)):
    return {place.name: place for place in lay_out(dict.fromkeys(names, size)).places}


def cells(sizes):
    return [(place.row, place.column) for place in lay_out(sizes).places]


def test_a_high_resolution_network():
    places = laid(name for name, _, _ in block_names())
    assert (places["stage1.block3"].row, places["stage1.block3"].column) == (0, 3)
    assert (places["stage2.0.branch1.block0"].row, places["stage2.0.branch1.block0"].column) == (1, 4)
    assert places["stage2.0.branch0.block1"].column == places["stage2.0.branch1.block1"].column == 5
    assert places["stage4.1.branch3.block1"].row == 3
    assert places["stage4.1.branch3.block1"].column == 13
    assert len({(place.row, place.column) for place in places.values()}) == len(places)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["layer1.0", "layer1.1", "layer2.0"], [("layer1", 0, 0), ("layer1", 0, 1), ("layer2", 0, 2)]),
        (["stage3.1.branches.2.3"], [("stage3.1", 2, 0)]),
        (["psa", "head.psa"], [("psa", 0, 0), ("head.psa", 0, 1)]),
        (["0", "1"], [("blocks", 0, 0), ("blocks", 0, 1)]),
        (["head#0", "head#1"], [("head#", 0, 0), ("head#", 0, 1)]),
        ([], []),
    ],
)
def test_other_names(names, expected):
    assert [(place.stage, place.row, place.column) for place in laid(names).values()] == expected


def test_stages_follow_one_another_and_branches_lie_below() -> None:
    branches = {1: [""], 2: [".0.branch0", ".0.branch1"], 4: [f".0.branch{b}" for b in range(4)]}
    names = [f"stage{stage}{branch}.block{i}" for stage, own in branches.items() for branch in own for i in range(2)]
    layout = lay_out(dict.fromkeys(names, (8, 8)))
    assert layout.columns == (("stage 1", 2), ("stage 2", 2), ("stage 4", 2))
    assert len(layout.rows) == 4
    at = {place.name: (place.row, place.column) for place in layout.places}
    assert at["stage1.block1"] == (0, 1)
    assert at["stage2.0.branch1.block0"] == (1, 2)
    assert at["stage4.0.branch3.block1"] == (3, 5)
    assert len(set(at.values())) == len(names), "no two blocks in one cell"


def test_several_modules_of_a_stage_are_named() -> None:
    layout = lay_out(dict.fromkeys(["stage3.0.branch0.block0", "stage3.1.branch0.block0"], (8, 8)))
    assert layout.columns == (("stage 3, module 1", 1), ("stage 3, module 2", 1))
    assert [(place.row, place.column) for place in layout.places] == [(0, 0), (0, 1)]


def test_another_network_has_a_row_for_each_size_and_its_decoder_at_the_right() -> None:
    sizes = {"stage1.block0": (64, 48), "stage2.block0": (32, 24), "stage2.block1": (32, 24), "stage3.block0": (16, 12)}
    layout = lay_out(sizes | {"merge.block0": (32, 24), "merge.block1": (64, 48)})
    assert [(text.split(",")[0], span) for text, span in layout.columns] == [("trunk", 2), ("decoder", 1)]
    assert layout.rows == ((64, 48), (32, 24), (16, 12))
    assert [(p.row, p.column) for p in layout.places] == [(0, 0), (1, 0), (1, 1), (2, 0), (1, 2), (0, 2)]
    layout = lay_out({"layer1.0": (8, 8), "neck": (8, 8)})
    assert len(layout.columns) == 1
    assert [(place.row, place.column) for place in layout.places] == [(0, 0), (0, 1)]
    assert cells({"stage1.block0": (8, 8), "merge.block0": (16, 16)}) == [(1, 0), (0, 1)]


def lite(decoders):
    trunk = [("stage1", 1, 64), ("stage2", 2, 32), ("stage3", 2, 16), ("stage4", 3, 8), ("stage5", 3, 8)]
    trunk += [("stage6", 4, 4), ("stage7", 1, 4)]
    sizes = {f"{stage}.block{i}": (side, side) for stage, count, side in trunk for i in range(count)}
    return sizes | {f"{name}.block{i}": (side, side) for name in decoders for i, side in enumerate((8, 16, 32))}


def test_the_bundled_networks_fit_into_the_page() -> None:
    """Nineteen blocks side by side were cut off at the right; eight columns are what the HRNets have."""
    sizes = lite(["merge"])
    layout = lay_out(sizes)
    assert sum(span for _, span in layout.columns) <= 8
    assert len(layout.rows) == 5
    assert len({(place.row, place.column) for place in layout.places}) == len(sizes) == 19


def test_two_decoders_stand_side_by_side_and_a_long_row_of_the_trunk_is_divided_by_stages() -> None:
    """The blocks of person-movenet at 192 pixels."""
    trunk = [("stage1", 1, 96), ("stage2", 2, 48), ("stage3", 3, 24), ("stage4", 4, 12), ("stage5", 3, 12)]
    trunk += [("stage6", 3, 6), ("stage7", 1, 6)]
    sizes = {f"{stage}.block{i}": (side, side) for stage, count, side in trunk for i in range(count)}
    decoders = ("pyramid", "parsing")
    sizes |= {f"{name}.block{i}": (side, side) for name in decoders for i, side in enumerate((12, 24, 48))}
    layout = lay_out(sizes)
    assert layout.columns == (("trunk, in the order of the pass", 4), ("pyramid", 1), ("parsing", 1))
    assert [height for height, _ in layout.rows] == [96, 48, 24, 12, 12, 6]
    at = {place.name: (place.row, place.column) for place in layout.places}
    assert at["stage4.block3"] == (3, 3)
    assert at["stage5.block0"] == (4, 0)
    assert at["stage7.block0"] == (5, 3)
    assert (at["pyramid.block0"], at["parsing.block0"]) == ((3, 4), (3, 5))
    assert (at["pyramid.block2"], at["parsing.block2"]) == ((1, 4), (1, 5))
    assert len(set(at.values())) == len(sizes) == 23
    assert max(column for _, column in at.values()) < LONGEST + len(decoders)

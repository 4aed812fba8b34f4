"""Limbs are looked up by joint name; sides have colours that everybody can tell apart."""

from __future__ import annotations

import itertools

import numpy as np

from psa_viz.rendering.skeletons import LSP_JOINTS, SIDE_COLOURS, joint_colour, limbs, side


def test_the_whole_skeleton_is_one_piece():
    found = limbs(LSP_JOINTS)
    assert len(LSP_JOINTS) == 14
    reached, edges = {0}, [(limb.start, limb.end) for limb in found]
    for _ in edges:
        reached |= {b for a, b in edges if a in reached} | {a for a, b in edges if b in reached}
    assert reached == set(range(14))


def test_a_limb_stays_on_its_side():
    for limb in limbs(LSP_JOINTS):
        sides = {side(LSP_JOINTS[limb.start]), side(LSP_JOINTS[limb.end])} - {"centre"}
        assert limb.colour == SIDE_COLOURS[sides.pop() if len(sides) == 1 else "centre"]


def test_left_and_right_mirror_each_other():
    def swapped(name: str) -> str:
        return {"left": "right_", "right": "left_"}.get(side(name), "") + name.removeprefix(f"{side(name)}_")

    pairs = {frozenset((LSP_JOINTS[limb.start], LSP_JOINTS[limb.end])) for limb in limbs(LSP_JOINTS)}
    assert {frozenset(swapped(name) for name in pair) for pair in pairs} == pairs


def test_any_subset_in_any_order():
    names = ("left_wrist", "neck", "left_elbow", "tail")
    found = limbs(names)
    assert [(names[limb.start], names[limb.end]) for limb in found] == [("left_elbow", "left_wrist")]
    assert limbs(()) == []
    assert joint_colour("tail") == SIDE_COLOURS["centre"]


def test_sides_differ_in_lightness_and_under_red_green_blindness():
    # Machado et al. 2009, severity 1.0; rows give the seen R, G, B in linear light.
    blindness = {
        "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
        "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    }
    for matrix in blindness.values():
        seen = {name: np.asarray(matrix) @ (np.array(colour) / 255) ** 2.2 for name, colour in SIDE_COLOURS.items()}
        for a, b in itertools.combinations(seen.values(), 2):
            assert np.abs(np.clip(a, 0, 1) - np.clip(b, 0, 1)).max() > 0.25

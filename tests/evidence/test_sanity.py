"""Weights go from the top and the map answers; photos change and gates follow; blocks are ranked by their effect."""

from __future__ import annotations

from copy import deepcopy

import numpy as np
import pytest
import torch

from psa_viz.attention.polarized import PolarizedSelfAttention
from psa_viz.evidence.equivariance import equivariance_of
from psa_viz.evidence.examination import examine
from psa_viz.evidence.ranking import gates_with_a_pattern, rank_blocks
from psa_viz.evidence.sanity import cascade, shuffle, stages
from psa_viz.evidence.specificity import specificity_of
from psa_viz.evidence.subject import Subject
from psa_viz.session.crops import fit, whole
from psa_viz.session.session import Session
from tests.evidence.synthetic_network import CHANNEL

STAGES = [
    "heads", "merge", "stage4", "transition3", "stage3", "transition2", "stage2", "transition1", "stage1", "stem",
]  # fmt: skip


@pytest.fixture(scope="module")
def forgotten(small_network, small_photo):
    subject = Subject(Session(small_photo, small_network, fit(whole(small_photo), 64)))
    before = {name: value.clone() for name, value in small_network.state_dict().items()}
    target = subject.fix("joint:neck")
    runs = [cascade(subject, target, "stage2.0.branch0.block0", seed=seed) for seed in (0, 0, 1)]
    assert all(torch.equal(before[name], value) for name, value in small_network.state_dict().items())
    return runs


def test_stages_go_from_the_heads_to_the_stem(small, forgotten) -> None:
    assert stages(small) == STAGES
    assert [step.randomised for step in forgotten[0]] == ["", *STAGES]
    assert not any(module._forward_hooks for module in small.model.modules())


def test_a_gate_knows_nothing_of_what_comes_after_it(forgotten) -> None:
    steps = {step.randomised: step for step in forgotten[0]}
    for stage in ("", *STAGES[: STAGES.index("stage2")]):
        assert steps[stage].rho["spatial gate"] == pytest.approx(1.0)
        assert steps[stage].rho["channel gate"] == pytest.approx(1.0)
    assert steps["stage2"].rho["spatial gate"] < 0.99
    assert steps["stem"].rho["spatial gate"] < 0.9
    assert steps["stem"].ssim["spatial gate"] < 0.9
    assert steps["heads"].rho["grad_cam"] < 0.99
    assert steps["stem"].ssim["channel gate"] is None


def test_the_seed_decides_what_is_forgotten(forgotten) -> None:
    assert forgotten[0] == forgotten[1]
    assert forgotten[0][-1] != forgotten[2][-1]


def test_shuffled_weights_are_the_same_numbers() -> None:
    layer = torch.nn.Linear(7, 5)
    before = layer.weight.clone()
    shuffle(layer, torch.Generator().manual_seed(0))
    assert not torch.equal(before, layer.weight)
    assert torch.equal(before.flatten().sort().values, layer.weight.flatten().sort().values)


def test_a_gate_made_of_single_cells_follows_the_mirror_exactly(known) -> None:
    mirror, shift, occlusion = equivariance_of(known, "attention")
    assert mirror.spatial == pytest.approx(1.0, abs=1e-6)
    assert mirror.spatial_stays < 0.9
    assert mirror.channel == pytest.approx(1.0)
    assert shift.spatial is None  # the map is not wider than the shift
    assert occlusion.spatial == pytest.approx(1.0, abs=1e-3)
    assert "of the map's change is under it" in occlusion.detail


def test_a_trunk_answers_to_every_change(small) -> None:
    found = equivariance_of(small, "stage1.block0")
    assert [one.change for one in found] == ["mirror", "shift", "occlusion"]
    for one in found:
        assert -1 <= one.spatial <= 1
        assert -1 <= one.channel <= 1
    with pytest.raises(ValueError, match=r"stage1\.block0"):
        equivariance_of(small, "stage9")


def test_blocks_are_ranked_by_what_is_lost(small) -> None:
    target = small.fix("joint:neck")
    effects = rank_blocks(small, target)
    assert [(e.block, e.branch) for e in sorted(effects, key=lambda e: (e.block, e.branch))] == sorted(
        gates_with_a_pattern(small)
    )
    assert [abs(e.lost) for e in effects] == sorted((abs(e.lost) for e in effects), reverse=True)
    first = effects[0]
    own = small.gate(first.block, first.branch)
    gate = torch.full((1, *own.shape), first.off)
    with torch.no_grad():
        after = float(target(small.gated(first.block, first.branch, gate)))
    before = float((small.maps["pose"][target.index] * target.weights).sum())
    assert first.lost == pytest.approx(before - after, abs=1e-6)
    assert first.off == pytest.approx(own.mean())
    assert rank_blocks(small, target, off=0.0)[0].off == 0.0


def test_a_flat_gate_is_left_out(known) -> None:
    """A gate that is everywhere 0.5 would head the list: halving the features hurts. It has nothing to rank."""
    assert set(gates_with_a_pattern(known)) == {("attention", "channel"), ("attention", "spatial")}
    with torch.no_grad():
        known.model.attention.spatial.value.weight.zero_()
    flat = Subject(Session(known.photo, known.model, known.crop))
    assert np.ptp(flat.gate("attention", "spatial")) == 0
    target = flat.fix("joint:knee")
    effects = rank_blocks(flat, target)
    assert [(effect.block, effect.branch) for effect in effects] == [("attention", "channel")]
    halved = torch.full((1, *flat.gate("attention", "spatial").shape), 0.25)
    with torch.no_grad():
        lost = float((flat.maps["pose"][target.index] * target.weights).sum()) - float(
            target(flat.gated("attention", "spatial", halved))
        )
    assert lost > 0.1  # what it would have been ranked by


def test_a_network_of_flat_gates_has_nothing_to_examine(small_network, small_photo) -> None:
    model = deepcopy(small_network)
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, PolarizedSelfAttention):
                module.spatial.value.weight.zero_()
                module.channel.ending[1].weight.zero_()
    with pytest.raises(ValueError, match=r"every gate of small spans less than 0\.01 on this photo"):
        examine(small_photo, model, "joint:neck", box=(0, 0, 64, 64))


def test_a_gate_that_ignores_the_photo_is_found(known, small_network, small_photo) -> None:
    photos = [small_photo, small_photo[::-1].copy(), 255 - small_photo]
    blocks = [Subject(Session(photo, small_network, fit(whole(photo), 64))).blocks for photo in photos]
    found = specificity_of(blocks, "stage1.block0")
    expected = np.std([one["stage1.block0"].channel for one in blocks], axis=0)
    np.testing.assert_allclose(found.deviations, expected, rtol=1e-5)
    assert found.still == tuple(np.flatnonzero(expected < 0.01))
    assert found.images == 3
    same = specificity_of([known.blocks, known.blocks], "attention")
    assert CHANNEL in same.still
    assert len(same.still) == 16
    with pytest.raises(ValueError, match="two photos"):
        specificity_of([known.blocks], "attention")
    with pytest.raises(ValueError, match="attention"):
        specificity_of([known.blocks], "stage1")

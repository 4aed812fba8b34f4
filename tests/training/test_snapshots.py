"""Snapshots of a training: what they hold is what the network computes, and a kill neither loses nor doubles one."""

from functools import partial

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from psa_viz.attention.polarized import PolarizedSelfAttention
from psa_viz.models.nets.heads import DenseHRNet, ModelInfo
from psa_viz.saving.snapshots import read_snapshots
from psa_viz.session.explain import explain
from psa_viz.training.snapshots import PHOTOS, Photo, Snapshots, due, pack

JOINTS = ("left_hip", "right_hip", "neck")
CLASSES = ("background", "skin", "hair", "dress")


def small(formula="paper", layout="parallel", joints=JOINTS, classes=CLASSES):
    torch.manual_seed(4)
    attention = nn.Identity if formula == "none" else partial(PolarizedSelfAttention, layout=layout, formula=formula)
    heads = {"pose": len(joints), "segmentation": len(classes)}
    network = DenseHRNet(16, {k: v for k, v in heads.items() if v}, blocks=1, merged=16, attention=attention)
    network.info = ModelInfo("small", formula, layout, joints, classes, input_size=64)
    return network


def stir(network, seed):
    """What a step of training would do to the weights, from the step's number alone."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter += 0.05 * torch.randn(parameter.shape, generator=generator)


def train(folder, total, kill_at=None, checkpoints=(0,), network=None, start=0):
    """A loop as in `psa_viz.training.loop`: returns the states it saved, by step."""
    network, states = network or small(), {}
    snapshots = Snapshots(folder, total)
    snapshots.take(network, start)
    for step in range(start, total):
        if step in checkpoints:
            states[step] = {key: value.clone() for key, value in network.state_dict().items()}
        if step == kill_at:
            return states
        stir(network, step)
        snapshots.take(network, step + 1, {"miou": step / 10})
    return states


@pytest.mark.parametrize("total", [1, 2, 7, 40, 700, 5700, 1_000_000])
def test_the_steps_begin_at_nothing_and_end_at_the_end(total):
    steps = due(total)
    assert steps[0] == 0
    assert steps[-1] == total
    assert list(steps) == sorted(set(steps))
    assert len(steps) == min(12, total + 1) or total < 100
    gaps = np.diff(steps[1:])
    assert (gaps[1:] >= gaps[:-1] - 1).all()  # ever further apart, but for rounding


@pytest.mark.parametrize("formula", ["paper", "official"])
def test_a_snapshot_is_what_explain_says_of_the_network(tmp_path, formula):
    network = small(formula).train()
    series = read_snapshots(Snapshots(tmp_path, 100).take(network, 100))
    assert series.steps.tolist() == [100]
    for place, (name, photo) in enumerate(PHOTOS.items()):
        expected = explain(photo.path, network.eval(), box=photo.box)
        assert np.array_equal(series.photos[name], expected.image)
        assert series.crops[place] == expected.crop
        assert series.blocks == tuple(expected.blocks)
        for block in expected.blocks.values():
            for branch, stored, error in (
                (block.channel, series.channel, series.channel_error),
                (block.spatial, series.spatial, series.spatial_error),
            ):
                own = error[block.name][0, place]
                assert own == pytest.approx((branch.max() - branch.min()) / 510, rel=1e-4, abs=1e-8)
                np.testing.assert_allclose(stored[block.name][0, place], branch, rtol=0, atol=own + 1e-7)
        top = expected.pose.heatmaps.max()
        np.testing.assert_allclose(series.heatmaps[0, place], expected.pose.heatmaps, rtol=0, atol=top / 510 + 1e-7)
        assert np.array_equal(series.keypoints[0, place], expected.pose.keypoints)
        assert np.array_equal(series.masks[0, place], expected.segmentation.mask)


def test_the_pattern_of_an_almost_flat_gate_survives(tmp_path):
    """The official parallel map spans less than half precision can tell apart between 0.5 and 1."""
    network = small("official")
    gate = read_snapshots(Snapshots(tmp_path, 10).take(network, 0)).spatial["stage1.block0"][0, 0]
    assert 0 < np.ptp(gate) < 0.0005
    assert len(np.unique(gate)) > 20
    assert len(np.unique(gate.astype(np.float16))) < 5


def test_the_network_is_left_as_it_was(tmp_path):
    network = small().train()
    network.stem.eval()
    before = {key: value.clone() for key, value in network.state_dict().items()}
    modes = [module.training for module in network.modules()]
    torch.manual_seed(0)
    state = torch.get_rng_state()
    Snapshots(tmp_path, 10).take(network, 0)
    assert [module.training for module in network.modules()] == modes
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in network.modules())
    assert all(parameter.requires_grad for parameter in network.parameters())
    assert torch.equal(torch.get_rng_state(), state)


def test_a_step_that_is_not_due_leaves_nothing(tmp_path):
    snapshots = Snapshots(tmp_path / "new", 5700)
    assert snapshots.take(small(), 1) is None
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(("killed", "saved"), [(4, 2), (4, 4), (1, 0)])
def test_a_killed_training_neither_loses_nor_doubles_a_snapshot(tmp_path, killed, saved):
    train(tmp_path / "a", 6)
    states = train(tmp_path / "b", 6, kill_at=killed, checkpoints=(0, saved))
    if saved == killed:  # killed after the checkpoint and before the snapshot
        (tmp_path / "b" / f"step-{killed:06d}.npz").unlink()
    resumed = small()
    resumed.load_state_dict(states[saved])
    train(tmp_path / "b", 6, network=resumed, start=saved)
    whole, broken = (read_snapshots(pack(tmp_path / name, tmp_path / f"{name}.npz")) for name in ("a", "b"))
    assert whole.steps.tolist() == broken.steps.tolist() == list(due(6))
    for block in whole.blocks:
        assert np.array_equal(whole.spatial[block], broken.spatial[block])
        assert np.array_equal(whole.channel[block], broken.channel[block])
    assert np.array_equal(whole.heatmaps, broken.heatmaps)
    assert np.ptp(whole.heatmaps, axis=0).max() > 0  # the steps do differ


def test_a_packed_file_holds_every_step_in_order(tmp_path):
    train(tmp_path / "steps", 3)
    series = read_snapshots(pack(tmp_path / "steps", tmp_path / "packed.npz"))
    single = [read_snapshots(path) for path in sorted((tmp_path / "steps").glob("*.npz"))]
    assert series.steps.tolist() == [0, 1, 2, 3]
    assert [dict(figures) for figures in series.figures] == [{}, {"miou": 0.0}, {"miou": 0.1}, {"miou": 0.2}]
    assert (series.model, series.formula, series.layout, series.total) == ("small", "paper", "parallel", 3)
    for place, one in enumerate(single):
        assert np.array_equal(series.masks[place], one.masks[0])
        for block in series.blocks:
            assert np.array_equal(series.spatial[block][place], one.spatial[block][0])


def test_the_second_part_of_a_training_counts_on(tmp_path):
    network = small()
    Snapshots(tmp_path, 5).take(network, 0)
    for step in range(1, 4):
        last = Snapshots(tmp_path, 5).take(network, step)
    where_they_meet = last.read_bytes()
    stir(network, 0)
    for step in range(3):
        Snapshots(tmp_path, 5, before=3).take(network, step)
    assert last.read_bytes() == where_they_meet
    assert read_snapshots(pack(tmp_path, tmp_path / "packed.npz")).steps.tolist() == [0, 1, 2, 3, 4, 5]


def test_a_network_without_psa_or_without_joints(tmp_path, recwarn):
    plain = read_snapshots(Snapshots(tmp_path / "none", 5).take(small("none", "none"), 0))
    assert plain.blocks == ()
    assert plain.heatmaps.shape == (1, 2, 3, 16, 16)
    street = read_snapshots(Snapshots(tmp_path / "street", 5).take(small(joints=()), 0))
    assert street.heatmaps is street.keypoints is street.scores is None
    assert street.masks.shape == (1, 2, 256, 256)
    pose = read_snapshots(Snapshots(tmp_path / "pose", 5).take(small(classes=()), 0))
    assert pose.masks is None
    assert not recwarn.list


def test_pack_refuses_gaps_and_mixtures(tmp_path):
    with pytest.raises(FileNotFoundError, match="no snapshots"):
        pack(tmp_path, tmp_path / "packed.npz")
    train(tmp_path / "gap", 3)
    (tmp_path / "gap" / "step-000002.npz").unlink()
    with pytest.raises(ValueError, match=r"lacks the snapshots of steps \[2\]"):
        pack(tmp_path / "gap", tmp_path / "packed.npz")
    train(tmp_path / "mixed", 3)
    Snapshots(tmp_path / "mixed", 3).take(small("official"), 3)
    with pytest.raises(ValueError, match="different trainings"):
        pack(tmp_path / "mixed", tmp_path / "packed.npz")


def test_photos_of_two_sizes_are_refused(tmp_path):
    Image.new("RGB", (80, 60)).save(tmp_path / "wide.png")
    photos = {"wide": Photo(tmp_path / "wide.png", (0.0, 0.0, 80.0, 60.0)), **PHOTOS}
    with pytest.raises(ValueError, match="photos of one size"):
        Snapshots(tmp_path, 5, photos=photos)


def test_what_is_no_file_of_snapshots_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="no snapshots"):
        read_snapshots(tmp_path / "nothing.npz")
    text = tmp_path / "text.npz"
    text.write_text("not an archive")
    with pytest.raises(ValueError, match="no file of snapshots"):
        read_snapshots(text)
    np.savez(tmp_path / "other.npz", gate=np.zeros(3))
    with pytest.raises(ValueError, match="no file of snapshots"):
        read_snapshots(tmp_path / "other.npz")
    path = Snapshots(tmp_path, 5).take(small("none", "none"), 0)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(ValueError, match="no file of snapshots"):
        read_snapshots(path)

"""The curves are those that a network of known behaviour has to give, and everything is put back afterwards."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest
import torch

from psa_viz.evidence.faithfulness import faithfulness_curves, off_value, orders, rows_needed
from psa_viz.evidence.subject import Subject
from psa_viz.evidence.work import Cancelled, Work
from psa_viz.session.crops import fit, whole
from psa_viz.session.session import Session
from tests.evidence.synthetic_network import CELL, CELLS, CHANNEL, CHANNELS, OneCell, bright_at_the_cell

N = CELLS * CELLS


def subject(attentive: bool = True, work: Work | None = None) -> Subject:
    photo = bright_at_the_cell()
    return Subject(Session(photo, OneCell(attentive), fit(whole(photo), photo.shape[0])), work)


@pytest.fixture(scope="module")
def good() -> Subject:
    return subject()


def test_the_known_cell_falls_first_when_attention_finds_it(good) -> None:
    found = faithfulness_curves(good, good.fix("joint:knee"), "attention", "spatial", steps=N, draws=20)
    start = good.maps["pose"][0][CELL]
    at = found.get("attention").left["target"][0]
    np.testing.assert_allclose(at, [start] + [1 / N] * N, rtol=1e-5)
    backwards = found.get("reversed").left["target"][0]
    np.testing.assert_allclose(backwards, [start] * N + [1 / N], rtol=1e-5)
    np.testing.assert_allclose(found.get("attention", "insert").left["target"][0], [1 / N] + [start] * N, rtol=1e-5)
    random = found.areas("random")
    assert found.areas("attention")[0] < random.min() < random.max() < found.areas("reversed")[0]
    # By chance the cell goes anywhere with equal probability: on average half of the way.
    assert random.mean() == pytest.approx((start + 1 / N) / 2, abs=3 * start / np.sqrt(12 * 20))


def test_attention_that_is_wrong_is_told_from_attention_that_is_right() -> None:
    bad = subject(attentive=False)
    found = faithfulness_curves(bad, bad.fix("joint:knee"), "attention", "spatial", steps=16, draws=8)
    assert found.areas("attention")[0] > found.areas("random").max()
    insert = [found.areas(name, mode="insert") for name in ("attention", "random")]
    assert insert[0][0] < insert[1].min()


def test_the_known_channel_falls_first(good) -> None:
    assert good.gate("attention", "channel").argmax() == CHANNEL
    found = faithfulness_curves(good, good.fix("joint:knee"), "attention", "channel", steps=CHANNELS, draws=4)
    assert found.get("attention").left["target"][0][1] == pytest.approx(1 / N, rel=1e-5)
    assert found.get("reversed").left["target"][0][-2] > 1.5 / N
    with pytest.raises(KeyError, match="reversed"):
        found.get("centre")


def test_every_measure_of_a_joint_and_of_a_class(good) -> None:
    pose = (
        faithfulness_curves(good, good.fix("joint:hip"), "attention", "spatial", steps=N, draws=2).get("attention").left
    )
    assert pose["moved"][0, 0] == 0
    assert pose["moved"][0, 1] > 4  # every cell is equal then: the first one is the peak
    assert pose["peak"][0, 1] == pytest.approx(1 / N, rel=1e-5)
    classes = (
        faithfulness_curves(good, good.fix("class:figure"), "attention", "spatial", steps=N, draws=2)
        .get("attention")
        .left
    )
    assert set(classes) == {"target", "iou"}
    np.testing.assert_array_equal(classes["iou"][0], [1] + [0] * N)


def test_off_is_what_was_said(good) -> None:
    target, gate = good.fix("joint:knee"), good.gate("attention", "spatial")
    assert off_value(gate, "mean") == pytest.approx(gate.mean())
    kept = (
        faithfulness_curves(good, target, "attention", "spatial", off=1.0, draws=2).get("attention").left["target"][0]
    )
    assert kept[-1] > kept[0]
    with pytest.raises(ValueError, match="mean"):
        off_value(gate, "median")


def test_the_same_seed_gives_the_same_and_another_does_not(good) -> None:
    target = good.fix("joint:knee")
    first, again, other = (
        faithfulness_curves(good, target, "attention", "spatial", draws=3, seed=s) for s in (4, 4, 5)
    )
    for a, b in zip(first.curves, again.curves, strict=True):
        np.testing.assert_array_equal(a.left["target"], b.left["target"])
    assert (first.areas("random") != other.areas("random")).any()


def test_two_threads_do_not_mix(good) -> None:
    target, results = good.fix("joint:knee"), {}
    jobs = {"spatial": 0.0, "channel": 0.7}

    def run(branch: str) -> None:
        results[branch] = [
            faithfulness_curves(good, target, "attention", branch, off=jobs[branch], draws=2) for _ in range(3)
        ]

    threads = [threading.Thread(target=run, args=(branch,)) for branch in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for branch, off in jobs.items():
        alone = faithfulness_curves(good, target, "attention", branch, off=off, draws=2)
        for found in results[branch]:
            for a, b in zip(alone.curves, found.curves, strict=True):
                np.testing.assert_array_equal(a.left["target"], b.left["target"])


def test_stopped_half_way_the_network_is_as_before() -> None:
    work = Work()
    one = subject(work=work)
    one.model.train()
    before = {name: value.clone() for name, value in one.model.state_dict().items()}
    work.cancelled = lambda: work.done > 20
    with pytest.raises(Cancelled, match="stopped after"):
        faithfulness_curves(one, one.fix("joint:knee"), "attention", "spatial", steps=N)
    assert all(module.training for module in one.model.modules())
    assert all(parameter.requires_grad for parameter in one.model.parameters())
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in one.model.modules())
    assert all(torch.equal(before[name], value) for name, value in one.model.state_dict().items())


def test_the_passes_are_counted_beforehand() -> None:
    seen = []
    work = Work(progress=lambda done, total: seen.append(done))
    one = subject(work=work)
    rankings = {"mine": np.zeros((CELLS, CELLS))}
    faithfulness_curves(one, one.fix("joint:knee"), "attention", "spatial", rankings, steps=7, draws=3)
    assert seen[-1] - 1 == rows_needed(N, "spatial", rankings=1, steps=7, draws=3)
    assert seen == sorted(seen)


def test_a_flat_gate_has_no_corner_that_goes_first() -> None:
    order = orders(np.full((6, 6), 0.5))["attention"][0]
    assert sorted(order) == list(range(36))
    assert not np.array_equal(order, np.arange(36))


def test_what_cannot_be_used_is_refused(good) -> None:
    target = good.fix("joint:knee")
    with pytest.raises(ValueError, match="no PSA block named 'stage9'"):
        faithfulness_curves(good, target, "stage9", "spatial")
    with pytest.raises(ValueError, match="branch"):
        faithfulness_curves(good, target, "attention", "both")
    with pytest.raises(ValueError, match=r"\(8, 8\)"):
        faithfulness_curves(good, target, "attention", "spatial", {"mine": np.zeros((3, 3))})
    with pytest.raises(ValueError, match="2 draws"):
        faithfulness_curves(good, target, "attention", "spatial", draws=1)


def test_the_mass_that_went(good) -> None:
    """By hand: what has gone of |gate - off| when the highest cells, or the lowest, have gone."""
    gate = np.sort(good.gate("attention", "spatial").ravel().astype(float))[::-1]
    found = faithfulness_curves(good, good.fix("joint:knee"), "attention", "spatial", steps=4, draws=2)
    highest, lowest = found.get("attention").mass[0], found.get("reversed").mass[0]
    by_hand = [gate[: k * N // 4].sum() / gate.sum() for k in range(5)]
    np.testing.assert_allclose(highest, by_hand, rtol=1e-5)
    np.testing.assert_allclose(lowest, 1 - np.array(by_hand)[::-1], atol=1e-5)
    assert found.get("random").mass.shape == (2, 5)
    far = np.abs(gate - gate.mean())
    mean = faithfulness_curves(good, good.fix("joint:knee"), "attention", "spatial", off="mean", steps=4, draws=2)
    np.testing.assert_allclose(mean.get("attention").mass[0][1], far[: N // 4].sum() / far.sum(), rtol=1e-4)


def test_on_the_axis_of_mass_height_alone_is_no_advantage(good) -> None:
    """A target that falls with the mass that is gone, whatever cells it was in, has one area for every order."""
    found = faithfulness_curves(good, good.fix("joint:knee"), "attention", "spatial", steps=N, draws=3)
    made = [replace(curve, left={"target": 1 - curve.mass}) for curve in found.curves if curve.mode == "delete"]
    drawn = replace(found, curves=tuple(made))
    for order in ("attention", "reversed", "random"):
        np.testing.assert_allclose(drawn.areas(order, axis="mass"), 0.5, atol=1e-6)
    assert drawn.areas("attention")[0] < drawn.areas("random").min()

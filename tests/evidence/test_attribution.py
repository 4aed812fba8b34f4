"""Every method finds what is known to matter, adds up as it promises, and leaves the network as it was."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from psa_viz.evidence.attribution import METHODS, attribute, methods_for, rows_needed
from psa_viz.evidence.work import Cancelled, Work
from tests.evidence.synthetic_network import CELL, CHANNEL


def state(model: torch.nn.Module) -> dict:
    hooks = [dict(m._forward_hooks) | dict(m._forward_pre_hooks) | dict(m._backward_hooks) for m in model.modules()]
    return {
        "weights": {name: value.clone() for name, value in model.state_dict().items()},
        "training": [module.training for module in model.modules()],
        "frozen": [(parameter.requires_grad, parameter.grad) for parameter in model.parameters()],
        "hooks": [len(found) for found in hooks],
    }


def same(one: dict, other: dict) -> bool:
    weights = all(torch.equal(value, other["weights"][name]) for name, value in one["weights"].items())
    return weights and all(one[key] == other[key] for key in ("training", "frozen", "hooks"))


@pytest.mark.parametrize("method", METHODS)
def test_each_finds_the_cell_and_leaves_nothing_behind(known, method) -> None:
    known.model.train()
    before = state(known.model)
    target = known.fix("joint:knee")
    found = attribute(known, target, method, "attention")
    assert same(before, state(known.model))
    assert found.native.shape == found.magnitude.shape == (8, 8)
    assert np.unravel_index(found.native.argmax(), (8, 8)) == CELL
    assert np.isfinite(found.values).all()


@pytest.mark.parametrize("method", methods_for("channel"))
def test_each_finds_the_channel(known, method) -> None:
    found = attribute(known, known.fix("joint:knee"), method, "attention", "channel")
    assert found.native.argmax() == CHANNEL


@pytest.mark.parametrize("method", ["integrated_gradients", "gate_gradients", "gradient_shap"])
def test_values_add_up_to_the_change_within_the_delta(known, method) -> None:
    target = known.fix("joint:knee")
    found = attribute(known, target, method, "attention", steps=64)
    assert found.values.sum() - (found.end - found.start) == pytest.approx(found.delta, abs=1e-5)
    assert found.end == pytest.approx(float(known.maps["pose"][0][CELL]), rel=1e-5)
    if method != "gradient_shap":
        assert abs(found.delta) < 0.02 * abs(found.end - found.start)
    if method == "integrated_gradients":
        with torch.no_grad():
            assert found.start == pytest.approx(float(target(known.run(torch.zeros_like(known.image)))), rel=1e-5)


def test_more_steps_come_closer(small) -> None:
    target = small.fix("joint:neck")
    few, many = (attribute(small, target, "integrated_gradients", "stage1.block0", steps=n) for n in (2, 40))
    assert abs(many.delta) < abs(few.delta)


def test_grad_cam_is_the_textbooks(small) -> None:
    target, block = small.fix("class:hair:0,0,64,64"), "stage3.0.branch0.block0"
    features = []

    def keep(x: torch.Tensor) -> torch.Tensor:
        features.append(x)
        return x

    image = small.image.clone().requires_grad_()
    value = target(small.run(image, {small.paths[block]: keep})).sum()
    (gradient,) = torch.autograd.grad(value, features[0])
    expected = (gradient.mean(dim=(2, 3), keepdim=True) * features[0]).sum(dim=1)[0].detach().numpy()
    found = attribute(small, target, "grad_cam", block)
    np.testing.assert_allclose(found.native, expected, rtol=1e-4, atol=1e-9)
    elsewhere = attribute(small, target, "grad_cam", block, module="merge")
    assert elsewhere.native.shape == found.native.shape
    assert not np.allclose(elsewhere.native, found.native)


def test_ablation_is_the_effect_of_an_edit(small) -> None:
    target, block = small.fix("joint:neck"), "stage2.0.branch1.block0"
    found = attribute(small, target, "gate_ablation", block, "channel", off=0.25)
    for channel in (0, 5):
        gate = torch.from_numpy(small.gate(block, "channel").copy())
        gate[channel] = 0.25
        with torch.no_grad():
            whole, without = target(small.gated(block, "channel", torch.stack([torch.from_numpy(
                small.gate(block, "channel")), gate]))).tolist()  # fmt: skip
        assert found.native[channel] == pytest.approx(whole - without, abs=1e-6)


def test_the_seed_decides(known) -> None:
    target = known.fix("joint:knee")
    one, again, other = (attribute(known, target, "gradient_shap", "attention", seed=s).values for s in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert (one != other).any()


@pytest.mark.parametrize("method", METHODS)
def test_stopped_half_way_the_network_is_as_before(small, method) -> None:
    target = small.fix("joint:neck")
    before = state(small.model)
    small.work = Work(cancelled=lambda: small.work.done > 0 or method == "grad_cam")
    with pytest.raises(Cancelled):
        attribute(small, target, method, "stage4.0.branch0.block0")
    assert same(before, state(small.model))


@pytest.mark.parametrize("method", METHODS)
def test_passes_are_counted_beforehand(small, method) -> None:
    target = small.fix("joint:neck")
    small.work = Work()
    attribute(small, target, method, "stage2.0.branch0.block0")
    expected = rows_needed(method, 256, "spatial")
    assert small.work.done == pytest.approx(expected, abs=4)


def test_what_cannot_be_used_is_refused(small) -> None:
    target = small.fix("joint:neck")
    with pytest.raises(ValueError, match="grad_cam"):
        attribute(small, target, "deep_lift", "stage1.block0")
    with pytest.raises(ValueError, match="no values for channels"):
        attribute(small, target, "grad_cam", "stage1.block0", "channel")
    with pytest.raises(ValueError, match="no module nowhere"):
        attribute(small, target, "grad_cam", "stage1.block0", module="nowhere")

"""The printed form of a block and its fast form agree; weights under another rule are said to be that."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from psa_viz.attention.polarized import PARTS, PolarizedSelfAttention
from psa_viz.models.zoo import build
from psa_viz.session.stages import walk
from psa_viz.session.variants import under_formula, under_layout, with_random_weights


@pytest.fixture
def x() -> torch.Tensor:
    return torch.randn(1, 32, 5, 7, dtype=torch.float64, generator=torch.Generator().manual_seed(3))


def block_of(formula: str, layout: str, bias: bool = False) -> PolarizedSelfAttention:
    torch.manual_seed(8)
    return PolarizedSelfAttention(32, layout, formula, bias).double().eval().requires_grad_(False)


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize(("formula", "layout"), list(PARTS))
def test_the_last_step_is_what_the_block_returns(x, formula, layout, bias) -> None:
    if bias and formula == "official":
        pytest.skip("the official formula has no biases")
    block = block_of(formula, layout, bias)
    steps = walk(block, x, "here")
    np.testing.assert_allclose(steps["y"], block(x)[0].numpy(), rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(steps["channel.gate"], block.channel(x)[0].numpy(), rtol=1e-6)
    z = x * block.channel(x)[:, :, None, None] if layout == "sequential" else x
    np.testing.assert_allclose(steps["spatial.gate"], block.spatial(z)[0].numpy(), rtol=1e-6)
    assert steps["channel.softmax"].sum() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(("formula", "layout"), list(PARTS))
def test_every_step_has_its_axes_and_its_path(x, formula, layout) -> None:
    block = block_of(formula, layout)
    sizes = {"C": 32, "c": 16, "r": 4, "H": 5, "W": 7}
    for stage in walk(block, x, "").stages.values():
        assert stage.value.shape == tuple(sizes[letter] for letter in stage.axes), stage.key
        assert stage.path == "" or block.get_submodule(stage.path) is not None


def test_an_unknown_step_is_named(x) -> None:
    with pytest.raises(KeyError, match=r"channel\.softmax"):
        walk(block_of("paper", "parallel"), x, "")["nothing"]


@pytest.mark.parametrize(("formula", "layout"), [key for key in PARTS if key != ("official", "sequential")])
def test_the_same_weights_under_another_formula(x, formula, layout) -> None:
    block = block_of("paper", "parallel")
    made = under_formula(block, formula, layout)
    assert (made.formula, made.layout) == (formula, layout)
    assert torch.equal(made.spatial.value.weight.double(), block.spatial.value.weight)
    if (formula, layout) == ("paper", "parallel"):
        assert torch.equal(made.double()(x), block(x))
    if formula == "official":
        gate = made.double().spatial(x)
        assert gate.min() > 0.5
        assert gate.max() <= torch.sigmoid(torch.tensor(1.0))


def test_a_formula_with_weights_of_its_own_says_why_not() -> None:
    with pytest.raises(ValueError, match="bottleneck"):
        under_formula(block_of("paper", "parallel"), "official", "sequential")
    with pytest.raises(ValueError, match="bottleneck"):
        under_formula(block_of("official", "sequential"), "paper", "parallel")


def test_another_layout_is_a_copy() -> None:
    model = build("person-psa-parallel").eval()
    made = under_layout(model, "sequential", blocks=["stage1.block0"])
    assert model.stage1.block0.attention.layout == "parallel"
    assert made.stage1.block0.attention.layout == "sequential"
    assert made.stage1.block1.attention.layout == "parallel"
    for name in ("person-none", "person-psa-official-parallel"):
        with pytest.raises(ValueError, match="formula has the same weights"):
            under_layout(build(name), "sequential")


def test_random_weights_are_those_of_their_seed_and_say_so() -> None:
    model = build("person-psa-parallel").eval()
    before = torch.random.get_rng_state()
    one, same, other = (with_random_weights(model, seed) for seed in (1, 1, 2))
    assert torch.equal(torch.random.get_rng_state(), before)
    name = "stage1.block0.attention.channel.value.weight"
    assert torch.equal(one.state_dict()[name], same.state_dict()[name])
    assert not torch.equal(one.state_dict()[name], other.state_dict()[name])
    assert "random weights (seed 2)" in other.info.name

"""Gates as inputs: rows do not mix, what was there gives what was predicted, and edits give the same numbers."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from psa_viz.evidence.subject import Subject
from psa_viz.recording.alone import alone
from psa_viz.recording.recorder import edited, routed
from psa_viz.session.crops import fit, whole
from psa_viz.session.session import Session
from psa_viz.values.edits import Paint


def gates(subject: Subject, block: str, branch: str, *factors: float) -> torch.Tensor:
    return torch.stack([torch.from_numpy(subject.gate(block, branch)) * factor for factor in factors])


@pytest.mark.parametrize("branch", ["channel", "spatial"])
def test_every_row_is_what_an_edit_of_its_own_gives(small, branch) -> None:
    for block in ("stage1.block0", "stage4.0.branch2.block0"):
        with torch.no_grad():
            rows = small.gated(block, branch, gates(small, block, branch, 1.0, 0.3, 0.0))
            for row, factor in enumerate((1.0, 0.3, 0.0)):
                with edited(small.model, [Paint(block, small.gate(block, branch) * np.float32(factor))]):
                    alone_ = small.model(small.image)
                for task in alone_:
                    torch.testing.assert_close(rows[task][row], alone_[task][0], rtol=1e-4, atol=1e-4)
        assert not torch.allclose(rows["pose"][0], rows["pose"][2], atol=1e-3), f"{block} does not matter"


def test_gradients_reach_the_gate_and_no_weight(small) -> None:
    target = small.fix("joint:neck")
    gate = gates(small, "stage2.0.branch0.block0", "spatial", 1.0).requires_grad_()
    (gradient,) = torch.autograd.grad(target(small.gated("stage2.0.branch0.block0", "spatial", gate)).sum(), gate)
    step = 1e-2 * gradient / gradient.norm()
    with torch.no_grad():
        up, down = (
            float(target(small.gated("stage2.0.branch0.block0", "spatial", gate + sign * step))) for sign in (1, -1)
        )
    assert (up - down) / 2e-2 == pytest.approx(float(gradient.norm()), rel=0.05)
    assert all(parameter.grad is None for parameter in small.model.parameters())


def test_gates_of_another_shape_or_place_are_refused(small) -> None:
    with pytest.raises(ValueError, match=r"\(N, 16, 16\)"):
        small.gated("stage2.0.branch0.block0", "spatial", torch.zeros(1, 4, 4))
    with pytest.raises(ValueError, match=r"stage1\.block0"):
        small.gate("stage9.block0", "spatial")


def test_a_network_without_attention_has_none_to_test(small_photo) -> None:
    from psa_viz.models.zoo import build

    with pytest.raises(ValueError, match="no attention"):
        Subject(Session(small_photo, build("person-none").eval(), fit(whole(small_photo), 64)))
    with pytest.raises(TypeError, match=r"psa_viz\.load"):
        Session(small_photo, torch.nn.Conv2d(3, 3, 1), fit(whole(small_photo), 64))


def test_what_is_routed_is_gone_afterwards(small_network) -> None:
    image = torch.randn(1, 3, 64, 64)
    before = small_network(image)["pose"]
    with routed(small_network, {"merge": lambda x: x * 0}):
        assert not torch.equal(small_network(image)["pose"], before)
    assert torch.equal(small_network(image)["pose"], before)
    with pytest.raises(ValueError, match="no module nowhere"), routed(small_network, {"nowhere": torch.relu}):
        pass
    with pytest.raises(RuntimeError, match="merge"), routed(small_network, {"merge": torch.relu}):
        pass


def test_modes_and_gradients_come_back_after_an_error() -> None:
    model = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Dropout())
    model[0].weight.requires_grad_(False)
    model[1].eval()

    def fail() -> None:
        with alone(model):
            assert not any(module.training for module in model.modules())
            assert not any(parameter.requires_grad for parameter in model.parameters())
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert [module.training for module in model.modules()] == [True, True, False]
    assert [parameter.requires_grad for parameter in model.parameters()] == [False, True]

"""Where a network runs: what there is, what is refused, and how close the lower precisions come."""

import numpy as np
import pytest
import torch

import psa_viz
from psa_viz.session.devices import TOLERANCE, available, computing, pick_device


def test_the_cpu_is_always_there():
    assert available()[0] == "cpu"
    assert len([name for name in available() if name.startswith("cuda:")]) == torch.cuda.device_count()
    assert all(pick_device(name) == torch.device(name) for name in available())


def test_every_gpu_is_listed_and_the_first_is_the_automatic_one(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert available()[:3] == ("cpu", "cuda:0", "cuda:1")
    assert pick_device() == torch.device("cuda:0")
    assert pick_device("cuda") == torch.device("cuda")
    with pytest.raises(ValueError, match="no device 'cuda:2' here; expected 'auto' or one of cpu, cuda:0, cuda:1"):
        pick_device("cuda:2")


def test_a_device_that_is_not_there_is_named(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert pick_device() == torch.device("cpu")
    with pytest.raises(ValueError, match="there is no device 'cuda' here"):
        pick_device("cuda")
    with pytest.raises(ValueError, match="unknown device 'tpu9000'"):
        pick_device("tpu9000")


def test_an_unknown_precision_is_named():
    with pytest.raises(ValueError, match="unknown precision 'int8'; expected one of float32, bfloat16, float16"):
        computing(torch.device("cpu"), "int8")


@pytest.mark.parametrize("precision", TOLERANCE)
def test_lower_precision_keeps_to_its_tolerance_and_says_so(photo, precision):
    model = psa_viz.load("person-psa-parallel", device="cpu")
    exact = psa_viz.explain(photo, model, box=(0, 0, 140, 90), size=64)
    found = psa_viz.explain(photo, model, box=(0, 0, 140, 90), size=64, precision=precision)
    assert exact.notes == ()
    assert found.notes == (f"computed in {precision}: gates are within {TOLERANCE[precision]} of those in float32",)
    largest = 0.0
    for name, block in exact.blocks.items():
        for branch in ("channel", "spatial"):
            largest = max(largest, np.abs(getattr(block, branch) - getattr(found.blocks[name], branch)).max())
    assert 0 < largest < TOLERANCE[precision]
    assert not torch.is_autocast_enabled("cpu")
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}

"""The Triton passes, on a GPU or in Triton's interpreter; and when they are not for use."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch

from psa_viz.attention.backends.dispatch import reasons
from psa_viz.attention.backends.triton import backend
from psa_viz.attention.polarized import PolarizedSelfAttention

HERE = Path(__file__).parent
ROOT = HERE.parent.parent.parent


@pytest.mark.skipif(find_spec("triton") is None, reason="Triton is not installed")
def test_the_triton_passes():
    interpreted = {} if torch.cuda.is_available() else {"TRITON_INTERPRET": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", HERE / "triton_passes.py"],
        env=os.environ | interpreted, cwd=ROOT, capture_output=True, text=True, timeout=280,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert "skipped" not in done.stdout


def against(x):
    with torch.no_grad():
        return reasons(PolarizedSelfAttention(x.shape[1]).to(x.dtype), x)["triton"]


def test_reasons_against(monkeypatch):
    monkeypatch.setattr(backend, "INTERPRETED", False)
    assert against(torch.zeros(1, 4, 2, 2)) == ("the features are not on a CUDA device",)
    monkeypatch.setattr(backend, "INTERPRETED", True)
    monkeypatch.setattr(backend, "TRITON", True)
    assert against(torch.zeros(1, 4, 2, 2)) == ()
    assert "float64, not float32" in against(torch.zeros(1, 4, 2, 2, dtype=torch.float64))[0]
    assert "1026 channels" in against(torch.zeros(1, 1026, 2, 2))[0]
    monkeypatch.setattr(backend, "TRITON", False)
    assert against(torch.zeros(1, 4, 2, 2)) == ("Triton is not installed",)

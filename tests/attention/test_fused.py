"""The Triton passes, on a GPU or in Triton's interpreter; and when they are not for use."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch

from psa_viz.attention import fused

HERE = Path(__file__).parent


@pytest.mark.skipif(find_spec("triton") is None, reason="Triton is not installed")
def test_the_triton_passes():
    interpreted = {} if torch.cuda.is_available() else {"TRITON_INTERPRET": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", HERE / "triton_passes.py"],
        env=os.environ | interpreted, cwd=HERE.parent.parent, capture_output=True, text=True, timeout=280,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert "skipped" not in done.stdout


def test_reasons_against(monkeypatch):
    monkeypatch.setattr(fused, "TRITON", True)
    assert fused.unavailable(torch.zeros(1, 4, 2, 2)) is None
    assert "float64, not float32" in fused.unavailable(torch.zeros(1, 4, 2, 2, dtype=torch.float64))
    assert "1026 channels" in fused.unavailable(torch.zeros(1, 1026, 2, 2))
    monkeypatch.setattr(fused, "TRITON", False)
    assert fused.unavailable(torch.zeros(1, 4, 2, 2)) == "Triton is not installed"

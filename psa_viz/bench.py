"""What looking costs: time of explain, and of the forward pass with and without recording, measured in turn."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import numpy as np
import torch

from psa_viz.inference.crops import cut, fit, whole
from psa_viz.inference.explain import explain
from psa_viz.inference.predict import predict
from psa_viz.models.heads import DenseHRNet
from psa_viz.recording.blocks import KINDS
from psa_viz.recording.recorder import record

MEGAPIXEL = (866, 1155)


def bench(model: DenseHRNet, runs: int = 20) -> dict:
    """Medians over `runs`, after warming up, in milliseconds, and the machine they were taken on.

    Recording is paired: a plain pass and a recorded one in turn, and the median of the ratios, so that a drift of the
    machine's speed cancels.
    """
    if runs < 1:
        raise ValueError(f"expected at least 1 run, got {runs}")
    y, x = np.mgrid[: MEGAPIXEL[0], : MEGAPIXEL[1]]
    photo = np.stack((x % 256, y % 256, (x + y) % 256), axis=-1).astype(np.uint8)
    pixels = cut(photo, fit(whole(photo), model.info.input_size))[None]

    def recorded() -> None:
        with record(model, KINDS):
            predict(model, pixels)

    with torch.no_grad():
        pairs = [(_seconds(lambda: predict(model, pixels)), _seconds(recorded)) for _ in range(runs + 3)][3:]
        explained = [_seconds(lambda: explain(photo, model)) for _ in range(runs + 1)][1:]
    return {
        "model": model.info.name,
        "device": str(next(model.parameters()).device),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "runs": runs,
        "explain_1_megapixel_ms": round(1000 * statistics.median(explained), 1),
        "forward_ms": round(1000 * statistics.median(plain for plain, _ in pairs), 2),
        "forward_recorded_ms": round(1000 * statistics.median(recorded for _, recorded in pairs), 2),
        "recording_overhead_percent": round(100 * (statistics.median(b / a for a, b in pairs) - 1), 1),
    }


def _seconds(call: Callable[[], object]) -> float:
    _wait()
    began = time.perf_counter()
    call()
    _wait()
    return time.perf_counter() - began


def _wait() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()

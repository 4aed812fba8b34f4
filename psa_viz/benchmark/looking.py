"""What looking costs: time of explain, and of the forward pass with and without recording, measured in turn."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import numpy as np
import torch

from psa_viz.inference.crops import cut, fit, square, whole
from psa_viz.inference.explain import explain
from psa_viz.inference.predict import predict
from psa_viz.models.heads import DenseHRNet
from psa_viz.recording.blocks import KINDS
from psa_viz.recording.recorder import record

MEGAPIXEL = (866, 1155)
WARM_UP = 5


def looking(model: DenseHRNet, runs: int = 20) -> dict:
    """Medians over `runs`, after warming up, in milliseconds, and the machine they were taken on.

    The photo is drawn and shows nobody, so explain looks three times, twice to search; a person costs one look more.
    Recording is paired: a plain pass and a recorded one in turn, and the median of the ratios, so that a drift of the
    machine's speed cancels; "recording_overhead_percent" is what the hooks add to the pass itself. Beside it stand what
    comes once per call, whatever the pass takes: "hooking_ms", finding the taps and putting hooks on and off, and
    "reading_ms", turning the copies into numpy.
    """
    if runs < 1:
        raise ValueError(f"expected at least 1 run, got {runs}")
    y, x = np.mgrid[: MEGAPIXEL[0], : MEGAPIXEL[1]]
    photo = np.stack((x % 256, y % 256, (x + y) % 256), axis=-1).astype(np.uint8)
    pixels = cut(photo, fit(square(whole(photo)), model.info.input_size))[None]
    plain, watched, hooking, reading = [], [], [], []
    with torch.no_grad():
        for _ in range(WARM_UP + runs):
            plain.append(_seconds(lambda: predict(model, pixels)))
            began = time.perf_counter()
            with record(model, KINDS) as trace:
                watched.append(_seconds(lambda: predict(model, pixels)))
            hooking.append(time.perf_counter() - began - watched[-1])
            reading.append(_seconds(lambda trace=trace: list(trace)))
        explained = [_seconds(lambda: explain(photo, model)) for _ in range(1 + runs)]
    ratios = [b / a for a, b in zip(plain[WARM_UP:], watched[WARM_UP:], strict=True)]
    return {
        "model": model.info.name,
        "device": str(next(model.parameters()).device),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "runs": runs,
        "explain_1_megapixel_ms": _median_ms(explained[1:]),
        "forward_ms": _median_ms(plain[WARM_UP:]),
        "forward_recorded_ms": _median_ms(watched[WARM_UP:]),
        "recording_overhead_percent": round(100 * (statistics.median(ratios) - 1), 1),
        "hooking_ms": _median_ms(hooking[WARM_UP:]),
        "reading_ms": _median_ms(reading[WARM_UP:]),
    }


def _median_ms(seconds: list[float]) -> float:
    return round(1000 * statistics.median(seconds), 2)


def _seconds(call: Callable[[], object]) -> float:
    _wait()
    began = time.perf_counter()
    call()
    _wait()
    return time.perf_counter() - began


def _wait() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()

"""What looking costs: time of explain, and of the forward pass with and without recording, measured in turn."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from psa_viz.models.nets.heads import DenseHRNet
from psa_viz.recording.blocks import KINDS
from psa_viz.recording.recorder import record
from psa_viz.session.crops import cut, fit, square, whole
from psa_viz.session.explain import explain
from psa_viz.session.predict import predict

MEGAPIXEL = (866, 1155)
PHOTO = Path(__file__).parent.parent / "training" / "photos" / "astronaut.jpg"
WARM_UP = 5


def looking(model: DenseHRNet, runs: int = 20) -> dict:
    """Medians over `runs`, after warming up, in milliseconds, and the machine they were taken on.

    "explain_1_megapixel_ms" is of a drawn photo with nobody in it, in which the finder searches twice;
    "explain_person_1_megapixel_ms" of a photo with one person, whom it finds at once. The finder is loaded before.
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
        person = _person()
        with_person = [_seconds(lambda: explain(person, model)) for _ in range(1 + runs)]
    ratios = [b / a for a, b in zip(plain[WARM_UP:], watched[WARM_UP:], strict=True)]
    return {
        "model": model.info.name,
        "device": str(next(model.parameters()).device),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "runs": runs,
        "explain_1_megapixel_ms": _median_ms(explained[1:]),
        "explain_person_1_megapixel_ms": _median_ms(with_person[1:]),
        "forward_ms": _median_ms(plain[WARM_UP:]),
        "forward_recorded_ms": _median_ms(watched[WARM_UP:]),
        "recording_overhead_percent": round(100 * (statistics.median(ratios) - 1), 1),
        "hooking_ms": _median_ms(hooking[WARM_UP:]),
        "reading_ms": _median_ms(reading[WARM_UP:]),
    }


def _median_ms(seconds: list[float]) -> float:
    return round(1000 * statistics.median(seconds), 2)


def _person() -> np.ndarray:
    """(1000, 1000, 3) uint8: the photo that training looks at, enlarged."""
    with Image.open(PHOTO) as photo:
        return np.array(photo.convert("RGB").resize((1000, 1000), Image.Resampling.BICUBIC))


def _seconds(call: Callable[[], object]) -> float:
    _wait()
    began = time.perf_counter()
    call()
    _wait()
    return time.perf_counter() - began


def _wait() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()

"""Sums published by running the authors' whole Cityscapes network in float64."""

import math

import pytest
import torch

from psa_viz.models.files.official import from_official, to_official
from psa_viz.models.full_size import build

GOLDEN = {
    "sum of backbone features": 3.0377395903e6,
    "sum pred": -13.14669716245,
    "sum abs pred": 9961.720155700,
    "sum pred_05x": -0.9904760787044,
    "sum attn_05x": 1023.076106536,
}


def filled(shapes):
    """The rule by which the published sums were made: every tensor from the length of its name."""
    i = torch.arange(max(math.prod(shape) for shape in shapes.values()), dtype=torch.float64)
    tables = {frequency: (torch.sin(frequency * i), torch.cos(frequency * i)) for frequency in (0.7, 1.0)}

    def wave(frequency, phase, length):  # sin(frequency * i + phase), without a sine for each of 78 million numbers
        sine, cosine = tables[frequency]
        return sine[:length] * math.cos(phase) + cosine[:length] * math.sin(phase)

    def values(name, shape):
        size = math.prod(shape)
        if name.endswith("num_batches_tracked"):
            return torch.zeros(1, dtype=torch.int64)
        if name.endswith("running_mean"):
            return torch.zeros(size, dtype=torch.float64)
        if name.endswith("running_var"):
            return torch.ones(size, dtype=torch.float64)
        if len(shape) == 4:
            return wave(0.7, len(name), size) * 0.2 / math.sqrt(math.prod(shape[1:]))
        if name.endswith(".weight"):
            return 1 + 0.1 * wave(1.0, len(name), size)
        return 0.1 * wave(1.0, len(name) + math.pi / 2, size)

    return {name: values(name, shape).reshape(shape) for name, shape in shapes.items()}


def test_golden_sums_of_the_two_scale_path():
    with torch.device("meta"):
        network = build("cityscapes-ocr-w48-psa-official-parallel").eval()
    from_official(network, filled({name: tuple(value.shape) for name, value in to_official(network).items()}))
    features = []
    network.context.register_forward_pre_hook(lambda _module, inputs: features.append(inputs[0]))
    image = torch.sin(0.013 * torch.arange(3 * 64 * 128, dtype=torch.float64)).reshape(1, 3, 64, 128)
    with torch.no_grad():
        together = network.multi_scale(image, scales=(0.5, 1.0))
    assert [tuple(x.shape) for x in features] == [(1, 720, 16, 32), (1, 720, 8, 16)]
    low = together.scales[0.5]
    got = {
        "sum of backbone features": features[0].sum(),
        "sum pred": together.classes.sum(),
        "sum abs pred": together.classes.abs().sum(),
        "sum pred_05x": low.classes.sum(),
        "sum attn_05x": low.weight.sum(),
    }
    assert {name: value.item() for name, value in got.items()} == pytest.approx(GOLDEN, rel=1e-9)

"""Recording keeps gates and nothing of the features: what it costs at the size of the Cityscapes network."""

import pytest
import torch
from torch import nn

from psa_viz.attention.polarized import PolarizedSelfAttention
from psa_viz.models.full_size import build
from psa_viz.recording.blocks import KINDS
from psa_viz.recording.recorder import record

LIMIT = 300_000_000
HEIGHT, WIDTH = 1024, 2048


@pytest.fixture(scope="module")
def blocks_by_width():
    """Channels -> how many PSA blocks of the network have so many."""
    with torch.device("meta"):
        network = build("cityscapes-ocr-w48-psa-official-parallel")
    widths = [module.channels for module in network.modules() if isinstance(module, PolarizedSelfAttention)]
    return {width: widths.count(width) for width in sorted(set(widths))}


@pytest.mark.parametrize("kinds", [KINDS, None], ids=["what explain keeps", "every kind"])
def test_all_104_blocks_at_1024x2048_stay_under_300_megabytes(blocks_by_width, kinds):
    assert blocks_by_width == {48: 32, 96: 32, 192: 28, 384: 12}
    total = 0
    for width, count in blocks_by_width.items():
        stride = 4 * width // 48
        block = PolarizedSelfAttention(width, formula="official").eval()
        features = torch.zeros(1, width, HEIGHT // stride, WIDTH // stride)
        with torch.no_grad(), record(nn.Sequential(block), kinds) as trace:
            block(features)
        kept = [entry.value for entry in trace]
        # What is kept has memory of its own, not a view that would hold features alive.
        assert all(value.base is None or value.base.nbytes == value.nbytes for value in kept)
        total += count * sum(value.nbytes for value in kept)
    assert 10_000_000 < total < LIMIT

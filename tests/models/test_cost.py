"""Parameters and multiply-adds: of published networks as published, of PSA by the block's formula."""

import pytest
import torch
from torch import nn

from psa_viz.attention.polarized import PolarizedSelfAttention
from psa_viz.models import full_size
from psa_viz.models.cost import PUBLISHED, cost, count_macs, psa_macs_as_printed, table

HIGH, WIDE = (256, 192), (384, 288)
WIDTHS = {256: 192, 384: 288}
ADDED = [  # network, size, parameters that PSA_p and PSA_s add in millions, GMACs that either adds as printed
    ("coco-hrnet-w32", HIGH, 2.828, 2.401, 0.50),
    ("coco-hrnet-w48", HIGH, 6.355, 5.385, 1.12),
    ("coco-hrnet-w48", WIDE, 6.355, 5.385, 2.52),
    ("coco-resnet-50", HIGH, 2.519, 2.131, 0.305),
    ("coco-resnet-101", HIGH, 4.751, None, 0.63),
    ("coco-resnet-152", HIGH, 6.590, None, 0.95),
]


def of(network, layout, size):
    return cost(network + ("-none" if layout == "none" else f"-psa-official-{layout}"), size)


@pytest.mark.parametrize(("name", "height"), PUBLISHED)
def test_networks_that_were_published(name, height):
    millions, gmacs = PUBLISHED[name, height]
    found = cost(name, (height, WIDTHS[height]))
    assert (found.published_parameters, found.published_gmacs) == (millions, gmacs)
    assert found.parameters / 1e6 == pytest.approx(millions, abs=0.05)
    assert found.summary_gmacs == pytest.approx(gmacs, rel=0.02)


def test_nothing_is_called_published_of_a_network_with_psa():
    """No table of the PSA paper was read; totals with PSA are derived, and agreement with them would be circular."""
    assert all(name.endswith("-none") for name, _ in PUBLISHED)
    assert all(row.published_gmacs is row.published_parameters is None for row in table() if row.psa_blocks)


@pytest.mark.parametrize(("network", "size", "parallel", "sequential", "gmacs"), ADDED)
def test_what_psa_adds(network, size, parallel, sequential, gmacs):
    plain = of(network, "none", size)
    for layout, millions in (("parallel", parallel), ("sequential", sequential)):
        found = of(network, layout, size)
        if millions is not None:
            assert (found.parameters - plain.parameters) / 1e6 == pytest.approx(millions, abs=0.001)
        assert (found.macs_as_printed - plain.macs_as_printed) / 1e9 == pytest.approx(gmacs, rel=0.02)
        assert found.psa_blocks == {"h": 104, "50": 16, "01": 33, "52": 50}["h" if "hrnet" in network else network[-2:]]


@pytest.mark.parametrize("name", ["coco-hrnet-w32-psa-official-sequential", "coco-resnet-50-psa-parallel"])
def test_the_sum_of_the_parts_is_the_real_network(name):
    found = cost(name, (64, 96))
    with torch.device("meta"):
        network = full_size.build(name).eval()
    assert found.parameters == sum(parameter.numel() for parameter in network.parameters())
    assert found.macs == count_macs(network, (64, 96))


def test_the_exact_evaluation_costs_a_fraction_of_the_printed_one():
    found, plain = of("coco-hrnet-w48", "parallel", HIGH), of("coco-hrnet-w48", "none", HIGH)
    assert 30 * (found.macs - plain.macs) < found.macs_as_printed - plain.macs


def test_one_block_as_printed():
    """Four channels, six positions, every product written out."""
    channel = 6 * 4 + 6 * 2 * 4 + 6 * 2 + 4 * 2  # W_q X, W_v X, (W_v X) a, W_z
    spatial = 6 * 2 * 4 + 6 * 2 * 4 + 6 * 2  # W_q X, W_v X, s^T (W_v X)
    assert psa_macs_as_printed(4, 2, 3) == channel + spatial


@pytest.mark.parametrize(
    ("formula", "layout"), [("paper", "parallel"), ("official", "parallel"), ("paper", "sequential")]
)
def test_a_block_counts_alike_on_every_device(formula, layout):
    """Three reads of the features: W_q X, X a, and s^T W_v X; the mean is a sum. Beside them C^2/2 four times."""
    block = PolarizedSelfAttention(16, layout=layout, formula=formula)
    expected = 3 * 16 * 8 * 6 + 4 * 16 * 8
    assert count_macs(block, (8, 6), 16) == count_macs(block.to("meta"), (8, 6), 16) == expected


def test_counting_leaves_the_model_alone():
    block = PolarizedSelfAttention(16)
    before = block.channel.query.weight.clone()
    count_macs(block, 4, 16)
    assert torch.equal(block.channel.query.weight, before)


def test_counting_one_convolution():
    assert count_macs(nn.Conv2d(3, 5, 3, padding=1), 8) == 8 * 8 * 5 * 3 * 9
    assert count_macs(nn.Conv2d(2, 5, 3, stride=2, padding=1), (8, 4), channels=2) == 4 * 2 * 5 * 2 * 9


def test_the_table_has_every_network_at_every_size():
    rows = [(row.name, row.height, row.width) for row in table()]
    assert len(set(rows)) == len(rows) == 5 * (2 * 2 + 3 + 1)
    assert ("cityscapes-ocr-w48-psa-official-parallel", 1024, 2048) in rows
    assert all((row.psa_blocks == 0) == (row.macs == row.macs_as_printed) for row in table())

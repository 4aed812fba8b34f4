"""The project's networks: names, slots, sizes, and that all variants are the same outside the slot."""

import pytest
import torch
from torch import nn

from psa_viz.attention.cbam import ConvolutionalBlockAttention
from psa_viz.attention.gc import GlobalContext
from psa_viz.attention.polarized import PolarizedSelfAttention
from psa_viz.attention.se import SqueezeExcitation
from psa_viz.models.zoo import build, family, names

PSA_BLOCKS = (
    ["stage1.block0", "stage1.block1"]
    + [f"stage2.0.branch{b}.block{i}" for b in range(2) for i in range(2)]
    + [f"stage3.0.branch{b}.block{i}" for b in range(3) for i in range(2)]
    + [f"stage4.0.branch{b}.block{i}" for b in range(4) for i in range(2)]
)


@pytest.fixture(scope="module")
def networks():
    torch.manual_seed(0)
    return {name: build(name).eval() for name in names()}


def test_names():
    attention = ("none", "psa-parallel", "psa-sequential", "psa-official-parallel", "psa-official-sequential")
    assert names() == [f"{network}-{kind}" for network in ("person", "street") for kind in attention]


def test_a_name_tells_the_network():
    assert family("person-psa-parallel") == "person"
    assert family("person-imagenet-psa-parallel") == "person-imagenet"
    assert family("street-cbam") == "street"


@pytest.mark.parametrize(
    ("kind", "module"), [("se", SqueezeExcitation), ("cbam", ConvolutionalBlockAttention), ("gc", GlobalContext)]
)
def test_rivals_fill_the_same_slots(kind, module):
    network = build(f"person-{kind}")
    slots = [path for path, found in network.named_modules() if isinstance(found, module)]
    assert slots == [f"{block}.attention" for block in PSA_BLOCKS]
    assert network.info.formula == "none"


def test_psa_sits_after_the_first_3x3_of_every_residual_block(networks):
    for name, network in networks.items():
        slots = [
            path.removesuffix(".attention")
            for path, module in network.named_modules()
            if isinstance(module, PolarizedSelfAttention)
        ]
        assert slots == ([] if name.endswith("none") else PSA_BLOCKS), name


def test_formula_and_layout_are_those_of_the_name(networks):
    for name, network in networks.items():
        kinds = {(m.formula, m.layout) for m in network.modules() if isinstance(m, PolarizedSelfAttention)}
        assert kinds == ({(network.info.formula, network.info.layout)} if kinds else set())
        assert network.info.name == name
    assert networks["person-psa-official-sequential"].info.formula == "official"
    assert networks["person-psa-official-sequential"].info.layout == "sequential"


def test_variants_share_every_parameter_outside_the_slot(networks):
    for name, network in networks.items():
        shapes = {key: value.shape for key, value in networks[f"{family(name)}-none"].state_dict().items()}
        others = {key: v.shape for key, v in network.state_dict().items() if ".attention." not in key}
        assert others == shapes, name


def test_every_variant_fits_ten_megabytes_in_half_precision(networks):
    for name, network in networks.items():
        assert 2 * sum(value.numel() for value in network.state_dict().values()) < 10e6, name


@pytest.mark.parametrize("size", [(64, 64), (96, 160)])
def test_outputs_are_at_stride_four(networks, size):
    with torch.no_grad():
        outputs = networks["person-psa-parallel"](torch.zeros(2, 3, *size))
    cells = (size[0] // 4, size[1] // 4)
    assert {task: tuple(maps.shape) for task, maps in outputs.items()} == {
        "pose": (2, 14, *cells),
        "segmentation": (2, 8, *cells),
    }
    with torch.no_grad():
        (street,) = networks["street-none"](torch.zeros(1, 3, *size)).items()
    assert street[0] == "segmentation"
    assert street[1].shape == (1, 11, *cells)


def test_every_parameter_gets_a_gradient():
    torch.manual_seed(0)
    network = build("person-psa-sequential")
    outputs = network(torch.randn(2, 3, 64, 64))
    sum(maps.square().mean() for maps in outputs.values()).backward()
    missing = [name for name, p in network.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]
    assert missing == []


def test_no_module_works_in_place(networks):
    inplace = [p for n in networks.values() for p, m in n.named_modules() if isinstance(m, nn.ReLU) and m.inplace]
    assert inplace == []


@pytest.mark.parametrize("shape", [(1, 3, 60, 64), (1, 1, 64, 64), (3, 64, 64)])
def test_wrong_inputs_are_refused(networks, shape):
    with pytest.raises(ValueError, match="multiples of 32, got"):
        networks["person-none"](torch.zeros(shape))


@pytest.mark.parametrize("name", ["person", "person-psa", "cat-none", "person-imagenet-", ""])
def test_unknown_names_list_the_known(name):
    with pytest.raises(ValueError, match="expected one of person-none"):
        build(name)

"""The formulas of the table against every product really made, and against the library's own modules."""

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from psa_viz.attention.cbam import ConvolutionalBlockAttention
from psa_viz.attention.gc import GlobalContext
from psa_viz.attention.polarized import PolarizedSelfAttention
from psa_viz.attention.se import SqueezeExcitation
from psa_viz.models.cost import count_macs
from psa_viz.models.kinds import KINDS, markdown

BY_NAME = {kind.name.split(" (")[0]: kind for kind in KINDS}


class Nonlocal(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.q, self.k, self.v = (nn.Linear(c, c // 2, bias=False) for _ in range(3))
        self.out = nn.Linear(c // 2, c, bias=False)

    def forward(self, x):  # (1, C, H, W)
        x = x.flatten(2).transpose(1, 2)
        return x + self.out((self.q(x) @ self.k(x).transpose(1, 2)).softmax(-1) @ self.v(x))


class DualAttention(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.q, self.k, self.v = nn.Linear(c, c // 8, False), nn.Linear(c, c // 8, False), nn.Linear(c, c, False)

    def forward(self, x):
        x = x.flatten(2).transpose(1, 2)
        positions = (self.q(x) @ self.k(x).transpose(1, 2)).softmax(-1) @ self.v(x)
        channels = x @ (x.transpose(1, 2) @ x).softmax(-1)
        return positions + channels


class Transformer(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.qkv, self.out = nn.Linear(c, 3 * c, False), nn.Linear(c, c, False)

    def forward(self, x):
        q, k, v = self.qkv(x.flatten(2).transpose(1, 2)).chunk(3, -1)
        return self.out((q @ k.transpose(1, 2)).softmax(-1) @ v)


MADE = {
    "SE": SqueezeExcitation,
    "CBAM": ConvolutionalBlockAttention,
    "GC": GlobalContext,
    "Nonlocal": Nonlocal,
    "DANet": DualAttention,
    "self-attention layer of a ViT": Transformer,
    "PSA, brackets moved": lambda c: PolarizedSelfAttention(c, formula="official"),
}


@pytest.mark.parametrize("name", MADE)
@pytest.mark.parametrize(("channels", "size"), [(128, (4, 6)), (256, (3, 5))])
def test_a_formula_counts_what_is_really_multiplied(name, channels, size):
    kind, module = BY_NAME[name], MADE[name](channels).eval()
    assert count_macs(module, size, channels) == kind.macs(channels, size[0] * size[1])
    matrices = sum(p.numel() for p in module.parameters() if p.ndim > 1)
    assert matrices == kind.parameters(channels)


def test_the_printed_form_counts_its_products():
    """W_q X and W_v X of both branches at every position, nothing else."""
    c, n = 16, 30
    x, (q, v, z, sq, sv) = torch.randn(c, n), (torch.randn(s) for s in ((1, c), (8, c), (c, 8), (8, c), (8, c)))
    with FlopCounterMode(display=False) as counter:
        torch.mm(z, torch.mm(torch.mm(v, x), torch.mm(q, x).softmax(1).t()))
        torch.mm(torch.mm(sq, x).mean(1, keepdim=True).t(), torch.mm(sv, x))
    assert counter.get_total_flops() // 2 == BY_NAME["PSA as printed"].macs(c, n)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_the_growth_is_that_of_the_formula(kind):
    """The text's terms in C and N, evaluated far out, where nothing else counts."""
    c, n = 2**14, 2**14
    terms = 0.0
    for term in kind.growth.split(" + "):
        factors = term.replace("²", "**2").replace("C", "*c").replace("N", "*n").replace(" ", "").replace("**2", "**2")
        terms += eval(factors.lstrip("*"), {"c": c, "n": n})
    assert kind.macs(c, n) == pytest.approx(terms, rel=2e-3)


def test_the_table_has_every_kind():
    text = markdown(64, 3072)
    assert text.count("\n") == len(KINDS) + 1
    assert (
        "| PSA, brackets moved | each channel, and each position | the same numbers | 3 C N + 2 C² | 8,256 | 0.60 |"
        in text
    )

"""SE, CBAM and GC against their formulas written out with plain loops and einsum."""

import pytest
import torch

from psa_viz.attention.cbam import ConvolutionalBlockAttention
from psa_viz.attention.gc import GlobalContext
from psa_viz.attention.se import SqueezeExcitation

RIVALS = (SqueezeExcitation, ConvolutionalBlockAttention, GlobalContext)


@pytest.fixture
def x():
    torch.manual_seed(0)
    return torch.randn(2, 32, 5, 7, dtype=torch.float64)


def test_squeeze_excitation(x):
    block = SqueezeExcitation(32).double()
    squeezed = torch.einsum("nchw->nc", x) / 35
    hidden = (squeezed @ block.squeeze.weight.T + block.squeeze.bias).clamp(min=0)
    gate = 1 / (1 + torch.exp(-(hidden @ block.excite.weight.T + block.excite.bias)))
    torch.testing.assert_close(block(x), torch.einsum("nchw,nc->nchw", x, gate))


def test_convolutional_block_attention(x):
    block = ConvolutionalBlockAttention(32).double().eval()
    first, _, second = block.shared

    def bottleneck(v):
        return (v @ first.weight.T + first.bias).clamp(min=0) @ second.weight.T + second.bias

    mean, highest = x.flatten(2).mean(-1), x.flatten(2).max(-1).values
    z = x * torch.sigmoid(bottleneck(mean) + bottleneck(highest))[:, :, None, None]
    seen = torch.nn.functional.pad(torch.stack((z.mean(1), z.max(1).values), 1), (3, 3, 3, 3))
    looked = torch.zeros(2, 5, 7, dtype=torch.float64)
    for i in range(7):
        for j in range(7):
            looked += torch.einsum("nchw,c->nhw", seen[:, :, i : i + 5, j : j + 7], block.look.weight[0, :, i, j])
    looked = looked / (1 + block.norm.eps) ** 0.5  # fresh statistics: mean 0, variance 1
    torch.testing.assert_close(block(x), z * torch.sigmoid(looked)[:, None])


def test_global_context(x):
    block = GlobalContext(32).double()
    scores = torch.einsum("nchw,c->nhw", x, block.query.weight[0])  # its bias cannot matter
    weights = torch.exp(scores) / torch.exp(scores).sum((1, 2), keepdim=True)
    context = torch.einsum("nchw,nhw->nc", x, weights)
    torch.testing.assert_close(block(x), x + block.transform(context)[:, :, None, None])


@pytest.mark.parametrize("rival", RIVALS)
@pytest.mark.parametrize("channels", [16, 28, 100])
def test_every_width_works_and_every_parameter_learns(rival, channels):
    torch.manual_seed(0)
    block, x = rival(channels), torch.randn(4, channels, 6, 5, requires_grad=True)
    before = x.detach().clone()
    y = block(x)
    assert y.shape == x.shape
    (y * torch.randn_like(y)).sum().backward()
    assert torch.equal(x, before)
    still = [n for n, p in block.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]
    assert still == (["query.bias"] if rival is GlobalContext and block.query.bias.grad.abs() == 0 else [])

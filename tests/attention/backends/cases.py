"""What the tests of backends share: forms, changes of taps, blocks, features, and the exact result."""

import copy
import os
import shutil

import pytest
import torch
from torch import nn

from psa_viz.attention.backends.cpu import library
from psa_viz.attention.backends.dispatch import use_backend
from psa_viz.attention.polarized import PARTS, PolarizedSelfAttention

FORMS = list(PARTS)
LAYOUTS = [torch.contiguous_format, torch.channels_last]
CLOSE = {"rtol": 1e-5, "atol": 1e-5}
REPLACED = [
    ("channel.position_weights", lambda v: torch.full_like(v, 1 / v[0].numel())),
    ("channel.logits", lambda v: v + 1),
    ("channel.gate", lambda v: v / 2),
    ("spatial.pooled_query", lambda v: v.flip(1)),
    ("spatial.logits", lambda v: v - 1),
    ("spatial.gate", lambda v: (1 - v).double()),
]
"""Path of a tap, and what it is replaced by."""
# Only for want of a compiler, or on request: where there is one, code that does not build has to fail.
needs_compiler = pytest.mark.skipif(
    shutil.which(os.environ.get("CXX") or "g++") is None or os.environ.get(library.SWITCH) == "0",
    reason="there is no C++ compiler, or it is not to be used",
)

BACKENDS = [
    pytest.param("eager", torch.float64, 1e-12, id="eager"),
    pytest.param("cpu", torch.float32, 1e-5, id="cpu", marks=needs_compiler),
]
"""Name, precision and largest difference. Triton, which needs a process of its own, is in triton_passes.py."""


def make(channels=32, formula="paper", layout="parallel", bias=False):
    torch.manual_seed(1)
    block = PolarizedSelfAttention(channels, layout=layout, formula=formula, bias=bias)
    for norm in (module for module in block.modules() if isinstance(module, nn.LayerNorm)):
        nn.init.normal_(norm.weight)  # 1 and 0 at first, which would hide their absence
        nn.init.normal_(norm.bias)
    return block


def features(*shape, memory_format=torch.contiguous_format):
    torch.manual_seed(2)
    return (3 * torch.randn(*shape)).contiguous(memory_format=memory_format)


def exact(block, x):
    """In float64, which only the eager backend can do."""
    return copy.deepcopy(block).double()(x.double()).detach()


def run(block, x, backend="cpu"):
    with torch.no_grad(), use_backend(backend):
        return block(x)

"""EfficientNet-Lite0 as a trunk with four outputs, for networks that begin with ImageNet weights.

Tan and Le, "EfficientNet", arXiv 1905.11946; the Lite form, without squeeze-and-excitation and with ReLU6, is Google's
of 2020. Its published weights fit because sizes, padding and the order of the tensors are the same.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from psa_viz.attention.polarized import PolarizedSelfAttention
from psa_viz.models.nets.blocks import Attention
from psa_viz.models.normalise import STD

STEM = 32
STAGES = (  # kernel, stride, expansion, channels, blocks
    (3, 1, 1, 16, 1),
    (3, 2, 6, 24, 2),
    (5, 2, 6, 40, 2),
    (3, 2, 6, 80, 3),
    (5, 1, 6, 112, 3),
    (5, 2, 6, 192, 4),
    (3, 1, 6, 320, 1),
)
TAKEN = (2, 3, 5, 7)
"""Stages whose outputs leave the trunk, at strides 4, 8, 16, 32."""


class SamePadding(nn.Conv2d):
    """A convolution padded as TensorFlow does it: at stride 2 on even sizes one more pixel to the right and below."""

    def forward(self, x: Tensor) -> Tensor:
        halves = self.kernel_size == (3, 3) and self.stride == (2, 2) and x.shape[-1] % 2 == x.shape[-2] % 2 == 0
        if halves and self.groups > 1 and torch.is_grad_enabled():
            # The same numbers: on a CPU the gradient of a strided depthwise convolution takes four times as long as
            # that of a dense one.
            dense = F.conv2d(x, self.weight, self.bias, padding=1, groups=self.groups)
            return dense[..., 1::2, 1::2].contiguous(memory_format=torch.channels_last)
        total = self.kernel_size[0] - self.stride[0]
        before = total // 2
        return super().forward(F.pad(x, (before, total - before, before, total - before)))


def same_conv(inner: int, outer: int, kernel: int, stride: int = 1, groups: int = 1, bias: bool = False) -> nn.Conv2d:
    """A convolution padded as TensorFlow's "SAME" is."""
    make = SamePadding if stride > 1 else nn.Conv2d
    padding = 0 if stride > 1 else kernel // 2
    return make(inner, outer, kernel, stride=stride, padding=padding, groups=groups, bias=bias)


def _conv_norm(
    inner: int, outer: int, kernel: int, stride: int = 1, groups: int = 1, norm: bool = True
) -> list[nn.Module]:
    conv = same_conv(inner, outer, kernel, stride, groups, bias=not norm)
    return [conv, nn.BatchNorm2d(outer, eps=1e-3)] if norm else [conv]


class InvertedBottleneck(nn.Module):
    """1x1 up, depthwise, 1x1 down, attention, and the input added where shapes allow it.

    The slot is behind the last convolution and not behind the depthwise one, whose up to 1152 channels would make PSA
    larger than the network.

    Args:
        norm: batch normalisation after each convolution; without it the convolutions have biases, as where it was
            folded into them.
    """

    def __init__(
        self,
        inner: int,
        outer: int,
        kernel: int,
        stride: int,
        expansion: int,
        attention: Attention = nn.Identity,
        norm: bool = True,
    ) -> None:
        super().__init__()
        wide = inner * expansion
        up = [*_conv_norm(inner, wide, 1, norm=norm), nn.ReLU6(inplace=False)] if expansion > 1 else []
        self.expand = nn.Sequential(*up)
        depthwise = _conv_norm(wide, wide, kernel, stride, wide, norm)
        self.depthwise = nn.Sequential(*depthwise, nn.ReLU6(inplace=False))
        self.project = nn.Sequential(*_conv_norm(wide, outer, 1, norm=norm))
        self.attention = attention(outer)
        self.residual = stride == 1 and inner == outer

    @property
    def before_attention(self) -> nn.Module:
        """The last layer with weights before the slot."""
        return self.project[-1]

    def forward(self, x: Tensor) -> Tensor:
        y = self.attention(self.project(self.depthwise(self.expand(x))))
        return x + y if self.residual else y


class EfficientNetLite(nn.Module):
    """The trunk. Its blocks are named stage1.block0 ... stage7.block0.

    Args:
        attention: fills the slot of every block.
    """

    stride = 4
    coarsest = 32

    def __init__(self, attention: Attention = nn.Identity) -> None:
        super().__init__()
        self.stem = nn.Sequential(*_conv_norm(3, STEM, 3, 2), nn.ReLU6(inplace=False))
        inner = STEM
        for number, (kernel, stride, expansion, outer, blocks) in enumerate(STAGES, start=1):
            stage = OrderedDict()
            for i in range(blocks):
                stage[f"block{i}"] = InvertedBottleneck(
                    inner, outer, kernel, stride if i == 0 else 1, expansion, attention
                )
                inner = outer
            self.add_module(f"stage{number}", nn.Sequential(stage))
        self.widths = [STAGES[number - 1][3] for number in TAKEN]

    def features(self, image: Tensor) -> list[Tensor]:
        """(N, 3, H, W), H and W multiples of 32 -> maps of 24, 40, 112, 320 channels at strides 4, 8, 16, 32."""
        x, taken = self.stem(image), []
        for number in range(1, len(STAGES) + 1):
            x = self.get_submodule(f"stage{number}")(x)
            if number in TAKEN:
                taken.append(x)
        return taken

    def freeze(self, stages: int) -> None:
        """Keep stem and the first stages as they are: no gradient, and batch norm with its stored statistics.

        They hold edges and colours, which ImageNet taught well, and a quarter of the cost of a training step. Attention
        inside them stays as it is too: its gates remain at 0.5.
        """
        for path in ("stem", *(f"stage{number}" for number in range(1, stages + 1))):
            self.get_submodule(path).eval().requires_grad_(False)

    def load_imagenet(self, published: Mapping[str, Tensor]) -> None:
        """Take over the published weights; of each tensor the place in the order counts, not its name.

        The published network sees RGB from -1 to 1, ours is normalised by channel: the first kernel is rescaled for
        that. What remains is a constant shift per channel, which batch normalisation takes away.

        Args:
            published: state_dict of efficientnet-lite0, its classifier included.

        Raises:
            ValueError: if number or shapes of the tensors differ.
        """
        theirs = [(k, v) for k, v in published.items() if not k.startswith(("_conv_head", "_bn1", "_fc"))]
        theirs = [(k, v) for k, v in theirs if not k.endswith("num_batches_tracked")]
        ours = {
            key: value
            for key, value in EfficientNetLite.state_dict(self).items()
            if key.startswith(("stem", *(f"stage{n + 1}." for n in range(len(STAGES)))))
            and ".attention." not in key
            and not key.endswith("num_batches_tracked")
        }
        shapes = [tuple(value.shape) for _, value in theirs]
        if shapes != [tuple(value.shape) for value in ours.values()]:
            raise ValueError(f"expected the {len(ours)} tensors of efficientnet-lite0, got {len(theirs)} that differ")
        for value, (_, tensor) in zip(ours.values(), theirs, strict=True):
            value.copy_(tensor)
        first = self.stem[0].weight.data
        first *= 2 * first.new_tensor(STD)[:, None, None]


def make_neutral(trunk: nn.Module) -> None:
    """Let every PSA block in the paper's formula begin with gates of exactly 0.5, from which both can depart.

    In the parallel layout the gain A_ch + A_sp is then 1 everywhere: weights learned without PSA are undisturbed.
    """
    for module in trunk.modules():
        if isinstance(module, PolarizedSelfAttention) and module.formula == "paper":
            norm = module.channel.ending[-1]
            nn.init.zeros_(norm.weight)
            nn.init.zeros_(norm.bias)
            nn.init.zeros_(module.spatial.value.weight)

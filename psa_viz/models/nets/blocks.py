"""Residual blocks with a slot for attention after their first 3x3 convolution, where the paper puts PSA."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

Attention = Callable[[int], nn.Module]
"""Makes the module for the slot from the number of channels; nn.Identity ignores it and leaves the slot empty."""


def conv(inner: int, outer: int, kernel: int, stride: int = 1) -> nn.Conv2d:
    """A convolution without bias that keeps the size at stride 1: batch normalisation follows it."""
    return nn.Conv2d(inner, outer, kernel, stride=stride, padding=kernel // 2, bias=False)


def conv_norm(inner: int, outer: int, kernel: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(conv(inner, outer, kernel, stride), nn.BatchNorm2d(outer))


def conv_norm_relu(inner: int, outer: int, kernel: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(*conv_norm(inner, outer, kernel, stride), nn.ReLU(inplace=False))


class BasicBlock(nn.Module):
    """3x3, attention, 3x3, and the input added; C channels in and out."""

    def __init__(self, channels: int, attention: Attention = nn.Identity) -> None:
        super().__init__()
        self.conv1 = conv_norm_relu(channels, channels, 3)
        self.attention = attention(channels)
        self.conv2 = conv_norm(channels, channels, 3)
        self.relu = nn.ReLU(inplace=False)

    @property
    def before_attention(self) -> nn.Module:
        """The last layer with weights before the slot."""
        return self.conv1[1]

    def forward(self, x: Tensor) -> Tensor:
        return self.relu(x + self.conv2(self.attention(self.conv1(x))))


class Bottleneck(nn.Module):
    """1x1 down, 3x3 (which has the stride), attention, 1x1 up, and the input (projected if it does not fit) added."""

    def __init__(
        self, inner: int, channels: int, outer: int, attention: Attention = nn.Identity, stride: int = 1
    ) -> None:
        super().__init__()
        self.conv1 = conv_norm_relu(inner, channels, 1)
        self.conv2 = conv_norm_relu(channels, channels, 3, stride)
        self.attention = attention(channels)
        self.conv3 = conv_norm(channels, outer, 1)
        self.shortcut = nn.Identity() if inner == outer and stride == 1 else conv_norm(inner, outer, 1, stride)
        self.relu = nn.ReLU(inplace=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.relu(self.shortcut(x) + self.conv3(self.attention(self.conv2(self.conv1(x)))))


def check_image(image: Tensor, multiple: int) -> None:
    """Raises ValueError unless the image is (N, 3, H, W) with H and W multiples of that number."""
    if image.ndim != 4 or image.shape[1] != 3 or image.shape[2] % multiple or image.shape[3] % multiple:
        raise ValueError(f"expected (N, 3, H, W) with H and W multiples of {multiple}, got {tuple(image.shape)}")

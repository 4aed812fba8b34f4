"""Networks from outside in the style of the ports that are copied most: none of them knows this library.

`resnet` has the port's parallel block after each stage and returns class scores; `unet` has CBAM and no PSA, and
returns maps at the size of the image; `yolo` has the port's sequential block inside C2f, calls one block on three
levels, and returns a dictionary with a list of maps.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tests.recording.foreign.ports import PortParallel, PortSequential


def conv(inner: int, outer: int, size: int = 3, stride: int = 1) -> nn.Sequential:
    layer = nn.Conv2d(inner, outer, size, stride, size // 2, bias=False)
    return nn.Sequential(layer, nn.BatchNorm2d(outer), nn.ReLU(inplace=True))


class Residual(nn.Module):
    def __init__(self, inner: int, outer: int, stride: int) -> None:
        super().__init__()
        self.conv1 = conv(inner, outer, 3, stride)
        self.conv2 = nn.Sequential(nn.Conv2d(outer, outer, 3, 1, 1, bias=False), nn.BatchNorm2d(outer))
        self.psa = PortParallel(outer)
        self.down = nn.Conv2d(inner, outer, 1, stride) if stride > 1 or inner != outer else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.psa(self.conv2(self.conv1(x))) + self.down(x), inplace=True)


class ResNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = conv(3, 16, 7, 2)
        self.layer1, self.layer2 = Residual(16, 16, 1), Residual(16, 32, 2)
        self.layer3 = Residual(32, 32, 2)
        self.fc = nn.Linear(32, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.layer3(self.layer2(self.layer1(self.stem(x))))
        return self.fc(x.mean((2, 3)))


class CBAM(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.mlp = nn.Sequential(
            nn.Conv2d(channels, channels // 4, 1, bias=False),
            nn.ReLU(),
            nn.Conv2d(channels // 4, channels, 1, bias=False),
        )
        self.conv = nn.Conv2d(2, 1, 7, padding=3, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        x = x * torch.sigmoid(self.mlp(F.adaptive_avg_pool2d(x, 1)) + self.mlp(F.adaptive_max_pool2d(x, 1)))
        both = torch.cat([x.mean(1, keepdim=True), x.max(1, keepdim=True)[0]], dim=1)
        return x * torch.sigmoid(self.conv(both))


class UNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.down1, self.down2, self.middle = conv(3, 8), conv(8, 16), conv(16, 32)
        self.cbam = CBAM(32)
        self.up2, self.up1, self.head = conv(48, 16), conv(24, 8), nn.Conv2d(8, 3, 1)

    def forward(self, x: Tensor) -> Tensor:
        a = self.down1(x)
        b = self.down2(F.max_pool2d(a, 2))
        x = self.cbam(self.middle(F.max_pool2d(b, 2)))
        x = self.up2(torch.cat([F.interpolate(x, scale_factor=2), b], dim=1))
        return self.head(self.up1(torch.cat([F.interpolate(x, scale_factor=2), a], dim=1)))


class C2f(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.cv1, self.cv2 = conv(channels, channels, 1), conv(channels * 3 // 2, channels, 1)
        self.m = nn.Sequential(conv(channels // 2, channels // 2), PortSequential(channels // 2))

    def forward(self, x: Tensor) -> Tensor:
        first, second = self.cv1(x).chunk(2, dim=1)
        return self.cv2(torch.cat([first, second, self.m(second)], dim=1))


class Yolo(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem, self.down1, self.down2 = conv(3, 32, 3, 4), conv(32, 32, 3, 2), conv(32, 32, 3, 2)
        self.c2f = C2f(32)
        self.head_attention, self.box, self.score = PortSequential(32), nn.Conv2d(32, 4, 1), nn.Conv2d(32, 5, 1)

    def forward(self, x: Tensor) -> dict[str, object]:
        a = self.c2f(self.stem(x))
        b = self.down1(a)
        levels = [self.head_attention(level) for level in (a, b, self.down2(b))]
        scores = [self.score(level) for level in levels]
        boxes = torch.cat([self.box(level).flatten(2) for level in levels], dim=2)
        return {"scores": scores, "boxes": boxes, "best": scores[0].argmax(1), "strides": (4, 8, 16)}


def made(network: nn.Module) -> nn.Module:
    """With the same parameters every time, of ordinary size, so that gates have a pattern."""
    draw = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            drawn = torch.randn(parameter.shape, generator=draw)
            if parameter.ndim > 1:
                parameter.copy_(drawn * (2 / parameter[0].numel()) ** 0.5)
            elif name.endswith("bias"):
                parameter.copy_(drawn / 10)
    return network


def resnet() -> nn.Module:
    return made(ResNet())


def unet() -> nn.Module:
    return made(UNet())


def yolo() -> nn.Module:
    return made(Yolo())

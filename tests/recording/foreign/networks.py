"""Small networks in the manner of what people put PSA and CBAM into: a ResNet, a U-Net, a detector's C2f."""

import torch
from torch import nn

from tests.recording.foreign.official import OfficialSequential
from tests.recording.foreign.other_kinds import GatesOutside
from tests.recording.foreign.ports import PortParallel


def conv(inner, outer, kernel=3, stride=1):
    layers = nn.Conv2d(inner, outer, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(outer)
    return nn.Sequential(*layers, nn.ReLU(inplace=True))


class Bottleneck(nn.Module):
    """PSA after the 3x3 convolution."""

    def __init__(self, channels, inner):
        super().__init__()
        self.conv1, self.conv2, self.psa = conv(channels, inner, 1), conv(inner, inner), PortParallel(inner)
        self.conv3, self.relu = nn.Conv2d(inner, channels, 1), nn.ReLU(inplace=True)

    def forward(self, x):
        return self.relu(self.conv3(self.psa(self.conv2(self.conv1(x)))) + x)


def resnet():
    """A classifier with the port's parallel block in every bottleneck."""
    torch.manual_seed(0)
    stages = [conv(3, 64, 7, 4), Bottleneck(64, 16), Bottleneck(64, 16), conv(64, 64, 3, 2), Bottleneck(64, 32)]
    return nn.Sequential(*stages, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10)).eval()


class UNet(nn.Module):
    """Two levels, with CBAM on the connections across."""

    def __init__(self):
        super().__init__()
        self.down1, self.down2, self.bottom = conv(3, 16), conv(16, 32, stride=2), conv(32, 64, stride=2)
        self.skip1, self.skip2 = GatesOutside(16), GatesOutside(32)
        self.up2, self.up1 = nn.ConvTranspose2d(64, 32, 2, 2), nn.ConvTranspose2d(32, 16, 2, 2)
        self.merge2, self.merge1, self.head = conv(64, 32), conv(32, 16), nn.Conv2d(16, 3, 1)

    def forward(self, x):
        one = self.down1(x)
        two = self.down2(one)
        x = self.up2(self.bottom(two))
        x = self.up1(self.merge2(torch.cat((x, self.skip2(two)), 1)))
        return self.head(self.merge1(torch.cat((x, self.skip1(one)), 1)))


def unet():
    torch.manual_seed(0)
    return UNet().eval()


class C2f(nn.Module):
    """A part of the channels goes through the blocks, and everything on the way is kept."""

    def __init__(self, channels, blocks=2):
        super().__init__()
        half = channels // 2
        self.cv1, self.cv2 = conv(channels, channels, 1), conv((2 + blocks) * half, channels, 1)
        self.m = nn.ModuleList(nn.Sequential(conv(half, half), OfficialSequential(half)) for _ in range(blocks))

    def forward(self, x):
        y = list(self.cv1(x).chunk(2, 1))
        y.extend(m(y[-1]) for m in self.m)
        return self.cv2(torch.cat(y, 1))


class Detector(nn.Module):
    """Two levels, each with a map of boxes and classes."""

    def __init__(self):
        super().__init__()
        self.stem, self.one, self.two = conv(3, 64, stride=4), C2f(64), C2f(64)
        self.down, self.heads = conv(64, 64, stride=2), nn.ModuleList(nn.Conv2d(64, 9, 1) for _ in range(2))

    def forward(self, x):
        one = self.one(self.stem(x))
        return [head(level) for head, level in zip(self.heads, (one, self.two(self.down(one))), strict=True)]


def detector():
    torch.manual_seed(0)
    return Detector().eval()

"""Attention of other kinds, in the ways in which common libraries and ports write it; the code is these tests' own."""

import torch
from torch import nn


class Squeeze(nn.Module):
    """SE with 1x1 convolutions and a sigmoid module, as image-model libraries have it."""

    def __init__(self, channels, gate=nn.Sigmoid):
        super().__init__()
        self.fc1, self.act, self.fc2 = nn.Conv2d(channels, 8, 1), nn.ReLU(inplace=True), nn.Conv2d(8, channels, 1)
        self.gate = gate()

    def weights(self, x):
        return self.gate(self.fc2(self.act(self.fc1(x.mean((2, 3), keepdim=True)))))

    def forward(self, x):
        return x * self.weights(x)


class SqueezeOfLinears(nn.Module):
    """SE in the best-known port: a Sequential of Linear, and expand_as."""

    def __init__(self, channels):
        super().__init__()
        self.fc = nn.Sequential(nn.Linear(channels, 8), nn.ReLU(), nn.Linear(8, channels), nn.Sigmoid())

    def weights(self, x):
        return self.fc(x.mean((2, 3)))[:, :, None, None]

    def forward(self, x):
        return x * self.weights(x).expand_as(x)


class Efficient(nn.Module):
    """ECA: a convolution along the channels."""

    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv1d(1, 1, 3, padding=1, bias=False)

    def weights(self, x):
        return self.conv(x.mean((2, 3))[:, None]).sigmoid()[:, 0, :, None, None]

    def forward(self, x):
        return x * self.weights(x).expand_as(x)


class ChannelPart(nn.Module):
    """CBAM's first part, which returns the gate alone."""

    def __init__(self, channels):
        super().__init__()
        self.fc = nn.Sequential(nn.Conv2d(channels, 8, 1), nn.ReLU(), nn.Conv2d(8, channels, 1))

    def forward(self, x):
        return torch.sigmoid(self.fc(x.mean((2, 3), keepdim=True)) + self.fc(x.amax((2, 3), keepdim=True)))


class MapPart(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(2, 1, 7, padding=3, bias=False)

    def forward(self, x):
        return torch.sigmoid(self.conv(torch.cat((x.mean(1, keepdim=True), x.amax(1, keepdim=True)), 1)))


class GatesOutside(nn.Module):
    """CBAM whose parts return gates, multiplied outside of them."""

    def __init__(self, channels):
        super().__init__()
        self.ca, self.sa = ChannelPart(channels), MapPart()

    def forward(self, x):
        z = self.ca(x) * x
        return self.sa(z) * z


class Multiplies(nn.Module):
    def __init__(self, part):
        super().__init__()
        self.part = part

    def forward(self, x):
        return x * self.part(x)


class GatesInside(nn.Module):
    """CBAM whose parts multiply themselves."""

    def __init__(self, channels):
        super().__init__()
        self.channel, self.spatial = Multiplies(ChannelPart(channels)), Multiplies(MapPart())

    def forward(self, x):
        return self.spatial(self.channel(x))


class Coordinates(nn.Module):
    """Coordinate attention: rows and columns."""

    def __init__(self, channels):
        super().__init__()
        self.conv1, self.bn = nn.Conv2d(channels, 8, 1), nn.BatchNorm2d(8)
        self.conv_h, self.conv_w = nn.Conv2d(8, channels, 1), nn.Conv2d(8, channels, 1)

    def forward(self, x):
        h, w = x.shape[2:]
        y = torch.cat((x.mean(3, keepdim=True), x.mean(2, keepdim=True).permute(0, 1, 3, 2)), dim=2)
        y = nn.functional.hardswish(self.bn(self.conv1(y)))
        rows, columns = torch.split(y, [h, w], dim=2)
        return x * self.conv_w(columns.permute(0, 1, 3, 2)).sigmoid() * self.conv_h(rows).sigmoid()


class Context(nn.Module):
    """GC: one weighted mean, added everywhere."""

    def __init__(self, channels):
        super().__init__()
        self.query, self.transform = nn.Conv2d(channels, 1, 1), nn.Conv2d(channels, channels, 1)

    def forward(self, x):
        weights = self.query(x).flatten(2).softmax(-1)  # (N, 1, HW)
        context = torch.matmul(x.flatten(2), weights.transpose(1, 2))[..., None]
        return x + self.transform(context)


class NonLocal(nn.Module):
    """Every position asks all others."""

    def __init__(self, channels):
        super().__init__()
        self.theta, self.phi, self.g = (nn.Conv2d(channels, 8, 1) for _ in range(3))
        self.out = nn.Conv2d(8, channels, 1)

    def forward(self, x):
        n, _, h, w = x.shape
        weights = torch.softmax(self.theta(x).flatten(2).transpose(1, 2) @ self.phi(x).flatten(2), dim=-1)
        y = torch.bmm(weights, self.g(x).flatten(2).transpose(1, 2))
        return x + self.out(y.transpose(1, 2).reshape(n, 8, h, w))

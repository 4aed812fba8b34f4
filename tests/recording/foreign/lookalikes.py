"""Modules that are called PSA too and are something else, by their layers' names in the public code."""

import torch
from torch import nn


class PointwiseSpatialAttention(nn.Module):
    """In the manner of PSANet: attention over a mask of 9 offsets, collected from the neighbours."""

    def __init__(self, channels):
        super().__init__()
        self.reduce = nn.Conv2d(channels, channels, 1, bias=False)
        self.attention = nn.Sequential(nn.Conv2d(channels, channels, 1), nn.ReLU(), nn.Conv2d(channels, 9, 1))
        self.proj = nn.Conv2d(channels, channels, 1)

    def forward(self, x):
        n, c, h, w = x.shape
        weights = torch.softmax(self.attention(x), dim=1).view(n, 1, 9, h * w)
        around = nn.functional.unfold(self.reduce(x), 3, padding=1).view(n, c, 9, h * w)
        return x + self.proj((around * weights).sum(2).view(n, c, h, w))


class PyramidSplitAttention(nn.Module):
    """In the manner of EPSANet: four kernel sizes, each reweighted by squeeze and excitation."""

    def __init__(self, channels):
        super().__init__()
        part = channels // 4
        for i, kernel in enumerate((3, 5, 7, 9), start=1):
            setattr(self, f"conv_{i}", nn.Conv2d(channels, part, kernel, padding=kernel // 2, bias=False))
        self.se = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(part, part, 1), nn.Sigmoid())

    def forward(self, x):
        parts = [getattr(self, f"conv_{i}")(x) for i in range(1, 5)]
        weights = torch.softmax(torch.stack([self.se(part) for part in parts]), dim=0)
        return torch.cat([part * weight for part, weight in zip(parts, weights, strict=True)], dim=1)


class PositionSensitiveAttention(nn.Module):
    """In the manner of YOLO's C2PSA: self-attention between positions on half of the channels."""

    def __init__(self, channels):
        super().__init__()
        self.cv1 = nn.Conv2d(channels, channels, 1)
        self.attn = nn.ModuleDict(
            {
                "qkv": nn.Conv2d(channels // 2, 3 * (channels // 2), 1),
                "proj": nn.Conv2d(channels // 2, channels // 2, 1),
            }
        )
        self.cv2 = nn.Conv2d(channels, channels, 1)

    def forward(self, x):
        keep, seen = self.cv1(x).chunk(2, dim=1)
        q, k, v = self.attn["qkv"](seen).flatten(2).chunk(3, dim=1)
        mixed = v @ torch.softmax(q.transpose(1, 2) @ k, dim=-1).transpose(1, 2)
        return self.cv2(torch.cat((keep, seen + self.attn["proj"](mixed.view_as(seen))), dim=1))

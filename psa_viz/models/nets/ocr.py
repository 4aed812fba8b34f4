"""Object-contextual representations: each pixel looks at a summary of every class. Yuan et al., arXiv 1909.11065."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from psa_viz.attention.softmax import Softmax
from psa_viz.models.nets.blocks import conv_norm_relu

KEY = 256
MIDDLE = 512
"""Channels of queries and keys, and of the features before and after."""


class ObjectContext(nn.Module):
    """From trunk features to class logits, twice: coarsely from each pixel alone, then with the context of its class.

    Args:
        channels: of the trunk's features.
        classes: K.
    """

    class Output(NamedTuple):
        classes: Tensor  # (N, K, h, w) logits
        coarse: Tensor  # (N, K, h, w) logits that name the regions; upstream's auxiliary loss trains them
        features: Tensor  # (N, MIDDLE, h, w) with context

    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        self.narrow = _biased_conv_norm_relu(channels, MIDDLE, 3)
        self.coarse = nn.Sequential(*_biased_conv_norm_relu(channels, channels, 1), nn.Conv2d(channels, classes, 1))
        self.region_softmax = Softmax()
        self.query = nn.Sequential(conv_norm_relu(MIDDLE, KEY, 1), conv_norm_relu(KEY, KEY, 1))
        self.key = nn.Sequential(conv_norm_relu(MIDDLE, KEY, 1), conv_norm_relu(KEY, KEY, 1))
        self.value = conv_norm_relu(MIDDLE, KEY, 1)
        self.relation_softmax = Softmax()
        self.widen = conv_norm_relu(KEY, MIDDLE, 1)
        self.mix = nn.Sequential(conv_norm_relu(2 * MIDDLE, MIDDLE, 1), nn.Dropout2d(0.05))
        self.classes = nn.Conv2d(MIDDLE, classes, 1)

    def forward(self, x: Tensor) -> Output:
        """(N, channels, h, w) trunk features."""
        coarse = self.coarse(x)
        pixels = self.narrow(x)
        context = self.widen(self._relate(pixels, self._regions(pixels, coarse)))
        features = self.mix(torch.cat((context, pixels), dim=1))
        return self.Output(self.classes(features), coarse, features)

    def _regions(self, pixels: Tensor, coarse: Tensor) -> Tensor:
        """One vector per class: the mean of all pixels, weighted by how much each is of it. (N, MIDDLE, K, 1)"""
        weights = self.region_softmax(coarse.flatten(2)).to(pixels.dtype)  # over positions: (N, K, hw)
        return torch.bmm(pixels.flatten(2), weights.transpose(1, 2))[..., None]

    def _relate(self, pixels: Tensor, regions: Tensor) -> Tensor:
        """Each pixel's mixture of the class vectors, by their likeness to it. (N, KEY, h, w)"""
        query, key, value = (t.flatten(2) for t in (self.query(pixels), self.key(regions), self.value(regions)))
        scores = torch.bmm(query.transpose(1, 2), key) * KEY**-0.5  # (N, hw, K)
        relation = self.relation_softmax(scores).to(value.dtype)  # over classes
        mixed = torch.bmm(value, relation.transpose(1, 2))  # (N, KEY, hw)
        return mixed.view(*mixed.shape[:2], *pixels.shape[-2:])


def _biased_conv_norm_relu(inner: int, outer: int, kernel: int) -> nn.Sequential:
    """With a bias that batch normalisation makes idle: the published weight files have it."""
    conv = nn.Conv2d(inner, outer, kernel, padding=kernel // 2)
    return nn.Sequential(conv, nn.BatchNorm2d(outer), nn.ReLU(inplace=False))

"""A small network that foreign blocks are put into."""

import warnings

import torch
from torch import nn

from psa_viz.recording.adapt import adapt

C = 32


class Block(nn.Module):
    """A residual block as the authors' network has it, with its attention in a slot of their name."""

    def __init__(self, attention):
        super().__init__()
        self.conv1 = nn.Conv2d(C, C, 3, padding=1)
        self.relu = nn.ReLU(inplace=True)
        self.deattn = attention
        self.bn = nn.BatchNorm2d(C)

    def forward(self, x):
        return self.relu(self.bn(self.deattn(self.relu(self.conv1(x)))) + x)


def network(block):
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, C, 3), Block(block(C)), nn.Conv2d(C, 4, 1)).eval()


def quietly(model):
    """Adapted without a word of warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return adapt(model)

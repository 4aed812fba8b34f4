"""The authors' two blocks: their parameter names, and what their file computes (the layers' names are theirs too)."""

import torch
from torch import nn


class OfficialParallel(nn.Module):
    """PSA_p: the channel branch ends in one convolution, the spatial softmax acts on the product."""

    def __init__(self, channels):
        super().__init__()
        half = channels // 2
        self.conv_q_right = nn.Conv2d(channels, 1, 1, bias=False)
        self.conv_v_right = nn.Conv2d(channels, half, 1, bias=False)
        self.conv_up = nn.Conv2d(half, channels, 1, bias=False)
        self.conv_q_left = nn.Conv2d(channels, half, 1, bias=False)
        self.conv_v_left = nn.Conv2d(channels, half, 1, bias=False)

    def channel_gate(self, x):
        a = torch.softmax(self.conv_q_right(x).flatten(2), dim=-1)  # (N, 1, HW)
        z = torch.einsum("ncp,nkp->nc", self.conv_v_right(x).flatten(2), a)
        return torch.sigmoid(self.conv_up(z[:, :, None, None]))  # (N, C, 1, 1)

    def spatial_gate(self, x):
        s = self.conv_q_left(x).mean(dim=(2, 3))
        product = torch.einsum("nc,ncp->np", s, self.conv_v_left(x).flatten(2))
        return torch.sigmoid(torch.softmax(product, dim=-1).view(len(x), 1, *x.shape[2:]))

    def forward(self, x):
        return self.channel_gate(x) * x + self.spatial_gate(x) * x


class OfficialSequential(OfficialParallel):
    """PSA_s: the channel branch ends in a bottleneck, the spatial softmax acts on the value."""

    def __init__(self, channels):
        super().__init__(channels)
        half, narrow = channels // 2, channels // 8
        # In the place of the parallel block's convolution, so that the order of the parameters is theirs.
        self.conv_up = nn.Sequential(
            nn.Conv2d(half, narrow, 1), nn.LayerNorm([narrow, 1, 1]), nn.ReLU(), nn.Conv2d(narrow, channels, 1)
        )

    def spatial_gate(self, x):
        s = self.conv_q_left(x).mean(dim=(2, 3))
        theta = torch.softmax(self.conv_v_left(x).flatten(2), dim=-1)
        return torch.sigmoid(torch.einsum("nc,ncp->np", s, theta).view(len(x), 1, *x.shape[2:]))

    def forward(self, x):
        z = self.channel_gate(x) * x
        return self.spatial_gate(z) * z

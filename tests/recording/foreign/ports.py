"""The paper's formula as two ports have it: the best-known one, with biases everywhere, and one made of a pair."""

import torch
from torch import nn


class PortParallel(nn.Module):
    """Named as in xmu-xiaoma666/External-Attention-pytorch."""

    def __init__(self, channels):
        super().__init__()
        half = channels // 2
        self.ch_wv = nn.Conv2d(channels, half, 1)
        self.ch_wq = nn.Conv2d(channels, 1, 1)
        self.ch_wz = nn.Conv2d(half, channels, 1)
        self.ln = nn.LayerNorm(channels)
        self.sp_wv = nn.Conv2d(channels, half, 1)
        self.sp_wq = nn.Conv2d(channels, half, 1)

    def channel_gate(self, x):
        a = torch.softmax(self.ch_wq(x).flatten(1), dim=-1)  # (N, HW)
        z = torch.einsum("ncp,np->nc", self.ch_wv(x).flatten(2), a)
        return torch.sigmoid(self.ln(self.ch_wz(z[:, :, None, None]).flatten(1)))[:, :, None, None]

    def pooled_query(self, x):
        return torch.softmax(self.sp_wq(x).mean(dim=(2, 3)), dim=-1)

    def spatial_gate(self, x):
        return torch.sigmoid(torch.einsum("nc,nchw->nhw", self.pooled_query(x), self.sp_wv(x)))[:, None]

    def forward(self, x):
        return self.channel_gate(x) * x + self.spatial_gate(x) * x


class PortSequential(PortParallel):
    def forward(self, x):
        z = self.channel_gate(x) * x
        return self.spatial_gate(z) * z


class WithoutSpatialSoftmax:
    """As the port was before its issue 19."""

    def pooled_query(self, x):
        return self.sp_wq(x).mean(dim=(2, 3))


class EarlyPortParallel(WithoutSpatialSoftmax, PortParallel):
    pass


class EarlyPortSequential(WithoutSpatialSoftmax, PortSequential):
    def forward(self, x):
        z = self.channel_gate(x) * x
        return self.spatial_gate(z) * z + z


class ChannelHalf(nn.Module):
    """The first of a pair, named as in MegBox."""

    def __init__(self, channels):
        super().__init__()
        self.w_q = nn.Conv2d(channels, 1, 1)
        self.w_v = nn.Conv2d(channels, channels // 2, 1)
        self.w_z = nn.Conv2d(channels // 2, channels, 1)
        self.ln = nn.LayerNorm(channels)

    def gate(self, x):
        a = torch.softmax(self.w_q(x).flatten(1), dim=-1)
        z = torch.einsum("ncp,np->nc", self.w_v(x).flatten(2), a)
        return torch.sigmoid(self.ln(self.w_z(z[:, :, None, None]).flatten(1)))[:, :, None, None]

    def forward(self, x):
        return self.gate(x) * x


class SpatialHalf(nn.Module):
    """The second of the pair, C wide inside."""

    def __init__(self, channels):
        super().__init__()
        self.w_q = nn.Conv2d(channels, channels, 1)
        self.w_v = nn.Conv2d(channels, channels, 1)

    def gate(self, x):
        s = torch.softmax(self.w_q(x).mean(dim=(2, 3)), dim=-1)
        return torch.sigmoid(torch.einsum("nc,nchw->nhw", s, self.w_v(x)))[:, None]

    def forward(self, x):
        return self.gate(x) * x


class PairParallel(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.ca = ChannelHalf(channels)
        self.sa = SpatialHalf(channels)

    def channel_gate(self, x):
        return self.ca.gate(x)

    def spatial_gate(self, x):
        return self.sa.gate(x)

    def forward(self, x):
        return self.ca(x) + self.sa(x)


class PairSequential(PairParallel):
    def forward(self, x):
        return self.sa(self.ca(x))

"""Blocks that multiply their gates into the input, with the authors' names, as sithu31296 wrote them."""

from tests.recording.foreign.official import OfficialParallel, OfficialSequential


class InPlaceParallel(OfficialParallel):
    """Both branches return the tensor that they were given, and the second one works on what the first has done."""

    def forward(self, x):
        first = x.mul_(self.channel_gate(x))
        second = x.mul_(self.spatial_gate(x))
        return first + second


class InPlaceSequential(OfficialSequential):
    """The right numbers, at the caller's expense."""

    def forward(self, x):
        x *= self.channel_gate(x)
        x *= self.spatial_gate(x)
        return x

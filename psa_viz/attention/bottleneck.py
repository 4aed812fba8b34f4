"""How wide the bottleneck is that SE, CBAM and GC share."""

REDUCTION = 16
NARROWEST = 8
"""Inner channels that a bottleneck keeps, however few come in."""


def inner(channels: int) -> int:
    """Channels inside the bottleneck of a block for C channels."""
    return max(NARROWEST, channels // REDUCTION)

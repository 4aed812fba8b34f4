"""What attention that is not this library's did to an image, as seen from outside. Imports no torch."""

from __future__ import annotations

from dataclasses import dataclass

from psa_viz.values.sites import Site

AXES = {
    "C": "one value per channel",
    "HW": "one value per position",
    "CH": "one value per channel and row",
    "CW": "one value per channel and column",
    "CHW": "one value per channel and position",
    "QK": "one row of weights for every position that asks",
    "hQK": "the same for several heads",
}
"""What the letters of an axis word count; axes of unknown meaning have the letters a, b, c ..."""


@dataclass(frozen=True)
class OtherAttention:
    """A block whose formula is not known here, with the gates that were seen in it.

    Attributes:
        name: path of its module; numbered like a PSA block's where it ran several times.
        kind: what it looks like, for example "SE" or "a sigmoid gate".
        acts: how the output follows from the input and the gates, where that was checked on the numbers of this pass;
            "" where it was not: then nothing says that these are all that the block does.
        sites: the gates, in the order in which they were made.
    """

    name: str
    kind: str
    acts: str
    sites: tuple[Site, ...]

    @property
    def proven(self) -> bool:
        """Whether `acts` was checked. What makes the gates is the network's own business either way."""
        return bool(self.acts)

    def __getitem__(self, site: str) -> Site:
        """The site of this name.

        Raises:
            KeyError: if there is none; the message lists those that there are.
        """
        for one in self.sites:
            if one.name == site:
                return one
        raise KeyError(f"{self.name} has no site {site!r}; it has {', '.join(one.name for one in self.sites)}")

"""How far a long computation is, and the way to stop it."""

from __future__ import annotations

from collections.abc import Callable


class Cancelled(RuntimeError):
    """The computation was stopped on request; the network is as it was before."""


class Work:
    """Counts forward passes, reports how many are done, and stops the computation when asked to.

    The unit is one image forwarded without gradients; one with gradients counts as GRADIENT of them.

    Args:
        total: units that there will be, as estimated; 0 if nobody has counted.
        progress: called with (done, total).
        cancelled: asked before every batch; true stops the computation with Cancelled.
    """

    GRADIENT = 3

    def __init__(
        self,
        total: int = 0,
        progress: Callable[[int, int], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> None:
        self.done, self.total = 0, total
        self.progress, self.cancelled = progress, cancelled

    def begin(self) -> None:
        """Raises Cancelled if that was asked for."""
        if self.cancelled is not None and self.cancelled():
            raise Cancelled(f"stopped after {self.done} of {self.total or 'an unknown number of'} passes")

    def step(self, images: int, gradients: bool = False) -> None:
        self.done += images * (self.GRADIENT if gradients else 1)
        if self.progress is not None:
            self.progress(self.done, max(self.total, self.done))

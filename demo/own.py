"""Networks of one's own on the page, named when it is started and never by a request: `python -m demo --model ...`.

Starting it so runs the code of the modules that are named. The public Space is started without.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from demo.engine import Engine
from demo.shelf import EXAMPLES, Shelf, photo_of
from psa_viz.session.asked import SIZE, Asked

if TYPE_CHECKING:
    from psa_viz.session.own import Own
    from psa_viz.values.results import Explanation

NONE = "none"
"""In the place of a weight file: the network as its factory makes it."""


def asked(
    models: Sequence[str],
    weights: Sequence[str] = (),
    size: int = SIZE,
    mean: Sequence[float] | None = None,
    std: Sequence[float] | None = None,
) -> tuple[Asked, ...]:
    """The networks that a command line names.

    Args:
        models: package.module:factory each.
        weights: as many files in the same order, NONE where there is none; or none at all.

    Raises:
        ValueError: for anything else, with what to do.
    """
    from psa_viz.models.factories import factory_name

    if weights and len(weights) != len(models):
        raise ValueError(
            f"expected as many --weights as --model, in the same order, or none at all, got {len(weights)} and "
            f"{len(models)}; --weights {NONE} leaves a network as its factory makes it"
        )
    if size < 32 or size % 32:
        raise ValueError(f"expected --size as a positive multiple of 32, got {size}")
    files = [None if file == NONE else Path(file) for file in weights] or [None] * len(models)
    found: list[Asked] = []
    for model, file in zip(models, files, strict=True):
        factory = factory_name(model)
        if factory is None:
            raise ValueError(
                f"expected --model as package.module:factory, got {model!r}; the page has the others already"
            )
        name = factory if models.count(model) == 1 else f"{factory} {file.name if file else NONE}"
        if any(one.name == name for one in found):
            raise ValueError(f"{name} is asked for twice")
        numbers = (None if rgb is None else tuple(rgb) for rgb in (mean, std))
        found.append(Asked(name, factory, file, size, *numbers))
    return tuple(found)


class OwnEngine(Engine):
    """An engine for networks of one's own. All are opened when it is made, so that what is wrong is said at once.

    Raises:
        FileNotFoundError, ValueError, RuntimeError: see Asked.open.
    """

    def __init__(self, networks: Sequence[Asked], **more: Any) -> None:
        self.networks = {one.name: one for one in networks}
        self.own = self.networks.keys()
        super().__init__(list(self.networks), load=self._open, **more)
        for name in self.names:
            self.model(name)

    def _open(self, name: str, device: str = "auto") -> Own:
        return self.networks[name].open(device)


class Photos(Shelf):
    """The stored examples as photos alone: what a bundled network made of them says nothing of another one."""

    stored = False

    def __init__(self, engine: Engine, folder: Path = EXAMPLES) -> None:
        super().__init__(folder)
        self.engine = engine
        self._first: Explanation | None = None

    def load(self, name: str) -> Explanation:
        """What the first network does with that photo, which it looks at now; the first one is kept."""
        if self._first is not None and name == self.names[0]:
            return self._first
        from psa_viz.session.photo import load_photo

        result = self.engine.explain(load_photo(photo_of(self.folder(name))), self.engine.names[0], None, False)
        if name == self.names[0]:
            self._first = result
        return result

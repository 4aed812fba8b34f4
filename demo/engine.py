"""The models behind the page: loaded in the background, kept once for everybody, asked one photo at a time."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

import psa_viz
from demo.memory import Models, Sessions
from demo.serving import zerogpu
from psa_viz.models.cards import DEFAULT

if TYPE_CHECKING:
    from psa_viz.session.session import Session
    from psa_viz.values.geometry import Box, Crop
    from psa_viz.values.results import Explanation

log = logging.getLogger(__name__)


class Engine:
    """Loads each model at most once and explains photos with it. Holds nothing of any visitor.

    Args:
        names: models that can be asked for; the first is the default.
        load: (name) or (name, device) -> model.
        explain: (image, model, box=, flip=, person=) -> Explanation.
        devices: names of the devices that there are.
        examples: what the page has stored. The network looks at them once, as soon as it is loaded, so that the first
            edit of a visit is like every other.
    """

    own: Collection[str] = ()
    """Names of networks that are somebody's own, of which nobody knows what they predict."""

    def __init__(
        self,
        names: list[str],
        load: Callable[..., Any] | None = None,
        explain: Callable[..., Explanation] | None = None,
        devices: Callable[[], tuple[str, ...]] | None = None,
        examples: Callable[[], Iterable[Explanation]] = tuple,
    ) -> None:
        self.names = names
        self._load = load or _load
        self._explain = explain or self._look
        self._lent = zerogpu.lend(self._explain_here) if zerogpu.lent() and explain is None else None
        self._devices = devices or _devices
        self._examples = examples
        self._prepared: list[Session] = []
        self._recent = Sessions()
        self._models = Models()
        self._states = {name: "not loaded" for name in names}
        self._lock = threading.Lock()

    def load_in_background(self, name: str) -> threading.Thread:
        """Start loading a model and return at once."""
        thread = threading.Thread(target=self._try, args=(name,), name=f"load {name}", daemon=True)
        thread.start()
        return thread

    def status(self) -> dict[str, str]:
        """Model name -> "not loaded", "loading", "ready", or a sentence that says why it can not be loaded."""
        return dict(self._states)

    def ready(self) -> bool:
        """Whether the default model is loaded, or there is none."""
        return not self.names or self._states[self.names[0]] == "ready"

    def devices(self) -> tuple[str, ...]:
        """Where a model can run, once one has been loaded; before that nobody has looked."""
        return self._devices() if self._models else ()

    def explain(
        self, image: np.ndarray, name: str, box: Box | None, flip: bool, device: str = "auto", person: int = 0
    ) -> Explanation:
        """Ask one model about one photo; loads the model if need be.

        Raises:
            ValueError: for a name that is not offered, and whatever loading or explaining raises.
        """
        if self._lent is None or device != "auto":
            return self._explain(image, self.model(name, device), box=box, flip=flip, person=person)
        self._check(name, device)
        return self._lent(image, name, box, flip, person)

    def _explain_here(self, image: np.ndarray, name: str, box: Box | None, flip: bool, person: int) -> Explanation:
        return self._explain(image, self.model(name), box=box, flip=flip, person=person)

    def session(
        self, image: np.ndarray, name: str, crop: Crop, seed: int | None = None, device: str = "auto"
    ) -> Session:
        """One model's untouched pass over one crop, ready for edits; with a seed, that of the model with random
        weights.

        Raises:
            ValueError: for a name that is not offered, and whatever loading or running raises.
        """
        from psa_viz.session.own import Own
        from psa_viz.session.session import Session
        from psa_viz.session.variants import with_random_weights

        model = self.model(name, device)
        for known in (*self._prepared, *self._recent):
            if known.source is model and known.crop == crop and seed is None and np.array_equal(known.photo, image):
                return self._recent.using(known)  # edits live in the call: visitors may share it
        if isinstance(model, Own):
            return self._recent.using((model if seed is None else model.with_random_weights(seed)).session(image, crop))
        return self._recent.using(Session(image, model if seed is None else with_random_weights(model, seed), crop))

    def _look(self, image: np.ndarray, model: Any, box: Box | None, flip: bool, person: int = 0) -> Explanation:
        """Explain a photo, and keep what the network did for the next question about it."""
        from psa_viz.session.explain import open_session

        session = open_session(image, model, person=person, box=box)
        self._recent.keep(session)
        return session.explain(flip=True) if flip else session.untouched

    def in_layout(self, session: Session, layout: str, blocks: list[str]) -> Session:
        """The same crop under a copy of the model whose blocks put their gates together in another layout.

        Raises:
            ValueError: where the two layouts have different weights.
        """
        from psa_viz.session.variants import under_layout

        return session.on(under_layout(session.model, layout, blocks))

    def trained_under(self, name: str, formula: str, layout: str) -> str | None:
        """The offered model of the same network as `name` that was trained under a formula; None if there is none."""
        from psa_viz.models.zoo import family  # with torch, which is there by the time anybody asks this

        if name not in (card.name for card in psa_viz.bundled()):
            return None
        for card in psa_viz.bundled():
            same = card.name in self.names and family(card.name) == family(name)
            if same and (card.formula, card.layout) == (formula, layout):
                return card.name
        return None

    def model(self, name: str, device: str = "auto") -> Any:
        """The model of that name, loaded if need be. Everybody gets the same one: never write to it.

        Raises:
            ValueError: for a name or a device that is not offered, and whatever loading raises.
        """
        self._check(name, device)
        with self._lock:  # two visitors who ask for a model at once get the same one
            model = self._models.get((name, device))
            if model is None:
                self._states[name] = "loading"
                try:
                    model = self._load(name) if device == "auto" else self._load(name, device)
                except Exception as error:
                    self._states[name] = f"{name} can not be loaded: {error}"
                    raise
                self._states[name] = "ready"
                for (gone, _), old in self._models.put((name, device), model):
                    self._recent.without(old)
                    if gone not in self._models.names():
                        self._states[gone] = "not loaded"
            return model

    def _check(self, name: str, device: str) -> None:
        if device != "auto" and device not in self._devices():
            raise ValueError(f"This page has no device {device!r}; choose one of {', '.join(self._devices())}.")
        if name not in self.names:
            raise ValueError(f"This page has no model {name!r}; choose one of {', '.join(self.names) or 'none'}.")

    def _try(self, name: str) -> None:
        try:
            self.model(name)
            self._prepare(name)
        except Exception:
            log.exception("loading %s", name)

    def _prepare(self, name: str) -> None:
        """Look at the stored examples of a model, and edit one: what a first pass sets up, stays set up."""
        from psa_viz.values.edits import Scale

        for shown in self._examples():
            if shown.model != name:
                continue
            session = self.session(shown.image, name, shown.crop)
            if not self._prepared:
                session.edited([Scale(block, factor=1.0, site="channel") for block in shown.blocks][:1])
            self._prepared.append(session)


def bundled_names() -> list[str]:
    """Names of the models that come with the package, DEFAULT first, then those with PSA. Imports no torch."""
    cards = sorted(psa_viz.bundled(), key=lambda card: (card.name != DEFAULT, card.formula == "none", card.name))
    return [card.name for card in cards]


def _load(name: str, device: str = "auto") -> Any:
    return psa_viz.load(name, device=device)  # torch arrives with the first model, not with the page


def _devices() -> tuple[str, ...]:
    from psa_viz.session.devices import available

    return available()


def _explain(image: np.ndarray, model: Any, box: Box | None, flip: bool) -> Explanation:
    return psa_viz.explain(image, model, box=box, flip=flip)

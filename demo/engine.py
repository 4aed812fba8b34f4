"""The models behind the page: loaded in the background, kept once for everybody, asked one photo at a time."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from psa_viz.inference.geometry import Box
    from psa_viz.inference.results import Explanation

log = logging.getLogger(__name__)


class Engine:
    """Loads each model at most once and explains photos with it. Holds nothing of any visitor.

    Args:
        names: models that can be asked for; the first is the default.
        load: name -> model.
        explain: (image, model, box=, flip=) -> Explanation.
    """

    def __init__(
        self,
        names: list[str],
        load: Callable[[str], Any] | None = None,
        explain: Callable[..., Explanation] | None = None,
    ) -> None:
        self.names = names
        self._load = load or _load
        self._explain = explain or _explain
        self._models: dict[str, Any] = {}
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

    def explain(self, image: np.ndarray, name: str, box: Box | None, flip: bool) -> Explanation:
        """Ask one model about one photo; loads the model if need be.

        Raises:
            ValueError: for a name that is not offered, and whatever loading or explaining raises.
        """
        return self._explain(image, self._model(name), box=box, flip=flip)

    def _model(self, name: str) -> Any:
        if name not in self.names:
            raise ValueError(f"This page has no model {name!r}; choose one of {', '.join(self.names) or 'none'}.")
        with self._lock:  # two visitors who ask for a model at once get the same one
            if name not in self._models:
                self._states[name] = "loading"
                try:
                    self._models[name] = self._load(name)
                except Exception as error:
                    self._states[name] = f"{name} can not be loaded: {error}"
                    raise
                self._states[name] = "ready"
            return self._models[name]

    def _try(self, name: str) -> None:
        try:
            self._model(name)
        except Exception:
            log.exception("loading %s", name)


def bundled_names() -> list[str]:
    """Names of the models that come with the package, one with PSA first. Imports no torch."""
    import psa_viz

    cards = sorted(psa_viz.bundled(), key=lambda card: (card.formula == "none", card.name))
    return [card.name for card in cards]


def _load(name: str) -> Any:
    import psa_viz  # torch arrives with the first model, not with the page

    return psa_viz.load(name)


def _explain(image: np.ndarray, model: Any, box: Box | None, flip: bool) -> Explanation:
    import psa_viz

    return psa_viz.explain(image, model, box=box, flip=flip)

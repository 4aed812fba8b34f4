"""Between two steps of a long computation the network is free: another photo waits for one step, not for all."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from demo.app import LONG
from demo.engine import Engine
from demo.events import Events
from demo.shelf import Shelf
from demo.visit import Visit
from psa_viz.models.files import weights
from psa_viz.recording.alone import lock_of
from tests.hosting.serve import hooks
from tests.hosting.served import SERVED

REQUEST = {"target": "joint:neck", "block": "stage4.0.branch3.block0", "branch": "channel", "off": 0, "seed": 0}
LEAST = {"evidence": 20, "rank": 20, "sanity": 10, "switchboard": 8, "trained": 0}
"""Steps that there are at least; the one model here is all that there is to compare the trained ones with."""

ELSEWHERE = {"begin", "clip"}
"""A ranking, which is tested as "rank", and frames of a film, which tests/demo/test_clip.py has."""


def test_every_long_computation_is_here_or_elsewhere():
    assert set(LEAST) | ELSEWHERE == set(LONG)


@pytest.fixture(scope="module")
def engine(untrained) -> Engine:
    return Engine([SERVED], load=lambda name: weights.read(untrained).eval())


@pytest.fixture(scope="module")
def visit(engine) -> Visit:
    return Visit(engine.explain(Shelf().load("01-astronaut").image, SERVED, None, False))


@pytest.fixture(scope="module")
def other() -> np.ndarray:
    return np.random.default_rng(3).integers(0, 255, (60, 80, 3), dtype=np.uint8)


@pytest.mark.parametrize("event", sorted(LEAST))
def test_the_network_is_free_between_two_steps(event, engine, visit, other):
    """In every pause; in the first and in some of the later ones another photo is really explained."""
    model, pauses = engine.model(SERVED), []
    alone = engine.explain(other, SERVED, None, False).pose.heatmaps
    own = threading.get_ident()

    def somebody_else() -> np.ndarray | None:
        assert threading.get_ident() != own
        locks = [lock_of(model), engine._lock, *(one._lock for one in (*engine._prepared, *engine._recent))]
        for lock in locks:
            assert lock.acquire(blocking=False), f"the computation kept {lock} in pause {len(pauses)}"
            lock.release()
        explained = len(pauses) % 10 == 0
        return engine.explain(other, SERVED, None, False).pose.heatmaps if explained else None

    def pause(stopped) -> None:
        assert not stopped()
        assert hooks(model) == 0, f"a hook in pause {len(pauses)}"
        found = pool.submit(somebody_else).result(120)
        if found is not None:
            np.testing.assert_allclose(found, alone, atol=1e-6)
        pauses.append(event)

    with ThreadPoolExecutor(1) as pool:
        events = Events(engine, Shelf(), uploads=lambda: None)
        sent, _ = getattr(events, event)(REQUEST, visit, pause=pause)
    assert sent["kind"] == event
    assert len(pauses) >= LEAST[event]

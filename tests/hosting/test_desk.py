"""Long work at the desk: few at a time, stopped even before it begins, and ended with its page."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from demo.serving.desk import LONG_AT_ONCE, Desk
from demo.serving.visits import Visits
from demo.slots import Busy
from demo.visit import Visit
from psa_viz.evidence.work import Cancelled
from tests.demo import synthetic
from tests.hosting.test_slots import until


def full(desk: Desk, stack: ExitStack) -> None:
    """As many long ones as may run; all but one of them wait for the device."""
    for number in range(LONG_AT_ONCE):
        stack.enter_context(desk.long.turn("cpu", f"long {number}"))


@pytest.mark.parametrize("way", ["stop", "leave"])
def test_what_waits_ends_at_once(way):
    desk = Desk()
    desk.note("session", "me")

    def ask() -> str:
        try:
            with desk.turn("cpu", "me", "", long=True):
                return "a turn"
        except Busy as busy:
            return str(busy)

    with ExitStack() as stack, ThreadPoolExecutor(1) as pool:
        full(desk, stack)
        answer = pool.submit(ask)
        until(lambda: desk.before("me") == LONG_AT_ONCE)
        desk.stop("you")
        desk.leave("another session")
        assert not answer.done()
        getattr(desk, way)("me" if way == "stop" else "session")
        assert answer.result(30) in (
            "Stopped: nothing was changed, and the model is as it was.",
            "Cancelled: nothing was changed.",
        )
    assert desk.empty()


def test_a_photo_does_not_wait_for_the_long_ones_to_end():
    desk = Desk()
    with ExitStack() as stack:
        full(desk, stack)
        with desk.turn("cpu", "me", ""):
            assert not desk.slots.empty()


def test_a_closed_page_is_not_computed_for():
    """The counter of its steps stands still."""
    desk, steps, ended = Desk(), [], threading.Event()
    desk.note("session", "me")

    def compute() -> None:
        with desk.turn("cpu", "me", "", long=True) as turn, desk.progress.watched("me", 10, turn.pause) as work:
            try:
                while True:
                    work.begin()
                    work.step(1)
                    steps.append(work.done)
            except Cancelled:
                ended.set()

    thread = threading.Thread(target=compute, daemon=True)
    thread.start()
    until(lambda: len(steps) > 3)
    desk.leave("session")
    assert ended.wait(30)
    thread.join(30)
    assert desk.progress.of("me") is None
    assert desk.empty()


def test_a_closed_page_is_the_first_to_be_forgotten():
    desk = Desk()
    desk.visits = Visits(most=2)
    for session in "ab":
        desk.note(session, session)
        desk.visits.put(session, session, Visit(synthetic.explanation()))
    desk.leave("b")
    assert desk.left("b")
    desk.visits.put("c", "c", Visit(synthetic.explanation()))
    assert desk.visits.get("a") is not None
    assert desk.visits.get("b") is None

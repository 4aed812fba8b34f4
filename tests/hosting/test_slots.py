"""Turns at the network: one at a time, in order, bounded, and given back whatever happens."""

from __future__ import annotations

import threading
import time

import pytest

from demo.slots import Busy, Slots, place, visitor_of


def in_line(slots: Slots, visitor: str, done: list[str], device: str = "cpu") -> threading.Thread:
    """A visitor who waits; `done` gets the name when the turn came, or the sentence that refused it."""

    def stand() -> None:
        try:
            with slots.turn(device, visitor):
                done.append(visitor)
        except Busy as error:
            done.append(str(error))

    before = sum(map(len, slots._lines.values()))
    thread = threading.Thread(target=stand, daemon=True)
    thread.start()
    until(lambda: sum(map(len, slots._lines.values())) > before or not thread.is_alive())
    return thread


def until(true) -> None:
    for _ in range(2000):
        if true():
            return
        time.sleep(0.005)
    pytest.fail("did not happen in ten seconds")


def test_turns_come_in_order_and_say_how_many_are_before() -> None:
    slots, done = Slots(), []
    with slots.turn("cpu", "first"):
        waiting = [in_line(slots, name, done) for name in ("a", "b", "c")]
        assert [slots.before(name) for name in ("first", "a", "b", "c", "nobody")] == [0, 1, 2, 3, 0]
        assert done == []
    for thread in waiting:
        thread.join(10)
    assert done == ["a", "b", "c"]
    assert slots._lines == {}
    assert slots._tickets == {}


def test_only_one_is_at_a_device_and_devices_do_not_wait_for_each_other() -> None:
    slots, inside, most = Slots(), [], []

    def use() -> None:
        with slots.turn("cpu"):
            inside.append(1)
            most.append(len(inside))
            time.sleep(0.002)
            inside.pop()

    users = [threading.Thread(target=use) for _ in range(16)]
    for user in users:
        user.start()
    for user in users:
        user.join(20)
    assert most == [1] * 16
    done: list[str] = []
    with slots.turn("cpu"):
        in_line(slots, "on the gpu", done, "cuda:0").join(10)
    assert done == ["on the gpu"]


def test_a_line_that_is_too_long_refuses_at_once_with_the_number() -> None:
    slots, done = Slots(most_waiting=2), []
    with slots.turn("cpu"):
        waiting = [in_line(slots, name, done) for name in "ab"]
        with pytest.raises(Busy, match="3 requests are before yours"), slots.turn("cpu"):
            pytest.fail("no turn was free")
    for thread in waiting:
        thread.join(10)
    assert done == ["a", "b"], "the refused one took nobody's place"


def test_who_waits_too_long_is_told_and_leaves_the_line() -> None:
    slots, done = Slots(patience=0.05), []
    with slots.turn("cpu"):
        in_line(slots, "a", done).join(10)
        assert len(slots._lines["cpu"]) == 1
    assert "Try again" in done[0]
    assert "1 before you" in done[0]


def test_a_visitor_takes_back_what_waits_but_not_what_runs() -> None:
    slots, done = Slots(), []
    with slots.turn("cpu", "me"):
        mine, other = in_line(slots, "me", done), in_line(slots, "you", done)
        slots.cancel("me")
        mine.join(10)
        assert done == ["Cancelled: nothing was changed."]
    other.join(10)
    assert done[1:] == ["you"]


def test_an_error_inside_gives_the_turn_back() -> None:
    slots = Slots()
    with pytest.raises(RuntimeError, match="broken"), slots.turn("cpu", "me"):
        raise RuntimeError("broken")
    with slots.turn("cpu", "me"):
        assert slots.before("me") == 0


def test_auto_is_the_line_of_the_device_that_it_stands_for() -> None:
    assert place("auto", ()) == "cpu"
    assert place("auto", ("cpu", "cuda:0", "cuda:1")) == "cuda:0"
    assert place("auto", ("cpu", "mps")) == "cpu"
    assert place("cpu", ("cpu", "cuda:0")) == "cpu"


@pytest.mark.parametrize(("request_", "name"), [({}, ""), ({"visitor": 3}, ""), ({"visitor": "x" * 5000}, "")])
def test_a_made_up_name_is_short_text(request_, name) -> None:
    assert visitor_of(request_) == name
    assert visitor_of({"visitor": "a" * 32}) == "a" * 32

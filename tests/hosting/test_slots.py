"""Turns at the network: one at a time, in order, bounded, and given back whatever happens."""

from __future__ import annotations

import itertools
import threading
import time

import pytest

from demo.slots import Busy, Slots, place, visitor_of


def in_line(slots: Slots, visitor: str, done: list[str], device: str = "cpu", address: str = "") -> threading.Thread:
    """A visitor who waits; `done` gets the name when the turn came, or the sentence that refused it."""

    def stand() -> None:
        try:
            with slots.turn(device, visitor, address):
                done.append(visitor)
        except Busy as error:
            done.append(str(error))

    before = len(slots._tickets)
    thread = threading.Thread(target=stand, daemon=True)
    thread.start()
    until(lambda: len(slots._tickets) > before or not thread.is_alive())
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
    assert slots.empty()


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
        assert slots.waiting() == 0
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


def test_a_visitor_gets_a_turn_before_anyone_gets_a_second() -> None:
    slots, done = Slots(), []
    with slots.turn("cpu", "first"):
        waiting = [in_line(slots, name, done) for name in ("greedy", "greedy", "greedy", "a", "b", "first")]
        assert slots.before("b") == 3, "the one who is there, greedy once, a"
    for thread in waiting:
        thread.join(10)
    assert done[:3] == ["greedy", "a", "b"]
    assert done[3] == "first", "whose turn was before greedy's"


def test_programs_without_a_name_are_nobodys_second() -> None:
    slots, done = Slots(), []
    with slots.turn("cpu"):
        waiting = [in_line(slots, name, done) for name in ("", "", "a", "")]
    for thread in waiting:
        thread.join(10)
    assert done == ["", "", "a", ""]


def test_ever_new_names_of_one_address_keep_nobody_away() -> None:
    slots, done, numbers = Slots(most_waiting=8), [], itertools.count()
    with slots.turn("cpu", "me", "192.0.2.2"):
        pass  # who had a turn before comes after everybody new

    def greedy() -> None:
        while "me" not in done and len(done) < 60:
            with slots.turn("cpu", f"new {next(numbers)}", "192.0.2.1"):
                until(lambda: slots.waiting() >= 4 or "me" in done)
                done.append("new")

    crowd = [threading.Thread(target=greedy, daemon=True) for _ in range(4)]
    for one in crowd:
        one.start()
    until(lambda: slots.waiting() == 3)
    in_line(slots, "me", done, address="192.0.2.2").join(30)
    for one in crowd:
        one.join(30)
    assert done.index("me") == 4, "as many as one address may have waiting"


@pytest.mark.parametrize("name", ["long", ""])
def test_whatever_long_work_calls_itself_others_get_in_between(name) -> None:
    slots, order = Slots(spell=0.0), []
    with slots.turn("cpu", "a"):
        pass  # who had a turn before comes after everybody new
    with slots.turn("cpu", name) as turn:
        for step in range(3):
            waiting = in_line(slots, "a", order)
            order.append(str(step))
            turn.pause()
            waiting.join(10)
    assert order == ["0", "a", "1", "a", "2", "a"]


def test_long_work_lets_others_in_between_and_comes_again() -> None:
    slots, order = Slots(spell=0.0), []
    with slots.turn("cpu", "long") as turn:
        for step in range(3):
            waiting = [in_line(slots, name, order) for name in ("a", "b")]
            order.append(f"step {step}")
            turn.pause()
            for thread in waiting:
                thread.join(10)
    assert [order[place : place + 3] for place in (0, 3, 6)] == [[f"step {n}", "a", "b"] for n in range(3)]
    assert slots.empty()


def test_a_spell_is_not_cut_short_and_nobody_waiting_means_no_pause() -> None:
    slots, order = Slots(spell=1000.0), []
    with slots.turn("cpu", "long") as turn:
        turn.pause()
        waiting = in_line(slots, "a", order)
        turn.pause()
        assert order == []
    waiting.join(10)
    assert order == ["a"]


def test_two_long_works_take_turns() -> None:
    slots, order, together = Slots(spell=0.0), [], threading.Barrier(2)

    def work(name: str) -> None:
        together.wait()
        with slots.turn("cpu", name) as turn:
            for _ in range(4):
                order.append(name)
                until(lambda: slots.waiting() or len(order) > 4)
                turn.pause()

    threads = [threading.Thread(target=work, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert order in (list("abababab"), list("babababa"))


def test_who_is_stopped_while_others_have_the_device_ends_at_once() -> None:
    slots, stopped, inside, leave = Slots(spell=0.0), threading.Event(), threading.Event(), threading.Event()

    def other() -> None:
        with slots.turn("cpu", "other"):
            inside.set()
            leave.wait(30)

    thread = threading.Thread(target=other, daemon=True)
    threading.Thread(target=lambda: (inside.wait(30), stopped.set(), slots.wake()), daemon=True).start()
    with slots.turn("cpu", "long") as turn:
        thread.start()
        until(lambda: slots.waiting() == 1)
        with pytest.raises(Busy, match="Stopped: nothing was changed"):
            turn.pause(stopped.is_set)
    assert not leave.is_set(), "the other one is still there"
    leave.set()
    thread.join(10)
    assert slots.empty()


def test_one_address_fills_half_of_a_line() -> None:
    slots, done = Slots(most_waiting=4), []
    with slots.turn("cpu", "someone", "192.0.2.9"):
        waiting = [in_line(slots, f"{n}", done, address="192.0.2.1") for n in range(2)]
        with pytest.raises(Busy, match="2 requests of your address"), slots.turn("cpu", "more", "192.0.2.1"):
            pytest.fail("half of the line is theirs")
        waiting.append(in_line(slots, "bystander", done, address="192.0.2.2"))
    for thread in waiting:
        thread.join(10)
    assert sorted(done) == ["0", "1", "bystander"]
    assert slots.refused == 1


def test_several_may_have_it_at_once() -> None:
    slots, done = Slots(at_once=2), []
    with slots.turn("cpu", "a"):
        in_line(slots, "b", done).join(10)
        assert done == ["b"]
        with slots.turn("cpu", "c"):
            waiting = in_line(slots, "d", done)
            assert slots.before("d") == 2
            assert done == ["b"]
        waiting.join(10)
    assert done == ["b", "d"]


def test_auto_is_the_line_of_the_device_that_it_stands_for() -> None:
    assert place("auto", ()) == "cpu"
    assert place("auto", ("cpu", "cuda:0", "cuda:1")) == "cuda:0"
    assert place("auto", ("cpu", "mps")) == "cpu"
    assert place("cpu", ("cpu", "cuda:0")) == "cpu"


@pytest.mark.parametrize(("request_", "name"), [({}, ""), ({"visitor": 3}, ""), ({"visitor": "x" * 5000}, "")])
def test_a_made_up_name_is_short_text(request_, name) -> None:
    assert visitor_of(request_) == name
    assert visitor_of({"visitor": "a" * 32}) == "a" * 32

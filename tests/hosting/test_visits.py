"""Who is remembered when there is no more room: not the one who asks most."""

from __future__ import annotations

from demo.serving.visits import Visits
from demo.visit import Visit
from tests.demo import synthetic

VISIT = Visit(synthetic.explanation())


def remembered(visits: Visits, *sessions: str) -> list[bool]:
    return [session in visits._kept for session in sessions]


def test_everybody_has_their_own() -> None:
    visits, other = Visits(), Visit(synthetic.explanation(3))
    visits.put("a", "192.0.2.1", VISIT)
    visits.put("b", "192.0.2.1", other)
    assert visits.get("a") is VISIT
    assert visits.get("b") is other
    assert visits.get("c") is None


def test_one_address_forgets_its_own_and_not_the_others() -> None:
    visits = Visits(most=64)
    for number in range(30):
        visits.put(f"bystander {number}", f"192.0.2.{number}", VISIT)
    for number in range(66):
        visits.put(f"cheap {number}", "198.51.100.7", VISIT)
    assert all(remembered(visits, *(f"bystander {number}" for number in range(30))))
    assert len(visits) == 64
    assert visits.get("cheap 65") is VISIT, "the newest of its own"
    assert visits.get("cheap 0") is None


def test_a_newcomer_has_a_place_although_one_address_has_all_others() -> None:
    visits = Visits(most=4)
    for number in range(4):
        visits.put(f"cheap {number}", "198.51.100.7", VISIT)
    visits.put("new", "192.0.2.1", VISIT)
    visits.put("cheap 4", "198.51.100.7", VISIT)
    assert remembered(visits, "new", "cheap 0", "cheap 1") == [True, False, False]


def test_among_equals_the_one_away_longest_goes_and_closed_pages_before_all() -> None:
    visits = Visits(most=3)
    for name in "abc":
        visits.put(name, name, VISIT)
    visits.get("a")
    visits.put("d", "d", VISIT)
    assert remembered(visits, "a", "b", "c", "d") == [True, False, True, True]
    visits.close("d")
    visits.put("e", "e", VISIT)
    assert remembered(visits, "a", "c", "d", "e") == [True, True, False, True]
    visits.close("a")
    visits.get("a")  # opened again
    visits.put("f", "f", VISIT)
    assert remembered(visits, "a", "c") == [True, False]


def test_after_a_day_nothing_is_left() -> None:
    now = [0.0]
    visits = Visits(age=10.0, clock=lambda: now[0])
    visits.put("a", "", VISIT)
    now[0] = 8.0
    visits.put("b", "", VISIT)
    now[0] = 11.0
    assert visits.get("a") is None
    assert visits.get("b") is VISIT

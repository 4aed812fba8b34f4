"""Requests that are too large, that are not sent, and for which there is no room."""

from __future__ import annotations

import json

import pytest

from demo.serving import bodies
from demo.serving.address import address_of
from demo.serving.quota import Full, Quota
from tests.hosting.asking import asked, reads_all


def length(size: int) -> list[tuple[bytes, bytes]]:
    return [(b"content-length", str(size).encode())]


async def hides_errors(scope, receive, send):
    """An application that makes an answer of its own of whatever goes wrong with the body, as FastAPI does."""
    try:
        await reads_all(scope, receive, send)
    except Exception:
        await send({"type": "http.response.start", "status": 400, "headers": []})
        await send({"type": "http.response.body", "body": b"There was an error parsing the body"})


BOTH = pytest.mark.parametrize("inner", [reads_all, hides_errors])


@BOTH
@pytest.mark.parametrize(("path", "most"), [("/queue/join", bodies.MOST_ASKED), ("/upload", bodies.MOST_SENT)])
def test_bodies_up_to_the_limit_are_read_and_longer_ones_refused(path, most, inner):
    app = bodies.BoundedBodies(inner)
    half = bytes(most // 2)
    assert asked(app, path, [half, half])[1]["body"] == str(most).encode()
    for answer in (asked(app, path, [half, half, b"x"]), asked(app, path, [], length(most + 1))):
        assert answer[0]["status"] == 413
        assert "too large" in json.loads(answer[1]["body"])["detail"]
        assert len(answer) == 2


@BOTH
def test_a_body_that_is_not_sent_ends(inner):
    app = bodies.BoundedBodies(inner, patience=0.05)
    for sent in ([], [b"the first half"]):
        answer = asked(app, "/upload", sent, never=True)
        assert answer[0]["status"] == 408
        assert "not sent in time" in json.loads(answer[1]["body"])["detail"]


@BOTH
def test_nobody_stops_in_the_middle_of_a_long_body(inner):
    """What came fast is no time to wait with: ten minutes, at twenty kilobytes a second."""
    app = bodies.BoundedBodies(inner, patience=0.05)
    answer = asked(app, "/upload", [bytes(600 * bodies.SLOWEST)], never=True)
    assert answer[0]["status"] == 408


def test_waiting_for_the_visitor_to_leave_is_no_slow_body():
    async def streams(scope, receive, send):
        await reads_all(scope, receive, send)
        left.append(await receive())

    left = []
    asked(bodies.BoundedBodies(streams, patience=0.2), "/queue/data", [b"x"])
    assert left == [{"type": "http.request", "body": b"", "more_body": False}]


def test_an_address_has_room_for_its_own_and_leaves_some_to_others():
    now = [0.0]
    quota = Quota(most=100, most_of_one=60, age=10, clock=lambda: now[0])
    quota.take("a", 60)
    with pytest.raises(Full, match="0 MB within an hour"):
        quota.take("a", 1)
    quota.take("b", 40)
    with pytest.raises(Full, match="no room"):
        quota.take("c", 1)
    assert quota.kept() == 100
    now[0] = 11.0
    quota.take("a", 60)
    assert quota.kept() == 60


@pytest.mark.parametrize("says", [True, False], ids=["with its length", "in pieces"])
def test_an_upload_without_room_is_refused_before_it_is_read(says):
    quota = Quota(most=8 * bodies.PIECE, most_of_one=4 * bodies.PIECE)
    app = bodies.BoundedBodies(reads_all, quota)
    piece = bytes(bodies.PIECE)

    def upload(count: int, address: str) -> list[dict]:
        headers = length(count * len(piece)) if says else []
        return asked(app, "/gradio_api/upload", [piece] * count, headers, address)

    assert upload(4, "192.0.2.1")[0]["status"] == 200
    refused = upload(1, "192.0.2.1")
    assert refused[0]["status"] == 429
    assert "4 MB are the most" in json.loads(refused[1]["body"])["detail"]
    assert upload(4, "192.0.2.2")[0]["status"] == 200, "a bystander has room"
    assert "no room" in json.loads(upload(1, "192.0.2.3")[1]["body"])["detail"]
    assert asked(app, "/queue/join", [piece], address="192.0.2.1")[0]["status"] == 200, "only files are kept"


@pytest.mark.parametrize("inner", [reads_all, hides_errors])
@pytest.mark.parametrize("sent", [0, 1])
def test_room_that_was_announced_and_not_used_is_free_again(inner, sent):
    """Thirty headers would otherwise keep everybody's photos away for an hour."""
    quota = Quota(most=4 * bodies.PIECE, most_of_one=4 * bodies.PIECE)
    app = bodies.BoundedBodies(inner, quota, patience=0.05)
    piece = bytes(bodies.PIECE)
    asked(app, "/upload", [piece] * sent, length(4 * len(piece)), "192.0.2.1", never=True)
    assert quota.kept() == sent * len(piece)
    assert asked(app, "/upload", [piece] * (4 - sent), [], "192.0.2.2")[0]["status"] == 200
    assert quota.kept() == 4 * len(piece)


def test_what_is_given_back_is_the_newest_of_that_address():
    now = [0.0]
    quota = Quota(most=100, most_of_one=100, age=10, clock=lambda: now[0])
    quota.take("a", 30)
    now[0] = 6.0
    quota.take("b", 20)
    quota.take("a", 40)
    quota.give_back("a", 50)
    assert quota.kept() == 40
    now[0] = 11.0  # of the first photo's 20 that were left, and b's
    assert quota.kept() == 20
    quota.give_back("a", 99)
    assert quota.kept() == 20


def test_small_pieces_are_not_noted_one_by_one():
    quota = Quota()
    asked(bodies.BoundedBodies(reads_all, quota), "/upload", [b"x"] * 5000)
    assert len(quota._taken) == 1


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:bbbb::2", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("testclient", "testclient"),
        (None, ""),
    ],
)
def test_an_address_is_what_one_subscriber_has(host, address):
    assert address_of(host) == address

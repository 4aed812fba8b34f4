"""A long computation is seen and stopped by the visitor whose it is, and by nobody else."""

import threading

import pytest

from demo.progress import Progress, TooLong
from psa_viz.evidence.work import Cancelled


def test_it_is_seen_while_it_runs_and_then_no_more():
    progress = Progress()
    assert progress.of("a") is None
    with progress.watched("a", total=10) as work:
        work.step(3)
        assert progress.of("a") == (3, 10)
        assert progress.of("b") is None
        work.step(9)
        assert progress.of("a") == (12, 12)  # an estimate that was too low is not shown as more than all
    assert progress.of("a") is None


def test_only_the_own_computation_is_stopped():
    progress = Progress()
    with progress.watched("a", 5) as mine, progress.watched("b", 5) as theirs:
        progress.stop("a")
        progress.stop("nobody")
        theirs.begin()
        with pytest.raises(Cancelled):
            mine.begin()


def test_nothing_runs_for_longer_than_it_may():
    progress = Progress(longest=0.0)
    with progress.watched("a", 5) as work, pytest.raises(TooLong, match="after 0 seconds"):
        work.begin()
    assert progress.of("a") is None
    with Progress(longest=60.0).watched("a", 5) as work:
        work.begin()


def test_what_fails_is_forgotten_too():
    progress = Progress()
    with pytest.raises(RuntimeError), progress.watched("a", 5):
        raise RuntimeError
    assert progress.of("a") is None


def test_a_nameless_visitor_cannot_be_asked_about():
    progress = Progress()
    with progress.watched("", 5) as work:
        progress.stop("")
        work.begin()
        assert progress.of("") is None


def test_many_visitors_at_once():
    progress, seen = Progress(), {}
    together = threading.Barrier(8)

    def run(name, steps):
        with progress.watched(name, 100) as work:
            for _ in range(steps):
                work.step(1)
            together.wait()
            seen[name] = progress.of(name)

    threads = [threading.Thread(target=run, args=(f"v{i}", i)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == {f"v{i}": (i, 100) for i in range(8)}


def test_what_is_stopped_before_it_begins_does_not_begin():
    """The page shows its button as soon as it has asked; the network may be busy with others for a while."""
    progress = Progress()
    with progress.announced("a") as stopped:
        progress.stop("b")
        assert not stopped.is_set()
        progress.stop("a")
        assert stopped.is_set()
        with progress.watched("a", 5) as work, pytest.raises(Cancelled):
            work.begin()
    with progress.announced("a"), progress.watched("a", 5) as work:
        work.begin()  # the next one is another


def test_a_pause_is_not_its_own_time():
    now = [0.0]

    def pause(stopped):
        assert not stopped()
        now[0] += 100.0

    with Progress(longest=10.0, clock=lambda: now[0]).watched("a", 5, pause) as work:
        for _ in range(3):
            now[0] += 3.0
            work.begin()
        now[0] += 3.0
        with pytest.raises(TooLong, match="after 10 seconds"):
            work.begin()

"""A study goes on where it stopped, refuses another's file, and its words follow from its numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from synthetic_network import OneCell, bright_at_the_cell

from psa_viz.evidence.study import run_study
from psa_viz.evidence.study_section import study_section
from psa_viz.evidence.study_table import GateRow, PhotoRow, Study, advantage, interval, read, write
from psa_viz.evidence.work import Cancelled, Work


@pytest.fixture(scope="module")
def photos():
    photo = bright_at_the_cell()
    return [photo, (photo * 0.97).astype(np.uint8), (photo * 0.94).astype(np.uint8)]


@pytest.fixture(scope="module")
def whole_study(photos):
    return run_study(OneCell(), photos, "drawn")


def test_attention_that_is_right_comes_out_right(whole_study) -> None:
    assert [photo.target for photo in whole_study.photos] == ["joint:knee", "joint:hip", "joint:knee"]
    assert whole_study.blocks == {"spatial": ("attention",), "channel": ("attention",)}
    for against in ("random", "elsewhere", "reversed"):
        found = advantage(whole_study, "spatial", against)
        assert found.mean > 0.2
        assert (found.better, found.verdict, found.photos) == (1.0, 1, 3)
    assert advantage(whole_study, "spatial", "gate_gradients").mean <= 0.01
    wrong = run_study(OneCell(attentive=False), [bright_at_the_cell()] * 2, "drawn")
    assert advantage(wrong, "spatial", "random").verdict == -1


def test_it_goes_on_where_it_was_stopped(photos, whole_study, tmp_path) -> None:
    out, work = tmp_path / "deeper" / "table.json", Work()
    counted = []

    def count(done: int) -> None:
        counted.append(done)
        if done == 2:
            work.cancelled = lambda: True

    with pytest.raises(Cancelled):
        run_study(OneCell(), photos, "drawn", out=out, done=count, work=work)
    assert len(read(out).photos) == 2
    again = run_study(OneCell(), photos, "drawn", out=out, done=counted.append)
    assert counted == [1, 2, 3]
    assert again == whole_study == read(out)


def test_a_file_of_another_study_is_left_alone(photos, whole_study, tmp_path) -> None:
    out = tmp_path / "table.json"
    write(whole_study, out)
    before = out.read_bytes()
    for changed in ({"data": "other"}, {"data": "drawn", "off": 0.5}, {"data": "drawn", "seed": 3}):
        with pytest.raises(ValueError, match="another study"):
            run_study(OneCell(), photos, out=out, **changed)
    with pytest.raises(ValueError, match="other blocks"):
        run_study(OneCell(), photos, "drawn", blocks=["stage1"], out=out)
    assert out.read_bytes() == before
    out.write_text("{}")
    with pytest.raises(ValueError, match="no study"):
        read(out)


def table(*areas: tuple[float, float, float], end: float = 0.1) -> Study:
    """A study with (attention, random, centre) areas of its photos."""
    rows = [
        PhotoRow(
            i,
            "joint:knee",
            tuple(
                GateRow("stage1.block0", branch, 0.5, end, dict(zip(("attention", "random", "centre"), a, strict=True)),
                        "moved", {}, {"grad_cam": 0.25})
                for branch in ("spatial", "channel")
            ),
        )
        for i, a in enumerate(areas)
    ]  # fmt: skip
    blocks = {"spatial": ("stage1.block0",), "channel": ("stage1.block0",)}
    return Study("m", "paper", "parallel", "", "d.tar", 0.0, 0, 5, 4, blocks, tuple(rows))


def test_the_advantage_is_a_part_of_the_start() -> None:
    found = advantage(table((0.1, 0.2, 0.1), (0.1, 0.3, 0.1), (0.2, 0.15, 0.2)), "spatial", "random")
    values = np.array([0.2, 0.4, -0.1])
    assert (found.mean, found.sd) == (pytest.approx(values.mean()), pytest.approx(values.std(ddof=1)))
    assert found.better == pytest.approx(2 / 3)
    assert (found.low, found.high) == pytest.approx(interval(values, 0))
    with pytest.raises(ValueError, match="elsewhere"):
        advantage(table((0.1, 0.2, 0.1)), "spatial", "elsewhere")


def test_words_follow_from_numbers() -> None:
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 0.005, (20, 3))
    faithful = study_section(table(*(np.array([0.1, 0.3, 0.3]) + noise)))
    assert "**Spatial map**: beats every control" in faithful
    assert "20 photos" in faithful
    assert "grad cam | +0.25 ± 0.00 | 20" in faithful
    partly = study_section(table(*(np.array([0.1, 0.3, 0.1]) + noise)))
    assert "**Spatial map**: does not beat every control" in partly
    assert "faster than a random order, and not to be told from the distance from the centre" in partly
    worse = study_section(table(*(np.array([0.3, 0.1, 0.1]) + noise)))
    assert "slower than a random order and the distance from the centre" in worse
    assert "nothing to explain" in study_section(table(*(np.array([0.3, 0.1, 0.1]) + noise), end=0.499))


def test_reading_gives_back_what_was_written(tmp_path) -> None:
    one = replace(table((0.1, 0.2, 0.3)), off="mean")
    write(one, tmp_path / "a.json")
    assert read(tmp_path / "a.json") == one
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]

"""A study goes on where it stopped, scores no photo that it chose on, and says of every gate what its numbers say."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from psa_viz.__main__ import main
from psa_viz.evidence.advantage import advantage, interval, rows_of
from psa_viz.evidence.study import run_study
from psa_viz.evidence.study_choice import chosen, rank_gates, subject_of
from psa_viz.evidence.study_files import read, write
from psa_viz.evidence.study_section import study_section
from psa_viz.evidence.study_table import Gate, GateRow, PhotoRow, Study
from psa_viz.evidence.work import Cancelled, Work
from tests.evidence.synthetic_network import OneCell, bright_at_the_cell

RUNS = sorted((Path(__file__).parents[2] / "docs" / "runs" / "evidence").glob("*.json"))
SPATIAL = Gate("attention", "spatial", 0.0, 0.0)
ONE_WAY = {"offs": (0.0,), "shifts": (0.0,), "looks": 1}


@pytest.fixture(scope="module")
def photos():
    photo = bright_at_the_cell()
    return [photo, photo, (photo * 0.97).astype(np.uint8), (photo * 0.94).astype(np.uint8)]


@pytest.fixture(scope="module")
def whole_study(photos):
    return run_study(OneCell(), photos, "drawn", looks=1)


def test_attention_that_is_right_comes_out_right(whole_study) -> None:
    """Under every condition: values to 0 or to their mean, in the centre or moved, over values or over mass."""
    assert [photo.target for photo in whole_study.photos] == ["joint:hip", "joint:knee", "joint:hip"]
    assert whole_study.blocks == {"spatial": ("attention",), "channel": ("attention",)}
    for gate in (SPATIAL, replace(SPATIAL, shift=1 / 6), replace(SPATIAL, off="mean"), replace(SPATIAL, axis="mass")):
        for against in ("random", "elsewhere", "reversed"):
            found = advantage(whole_study, gate, against)
            assert found.mean > (0.1 if gate.off == 0 and gate.axis == "values" else 0), (gate, against)
            assert (found.better, found.verdict, found.photos) == (1.0, 1, 3)
    assert advantage(whole_study, SPATIAL, "gate_gradients").mean <= 0.01


def test_attention_that_is_wrong_comes_out_wrong() -> None:
    wrong = run_study(OneCell(attentive=False), [bright_at_the_cell()] * 3, "drawn", **ONE_WAY)
    assert advantage(wrong, SPATIAL, "random").verdict == -1


def test_photos_that_blocks_were_chosen_on_are_not_scored(whole_study, photos) -> None:
    assert [row.photo for row in whole_study.photos] == [1, 2, 3]
    assert whole_study.looks == 1
    named = run_study(OneCell(), photos, "drawn", blocks=["attention"], offs=(0.0,), shifts=(0.0,))
    assert [row.photo for row in named.photos] == [0, 1, 2, 3]
    assert (named.looks, named.ranking) == (0, ())
    with pytest.raises(ValueError, match="more than 4 photos, for 4 are for choosing"):
        run_study(OneCell(), photos, "drawn", looks=4)


def test_a_flat_gate_is_listed_and_not_tested(photos) -> None:
    model = OneCell()
    with torch.no_grad():
        model.attention.spatial.value.weight.zero_()
    found = run_study(model, photos, "drawn", **ONE_WAY)
    assert found.blocks == {"spatial": (), "channel": ("attention",)}
    rows = {row.branch: row for row in found.ranking}
    assert (rows["spatial"].flat, rows["spatial"].lost, rows["spatial"].tested) == (1.0, 0.0, False)
    assert rows["channel"].tested
    assert rows["channel"].lost > 0
    assert "| spatial map of `attention` | 0.0000 | 100% | 0.0% |  |" in study_section(found)
    with pytest.raises(ValueError, match="flat in every photo"):
        advantage(run_study(model, photos, "drawn", blocks=["attention"], **ONE_WAY), SPATIAL, "random")


def test_how_many_blocks_are_chosen(small_network, small_photo) -> None:
    one, every = (rank_gates(small_network, [small_photo], most, None) for most in (1, None))
    assert [len(names) for names in chosen(one).values()] == [1, 1]
    assert len(chosen(every)["channel"]) == sum(row.branch == "channel" and row.flat < 0.5 for row in every)
    assert sorted((row.block, row.branch) for row in every) == sorted((row.block, row.branch) for row in one)
    lost = [row.lost for row in one]
    assert lost == sorted(lost, reverse=True)


def test_the_moved_crop_moves_the_photo() -> None:
    photo = bright_at_the_cell()
    still, moved = (subject_of(OneCell(), photo, None, shift, seed=3) for shift in (0.0, 0.25))
    dx, dy = (moved.crop.box[i] - still.crop.box[i] for i in (0, 1))
    assert (abs(dx), abs(dy)) == (8.0, 8.0)
    x0, y0 = max(0, int(dx)), max(0, int(dy))
    np.testing.assert_array_equal(
        moved.pixels[y0 - int(dy) : y0 - int(dy) + 24, x0 - int(dx) : x0 - int(dx) + 24],
        photo[y0 : y0 + 24, x0 : x0 + 24],
    )


def test_it_goes_on_where_it_was_stopped(photos, whole_study, tmp_path) -> None:
    out, work = tmp_path / "deeper" / "table.json", Work()
    counted = []

    def count(done: int) -> None:
        counted.append(done)
        if done == 2:
            work.cancelled = lambda: True

    with pytest.raises(Cancelled):
        run_study(OneCell(), photos, "drawn", looks=1, out=out, done=count, work=work)
    assert len(read(out).photos) == 2
    again = run_study(OneCell(), photos, "drawn", looks=1, out=out, done=counted.append)
    assert counted == [1, 2, 3]
    assert again == whole_study == read(out)


def test_time_runs_out_for_another_gate_each_time(photos) -> None:
    """A clock that moves a second at every look: with 2 seconds, two of the eight gates of a photo are begun."""
    ticks = iter(range(1000))
    found = run_study(OneCell(), photos, "drawn", looks=1, seconds=2.5, clock=lambda: float(next(ticks)))
    assert [len(photo.gates) for photo in found.photos] == [2, 2, 2]
    assert [len(photo.left_out) for photo in found.photos] == [6, 6, 6]
    firsts = [(row.branch, row.off, row.shift) for row in (photo.gates[0] for photo in found.photos)]
    assert len(set(firsts)) == 3
    assert found.photos[0].left_out[0] in (
        "channel attention, off mean, shift 0.00",
        "channel attention, off 0.0, shift 0.00",
    )
    assert "Time ran out before all gates of 3 photos" in study_section(found)


def test_a_file_of_another_study_is_left_alone(photos, whole_study, tmp_path) -> None:
    out = tmp_path / "table.json"
    write(whole_study, out)
    before = out.read_bytes()
    for changed in ({"data": "other"}, {"data": "drawn", "offs": (0.5,)}, {"data": "drawn", "seed": 3},
                    {"data": "drawn", "shifts": (0.0,)}):  # fmt: skip
        with pytest.raises(ValueError, match="another study"):
            run_study(OneCell(), photos, looks=1, out=out, **changed)
    with pytest.raises(ValueError, match="another study"):
        run_study(OneCell(), photos, "drawn", blocks=["stage1"], out=out)
    assert out.read_bytes() == before
    out.write_text("{}")
    with pytest.raises(ValueError, match="no study"):
        read(out)


def test_other_blocks_than_named(photos, tmp_path) -> None:
    out = tmp_path / "table.json"
    run_study(OneCell(), photos[:1], "drawn", blocks=["attention"], offs=(0.0,), shifts=(0.0,), out=out)
    with pytest.raises(ValueError, match="other blocks"):
        run_study(OneCell(), photos[:1], "drawn", blocks=["stage1"], offs=(0.0,), shifts=(0.0,), out=out)


def table(*areas: tuple[float, float, float], end: float = 0.1, span: float | None = 0.5) -> Study:
    """A study with (attention, random, centre) areas of its photos."""
    orders = ("attention", "random", "centre")
    rows = [
        PhotoRow(
            i,
            "joint:knee",
            tuple(
                GateRow("stage1.block0", branch, 0.0, 0.0, span, 0.5, end, dict(zip(orders, a, strict=True)), {},
                        "moved", {}, {"grad_cam": 0.25})
                for branch in ("spatial", "channel")
            ),
        )
        for i, a in enumerate(areas)
    ]  # fmt: skip
    blocks = {"spatial": ("stage1.block0",), "channel": ("stage1.block0",)}
    return Study("m", "paper", "parallel", "", "d.tar", (0.0,), (0.0,), 0, 5, 4, 10, (), blocks, tuple(rows))


FIRST = Gate("stage1.block0", "spatial")


def test_the_advantage_is_a_part_of_the_start() -> None:
    found = advantage(table((0.1, 0.2, 0.1), (0.1, 0.3, 0.1), (0.2, 0.15, 0.2)), FIRST, "random")
    values = np.array([0.2, 0.4, -0.1])
    assert (found.mean, found.sd) == (pytest.approx(values.mean()), pytest.approx(values.std(ddof=1)))
    assert found.better == pytest.approx(2 / 3)
    assert (found.low, found.high) == pytest.approx(interval(values, 0))
    with pytest.raises(ValueError, match="elsewhere"):
        advantage(table((0.1, 0.2, 0.1)), FIRST, "elsewhere")
    with pytest.raises(ValueError, match="no Gate"):
        advantage(table((0.1, 0.2, 0.1)), replace(FIRST, off="mean"), "random")


def test_a_photo_in_which_the_gate_is_flat_is_no_photo() -> None:
    both = table((0.1, 0.2, 0.1), (0.1, 0.4, 0.1))
    second = both.photos[1]
    flat = replace(
        both, photos=(both.photos[0], replace(second, gates=tuple(replace(g, span=0.0) for g in second.gates)))
    )
    assert advantage(flat, FIRST, "random").photos == 1
    assert advantage(flat, FIRST, "random").mean == pytest.approx(0.2)


def test_words_follow_from_numbers() -> None:
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 0.005, (20, 3))
    faithful = study_section(table(*(np.array([0.1, 0.3, 0.3]) + noise)))
    assert "**Spatial map of `stage1.block0`**: With values to 0: beats every control" in faithful
    assert "20 photos" in faithful
    assert "chosen on 10 other photos" in faithful
    assert "+0.25 ± 0.00" in faithful
    partly = study_section(table(*(np.array([0.1, 0.3, 0.1]) + noise)))
    assert "does not beat every control" in partly
    assert "faster than a random order; not to be told from the distance from the centre" in partly
    worse = study_section(table(*(np.array([0.3, 0.1, 0.1]) + noise)))
    assert "slower than a random order, the distance from the centre" in worse
    assert "nothing to explain" in study_section(table(*(np.array([0.3, 0.1, 0.1]) + noise), end=0.499))
    assert "flat in every photo" in study_section(table(*(np.array([0.3, 0.1, 0.1]) + noise), span=0.001))


def test_reading_gives_back_what_was_written(tmp_path, whole_study) -> None:
    for one in (whole_study, table((0.1, 0.2, 0.3))):
        write(one, tmp_path / "a.json")
        assert read(tmp_path / "a.json") == one
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


def test_a_table_of_the_first_schema_is_read(tmp_path) -> None:
    """What it did not note is empty; a gate without any rank correlation is constant, and said to be flat."""
    old = json.loads(json.dumps(asdict(table((0.1, 0.2, 0.3), span=None))))
    for name in ("offs", "shifts", "looks", "ranking"):
        del old[name]
    for photo in old["photos"]:
        for gate in photo["gates"]:
            for name in ("off", "shift", "span", "mass_areas"):
                del gate[name]
            if gate["branch"] == "channel":
                gate["rho"] = {"grad_cam": None}
    path = tmp_path / "old.json"
    path.write_text(json.dumps({"schema": 1, "off": 0.0, **old}))
    found = read(path)
    assert (found.offs, found.shifts, found.looks) == ((0.0,), (0.0,), None)
    assert [row.flat for row in rows_of(found, FIRST)] == [False]
    said = study_section(found)
    assert "**Channel weights of `stage1.block0`**: flat in every photo" in said
    assert "the channel weights of `stage1.block0` turned out flat" in said


def test_a_stored_table_is_printed_without_running_anything(capsys, tmp_path) -> None:
    write(table((0.1, 0.2, 0.3)), tmp_path / "a.json")
    assert main(["evidence-study", "--read", str(tmp_path / "a.json")]) == 0
    assert capsys.readouterr().out == study_section(table((0.1, 0.2, 0.3))) + "\n"
    assert main(["evidence-study"]) == 2
    assert "either --data" in capsys.readouterr().err


@pytest.mark.parametrize("path", RUNS, ids=lambda path: path.stem)
def test_the_docs_say_what_the_stored_runs_say(path) -> None:
    assert study_section(read(path)) in (path.parents[2] / "RESULTS.md").read_text(encoding="utf-8")

"""What is measured is what is said to be measured; no test here asks how long anything took."""

import json
import subprocess
import sys
import time
from itertools import groupby
from pathlib import Path

import pytest
import torch

from psa_viz.attention.backends.dispatch import choose
from psa_viz.attention.polarized import PARTS, PolarizedSelfAttention
from psa_viz.benchmark.blocks import QUICK, SHAPES, Case, cases, time_block
from psa_viz.benchmark.memory import peak_megabytes
from psa_viz.benchmark.paired import Paired, measure
from psa_viz.benchmark.plot import plot
from psa_viz.benchmark.printed import AsPrinted
from psa_viz.models.cards import bundled

ROOT = Path(__file__).parent.parent.parent
CPU = torch.device("cpu")


def run(*arguments, code=0):
    command = [sys.executable, "-m", "psa_viz", "bench", *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    return done


@pytest.mark.parametrize(("formula", "layout"), PARTS)
@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
def test_the_printed_form_computes_what_our_block_does(formula, layout, memory_format):
    torch.manual_seed(0)
    block = PolarizedSelfAttention(32, layout=layout, formula=formula).double()
    x = torch.randn(2, 32, 5, 7, dtype=torch.float64).contiguous(memory_format=memory_format)
    torch.testing.assert_close(AsPrinted(block)(x), block(x), rtol=0, atol=1e-12)


def test_candidates_are_called_in_turn():
    order = []
    times = measure({name: lambda name=name: order.append(name) or time.sleep(0.02) for name in "ab"}, rounds=3)
    assert "".join(name for name, _ in groupby(order)) == "ab" + 3 * "ab"
    assert {len(seconds) for seconds in times.seconds.values()} == {3}
    with pytest.raises(ValueError, match="at least 1 round"):
        measure({"a": lambda: None}, rounds=0)


def test_a_ratio_is_the_median_of_each_rounds_ratio():
    times = Paired({"slow": (2.0, 30.0, 5.0), "fast": (1.0, 10.0, 1.0)})
    assert times.ratio("slow", "fast") == 3
    assert times.milliseconds("slow") == 5000


def test_the_peak_counts_what_lives_at_the_same_time():
    x = torch.ones(250, 1000)  # 1 MB
    assert peak_megabytes(lambda: x * 2, CPU) == pytest.approx(1, abs=0.01)
    assert peak_megabytes(lambda: [x * 2, x * 3, x * 4], CPU) == pytest.approx(3, abs=0.01)
    assert peak_megabytes(lambda: [(x * 2).sum(), (x * 3).sum()], CPU) == pytest.approx(1, abs=0.01)


def test_the_peak_leaves_the_error_stream_as_it_was(capfd):
    peak_megabytes(lambda: torch.ones(3), CPU)
    print("still here", file=sys.stderr)
    assert capfd.readouterr().err == "still here\n"


def test_every_formula_at_every_shape_and_bfloat16_where_it_is_native():
    full = list(cases(quick=False, native_bfloat16=True))
    for shape in SHAPES:
        assert {(case.formula, case.layout) for case in full if case.shape == shape} == set(PARTS)
        assert any(case.dtype == torch.bfloat16 for case in full if case.shape == shape)
    emulated = [case for case in cases(quick=False, native_bfloat16=False) if case.dtype == torch.bfloat16]
    assert {case.shape for case in emulated} == set(QUICK)


@pytest.mark.parametrize("backward", [False, True])
def test_a_block_is_measured_and_drawn(backward, tmp_path):
    row = time_block(Case("paper", "parallel", (32, 16, 12), images=1 + backward, backward=backward), CPU, rounds=2)
    assert (row.channels, row.height, row.width, row.images) == (32, 16, 12, 1 + backward)
    with torch.no_grad():
        fastest = choose(PolarizedSelfAttention(32), torch.zeros(1, 32, 16, 12)).name
    assert row.backend == ("eager" if backward else fastest)
    assert row.difference < 1e-5
    assert min(row.printed_ms, row.ours_ms, row.floor_ms, row.speedup, row.over_floor) > 0
    features = 4 * row.images * 32 * 16 * 12 / 1e6
    assert row.ours_mb >= features
    assert row.printed_mb >= features
    if backward:
        with pytest.raises(ValueError, match="nothing to plot"):
            plot([row], tmp_path / "plot.png")
    else:
        plot([row], tmp_path / "plot.png")
        assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")


def test_the_command_measures_the_parts_it_is_asked_for(tmp_path):
    arguments = ("--what", "block,recording", "--quick", "--runs", 1, "--threads", 1, "--device", "cpu")
    found = json.loads(run(*arguments, "--json", "--plot", tmp_path / "plot.png").stdout)
    assert found.keys() == {"machine", "block", "recording"}
    assert found["machine"]["threads"] == 1
    assert {row["against"] for row in found["recording"]} == {"not recorded"}
    assert (tmp_path / "plot.png").stat().st_size > 10_000
    said = run("--what", "block", "--quick", "--runs", 1, "--device", "cpu").stdout
    assert ["official", "sequential", "48,", "64,", "48", "1", "contiguous"] in [
        row.split()[:7] for row in said.splitlines()
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--what", "blocks"), "unknown parts ['blocks']; expected some of explain, block, network, recording"),
        (("--runs", "0"), "at least 1 run"),
        (("--threads", "0"), "at least 1 thread"),
        (("--what", "explain", "--plot", "p.png"), "add block to --what"),
    ],
)
def test_wrong_arguments_are_named(arguments, words):
    assert words in run(*arguments, code=2).stderr


def test_every_bundled_model_is_timed_at_its_own_size():
    found = json.loads(run("--what", "bundled", "--runs", 1, "--threads", 1, "--device", "cpu", "--json").stdout)
    rows = {row["model"]: row for row in found["bundled"]}
    assert set(rows) == {card.name for card in bundled()}
    assert (rows["person-none"]["width"], rows["person-none"]["height"]) == (128, 128)
    assert all(row["ms"] > 0 for row in rows.values())
    streets = [row for name, row in rows.items() if name.startswith("street")]
    assert streets
    assert all((row["width"], row["height"]) == (480, 384) for row in streets)

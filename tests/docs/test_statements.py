"""Sentences in the docs that have a right value: the value, by arithmetic or by running the thing."""

import math
import re
from pathlib import Path

import numpy as np
import pytest
import torch

from psa_viz.attention.polarized import PolarizedSelfAttention
from psa_viz.models.files.official import to_official
from psa_viz.models.full_size import build

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "docs" / "notebooks").glob("*.md")),
    *sorted((ROOT / "notebooks").glob("*.py")),
    ROOT / "docs" / "teaching-sheet.html",
    ROOT / "demo" / "read.html",
    *sorted((ROOT / "demo" / "explorer").rglob("*.js")),
    *sorted((ROOT / "psa_viz").rglob("*.py")),
]
WRONG = (  # what earlier versions said, and what is wrong with it
    (r"(the )?paper prints (70|69|15)", "no table of the paper was read"),
    (r"(counted|as) in print", "totals with PSA are derived"),
    (r"dark\*? exactly on the figure", "most of that is the middle of the picture"),
    (r"flat,?:? after training,? too", "100 to 120 steps, and not all of them"),
    (r"every PSA block keeps its random weights", "four of five matrices load"),
    (r"far from the paper's 2 to 4|points did not appear", "two points are not excluded"),
    (r"not punished for being", "it is, less"),
    (r"the gates are shuffled with them", "the map is; the channel weights are not"),
    (r"[Mm]ost published pictures", "nobody counted"),
    (r"easier by about ten points", "no source"),
    (r"without ImageNet: SegNet", "SegNet's encoder began with VGG16"),
    (r"22 ms 28 to 33", "PERFORMANCE.md has other figures"),
)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_was_wrong_is_not_said_again(page):
    text = " ".join(page.read_text(encoding="utf-8").replace("\n# ", " ").split())
    for pattern, why in WRONG:
        assert not re.search(pattern, text), why


def official_map(products):
    """(N,) products -> the official parallel map: the sigmoid of their softmax."""
    return torch.sigmoid(torch.softmax(torch.as_tensor(products, dtype=torch.float64), dim=0))


@pytest.mark.parametrize("n", [4, 256, 3072])
def test_the_mean_of_an_official_parallel_map(n):
    """Between 0.5 + 0.2311/N (all of the softmax on one position) and 0.5 + 1/(4N) (all alike), whatever X is."""
    rng = np.random.default_rng(0)
    low, high = 0.5 + (1 / (1 + math.exp(-1)) - 0.5) / n, 0.5 + 1 / (4 * n)
    for strength in (0, 1, 5, 30, 1000):
        mean = official_map(strength * rng.standard_normal(n)).mean().item()
        assert low - 1e-12 <= mean <= high + 1e-12
    assert official_map(np.zeros(n)).mean().item() == pytest.approx(high, abs=0.25 / n**3)
    assert official_map([1e4, *np.zeros(n - 1)]).mean().item() == pytest.approx(low, abs=1e-12)


def test_positions_shuffled():
    """The map goes along, the channel weights stay."""
    torch.manual_seed(0)
    x, order = torch.randn(1, 32, 5, 7).double(), torch.randperm(35)
    shuffled = x.flatten(2)[:, :, order].view_as(x)
    for formula, layout in (("paper", "parallel"), ("official", "parallel"), ("official", "sequential")):
        block = PolarizedSelfAttention(32, layout=layout, formula=formula).double()
        with torch.no_grad():
            torch.testing.assert_close(block.channel(shuffled), block.channel(x))
            map_, moved = block.spatial(x).flatten(1), block.spatial(shuffled).flatten(1)
        torch.testing.assert_close(moved, map_[:, order])


def test_a_parallel_file_in_a_sequential_network_loads_most_of_it():
    """HRNet-W48 with official names: of each block's five matrices four have the same name and shape in both layouts,
    89% of what the sequential network's attention consists of; only the channel gate's end stays as it was drawn."""
    with torch.device("meta"):
        parallel, sequential = (
            {
                name: tuple(value.shape)
                for name, value in to_official(build(f"coco-hrnet-w48-psa-official-{layout}")).items()
                if ".deattn." in name
            }
            for layout in ("parallel", "sequential")
        )
    fitting = [name for name, shape in parallel.items() if sequential.get(name) == shape]
    assert len(fitting) / len(parallel) == 4 / 5
    assert not [name for name in fitting if "conv_up" in name]
    loaded, needed = (sum(math.prod(sequential[name]) for name in names) for names in (fitting, sequential))
    assert round(100 * loaded / needed) == 89


def test_layernorm_fixes_the_spread_only_while_its_gain_is_one():
    block = PolarizedSelfAttention(64)
    x = torch.randn(1, 64, 8, 8)
    with torch.no_grad():
        before = torch.logit(block.channel(x)).std().item()
        block.channel.ending[1].weight.fill_(3.0)
        after = torch.logit(block.channel(x)).std().item()
    assert before == pytest.approx(1, abs=0.05)
    assert after == pytest.approx(3 * before, rel=1e-3)


def test_every_page_of_numbers_has_its_sources():
    text = (ROOT / "docs" / "SOURCES.md").read_text(encoding="utf-8")
    results = (ROOT / "docs" / "RESULTS.md").read_text(encoding="utf-8")
    published = results[results.index("## What others have published") : results.index("## Not done yet")]
    for figure in re.findall(r"\b\d\d\.\d+\b", published.split("No weights of")[0]):
        assert figure in text, f"{figure} has no line in SOURCES.md"

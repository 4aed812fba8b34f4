"""Figures in the docs: what stands between two marks is what a command prints, or a sentence made from the stored runs.

    python -m docs.figures            # writes every marked part of README.md and docs/*.md anew
    python -m docs.figures --check    # fails if one of them is not what would be written

A mark is a comment: `<!-- python -m psa_viz ARGUMENTS -->` or `<!-- said: NAME -->`, ended by `<!-- end -->`. The
sentences are below, one function each. After new runs, or another default network, this is the one command to make.
"""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import numpy as np

from psa_viz.__main__ import main as command
from psa_viz.evidence.advantage import advantage, rows_of
from psa_viz.evidence.study_files import read as read_study
from psa_viz.evidence.study_table import Gate, Study
from psa_viz.models.cards import bundled
from psa_viz.models.cards import gate_tables as stored
from psa_viz.training.comparison import Row, against_none, compare, paired_interval, read_cards
from psa_viz.training.paired import paired_bootstrap
from psa_viz.training.paired import read as read_people
from psa_viz.values.statistics import FLAT_RANGE

ROOT = Path(__file__).resolve().parent.parent
RUNS = ROOT / "docs" / "runs"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
MARKED = re.compile(
    r"^(?P<begin>(?P<indent> *)<!-- (?P<kind>python -m psa_viz|said:) (?P<what>[^\n]*?) -->\n)"
    r".*?(?P<end> *<!-- end -->)",
    re.DOTALL | re.MULTILINE,
)
MEANT = "psa-parallel"
"""The kind of attention that the sentences are about: the paper's, in parallel."""


def rows(runs: str) -> dict[str, Row]:
    """Kind of attention -> its row in the comparison of docs/runs/RUNS, of one network."""
    (found,) = compare(read_cards(RUNS / runs)).values()
    return {row.model.split("-", 1)[1]: row for row in found}


def with_interval(values: np.ndarray) -> str:
    mean, low, high = paired_interval(values)
    seeds = {2: "two", 3: "three", 5: "five"}.get(len(values), str(len(values)))
    each = ", ".join(f"{value:+.1f}" for value in values)
    return f"{each} points on {seeds} seeds (mean {mean:+.1f}, 95% interval {low:+.1f} to {high:+.1f})"


def from_nothing() -> str:
    found = rows("person-short")
    return with_interval(against_none(found[MEANT], found["none"]))


def put_in() -> str:
    found = rows("person-insert")
    values = against_none(found[MEANT], found["none"])
    mean, low, high = paired_interval(values)
    return f"{mean:+.2f} points (95% interval {low:+.2f} to {high:+.2f}, {len(values)} seeds)"


def same_people() -> str:
    """The networks of docs/runs/people, each against the one without attention, on the same people."""
    found = {one.model: one for one in (read_people(path) for path in sorted((RUNS / "people").glob("*.json")))}
    plain = next(name for name in found if name.endswith("-none"))
    said = []
    for name in found:
        if name != plain:
            difference = paired_bootstrap(found[plain], found[name])
            said.append(
                f"`{name}` against `{plain}` on the same {difference.people} people, {difference.joints:,} joints: "
                f"{difference.points:+.1f} points of pck_torso, 95% interval {difference.low:+.1f} to "
                f"{difference.high:+.1f} over draws of people (standard deviation {difference.sd:.2f})"
            )
    return "; ".join(said) + "."


def studies() -> list[Study]:
    return [read_study(path) for path in sorted((RUNS / "evidence").glob("*.json"))]


def evidence() -> str:
    """What every tested gate of every stored study did against the controls, under every condition: counted."""
    said = []
    for study in studies():
        for branch, blocks in sorted(study.blocks.items(), reverse=True):
            gates = [Gate(b, branch, off, shift) for b in blocks for off in study.offs for shift in study.shifts]
            alive = [gate for gate in gates if not all(row.flat for row in rows_of(study, gate))]
            name = "spatial maps" if branch == "spatial" else "channel gates"
            parts = [f"{_better(study, alive, 'random')} faster than a random order"] if alive else []
            if alive and branch == "spatial":
                parts.append(f"{_better(study, alive, 'centre')} faster than from the centre outwards")
            flat = len(gates) - len(alive)
            left = f" ({flat} flat ones have nothing to test)" if flat else ""
            said.append(f"`{study.model}`, {name}{left}: {', '.join(parts) if parts else 'none to test'}")
    return ";\n".join(said) + "."


def _better(study: Study, gates: list[Gate], against: str) -> str:
    verdicts = [advantage(study, gate, against).verdict for gate in gates]
    return f"{verdicts.count(1)} of {len(verdicts)}"


def flat_maps() -> str:
    """Spatial maps under each formula as trained: how many span less than FLAT_RANGE, and the widest."""
    said = []
    for card in bundled():
        if card.formula == "none":
            continue
        for table in stored(card.name):
            ranges = np.array([block.spatial.range for block in table.blocks])
            flat = sum(block.spatial.flat for block in table.blocks) / len(ranges)
            said.append(f"| `{card.name}` | {table.data} | {flat:.0%} | {np.median(ranges):.4f} | {ranges.max():.4f} |")
    head = f"| model | photos | maps that span less than {FLAT_RANGE:g} | median range | widest block |"
    return "\n".join([head, "|---|---|---|---|---|", *said])


SAID: dict[str, Callable[[], str]] = {
    "from nothing": from_nothing,
    "put in": put_in,
    "same people": same_people,
    "evidence": evidence,
    "flat maps": flat_maps,
}


def made(kind: str, what: str) -> str:
    """The text of one mark, with a line's end.

    Raises:
        ValueError: for a command that fails or a name that there is not.
    """
    if kind == "said:":
        if what not in SAID:
            raise ValueError(f"nothing is said of {what!r}; there are {', '.join(SAID)}")
        return SAID[what]() + "\n"
    held = io.StringIO()
    with contextlib.redirect_stdout(held), contextlib.chdir(ROOT):
        if command(shlex.split(what)):
            raise ValueError(f"python -m psa_viz {what} failed")
    return held.getvalue().rstrip("\n") + "\n"


def written(text: str) -> str:
    """A page with every marked part made anew."""

    def anew(match: re.Match) -> str:
        text = textwrap.indent(made(match["kind"], match["what"]), match["indent"])
        return f"{match['begin']}{text}{match['end']}"

    return MARKED.sub(anew, text)


def main(check: bool) -> int:
    stale = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        if (now := written(text)) != text:
            stale.append(str(page.relative_to(ROOT)))
            if not check:
                page.write_text(now, encoding="utf-8")
    if stale:
        print("stale:" if check else "written:", ", ".join(stale))
    return int(check and bool(stale))


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))

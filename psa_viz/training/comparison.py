"""From the cards of several runs to the tables that say whether an attention helped."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from psa_viz.models.zoo import family

HEADLINES = ("pck_torso", "pck_box", "miou")
STUDENT = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262)
"""Student's t for a two-sided 95% interval, by degrees of freedom from 1: n paired differences have n - 1."""
DETAILS = {"per_joint": "pck_torso", "per_class": None}
"""Where a metric is given by part, and under which key there."""


@dataclass(frozen=True)
class Row:
    """One kind of attention over its seeds.

    Attributes:
        model: for example "person-psa-parallel".
        seeds: of its runs, ascending.
        parameters, gmacs: from the card.
        metrics: headline -> (S,) figures in percent, in the order of the seeds.
        parts: joint or class -> (S,) figures in percent.
    """

    model: str
    seeds: tuple[int, ...]
    parameters: int
    gmacs: float
    metrics: dict[str, np.ndarray]
    parts: dict[str, np.ndarray]

    @property
    def mean_of_metrics(self) -> np.ndarray:
        """(S,) mean of the headline metrics, the figure that the comparison is about."""
        return np.mean(list(self.metrics.values()), axis=0)


def read_cards(folder: Path) -> list[dict]:
    """Every card below a folder.

    Raises:
        FileNotFoundError: if there is none.
    """
    facts = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.rglob("*.json"))]
    cards = [one for one in facts if isinstance(one, dict) and {"name", "recipe", "seed", "metrics"} <= one.keys()]
    if not cards:
        raise FileNotFoundError(f"no cards of training runs below {folder}")
    return cards


def compare(cards: Sequence[dict]) -> dict[str, list[Row]]:
    """Network -> one row per kind of attention, "none" first.

    Raises:
        ValueError: if runs of one network differ in recipe, data or limit, or a seed occurs twice: they could not be
            compared.
    """
    grouped: dict[str, dict[str, list[dict]]] = defaultdict(lambda: defaultdict(list))
    for card in cards:
        grouped[family(card["name"])][card["name"]].append(card)
    table = {}
    for network, models in grouped.items():
        every = [card for cards in models.values() for card in cards]
        for key in ("recipe", "data"):
            if any(card[key] != every[0][key] for card in every):
                raise ValueError(f"the runs of {network} differ in their {key} and cannot be compared")
        names = sorted(models, key=lambda name: (not name.endswith("-none"), name))
        table[network] = [_row(name, sorted(models[name], key=lambda card: card["seed"])) for name in names]
    return table


def _row(name: str, cards: list[dict]) -> Row:
    seeds = tuple(card["seed"] for card in cards)
    if len(set(seeds)) < len(seeds):
        raise ValueError(f"{name} has two runs of the same seed: {seeds}")
    metrics, parts = defaultdict(list), defaultdict(list)
    for card in cards:
        for measured in card["metrics"].values():
            for key in HEADLINES:
                if key in measured:
                    metrics[key].append(measured[key])
            for group, inner in DETAILS.items():
                for part, figure in measured.get(group, {}).items():
                    parts[part].append(figure[inner] if inner else figure)
    return Row(
        model=name,
        seeds=seeds,
        parameters=cards[0]["parameters"],
        gmacs=cards[0]["gmacs"],
        metrics={key: np.array(values) for key, values in metrics.items()},
        parts={key: np.array(values) for key, values in parts.items()},
    )


def paired_interval(differences: np.ndarray) -> tuple[float, float, float]:
    """Mean of (n,) paired differences and its 95% interval, by Student's t: (mean, low, high).

    It is about other seeds of the same training on the same photos. Differences inside it are not excluded.

    Raises:
        ValueError: for fewer than 2 differences, or more than the table has.
    """
    n = len(differences)
    if not 2 <= n <= len(STUDENT) + 1:
        raise ValueError(f"expected 2 to {len(STUDENT) + 1} paired differences, got {n}")
    mean, half = float(differences.mean()), STUDENT[n - 2] * float(differences.std(ddof=1)) / n**0.5
    return mean, mean - half, mean + half


def against_none(row: Row, plain: Row) -> np.ndarray:
    """(n,) mean of metrics of a row minus that of "none", over the seeds that both have.

    Seed by seed, because a seed fixes weights outside the slot, views and order for both.
    """
    common = [seed for seed in row.seeds if seed in plain.seeds]
    ours = row.mean_of_metrics[[row.seeds.index(seed) for seed in common]]
    theirs = plain.mean_of_metrics[[plain.seeds.index(seed) for seed in common]]
    return ours - theirs


def headline_table(rows: Sequence[Row]) -> str:
    """Markdown: mean over seeds and the spread between them (lowest to highest), and the difference to "none", seed by
    seed, with its mean and 95% interval where there are several."""
    keys = list(rows[0].metrics)
    plain = next((row for row in rows if row.model.endswith("-none")), None)
    lines = [
        f"| model | seeds | parameters | GMACs | {' | '.join(keys)} | mean of these | against none, same seeds |",
        "|" + "---|" * (len(keys) + 6),
    ]
    for row in rows:
        figures = " | ".join(_spread(row.metrics[key]) for key in keys)
        lines.append(
            f"| `{row.model}` | {len(row.seeds)} | {row.parameters / 1e6:.2f} M | {row.gmacs:.2f} | {figures} | "
            f"{_spread(row.mean_of_metrics)} | {_against(row, plain)} |"
        )
    return "\n".join(lines)


def part_table(rows: Sequence[Row]) -> str:
    """Markdown: the mean over seeds of every joint (pck_torso) and class (IoU)."""
    lines = ["| | " + " | ".join(f"`{row.model}`" for row in rows) + " |", "|" + "---|" * (len(rows) + 1)]
    for part in rows[0].parts:
        lines.append(f"| {part} | " + " | ".join(f"{row.parts[part].mean():.1f}" for row in rows) + " |")
    return "\n".join(lines)


def _spread(values: np.ndarray) -> str:
    if len(values) == 1:
        return f"{values[0]:.1f}"
    return f"{values.mean():.1f} ({values.min():.1f} to {values.max():.1f})"


def _against(row: Row, plain: Row | None) -> str:
    if plain is None or row is plain:
        return ""
    differences = against_none(row, plain)
    if not len(differences):
        return "no seed in common"
    said = ", ".join(f"{difference:+.1f}" for difference in differences)
    if len(differences) == 1:
        return said
    mean, low, high = paired_interval(differences)
    return f"{said}: {mean:+.2f} ({low:+.2f} to {high:+.2f})"

"""One experiment that settles one question: what is compared, on what, and what counts as an answer, fixed in a file
before anything is run.

The file is read, its runs are trained (a killed call goes on), which joints each network found of each person is kept,
and the differences are taken on the same people and the same seeds.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch

from psa_viz.training import paired
from psa_viz.training.data import read as read_archive
from psa_viz.training.evaluate import find_joints, usual_size
from psa_viz.training.paired import Answers
from psa_viz.training.plan import Run, carry_out
from psa_viz.training.recipes import recipe_of

PEOPLE = "people.json"


@dataclass(frozen=True)
class Question:
    """One comparison, and why it is made: `arm` minus `against`."""

    arm: str
    against: str
    why: str


@dataclass(frozen=True)
class Settling:
    """An experiment as fixed in its file.

    Attributes:
        network: for example "person".
        recipe: name of its recipe, "" the usual one.
        arms: kinds of attention, or of what stands in its place.
        seeds: every arm is trained with each.
        archive: file name of the labelled people that are measured.
        endpoint: the one figure that the answer is about; "pck_torso".
        margin: points; a difference whose interval lies within the margin on both sides is called none that matters.
        questions: the comparisons, the first one first.
        resamples, draw_seed: of the bootstrap.
    """

    network: str
    recipe: str
    arms: tuple[str, ...]
    seeds: tuple[int, ...]
    archive: str
    endpoint: str
    margin: float
    questions: tuple[Question, ...]
    resamples: int = 10_000
    draw_seed: int = 0


@dataclass(frozen=True)
class Answer:
    """A difference in points, its 95% interval over seeds and people, and what it says given the margin."""

    arm: str
    against: str
    points: float
    low: float
    high: float
    verdict: str


def read(path: str | Path) -> Settling:
    """An experiment from its JSON file.

    Raises:
        ValueError: if the file holds something else, or a question about arms that it does not have.
    """
    try:
        facts = json.loads(Path(path).read_text(encoding="utf-8"))
        questions = tuple(Question(**question) for question in facts.pop("questions"))
        made = Settling(
            **{**facts, "questions": questions, "arms": tuple(facts["arms"]), "seeds": tuple(facts["seeds"])}
        )
    except (KeyError, TypeError, json.JSONDecodeError) as error:
        raise ValueError(f"{path} holds no experiment that this version reads: {error!r}") from error
    if made.endpoint != "pck_torso":
        raise ValueError(f"expected the endpoint 'pck_torso', got {made.endpoint!r}")
    asked = {name for question in questions for name in (question.arm, question.against)}
    if not questions or asked - set(made.arms):
        raise ValueError(f"expected questions about the arms {', '.join(made.arms)}, got {', '.join(sorted(asked))}")
    if len(made.seeds) < 2 or len(set(made.seeds)) < len(made.seeds):
        raise ValueError(f"expected at least 2 different seeds, got {made.seeds}")
    return made


def runs(plan: Settling) -> list[Run]:
    """All trainings, seed by seed, so that an experiment cut short has complete pairs."""
    return [Run(f"{plan.network}-{arm}", seed) for seed in plan.seeds for arm in plan.arms]


def settle(
    plan: Settling, data: Path, out: Path, device: torch.device | str = "cpu", limit: int | None = None
) -> tuple[Answer, ...]:
    """Train what is not trained yet, measure what is not measured yet, and answer.

    Args:
        data: folder of the archives.
        out: folder of the runs; `answers` reads the same.
        limit: use the first so many photos of each archive, for a rehearsal.

    Raises:
        ValueError: if `out` holds the runs of another plan.
    """
    _keep(plan, out)
    carry_out(runs(plan), recipe_of(plan.network, plan.recipe), data, out, device, limit)
    archive = read_archive(data / plan.archive, limit)
    for run in runs(plan):
        target = out / run.folder / PEOPLE
        if not target.exists():
            model = _load(out / run.folder / f"{run.model}.safetensors", device)
            points, _ = find_joints(model, archive, flip=True, size=usual_size(model, archive))
            paired.write(paired.answers(points, archive, run.model, plan.archive), target)
    return answers(plan, out)


def answers(plan: Settling, out: Path) -> tuple[Answer, ...]:
    """The answer to every question, from the people.json of all runs.

    Raises:
        FileNotFoundError: if a run is missing.
    """
    found = {run: paired.read(out / run.folder / PEOPLE) for run in runs(plan)}
    return tuple(_answer(plan, question, found) for question in plan.questions)


def two_level(ones: list[Answers], others: list[Answers], resamples: int, seed: int) -> tuple[float, float, float]:
    """Mean over pairs of `other` minus `one` in pck_torso, and 95% of it over draws of the pairs and of the people.

    A draw takes as many pairs as there are, with replacement, and as many people, the same people for every pair.

    Args:
        ones, others: S each; a pair was trained with the same seed, and all were asked about the same people.

    Returns:
        (points, low, high).
    """
    counts = ones[0].table()[1]
    gained = np.stack([_gained(one, other, counts) for one, other in zip(ones, others, strict=True)])  # (S, P, J)
    rng = np.random.default_rng(seed)
    s, p, _ = gained.shape
    draws = np.empty(resamples)
    for i in range(resamples):
        weights = rng.multinomial(p, np.full(p, 1 / p)).astype(float)  # (P,)
        pairs = rng.integers(s, size=s)
        asked = weights @ counts  # (J,)
        per_joint = np.einsum("p,pj->j", weights, gained[pairs].mean(axis=0)) / np.where(asked, asked, np.nan)
        draws[i] = 100 * np.nanmean(per_joint)
    total = counts.sum(axis=0)
    points = 100 * np.nanmean(gained.mean(axis=0).sum(axis=0) / np.where(total, total, np.nan))
    low, high = np.quantile(draws, (0.025, 0.975))
    return float(points), float(low), float(high)


def verdict(low: float, high: float, margin: float) -> str:
    """What an interval says, given the margin that was fixed before."""
    if low >= margin:
        return f"a gain of at least {margin:g}"
    if high <= -margin:
        return f"a loss of at least {margin:g}"
    if -margin < low and high < margin:
        return f"no difference of {margin:g}" + (", a small gain" if low > 0 else ", a small loss" if high < 0 else "")
    if low > 0:
        return "a gain, of unknown size"
    if high < 0:
        return "a loss, of unknown size"
    return "undecided"


def markdown(plan: Settling, found: tuple[Answer, ...]) -> str:
    """The answers as a table."""
    lines = [
        f"{plan.endpoint} on {plan.archive}, {len(plan.seeds)} seeds; margin {plan.margin:g}, fixed before the run.",
        "",
        "| question | difference, points | 95% over seeds and people | verdict | why it is asked |",
        "|---|---|---|---|---|",
    ]
    for answer, question in zip(found, plan.questions, strict=True):
        lines.append(
            f"| {answer.arm} against {answer.against} | {answer.points:+.2f} | {answer.low:+.2f} to {answer.high:+.2f} "
            f"| {answer.verdict} | {question.why} |"
        )
    return "\n".join(lines)


def _answer(plan: Settling, question: Question, found: dict[Run, Answers]) -> Answer:
    against, arm = (
        [found[Run(f"{plan.network}-{one}", seed)] for seed in plan.seeds] for one in (question.against, question.arm)
    )
    points, low, high = two_level(against, arm, plan.resamples, plan.draw_seed)
    return Answer(question.arm, question.against, points, low, high, verdict(low, high, plan.margin))


def _gained(one: Answers, other: Answers, counts: np.ndarray) -> np.ndarray:
    """(P, J): 1 where only `other` found the joint, -1 where only `one` did."""
    (a, asked), (b, same) = one.table(), other.table()
    if not (np.array_equal(asked, counts) and np.array_equal(same, counts)):
        raise ValueError(f"{one.model} and {other.model} were not asked about the same joints of the same people")
    return (b & counts).astype(float) - (a & counts).astype(float)


def _keep(plan: Settling, out: Path) -> None:
    """The plan lies beside its runs, and a folder has one plan."""
    path, text = out / "plan.json", json.dumps(asdict(plan), indent=1) + "\n"
    if path.exists() and path.read_text(encoding="utf-8") != text:
        raise ValueError(f"{out} holds the runs of another plan; choose another folder")
    out.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _load(path: Path, device: torch.device | str):
    from psa_viz.models.files import weights

    return weights.read(path).to(device).eval()

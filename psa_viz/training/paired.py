"""Two networks on the same people: which joints each found, and how far their difference is from chance.

The people are the same for both, so people are what is resampled, each with all joints and both networks' answers.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from psa_viz.training.data import PoseArchive
from psa_viz.training.evaluate import THRESHOLD, counted, torso_length

RESAMPLES = 10_000
FOUND, MISSED, UNCOUNTED = "+-."


@dataclass(frozen=True)
class Answers:
    """Which joints of which person a network found, by the rule of pck_torso (psa_viz.training.evaluate).

    Attributes:
        model, data: names of the network and of the archive.
        joints: names of the J joints.
        people: one string of J characters for each person: "+" found, "-" missed, "." not counted.
    """

    model: str
    data: str
    joints: tuple[str, ...]
    people: tuple[str, ...]

    def table(self) -> tuple[np.ndarray, np.ndarray]:
        """(P, J) bool found, (P, J) bool counted."""
        characters = np.array([list(person) for person in self.people])
        return characters == FOUND, characters != UNCOUNTED


@dataclass(frozen=True)
class Difference:
    """pck_torso of one network minus another's on the same people, in points.

    Attributes:
        points: the difference.
        sd: its standard deviation over resamples of the people.
        low, high: 95% of the resamples lie between them.
        people, joints: how many people have a counted joint, and how many joints are counted.
    """

    points: float
    sd: float
    low: float
    high: float
    people: int
    joints: int


def answers(points: np.ndarray, archive: PoseArchive, model: str, data: str) -> Answers:
    """The joints found, (P, J, 2) in pixels of each photo (`keep` of psa_viz.training.evaluate.evaluate), as marks."""
    reference = torso_length(archive.joints, archive.visible, archive.joint_names)
    with np.errstate(invalid="ignore"):
        near = np.linalg.norm(points - archive.joints, axis=-1) <= THRESHOLD * reference[:, None]
    marks = np.where(counted(archive.visible, reference), np.where(near, FOUND, MISSED), UNCOUNTED)
    return Answers(model, data, tuple(archive.joint_names), tuple("".join(row) for row in marks))


def pck_torso(found: np.ndarray, counts: np.ndarray) -> float:
    """Mean over the joints of the rate among the people for whom the joint counts, in percent."""
    total = counts.sum(axis=0)
    return float(100 * np.nanmean((found & counts).sum(axis=0) / np.where(total, total, np.nan)))


def paired_bootstrap(one: Answers, other: Answers, resamples: int = RESAMPLES, seed: int = 0) -> Difference:
    """`other` minus `one`, with people drawn again and again, each with both networks' answers.

    Raises:
        ValueError: if the two were not asked about the same joints of the same people.
    """
    (a, counts), (b, same) = one.table(), other.table()
    if one.joints != other.joints or one.data != other.data or not np.array_equal(counts, same):
        raise ValueError(f"{one.model} and {other.model} were not asked about the same joints of the same people")
    weights = _drawn(len(counts), resamples, seed)  # (R, P): how often each person was drawn
    gained = (b & counts).astype(float) - (a & counts).astype(float)  # (P, J)
    asked = weights @ counts  # (R, J)
    draws = 100 * np.nanmean(weights @ gained / np.where(asked, asked, np.nan), axis=1)
    low, high = np.quantile(draws, (0.025, 0.975))
    points = pck_torso(b, counts) - pck_torso(a, counts)
    return Difference(
        points, float(draws.std()), float(low), float(high), int(counts.any(axis=1).sum()), int(counts.sum())
    )


def _drawn(people: int, resamples: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.multinomial(people, np.full(people, 1 / people), size=resamples).astype(float)


def write(found: Answers, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(asdict(found), indent=0) + "\n", encoding="utf-8")


def read(path: str | Path) -> Answers:
    """What `write` stored.

    Raises:
        ValueError: if the file holds something else.
    """
    try:
        facts = json.loads(Path(path).read_text(encoding="utf-8"))
        return Answers(facts["model"], facts["data"], tuple(facts["joints"]), tuple(facts["people"]))
    except (KeyError, TypeError, json.JSONDecodeError) as error:
        raise ValueError(f"{path} holds no answers about people: {error!r}") from error

"""No untouched pass runs twice: not for edits, not for a test of an explanation, not on the page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
import torch
from torch import nn

import psa_viz
from demo.change import change
from demo.engine import Engine
from demo.evidence import evidence as evidence_of_the_page
from demo.evidence import rank, sanity
from demo.progress import Progress
from demo.visit import Visit
from demo.walk import walk
from psa_viz import evidence
from psa_viz.models.zoo import build
from psa_viz.session.session import Session
from psa_viz.values.edits import Scale, SwitchOff

NAME = "person-psa-parallel"
BLOCK = "stage4.0.branch3.block1"
TARGET = "class:background"


@pytest.fixture(scope="module")
def model() -> nn.Module:
    torch.manual_seed(4)
    made = build(NAME).eval().requires_grad_(False)
    for head in made.heads.values():
        nn.init.normal_(head[-1].weight, std=0.3)
    return made


class Seen(list[torch.Tensor]):
    """The images that the first convolution of the network is given, one by one; `copies`: how many its copies got."""

    copies = 0


@contextmanager
def counted(model: nn.Module) -> Iterator[Seen]:
    seen = Seen()
    first = next(module for module in model.modules() if isinstance(module, nn.Conv2d))
    original = id(first)  # in a hook that is copied with the model, `first` would be the copy's

    def see(module: nn.Module, args: tuple[torch.Tensor]) -> None:
        if id(module) == original:
            seen.extend(args[0].detach().clone())
        else:
            seen.copies += len(args[0])

    handle = first.register_forward_pre_hook(see)
    try:
        yield seen
    finally:
        handle.remove()


def times(seen: list[torch.Tensor], session: Session) -> int:
    """How often the untouched image was among them."""
    image = session.image[0]
    return sum(one.shape == image.shape and torch.equal(one, image) for one in seen)


def test_edits_and_steps_of_a_session(model, photo) -> None:
    with counted(model) as seen:
        session = psa_viz.open_session(photo, model, box=(0, 0, 90, 90))
        assert times(seen, session) == len(seen) == 1
        for factor in (0.5, 2.0):
            session.edited([Scale(BLOCK, factor=factor, branch="channel")])
        session.reached([SwitchOff(BLOCK, "spatial", to=0.0)])
        session.walk(BLOCK)
        session.under(BLOCK, "official", "parallel")
        session.explain()
        assert times(seen, session) == len(seen) == 1
        session.explain(flip=True)  # and one of the mirrored image
        assert (times(seen, session), len(seen)) == (1, 2)
        assert session.untouched is session.edited([])


def test_explain_runs_as_many_passes_as_it_shows(model, photo) -> None:
    edits = [SwitchOff(BLOCK, "spatial", to=0.0)]
    for settings, passes in (({}, 1), ({"edits": edits}, 1), ({"flip": True}, 2), ({"edits": edits, "flip": True}, 2)):
        with counted(model) as seen:
            psa_viz.explain(photo, model, box=(0, 0, 90, 90), **settings)
        assert len(seen) == passes, settings


TESTS = {
    "ranking": lambda subject, target: evidence.rank_blocks(subject, target),
    "curves": lambda subject, target: evidence.faithfulness_curves(subject, target, BLOCK, "spatial", steps=3, draws=2),
    **{
        method: lambda subject, target, method=method: evidence.attribute(subject, target, method, BLOCK, steps=3)
        for method in ("integrated_gradients", "gradient_shap", "gate_gradients", "gate_ablation", "gate_occlusion")
    },
    "equivariance": lambda subject, _: evidence.equivariance_of(subject, BLOCK),
}
"""Tests whose passes are all of other gates or other images."""


@pytest.mark.parametrize("name", TESTS)
def test_a_test_of_an_explanation(model, photo, name) -> None:
    session = psa_viz.open_session(photo, model, box=(0, 0, 90, 90), size=64)
    with counted(model) as seen:
        subject = evidence.Subject(session)
        TESTS[name](subject, subject.fix(TARGET))
        assert times(seen, session) == 0
    if name not in ("integrated_gradients", "gradient_shap", "equivariance"):
        assert not seen, "the gates of one block are changed: what comes before it does not run"


def test_grad_cam_needs_the_gradients_of_one_pass(model, photo) -> None:
    session = psa_viz.open_session(photo, model, box=(0, 0, 90, 90), size=64)
    with counted(model) as seen:
        subject = evidence.Subject(session)
        evidence.attribute(subject, subject.fix(TARGET), "grad_cam", BLOCK)
    assert len(seen) == 1


def test_a_whole_examination(model, photo) -> None:
    with counted(model) as seen:
        found = evidence.examine(
            photo, model, TARGET, BLOCK, methods=("grad_cam",), steps=2, draws=2, box=(0, 0, 90, 90), size=64
        )
        session = Session(photo, model, found.crop)
        # The untouched pass; one with gradients for grad_cam, and the same for what the cascade begins with.
        assert times(seen, session) == 3


def test_the_page(model, photo) -> None:
    engine = Engine([NAME], load=lambda name: model)
    photo = np.ascontiguousarray(photo[:64, :64])
    with counted(model) as seen:
        visit = Visit(engine.explain(photo, NAME, (0, 0, 64, 64), False))
        session = Session(photo, model, visit.shown.crop)
        assert times(seen, session) == len(seen) == 1
        edit = {"kind": "switch-off", "block": BLOCK, "branch": "spatial", "to": 0.0}
        _, visit = change({"edits": [edit]}, visit, engine)
        _, visit = walk({"block": BLOCK}, visit, engine)
        assert times(seen, session) == len(seen) == 1
        request = {"target": TARGET, "block": BLOCK, "branch": "spatial", "off": 0.0, "seed": 0}
        _, visit = rank(request, visit, engine, Progress())
        assert times(seen, session) == len(seen) == 1
        _, visit = evidence_of_the_page(request, visit, engine, Progress())
        assert times(seen, session) == 2  # once with gradients, for the attribution that needs them
        assert seen.copies == 0
        _, visit = sanity(request, visit, engine, Progress())
        assert times(seen, session) == 3  # the same for the attribution that the cascade begins with
        assert seen.copies > 0, "the cascade forgets in copies"

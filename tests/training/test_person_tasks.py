"""What the person network is shown, and what it is told about it."""

from dataclasses import replace

import pytest
import torch

from psa_viz.models.zoo import PERSON_CLASSES, build
from psa_viz.training import loop
from psa_viz.training.augment import Jitter, cut_off
from psa_viz.training.batches import joint_step, make_task
from psa_viz.training.losses import ALL_ALLOWED
from psa_viz.training.recipes import PERSON_MOVENET, Recipe, Task

CPU = torch.device("cpu")
STILL = Jitter(zoom=(0.33, 0.34), any_rotation=0.0, rotation=0.0, shift=0.0)
NEAR = Jitter(zoom=(1.5, 1.51), any_rotation=0.0, rotation=0.0, shift=0.0)


def task(archives, archive, kind, jitter=STILL, **more):
    one = Task(archive, 4, 1.0, jitter, kind, **more)
    return make_task(one, archives, Recipe((one,), view=64), CPU)


def test_a_joint_within_the_view_is_present_and_one_outside_is_absent(archives, monkeypatch):
    monkeypatch.setattr("psa_viz.training.person_tasks.CUT", 0.0)
    far, near = task(archives, "lspet_train.tar", "people"), task(archives, "lspet_train.tar", "people", NEAR)
    _, (_, present, gone) = far.views(0, 0, 0, None)
    assert (present[:, :13] == 1).all()
    assert (gone[:, :13] == 0).all()
    hidden = present[:, 13] == 0
    assert 0 < hidden.sum() < 4  # every second head top is hidden
    torch.testing.assert_close(gone[:, 13], 0.3 * hidden)
    _, (cells, present, gone) = near.views(0, 0, 0, None)
    inside = ((cells > -0.5) & (cells < 15.5)).all(-1)
    assert 0 < inside[:, :13].sum() < inside[:, :13].numel()
    assert (present[:, :13] == inside[:, :13].float()).all()
    assert (gone[:, :13] == 1 - present[:, :13]).all()


def test_joints_found_by_a_network_count_as_much_as_it_was_sure_and_the_others_not_at_all(archives, monkeypatch):
    monkeypatch.setattr("psa_viz.training.person_tasks.CUT", 0.0)
    _, (_, present, gone) = task(archives, "people_train.tar", "people").views(0, 0, 0, None)
    assert sorted(present[:, 0].tolist()) == pytest.approx([0.5, 0.6, 0.7, 0.8])
    assert (present[:, 12:] == 0).all()
    assert (gone[:, 12:] == 0).all()


def test_where_a_view_is_cut_off_it_is_grey_and_its_joints_are_gone():
    images = torch.ones(40, 3, 20, 30)
    kept = cut_off(images, 0.5, torch.Generator().manual_seed(0))
    y, x = torch.meshgrid(torch.arange(20.0), torch.arange(30.0), indexing="ij")
    every = torch.stack((x, y), dim=-1).flatten(0, 1).expand(40, -1, -1)
    assert torch.equal(kept(every).view(40, 20, 30).float(), images[:, 0])
    whole = (images == 1).flatten(1).all(1)
    assert 10 < whole.sum() < 30
    shares = images[~whole, 0].mean(dim=(1, 2))
    assert (shares > 0.3).all()
    assert (shares < 0.9).all()


def test_photos_with_nobody_teach_absence_and_background(archives):
    nobody = task(archives, "backgrounds_train.tar", "nobody")
    images, labels = nobody.views(0, 0, 0, None)
    assert images.shape == (4, 3, 64, 64)
    gone = {"pose": torch.zeros(4, 14, 16, 16), "absent": torch.full((4, 14), 30.0)}
    maps = torch.zeros(4, 8, 16, 16)
    maps[:, 0] = 30.0
    assert nobody.loss(gone | {"segmentation": maps}, labels).item() == pytest.approx(0, abs=1e-5)
    assert nobody.loss(gone | {"segmentation": maps.flip(1)}, labels).item() > 10
    there = {"pose": gone["pose"], "absent": -gone["absent"], "segmentation": maps}
    assert nobody.loss(there, labels).item() > 10


def test_street_frames_with_people_are_left_out(archives):
    from psa_viz.training.data import read
    from psa_viz.training.person_tasks import empty_photos

    street = read(archives / "camvid_train.tar", progress=False)
    empty = [i for i, labels in enumerate(street.labels) if not ((labels == 9) | (labels == 10)).any()]
    assert len(empty_photos(archives / "camvid_train.tar", None)) == len(empty)


def test_pasted_people_keep_their_classes_and_the_rest_is_background(archives):
    pasted = task(archives, "ccp_train.tar", "pasted", colours=0.0, behind="backgrounds_train.tar", behind_jitter=STILL)
    images, (sets,) = pasted.views(0, 0, 0, None)
    assert set(sets.unique().tolist()) <= {1 << k for k in range(8)}
    assert (sets == 1).any()
    assert (sets != 1).any()
    grey = (images - images.mean(dim=1, keepdim=True)).abs().amax(dim=1) < 0.35  # drawn backgrounds have no colour
    assert (sets[~grey] != 1).float().mean() > 0.95


def test_tags_forbid_classes_and_the_teacher_chooses_among_the_others(archives):
    allowed = sum(1 << PERSON_CLASSES.index(tag) for tag in ("background", "skin", "dress"))
    tagged = task(archives, "ccp_tagged_train.tar", "tagged")
    _, (sets,) = tagged.views(0, 0, 0, None)
    assert set(sets.unique().tolist()) <= {allowed, ALL_ALLOWED}

    def sure_of(name):
        def teacher(images, rows):
            logits = torch.zeros(len(images), 8, 16, 16)
            logits[:, PERSON_CLASSES.index(name)] = 50.0
            return {"segmentation": logits}

        return teacher

    _, (sets,) = tagged.views(0, 0, 0, sure_of("dress"))
    assert set(sets.unique().tolist()) <= {1 << PERSON_CLASSES.index("dress"), ALL_ALLOWED}
    _, (sets,) = tagged.views(0, 0, 0, sure_of("hair"))  # forbidden: the teacher is not sure of any that is allowed
    assert set(sets.unique().tolist()) <= {allowed, ALL_ALLOWED}


@pytest.fixture(scope="module")
def recipe():
    """Both parts, with a view of each task and a few steps."""

    def short(part, **others):
        few = tuple(replace(one, batch=1) for one in part.tasks)
        return replace(part, tasks=few, view=64, start_rate=1.0, teacher_from=1, **others)

    return short(PERSON_MOVENET, steps=3, start="", then=short(PERSON_MOVENET.then, steps=2))


def test_a_step_computes_for_each_task_its_own_rows(archives, recipe):
    torch.manual_seed(4)
    network = build("person-movenet-psa-parallel")
    tasks = [make_task(one, archives, recipe, CPU) for one in recipe.tasks]
    total, parts = joint_step(network, tasks, 0, 0)
    assert len(parts) == len(tasks) == 7
    assert total.item() == pytest.approx(
        sum(t.task.weight * v for t, v in zip(tasks, parts.values(), strict=True)), rel=1e-4
    )
    total.backward()
    assert all(p.grad is not None for n, p in network.named_parameters() if not n.startswith(("absent",)))
    assert network.absent.bias.grad.abs().sum() > 0


def test_a_run_learns_and_validates_what_it_has_archives_for(archives, recipe, tmp_path):
    network = loop.train("person-movenet-none", recipe, archives, tmp_path, save_every=2)
    assert not network.training
    log = (tmp_path / loop.LOG).read_text()
    assert '"pck_torso"' in log
    assert '"miou"' in log
    assert "people-people" in log


def test_what_began_with_published_weights_learns_slower(recipe):
    network = build("person-movenet-psa-parallel")
    groups = loop._groups(network, replace(recipe, start_rate=0.25, learning_rate=1e-3))
    rate = {id(p): group["lr"] for group in groups for p in group["params"]}
    assert rate[id(network.stem[0].weight)] == pytest.approx(2.5e-4)
    for new in (
        network.stage1.block0.attention.spatial.value.weight,
        network.parsing.mix[0][0].weight,
        network.pose[3].bias,
    ):
        assert rate[id(new)] == pytest.approx(1e-3)
    assert len(rate) == len(list(network.parameters()))

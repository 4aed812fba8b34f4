"""A tiny run on drawn archives: it learns, it can be killed, and resuming changes nothing."""

import multiprocessing
import os
import signal
from dataclasses import replace

import pytest
import torch

from psa_viz.training import loop
from psa_viz.training.augment import Jitter
from psa_viz.training.recipes import Recipe, Task
from psa_viz.training.snapshots import pack

STILL = Jitter(zoom=(0.3, 0.34), any_rotation=0.0, rotation=1.0, shift=0.0)
TINY = Recipe(
    tasks=(Task("lspet_train.tar", 2, 1.0, STILL), Task("ccp_train.tar", 2, 2.0, STILL)),
    view=64,
    steps=6,
    learning_rate=1e-3,
)


TWO_PARTS = replace(TINY, steps=4, then=replace(TINY, steps=3, learning_rate=1e-4))


def weights_of(network):
    return {key: value.clone() for key, value in network.state_dict().items()}


def train_watched(archives, out, recipe):
    return weights_of(loop.train("person-none", recipe, archives, out, save_every=2, snapshots=out / "snapshots"))


def train_until_killed(archives, out, recipe, step_calls, save_calls):
    """For a process of its own: SIGKILL at the given call of a step, or in the middle of the given checkpoint."""
    step, save, counted = loop.joint_step, torch.save, {"steps": 0, "saves": 0}

    def die():
        os.kill(os.getpid(), signal.SIGKILL)

    def dying_step(*arguments):
        counted["steps"] += 1
        found = step(*arguments)
        if counted["steps"] == step_calls:
            die()
        return found

    def dying_save(state, path):
        counted["saves"] += 1
        save(state, path)
        if counted["saves"] == save_calls:
            os.truncate(path, path.stat().st_size // 2)
            die()

    loop.joint_step, torch.save = dying_step, dying_save
    train_watched(archives, out, recipe)


def checkpoints(out):
    paths = sorted(out.rglob(loop.CHECKPOINT))
    return {str(path.relative_to(out)): torch.load(path, weights_only=True) for path in paths}


def assert_same(a, b, where=""):
    """Equal to the last bit, through dictionaries and lists."""
    assert type(a) is type(b), where
    if isinstance(a, dict):
        assert a.keys() == b.keys(), where
        for key in a:
            assert_same(a[key], b[key], f"{where}.{key}")
    elif isinstance(a, (list, tuple)):
        assert len(a) == len(b), where
        for place, (x, y) in enumerate(zip(a, b, strict=True)):
            assert_same(x, y, f"{where}[{place}]")
    elif isinstance(a, torch.Tensor):
        assert torch.equal(a, b), where
    else:
        assert a == b, where


@pytest.fixture(scope="module")
def unbroken(archives, tmp_path_factory):
    """The folder and the weights of a run that nothing disturbs."""
    out = tmp_path_factory.mktemp("unbroken")
    return out, train_watched(archives, out, TWO_PARTS)


@pytest.mark.parametrize(
    ("step_calls", "save_calls"), [(None, 2), (7, None)], ids=["in the middle of a checkpoint", "in the second part"]
)
def test_resuming_after_a_kill_gives_the_same_weights(
    unbroken, archives, tmp_path, monkeypatch, step_calls, save_calls
):
    """Killed while it writes the checkpoint of step 4, it goes on with that of step 2; in the second part's third step,
    with that of its second."""
    arguments = (archives, tmp_path, TWO_PARTS, step_calls, save_calls)
    process = multiprocessing.get_context("spawn").Process(target=train_until_killed, args=arguments)
    process.start()
    process.join(120)
    assert process.exitcode == -signal.SIGKILL

    step, steps = loop.joint_step, []

    def watched(network, tasks, number, seed, teacher=None):
        steps.append(number)
        return step(network, tasks, number, seed)

    monkeypatch.setattr(loop, "joint_step", watched)
    resumed = train_watched(archives, tmp_path, TWO_PARTS)
    assert steps == ([2, 3, 0, 1, 2] if save_calls else [2])
    folder, weights = unbroken
    assert_same(weights, resumed)
    assert_same(checkpoints(folder), checkpoints(tmp_path))  # averages, optimiser and schedule too
    packed, again = (pack(out / "snapshots", tmp_path / f"{out.name}.npz") for out in (folder, tmp_path))
    assert packed.read_bytes() == again.read_bytes()


def test_the_losses_fall_on_a_few_photos(archives, tmp_path):
    recipe = replace(TINY, steps=40, learning_rate=3e-3)
    losses = []

    def watch(*arguments, step=loop.joint_step):
        total, parts = step(*arguments)
        losses.append(parts)
        return total, parts

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "joint_step", watch)
        loop.train("person-psa-parallel", recipe, archives, tmp_path, evaluate_every=1000)
    for head in ("pose", "segmentation"):
        first, last = (sum(p[head] for p in part) / 5 for part in (losses[:5], losses[-5:]))
        assert last < 0.9 * first, head


def test_a_second_recipe_goes_on_from_the_averaged_weights(archives, tmp_path):
    still = replace(TINY, steps=1, learning_rate=1e-12, weight_decay=0.0)
    first = weights_of(loop.train("person-none", TINY, archives, tmp_path / "a"))
    both = weights_of(loop.train("person-none", replace(TINY, then=still), archives, tmp_path / "b"))
    assert (tmp_path / "b" / "then" / loop.CHECKPOINT).exists()
    for name in first:
        if name.endswith((".weight", ".bias")):  # the statistics of batch norm do move in a step
            torch.testing.assert_close(both[name], first[name], rtol=0, atol=1e-6)


def test_another_run_in_the_same_folder_is_refused(archives, tmp_path):
    loop.train("person-none", replace(TINY, steps=1), archives, tmp_path)
    with pytest.raises(ValueError, match="belongs to another run"):
        loop.train("person-none", replace(TINY, steps=1), archives, tmp_path, seed=1)

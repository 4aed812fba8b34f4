"""A tiny run on drawn archives: it learns, it can be killed, and resuming changes nothing."""

from dataclasses import replace

import pytest
import torch

from psa_viz.training import loop
from psa_viz.training.augment import Jitter
from psa_viz.training.recipes import RECIPES, Recipe, Task, recipe_of

STILL = Jitter(zoom=(0.3, 0.34), any_rotation=0.0, rotation=1.0, shift=0.0)
TINY = Recipe(
    tasks=(Task("lspet_train.tar", 2, 1.0, STILL), Task("ccp_train.tar", 2, 2.0, STILL)),
    view=64,
    steps=6,
    learning_rate=1e-3,
)


class Killed(Exception):
    pass


def weights_of(network):
    return {key: value.clone() for key, value in network.state_dict().items()}


def test_resuming_after_a_kill_gives_the_same_weights(archives, tmp_path, monkeypatch):
    unbroken = weights_of(loop.train("person-none", TINY, archives, tmp_path / "a", save_every=100))

    step, calls = loop.joint_step, []

    def killed_at_the_sixth(*arguments):
        calls.append(arguments)
        if len(calls) == 6:
            raise Killed
        return step(*arguments)

    monkeypatch.setattr(loop, "joint_step", killed_at_the_sixth)
    with pytest.raises(Killed):
        loop.train("person-none", TINY, archives, tmp_path / "b", save_every=4)
    resumed = weights_of(loop.train("person-none", TINY, archives, tmp_path / "b", save_every=4))

    assert calls[6][2] == 4  # it went on with step 4, not from the start
    assert unbroken.keys() == resumed.keys()
    for key, value in unbroken.items():
        assert torch.equal(value, resumed[key]), key


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


def test_every_variant_has_the_same_recipe():
    assert recipe_of("person-none") is recipe_of("person-psa-official-sequential") is RECIPES["person"]
    with pytest.raises(ValueError, match="unknown model"):
        recipe_of("person")

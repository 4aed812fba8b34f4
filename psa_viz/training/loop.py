"""Training one model by its recipe: AdamW, one cycle, averaged weights, bfloat16, resumable at any step."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import cast

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from tqdm import tqdm

from psa_viz.models.nets.heads import Dense
from psa_viz.models.zoo import build
from psa_viz.training.batches import joint_step, make_task
from psa_viz.training.begin import SLOT, begin
from psa_viz.training.data import PoseArchive, read
from psa_viz.training.evaluate import evaluate
from psa_viz.training.recipes import Recipe, steps
from psa_viz.training.snapshots import Snapshots

CHECKPOINT = "checkpoint.pt"
LOG = "log.jsonl"
CLIP = 5.0
NEW = ("parsing.", "classes.", "absent.", "pose.3.")
"""Parts of the person network that did not come with MoveNet's weights, or predict other joints now."""


def train(
    name: str,
    recipe: Recipe,
    data: Path,
    out: Path,
    seed: int = 0,
    device: torch.device | str = "cpu",
    save_every: int = 200,
    evaluate_every: int = 1000,
    limit: int | None = None,
    weights: dict[str, Tensor] | None = None,
    snapshots: Path | None = None,
    before: int = 0,
    start_file: Path | None = None,
) -> Dense:
    """Train a model, or resume from `out`, and return the network in evaluation mode.

    A recipe that goes on with another one does so in the folder `then` inside `out`.

    Args:
        name: model to build, for example "person-psa-parallel".
        data: folder of the archives.
        out: folder for checkpoint.pt, which holds everything needed to go on, and log.jsonl.
        save_every, evaluate_every: steps between checkpoints, and between measurements on the validation archives.
        limit: use only so many photos of each archive.
        weights: state_dict to begin with, instead of what the recipe starts from.
        snapshots: folder for psa_viz.training.snapshots, or None for no snapshots.
        before: steps of the recipes that came before this one.
        start_file: for a recipe that starts from weights of somebody else's, see psa_viz.training.begin.
    """
    device = torch.device(device)
    out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(seed)
    network = build(name)
    begin(network, recipe.start, start_file)
    if weights is not None:
        network.load_state_dict(weights)
    network.to(device, memory_format=torch.channels_last)
    averaged = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(recipe.ema), use_buffers=True)
    if recipe.frozen:
        network.freeze(recipe.frozen)
    groups = _groups(network, recipe)
    optimiser = torch.optim.AdamW(groups)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, [group["lr"] for group in groups], total_steps=recipe.steps, pct_start=0.1, anneal_strategy="cos"
    )
    state = {"network": network, "averaged": averaged, "optimiser": optimiser, "schedule": schedule}
    start = _resume(out / CHECKPOINT, state, name, recipe, seed)
    tasks = [make_task(task, data, recipe, device, limit) for task in recipe.tasks]

    watch = Snapshots(snapshots, before + steps(recipe), before) if snapshots else None
    if watch:
        watch.take(network, start)

    began = time.monotonic()
    bar = tqdm(range(start, recipe.steps), initial=start, total=recipe.steps, desc=name, unit="step", mininterval=10)
    for step in bar:
        network.train()
        if recipe.frozen:
            network.freeze(recipe.frozen)
        teacher = averaged.module.eval() if recipe.teacher_from and step >= recipe.teacher_from else None
        loss, parts = joint_step(network, tasks, step, seed, teacher)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), CLIP)
        optimiser.step()
        schedule.step()
        averaged.update_parameters(network)
        bar.set_postfix({head: f"{value:.3f}" for head, value in parts.items()}, refresh=False)
        done = step + 1
        if watch:
            watch.take(network, done)
        line = {"step": done, "loss": parts, "seconds": round(time.monotonic() - began, 1)}
        if done % evaluate_every == 0 or done == recipe.steps:
            line["validation"] = validate(_result(network, averaged, recipe), recipe, data, limit)
            bar.write(f"{name} step {done}: {json.dumps(line['validation'])}")
        if done % 50 == 0 or "validation" in line:
            with (out / LOG).open("a", encoding="utf-8") as log:
                log.write(json.dumps(line) + "\n")
        if done % save_every == 0 or done == recipe.steps:
            _save(out / CHECKPOINT, state, done, name, recipe, seed)
    if recipe.then is not None:
        state, before = _result(network, averaged, recipe).state_dict(), before + recipe.steps
        then, folder = recipe.then, out / "then"
        return train(
            name, then, data, folder, seed, device, save_every, evaluate_every, limit, state, snapshots, before
        )
    return _result(network, averaged, recipe).eval()


def _result(network: Dense, averaged: AveragedModel, recipe: Recipe) -> Dense:
    return cast(Dense, averaged.module) if recipe.result == "averaged" else network


def validate(network: nn.Module, recipe: Recipe, data: Path, limit: int | None = None) -> dict[str, float]:
    """The headline metrics on the validation archives, without flip averaging; people as large as in the recipe."""
    found: dict[str, float] = {}
    for task in {task.validation: task for task in recipe.tasks if task.measured}.values():
        archive = read(data / task.validation, limit, progress=False)
        size = recipe.view if isinstance(archive, PoseArchive) else None
        metrics = evaluate(network, archive, flip=False, size=size, progress=False)
        found |= {key: round(metrics[key], 2) for key in ("pck_torso", "pck_box", "miou") if key in metrics}
    return found


def _groups(network: nn.Module, recipe: Recipe) -> list[dict]:
    """Matrices and kernels decay; biases and the scales of normalisation do not. What came with the start is slower."""
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter in network.named_parameters():
        if parameter.requires_grad:
            decay = recipe.weight_decay if parameter.ndim > 1 else 0.0
            started = recipe.start_rate < 1 and SLOT not in name and not name.startswith(NEW)
            rate = recipe.learning_rate * (recipe.start_rate if started else 1)
            groups.setdefault((rate, decay), []).append(parameter)
    return [{"params": params, "lr": rate, "weight_decay": decay} for (rate, decay), params in groups.items()]


def _facts(name: str, recipe: Recipe, seed: int) -> dict:
    """What a checkpoint belongs to; what comes after its recipe does not matter to it."""
    return {"name": name, "recipe": repr(replace(recipe, then=None)), "seed": seed}


def _save(path: Path, state: dict, step: int, name: str, recipe: Recipe, seed: int) -> None:
    """Write beside and rename, so that a kill in the middle leaves the previous checkpoint whole."""
    facts = _facts(name, recipe, seed) | {"step": step}
    partial = path.with_suffix(".partial")
    torch.save({**{key: value.state_dict() for key, value in state.items()}, "facts": facts}, partial)
    partial.replace(path)


def _resume(path: Path, state: dict, name: str, recipe: Recipe, seed: int) -> int:
    if not path.exists():
        return 0
    saved = torch.load(path, map_location="cpu", weights_only=True)
    expected = _facts(name, recipe, seed)
    got = {key: saved["facts"][key] for key in expected}
    if got != expected:
        raise ValueError(f"{path} belongs to another run: expected {expected}, got {got}; choose another --out")
    for key, value in state.items():
        value.load_state_dict(saved[key])
    return saved["facts"]["step"]

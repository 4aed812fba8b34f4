"""Training views, drawn from the step's number alone, so that a resumed run sees what an unbroken one would."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from psa_viz.models.nets.hrnet import HRNet
from psa_viz.models.nets.movenet import DenseMoveNet
from psa_viz.session.predict import mirror_pairs
from psa_viz.training.augment import draw_views, jitter_colours, view_images, view_labels, view_points
from psa_viz.training.data import PoseArchive, SegmentationArchive, read, stack
from psa_viz.training.losses import class_weights, heatmap_loss, segmentation_loss
from psa_viz.training.person_tasks import TASKS
from psa_viz.training.precision import autocast
from psa_viz.training.recipes import Recipe, Task
from psa_viz.training.shuffle import chosen, generator

IGNORE = 255


class TaskData:
    """One archive of people or of labelled photos on the training device, as bytes, with its views and its loss."""

    def __init__(
        self, task: Task, folder: Path, recipe: Recipe, device: torch.device, limit: int | None = None
    ) -> None:
        self.task, self.recipe = task, recipe
        archive = read(folder / task.archive, limit)
        images, sizes = stack(archive.images, fill=0)
        self.images, self.sizes = images.to(device), sizes.to(device)
        if isinstance(archive, PoseArchive):
            self.head = "pose"
            self.joints = torch.from_numpy(archive.joints).to(device)
            self.visible = torch.from_numpy(archive.visible).to(device)
            self.pairs = mirror_pairs(archive.joint_names)
        elif isinstance(archive, SegmentationArchive):
            self.head = "segmentation"
            labels, _ = stack(archive.labels, fill=IGNORE)
            if archive.ignore is not None:
                labels[labels == archive.ignore] = IGNORE
            self.labels = labels.to(device)
            self.weights = class_weights(labels, len(archive.classes)).to(device)

    @property
    def heads(self) -> tuple[str, ...]:
        return (self.head,)

    def views(self, step: int, seed: int, number: int, teacher: nn.Module | None) -> tuple[Tensor, tuple[Tensor, ...]]:
        """The step's images (batch, 3, view, view), and the labels that go with them."""
        rows = chosen(len(self.images), self.task.batch, step, seed).to(self.images.device)
        draw, size = generator(step, seed, number), self.recipe.view
        views, mirrored = draw_views(self.sizes[rows], size, self.task.jitter, draw)
        images = jitter_colours(view_images(self.images[rows], views, size), draw)
        if self.head == "segmentation":
            return images, (view_labels(self.labels[rows], views, size, IGNORE),)
        points = view_points(self.joints[rows], views, size)
        swapped = mirrored[:, None]
        points = torch.where(swapped[..., None], points[:, self.pairs], points)
        visible = torch.where(swapped, self.visible[rows][:, self.pairs], self.visible[rows])
        return images, ((points + 0.5) / HRNet.stride - 0.5, visible)

    def loss(self, outputs: dict[str, Tensor], labels: tuple[Tensor, ...]) -> Tensor:
        """This task's loss, of its own rows of the outputs."""
        logits = outputs[self.head]
        if self.head == "pose":
            return heatmap_loss(logits, *labels, sigma=self.recipe.sigma)
        return segmentation_loss(logits, *labels, weights=self.weights, ignore=IGNORE)


def make_task(task: Task, folder: Path, recipe: Recipe, device: torch.device, limit: int | None = None):
    """What a recipe's task is, with its archive read."""
    return TASKS.get(task.kind, TaskData)(task, folder, recipe, device, limit)


def joint_step(
    network: nn.Module, tasks: list, step: int, seed: int, teacher: nn.Module | None = None
) -> tuple[Tensor, dict[str, float]]:
    """One forward pass over the views of all tasks together: the weighted loss, and each task's own as a number.

    Args:
        teacher: the averaged network in evaluation mode, for photos that have only tags; None before it knows enough.
    """
    with autocast(tasks[0].images.device):
        batches = [task.views(step, seed, number, teacher) for number, task in enumerate(tasks)]
    images = torch.cat([images for images, _ in batches]).contiguous(memory_format=torch.channels_last)
    places, start = [], 0
    for own, _ in batches:
        places.append(slice(start, start + len(own)))
        start += len(own)
    rows = (
        {
            head: slice(
                min(place.start for task, place in zip(tasks, places, strict=True) if head in task.heads),
                max(place.stop for task, place in zip(tasks, places, strict=True) if head in task.heads),
            )
            for head in ("pose", "segmentation")
        }
        if isinstance(network, DenseMoveNet)
        else {}
    )
    with autocast(images.device):
        outputs = network(images, rows) if rows else network(images)
    total, parts = images.new_zeros(()), {}
    for task, (_, labels), place in zip(tasks, batches, places, strict=True):
        loss = task.loss({key: maps[_within(place, rows, key)] for key, maps in outputs.items()}, labels)
        total = total + task.task.weight * loss
        name = task.heads[0] if not task.task.kind else f"{task.task.kind}-{task.task.archive.split('_')[0]}"
        parts[name] = loss.item()
    return total, parts


def _within(place: slice, rows: dict[str, slice], key: str) -> slice:
    """A task's rows of the outputs of a head that was given only part of the batch."""
    first = rows["pose" if key == "absent" else key].start if rows else 0
    return slice(max(0, place.start - first), max(0, place.stop - first))

"""Training views, drawn from the step's number alone, so that a resumed run sees what an unbroken one would."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from psa_viz.inference.predict import mirror_pairs
from psa_viz.models.hrnet import HRNet
from psa_viz.training.augment import draw_views, jitter_colours, view_images, view_labels, view_points
from psa_viz.training.data import PoseArchive, SegmentationArchive, read, stack
from psa_viz.training.losses import class_weights, heatmap_loss, segmentation_loss
from psa_viz.training.precision import autocast
from psa_viz.training.recipes import Recipe, Task

IGNORE = 255


class TaskData:
    """One task's archive on the training device, as bytes, with its views and its loss."""

    def __init__(
        self, number: int, task: Task, folder: Path, recipe: Recipe, device: torch.device, limit: int | None = None
    ) -> None:
        self.number, self.task, self.recipe = number, task, recipe
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

    def __len__(self) -> int:
        return len(self.images)

    def views(self, step: int, seed: int) -> tuple[Tensor, tuple[Tensor, ...]]:
        """The step's images (batch, 3, view, view), and the labels that go with them."""
        generator = torch.Generator().manual_seed((seed * 1_000_003 + step) * 1_009 + self.number)
        chosen = self._chosen(step, seed).to(self.images.device)
        size = self.recipe.view
        views, mirrored = draw_views(self.sizes[chosen], size, self.task.jitter, generator)
        images = jitter_colours(view_images(self.images[chosen], views, size), generator)
        if self.head == "segmentation":
            return images, (view_labels(self.labels[chosen], views, size, IGNORE),)
        points = view_points(self.joints[chosen], views, size)
        swapped = mirrored[:, None]
        points = torch.where(swapped[..., None], points[:, self.pairs], points)
        visible = torch.where(swapped, self.visible[chosen][:, self.pairs], self.visible[chosen])
        return images, ((points + 0.5) / HRNet.stride - 0.5, visible)

    def loss(self, outputs: dict[str, Tensor], rows: slice, labels: tuple[Tensor, ...]) -> Tensor:
        """This task's loss on its rows of a joint batch."""
        logits = outputs[self.head][rows]
        if self.head == "pose":
            return heatmap_loss(logits, *labels, sigma=self.recipe.sigma)
        return segmentation_loss(logits, *labels, weights=self.weights, ignore=IGNORE)

    def _chosen(self, step: int, seed: int) -> Tensor:
        """Indices of the step's photos: every photo once an epoch, in an order of the epoch's own."""
        first = step * self.task.batch
        places = range(first, first + self.task.batch)
        orders = {
            epoch: torch.randperm(len(self), generator=torch.Generator().manual_seed(seed * 1_000_003 + epoch))
            for epoch in {place // len(self) for place in places}
        }
        return torch.stack([orders[place // len(self)][place % len(self)] for place in places])


def joint_step(network: nn.Module, tasks: list[TaskData], step: int, seed: int) -> tuple[Tensor, dict[str, float]]:
    """One forward pass over the views of all tasks together: the weighted loss, and each task's own as a number."""
    batches = [task.views(step, seed) for task in tasks]
    images = torch.cat([images for images, _ in batches]).contiguous(memory_format=torch.channels_last)
    with autocast(images.device):
        outputs = network(images)
    total, parts, start = images.new_zeros(()), {}, 0
    for task, (own, labels) in zip(tasks, batches, strict=True):
        loss = task.loss(outputs, slice(start, start + len(own)), labels)
        total, start = total + task.task.weight * loss, start + len(own)
        parts[task.head] = loss.item()
    return total, parts

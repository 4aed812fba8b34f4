"""What the person network learns from: people with joints, photos with nobody, and photos with classes a pixel.

Each task gives views of a step and the loss of its rows. Views are drawn from the step's number alone.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from psa_viz.models.nets.hrnet import HRNet
from psa_viz.models.zoo import PERSON_CLASSES, STREET_CLASSES
from psa_viz.session.predict import mirror_pairs
from psa_viz.training.augment import cut_off, draw_views, jitter_colours, view_images, view_labels, view_points
from psa_viz.training.data import EmptyArchive, PoseArchive, SegmentationArchive, read, stack
from psa_viz.training.losses import ALL_ALLOWED, allowed_loss, as_sets, class_weights, inside, members, presence_loss
from psa_viz.training.recipes import Recipe, Task
from psa_viz.training.shuffle import chosen, generator

IGNORE = 255
HIDDEN = 0.3
"""How much a joint counts as absent that people could not see: it is hidden, or outside the photo."""
CUT = 0.25
"""Share of the views that end within the crop, as at the edge of a photo."""
SURE = 0.8
"""Confidence threshold: above it, the averaged network's class is used as the label where the tags allow it."""


class PeopleTask:
    """People with joints; those outside the view are absent."""

    heads = ("pose",)

    def __init__(self, task: Task, folder: Path, recipe: Recipe, device: torch.device, limit: int | None) -> None:
        archive = read(folder / task.archive, limit)
        if not isinstance(archive, PoseArchive):
            raise ValueError(f"expected people with joints in {task.archive}")
        self.task, self.recipe = task, recipe
        images, sizes = stack(archive.images, fill=0)
        self.images, self.sizes = images.to(device), sizes.to(device)
        self.joints = torch.from_numpy(archive.joints).to(device)
        self.visible = torch.from_numpy(archive.visible).to(device)
        self.scores = torch.from_numpy(archive.scores).to(device)
        self.hidden = 0.0 if archive.pseudo else HIDDEN
        self.pairs = mirror_pairs(archive.joint_names)

    def views(self, step: int, seed: int, number: int, teacher: nn.Module | None) -> tuple[Tensor, tuple[Tensor, ...]]:
        """(batch, 3, view, view) images; of each joint its cell, how much it counts as present, and as absent."""
        rows = chosen(len(self.images), self.task.batch, step, seed).to(self.images.device)
        draw, size = generator(step, seed, number), self.recipe.view
        views, mirrored = draw_views(self.sizes[rows], size, self.task.jitter, draw)
        images = jitter_colours(view_images(self.images[rows], views, size), draw)
        points = view_points(self.joints[rows], views, size)
        points = torch.where(mirrored[:, None, None], points[:, self.pairs], points)
        visible = self.visible[rows]
        visible = torch.where(mirrored[:, None], visible[:, self.pairs], visible)
        kept = cut_off(images, CUT, draw)
        there = visible & kept(points) & inside(points, images.shape[-2:])
        weight = self.scores[rows, None]
        present, gone = there * weight, (visible & ~there) * weight + ~visible * self.hidden
        return images, ((points + 0.5) / HRNet.stride - 0.5, present, gone)

    def loss(self, outputs: dict[str, Tensor], labels: tuple[Tensor, ...]) -> Tensor:
        return presence_loss(outputs["pose"], outputs["absent"], *labels, sigma=self.recipe.sigma)


class NobodyTask:
    """Photos with nobody in them: every joint is absent, every pixel background."""

    heads = ("pose", "segmentation")

    def __init__(self, task: Task, folder: Path, recipe: Recipe, device: torch.device, limit: int | None) -> None:
        self.task, self.recipe = task, recipe
        images, sizes = stack(empty_photos(folder / task.archive, limit), fill=0)
        self.images, self.sizes = images.to(device), sizes.to(device)

    def views(self, step: int, seed: int, number: int, teacher: nn.Module | None) -> tuple[Tensor, tuple[Tensor, ...]]:
        rows = chosen(len(self.images), self.task.batch, step, seed).to(self.images.device)
        draw, size = generator(step, seed, number), self.recipe.view
        views, _ = draw_views(self.sizes[rows], size, self.task.jitter, draw)
        return jitter_colours(view_images(self.images[rows], views, size), draw), ()

    def loss(self, outputs: dict[str, Tensor], labels: tuple[Tensor, ...]) -> Tensor:
        gone = torch.ones_like(outputs["absent"])
        cells = gone.new_zeros((*gone.shape, 2))
        pose = presence_loss(outputs["pose"], outputs["absent"], cells, torch.zeros_like(gone), gone)
        background = torch.ones_like(outputs["segmentation"][:, 0], dtype=torch.uint8)
        weights = torch.ones(outputs["segmentation"].shape[1], device=background.device)
        return pose + allowed_loss(outputs["segmentation"], background, weights)


class ParsingTask:
    """Photos with a class for every pixel."""

    heads = ("segmentation",)

    def __init__(self, task: Task, folder: Path, recipe: Recipe, device: torch.device, limit: int | None) -> None:
        archive = read(folder / task.archive, limit)
        if not isinstance(archive, SegmentationArchive):
            raise ValueError(f"expected photos with a class for every pixel in {task.archive}")
        self.task, self.recipe = task, recipe
        images, sizes = stack(archive.images, fill=0)
        labels, _ = stack(archive.labels, fill=IGNORE)
        self.images, self.sizes, self.labels = images.to(device), sizes.to(device), labels.to(device)
        self.weights = class_weights(labels, len(archive.classes)).sqrt().to(device)

    def views(self, step: int, seed: int, number: int, teacher: nn.Module | None) -> tuple[Tensor, tuple[Tensor, ...]]:
        """(batch, 3, view, view) images, and the set of classes that each pixel may have."""
        rows = chosen(len(self.images), self.task.batch, step, seed).to(self.images.device)
        draw = generator(step, seed, number)
        images, labels = self._drawn(rows, draw)
        return images, (as_sets(labels, IGNORE),)

    def _drawn(self, rows: Tensor, draw: torch.Generator) -> tuple[Tensor, Tensor]:
        size = self.recipe.view
        views, _ = draw_views(self.sizes[rows], size, self.task.jitter, draw)
        images = jitter_colours(view_images(self.images[rows], views, size), draw, self.task.colours)
        return images, view_labels(self.labels[rows], views, size, IGNORE)

    def loss(self, outputs: dict[str, Tensor], labels: tuple[Tensor, ...]) -> Tensor:
        return allowed_loss(outputs["segmentation"], *labels, weights=self.weights)


class PastedTask(ParsingTask):
    """One to three people cut out by their labels and put on photos with nobody, at all sizes, in strong colours."""

    PEOPLE = 3

    def __init__(self, task: Task, folder: Path, recipe: Recipe, device: torch.device, limit: int | None) -> None:
        super().__init__(task, folder, recipe, device, limit)
        photos, sizes = stack(empty_photos(folder / task.behind, limit), fill=0)
        self.photos, self.photo_sizes = photos.to(device), sizes.to(device)

    def views(self, step: int, seed: int, number: int, teacher: nn.Module | None) -> tuple[Tensor, tuple[Tensor, ...]]:
        draw, size, batch = generator(step, seed, number), self.recipe.view, self.task.batch
        behind = chosen(len(self.photos), batch, step, seed).to(self.photos.device)
        views, _ = draw_views(self.photo_sizes[behind], size, self.task.behind_jitter, draw)
        images = jitter_colours(view_images(self.photos[behind], views, size), draw)
        labels = torch.zeros((batch, size, size), dtype=torch.long, device=images.device)
        people = torch.randint(1, self.PEOPLE + 1, (batch,), generator=draw).to(images.device)
        for i in range(self.PEOPLE):
            rows = chosen(len(self.images), batch, step * self.PEOPLE + i, seed).to(self.images.device)
            theirs, classes = self._drawn(rows, draw)
            on_top = ((classes > 0) & (classes != IGNORE) & (people > i)[:, None, None])[:, None]
            images = torch.where(on_top, theirs, images)
            labels = torch.where(on_top[:, 0], classes, labels)
        return images, (as_sets(labels, IGNORE),)


class TaggedTask(ParsingTask):
    """Photos whose tags say which classes they may hold; the averaged network says where, as far as it is sure."""

    def __init__(self, task: Task, folder: Path, recipe: Recipe, device: torch.device, limit: int | None) -> None:
        archive = read(folder / task.archive, limit)
        self.task, self.recipe = task, recipe
        images, sizes = stack(archive.images, fill=0)
        self.images, self.sizes = images.to(device), sizes.to(device)
        sets = [sum(1 << PERSON_CLASSES.index(tag) for tag in tags) for tags in archive.tags]
        self.sets = torch.tensor(sets, dtype=torch.uint8, device=device)
        self.weights = torch.ones(len(PERSON_CLASSES), device=device)

    def views(self, step: int, seed: int, number: int, teacher: nn.Module | None) -> tuple[Tensor, tuple[Tensor, ...]]:
        rows = chosen(len(self.images), self.task.batch, step, seed).to(self.images.device)
        draw, size = generator(step, seed, number), self.recipe.view
        views, _ = draw_views(self.sizes[rows], size, self.task.jitter, draw)
        plain = view_images(self.images[rows], views, size)
        inside_photo = view_labels(torch.zeros_like(self.images[rows][:, 0]), views, size, IGNORE) != IGNORE
        allowed = self.sets[rows][:, None, None].expand(-1, size, size)
        if teacher is not None:
            allowed = _pseudo_labels(teacher, plain, allowed)
        allowed = torch.where(inside_photo, allowed, ALL_ALLOWED).to(torch.uint8)
        return jitter_colours(plain, draw, self.task.colours), (allowed,)


def _pseudo_labels(teacher: nn.Module, images: Tensor, allowed: Tensor) -> Tensor:
    """The sets, narrowed to the teacher's class where it is sure of one of theirs."""
    with torch.no_grad():
        outputs = teacher(images.contiguous(memory_format=torch.channels_last), {"pose": slice(0, 1)})
        logits = nn.functional.interpolate(outputs["segmentation"].float(), size=images.shape[-2:], mode="bilinear")
        chance = logits.masked_fill(~members(allowed, logits.shape[1]), -torch.inf).softmax(dim=1)
        best, which = chance.max(dim=1)
    return torch.where(best >= SURE, (1 << which).to(torch.uint8), allowed)


def empty_photos(path: Path, limit: int | None) -> list:
    """Photos of an archive with nobody in them: backgrounds, or the street frames without pedestrians and cyclists."""
    archive = read(path, limit)
    if isinstance(archive, EmptyArchive):
        return archive.images
    people = [STREET_CLASSES.index(name) for name in ("pedestrian", "bicyclist")]
    return [
        image
        for image, labels in zip(archive.images, archive.labels, strict=True)
        if not any((labels == one).any() for one in people)
    ]


TASKS = {"people": PeopleTask, "nobody": NobodyTask, "parsing": ParsingTask, "pasted": PastedTask, "tagged": TaggedTask}
"""Kind of a recipe's task -> its class."""

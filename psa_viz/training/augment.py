"""Random views: one affine map per photo moves image, labels and joints together. Runs where the data lies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from psa_viz.models.normalise import normalise


@dataclass(frozen=True)
class Jitter:
    """How far a view may depart from the photo.

    Attributes:
        zoom: (low, high) network pixels per photo pixel, drawn uniformly on a logarithmic scale.
        any_rotation: share of views that are turned by any angle.
        rotation: standard deviation of the angle of the others, in degrees.
        shift: largest distance of the view's centre from the photo's centre, as part of what the view leaves uncovered.
    """

    zoom: tuple[float, float]
    any_rotation: float
    rotation: float
    shift: float


def draw_views(sizes: Tensor, output: int, jitter: Jitter, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Random affine maps from view to photo.

    Args:
        sizes: (N, 2) width and height of each photo in pixels.
        output: side of the square views in pixels.

    Returns:
        (N, 2, 3) matrices from view pixels, counted from the view's centre, to photo pixels, and (N,) whether mirrored.
    """
    n, device = len(sizes), sizes.device

    def uniform(*shape: int) -> Tensor:
        return torch.rand(*shape, generator=generator).to(device)

    low, high = jitter.zoom
    zoom = low * (high / low) ** uniform(n)
    angle = torch.randn(n, generator=generator).to(device) * torch.deg2rad(torch.tensor(jitter.rotation))
    angle = torch.where(uniform(n) < jitter.any_rotation, (uniform(n) * 2 - 1) * torch.pi, angle)
    mirrored = uniform(n) < 0.5
    sign = torch.where(mirrored, -1.0, 1.0)
    slack = (sizes - output / zoom[:, None]).abs() / 2
    centre = (sizes - 1) / 2 + (uniform(n, 2) * 2 - 1) * slack * jitter.shift
    cos, sin = angle.cos() / zoom, angle.sin() / zoom
    matrix = torch.stack(
        (torch.stack((sign * cos, -sin, centre[:, 0]), -1), torch.stack((sign * sin, cos, centre[:, 1]), -1)), 1
    )
    return matrix, mirrored


def view_images(photos: Tensor, views: Tensor, output: int) -> Tensor:
    """(N, 3, H, W) uint8 -> (N, 3, output, output) normalised float32; outside the photo is neutral grey."""
    return F.grid_sample(normalise(photos), _grid(photos, views, output), mode="bilinear", align_corners=False)


def view_labels(labels: Tensor, views: Tensor, output: int, ignore: int) -> Tensor:
    """(N, H, W) uint8 -> (N, output, output) int64; outside the photo is `ignore`."""
    shifted = (labels.float() + 1)[:, None]  # 0 then means outside
    seen = F.grid_sample(shifted, _grid(labels, views, output), mode="nearest", align_corners=False)
    seen = seen.squeeze(1).round().long() - 1
    return torch.where(seen < 0, ignore, seen)


def view_points(points: Tensor, views: Tensor, output: int) -> Tensor:
    """(N, J, 2) points in photo pixels -> view pixels."""
    linear, centre = views[:, :, :2], views[:, :, 2]
    return (points - centre[:, None]) @ torch.linalg.inv(linear).transpose(1, 2) + (output - 1) / 2


def _grid(photos: Tensor, views: Tensor, output: int) -> Tensor:
    axis = torch.arange(output, device=photos.device) - (output - 1) / 2
    x, y = torch.meshgrid(axis, axis, indexing="xy")
    view = torch.stack((x, y, torch.ones_like(x)), dim=-1).flatten(0, 1)  # (output^2, 3)
    pixels = view @ views.transpose(1, 2)  # (N, output^2, 2)
    size = torch.tensor([photos.shape[-1], photos.shape[-2]], device=photos.device)
    return ((pixels + 0.5) * 2 / size - 1).view(-1, output, output, 2)


def jitter_colours(images: Tensor, generator: torch.Generator, strength: float = 0.3) -> Tensor:
    """Random brightness, contrast and saturation of normalised images (N, 3, H, W), each photo its own."""
    shape = (len(images), 1, 1, 1)

    def around(centre: float) -> Tensor:
        return (centre + strength * (torch.rand(shape, generator=generator) * 2 - 1)).to(images.device)

    grey = images.mean(dim=1, keepdim=True)
    images = grey + (images - grey) * around(1.0)
    mean = images.mean(dim=(1, 2, 3), keepdim=True)
    return mean + (images - mean) * around(1.0) + around(0.0)


def cut_off(images: Tensor, share: float, generator: torch.Generator) -> Callable[[Tensor], Tensor]:
    """Let a share of the views (N, 3, H, W) end early on one side, as at the edge of a photo. Changes them in place.

    Returns:
        A function: (N, J, 2) points in view pixels -> (N, J) bool, whether they are still on the photo.
    """
    n, _, height, width = images.shape
    ends = torch.rand(n, generator=generator) < share
    side = torch.randint(4, (n,), generator=generator)
    part = 0.35 + 0.5 * torch.rand(n, generator=generator)  # of the view that stays
    box = torch.tensor([0.0, 0.0, width, height]).repeat(n, 1)
    sizes = torch.tensor([width, height, width, height])
    for i in torch.nonzero(ends).flatten().tolist():
        where = side[i]
        box[i, where] = sizes[where] * (part[i] if where >= 2 else 1 - part[i])
    box = box.to(images.device)
    x = torch.arange(width, device=images.device) + 0.5
    y = torch.arange(height, device=images.device) + 0.5
    across = (x >= box[:, 0, None]) & (x < box[:, 2, None])
    down = (y >= box[:, 1, None]) & (y < box[:, 3, None])
    images *= (down[:, None, :, None] & across[:, None, None, :]).to(images.dtype)

    def kept(points: Tensor) -> Tensor:
        centre = points + 0.5
        return (centre >= box[:, None, :2]).all(-1) & (centre < box[:, None, 2:]).all(-1)

    return kept

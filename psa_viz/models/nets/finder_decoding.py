"""From what the finder's heads say to people: the published network's own decoding, operation by operation.

A person is where "center" peaks. Its box is read there; each of its joints is the strongest cell of that joint's
heatmap inside the box, weakened with the distance from where "kpt_regress" expects it, and moved by "kpt_offset" within
the cell. Its score is that cell's, weakened as for the person who is nearest to it.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from psa_viz.values.people import JOINTS

NEIGHBOURHOOD = 5
SAME = 1.0132789611816406e-06
"""How far below the highest of its neighbourhood a cell may be to count as a peak."""
REACH = 0.300048828125
"""Joints: exp(-distance^2 / (REACH x the shorter side)), in cells."""
SURE_JOINT = 0.126953125
"""Joints that score more than this count in the person's score. These three are half-precision numbers of the file."""


@dataclass(frozen=True)
class Peaks:
    """People in one image, the strongest centre first. Positions are in cells from the corner of the map, whose first
    cell covers 0 to 1 on each axis.

    Attributes:
        boxes: (P, 4) as (y0, x0, y1, x1), clipped to the map.
        joints: (P, J, 2) as (y, x).
        joint_scores: (P, J) from 0 to 1.
        centres: (P,) from 0 to 1, how sure it is of a person's middle; 0 where there are fewer than P peaks.
        scores: (P,) the centre times the mean score of the joints above SURE_JOINT; 0 if there are none.
    """

    boxes: Tensor
    joints: Tensor
    joint_scores: Tensor
    centres: Tensor
    scores: Tensor


def decode(outputs: dict[str, Tensor], count: int = 6) -> Peaks:
    """The `count` strongest people of one image.

    Args:
        outputs: of psa_viz.models.nets.finder.Finder for a batch of one.
    """
    maps = {name: value[0].float() for name, value in outputs.items()}
    height, width = maps["center"].shape[-2:]
    centres, cells = _peaks(maps["center"].sigmoid(), count)
    y, x = cells // width, cells % width
    boxes = _boxes(maps, y, x)
    expected = maps["kpt_regress"][:, y, x].T.reshape(len(y), len(JOINTS), 2) + torch.stack((y, x), 1)[:, None]
    near = _near(expected[..., 0], boxes[:, 0], boxes[:, 2], height, height, width)[..., :, None]
    near = near * _near(expected[..., 1], boxes[:, 1], boxes[:, 3], width, height, width)[..., None, :]
    weakened = (maps["kpt_heatmap"].sigmoid() * near).flatten(2)
    best = weakened.argmax(dim=2)
    joint_scores = weakened.amax(dim=0)[torch.arange(len(JOINTS), device=best.device), best]  # of the nearest person
    joint_y, joint_x = best // width, best % width
    offsets = maps["kpt_offset"].reshape(len(JOINTS), 2, height, width)
    within = offsets[torch.arange(len(JOINTS), device=best.device), :, joint_y, joint_x]
    sure = joint_scores > SURE_JOINT
    mean = (joint_scores * sure).sum(1) / sure.sum(1).clamp(min=1)
    return Peaks(boxes, torch.stack((joint_y, joint_x), 2) + within, joint_scores, centres, centres * mean)


def _peaks(centre: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """(1, h, w) -> values and flat indices of the highest cells that are the highest of their neighbourhood."""
    pooled = F.max_pool2d(centre, NEIGHBOURHOOD, stride=1, padding=NEIGHBOURHOOD // 2)
    return (centre * ((centre - pooled).abs() < SAME)).flatten().topk(min(count, centre.numel()))


def _boxes(maps: dict[str, Tensor], y: Tensor, x: Tensor) -> Tensor:
    """(P, 4) as (y0, x0, y1, x1) in cells, clipped to the map."""
    middle = torch.stack((y, x), 1) + maps["box_offset"][:, y, x].T
    half = maps["box_scale"][:, y, x].T.clamp(min=0) / 2
    limit = torch.tensor(maps["center"].shape[-2:], device=middle.device)
    return torch.cat(((middle - half).clamp(min=0).minimum(limit), (middle + half).clamp(min=0).minimum(limit)), 1)


def _near(expected: Tensor, low: Tensor, high: Tensor, cells: int, height: int, width: int) -> Tensor:
    """(P, J, cells) along one axis: how near each cell is to where a joint is expected; 0 outside the box."""
    axis = torch.arange(cells, device=expected.device)
    inside = (axis >= low[:, None]) & (axis < high[:, None])
    return torch.exp(-((axis - expected[..., None]) ** 2) / (REACH * min(height, width))) * inside[:, None]

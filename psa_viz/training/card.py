"""The card of a trained model: everything that a reader needs to trust its figures, or to get them again."""

from __future__ import annotations

import platform
import subprocess
from dataclasses import asdict
from pathlib import Path

import torch

from psa_viz.attention.polarized import PolarizedSelfAttention
from psa_viz.models.cost import count_macs
from psa_viz.models.nets.heads import Dense
from psa_viz.models.zoo import split
from psa_viz.training.data import Archive, PoseArchive, read
from psa_viz.training.evaluate import evaluate
from psa_viz.training.recipes import Recipe, last

SOURCES = {
    "lspet": "Leeds Sports Pose Extended (Johnson and Everingham, CVPR 2011): Flickr photos, research use, please cite",
    "camvid": "CamVid (Brostow, Fauqueur and Cipolla, 2009), the split of the SegNet tutorial: research use",
    "people": "Stanford 40 Actions (Yao et al., ICCV 2011), Clothing Co-Parsing and yoga photos, research use; "
    "joints found by MoveNet SinglePose Thunder, not by hand",
    "backgrounds": "parts of photos of Human Dataset v2 without people; its uploader says CC BY 4.0",
    "ccp": "Clothing Co-Parsing (Yang, Luo and Lin, CVPR 2014): repository under Apache-2.0, photos from fashion sites",
}
"""First part of an archive's name -> where its photos come from and on what terms."""


def make(model: Dense, sha256: str, recipe: Recipe, data: Path, seed: int, limit: int | None = None) -> dict:
    """Facts about a model just trained; its metrics are measured here, on the validation archives, with flip averaging.

    Args:
        model: as read back from its weight file, so that the figures are those of the stored precision.
        sha256: of that file.
        data: folder of the archives.
    """
    info = model.info
    network, _ = split(info.name)
    return {
        "name": info.name,
        "formula": info.formula,
        "layout": info.layout,
        "network": asdict(network),
        "psa_blocks": sum(isinstance(module, PolarizedSelfAttention) for module in model.modules()),
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "gmacs": round(count_macs(model, network.input_size) / 1e9, 3),
        "recipe": asdict(recipe),
        "seed": seed,
        "commit": _commit(),
        "torch": torch.__version__,
        "machine": f"{platform.machine()}, {torch.get_num_threads()} threads, device {next(model.parameters()).device}",
        "data": {task.archive: SOURCES.get(task.archive.split("_")[0], "unknown") for task in recipe.tasks},
        "metrics": {
            task.validation: _measured(model, read(data / task.validation, limit), recipe)
            for task in recipe.tasks
            if task.measured
        },
        "licence": "weights: research and teaching, as the photos they were trained on; see data",
        "weights_sha256": sha256,
    }


def _measured(model: Dense, archive: Archive, recipe: Recipe) -> dict:
    size = last(recipe).view if isinstance(archive, PoseArchive) else None
    return evaluate(model, archive, flip=True, size=size)


def _commit() -> str:
    """The commit of this code, with "+" when files differ from it; "unknown" outside a checkout."""
    here = Path(__file__).parent
    try:
        return subprocess.run(
            ["git", "describe", "--always", "--dirty=+", "--abbrev=12", "--exclude=*"],
            cwd=here, capture_output=True, text=True, check=True,
        ).stdout.strip()  # fmt: skip
    except (OSError, subprocess.CalledProcessError):
        return "unknown"

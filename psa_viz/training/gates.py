"""What the gates of a network do over the photos of an archive."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

import numpy as np
import torch
from tqdm import tqdm

from psa_viz.models.nets.heads import Dense
from psa_viz.recording.blocks import psa_paths
from psa_viz.recording.recorder import record
from psa_viz.session.crops import cut, fit, whole
from psa_viz.session.predict import predict
from psa_viz.training.data import Archive
from psa_viz.training.evaluate import usual_size
from psa_viz.values.gate_sums import GateSums, gain_summary
from psa_viz.values.gate_table import BlockGates, GateTable
from psa_viz.values.geometry import Crop

KINDS = ("channel_gate", "spatial_gate")
BATCH = 16


def gates(network: Dense, archive: Archive, data: str, size: int | None = None, progress: bool = True) -> GateTable:
    """Every PSA block's gates over all photos of an archive, each shown whole, as `evaluate` shows it.

    Nothing is kept of an image but a few numbers. Labels are not looked at, so any archive will do.

    Args:
        network: used in evaluation mode, then set back.
        data: what to call the archive in the table.
        size: longer side of the network's input, a multiple of 32; by default the one the published figures use.

    Raises:
        ValueError: if the network has no PSA block.
    """
    paths = psa_paths(network)
    if not paths:
        raise ValueError(f"{network.info.name} has no PSA block; expected a model with PSA")
    side = size or usual_size(network, archive)
    sums = {name: (GateSums(), GateSums()) for name in paths}
    was_training = network.training
    network.eval()
    try:
        with torch.no_grad():
            for pixels in _batches(archive.images, side, progress):
                with record(network, KINDS) as trace:
                    predict(network, pixels)
                values = {found.name: found.value for found in trace}
                for name, path in paths.items():
                    inside = f"{path}." if path else ""
                    for branch, own in zip(("channel", "spatial"), sums[name], strict=True):
                        own.add(values[f"{inside}{branch}.gate"])
    finally:
        network.train(was_training)
    return GateTable(
        model=network.info.name,
        formula=network.info.formula,
        layout=network.info.layout,
        weights_sha256=network.info.weights_sha256,
        data=data,
        images=len(archive.images),
        size=side,
        blocks=tuple(
            BlockGates(
                name=name,
                channels=module.channels,
                channel=channel.summary(),
                spatial=spatial.summary(),
                gain=gain_summary(channel, spatial, module.layout),
            )
            for (name, (channel, spatial)), module in zip(
                sums.items(), map(network.get_submodule, paths.values()), strict=True
            )
        ),
    )


def _batches(images: list[np.ndarray], side: int, progress: bool) -> Iterator[np.ndarray]:
    """(N, H, W, 3) uint8: crops of equal size together."""

    def shape(item: tuple[np.ndarray, Crop]) -> tuple[int, int]:
        return item[1].height, item[1].width

    items = sorted(((image, fit(whole(image), side)) for image in images), key=shape)
    with tqdm(total=len(items), desc="looking", unit="photo", disable=None if progress else True, leave=False) as bar:
        for _, group in groupby(items, key=shape):
            alike = list(group)
            for start in range(0, len(alike), BATCH):
                chosen = alike[start : start + BATCH]
                yield np.stack([cut(image, crop) for image, crop in chosen])
                bar.update(len(chosen))

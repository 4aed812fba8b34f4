"""What the gates of a network do over the photos of an archive."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import groupby

import numpy as np
import torch
from tqdm import tqdm

from psa_viz.models.nets.heads import Dense
from psa_viz.recording.blocks import psa_paths
from psa_viz.recording.recorder import record
from psa_viz.session.crops import cut, fit, whole
from psa_viz.session.own import Own
from psa_viz.session.predict import predict
from psa_viz.training.data import Archive
from psa_viz.training.evaluate import usual_size
from psa_viz.values.gate_sums import GateSums, gain_summary
from psa_viz.values.gate_table import BlockGates, GateTable
from psa_viz.values.geometry import Crop

KINDS = ("channel_gate", "spatial_gate")
BATCH = 16


def gates(
    network: Dense | Own, archive: Archive, data: str, size: int | None = None, progress: bool = True
) -> GateTable:
    """Every PSA block's gates over all photos of an archive, each shown whole, as `evaluate` shows it.

    Nothing is kept of an image but a few numbers. Labels are not looked at, so any archive will do.

    Args:
        network: used in evaluation mode, then set back. Of a block of one's own that runs several times in a pass, all
            calls count. One's own is compared with the network itself on the first photo.
        data: what to call the archive in the table.
        size: longer side of the network's input, a multiple of 32; by default the one the published figures use. One's
            own has a size already.

    Raises:
        ValueError: if the network has no PSA block, or one of one's own is none on the first photo.
    """
    info, module = network.info, network.model if isinstance(network, Own) else network
    if isinstance(network, Own):
        side = info.input_size
        _check(network, archive.images[0])
    else:
        side = size or usual_size(network, archive)
    paths = psa_paths(module)
    if not paths:
        raise ValueError(f"{info.name} has no PSA block; expected a model with PSA")
    names = {path: name for name, path in paths.items()}
    sums = {name: (GateSums(), GateSums()) for name in paths}
    was_training = module.training
    module.eval()
    try:
        with torch.no_grad():
            frame = network.crop if isinstance(network, Own) else lambda image: fit(whole(image), side)
            for pixels in _batches(archive.images, frame, progress):
                with record(module, KINDS) as trace:
                    if isinstance(network, Own):
                        module(network.given(pixels))
                    else:
                        predict(network, pixels)
                for found in trace:
                    owner = found.name.rpartition(".")[0]
                    path, _, branch = owner.rpartition(".")
                    sums[names[path]][("channel", "spatial").index(branch)].add(found.value)
    finally:
        module.train(was_training)
    return GateTable(
        model=info.name,
        formula=info.formula,
        layout=info.layout,
        weights_sha256=info.weights_sha256,
        data=data,
        images=len(archive.images),
        size=side,
        blocks=tuple(
            BlockGates(
                name=name,
                channels=block.channels,
                channel=channel.summary(),
                spatial=spatial.summary(),
                gain=gain_summary(channel, spatial, block.layout),
            )
            for (name, (channel, spatial)), block in zip(
                sums.items(), map(module.get_submodule, paths.values()), strict=True
            )
        ),
    )


def _check(own: Own, image: np.ndarray) -> None:
    session = own.look(image)
    if left := [path for path in psa_paths(own.model).values() if path not in session.paths.values()]:
        raise ValueError(f"{', '.join(left)} is not PSA on the first photo: {'; '.join(session.notes)}")


def _batches(images: list[np.ndarray], frame: Callable[[np.ndarray], Crop], progress: bool) -> Iterator[np.ndarray]:
    """(N, H, W, 3) uint8: crops of equal size together."""

    def shape(item: tuple[np.ndarray, Crop]) -> tuple[int, int]:
        return item[1].height, item[1].width

    items = sorted(((image, frame(image)) for image in images), key=shape)
    with tqdm(total=len(items), desc="looking", unit="photo", disable=None if progress else True, leave=False) as bar:
        for _, group in groupby(items, key=shape):
            alike = list(group)
            for start in range(0, len(alike), BATCH):
                chosen = alike[start : start + BATCH]
                yield np.stack([cut(image, crop) for image, crop in chosen])
                bar.update(len(chosen))

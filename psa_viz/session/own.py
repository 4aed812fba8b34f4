"""Somebody's own network, opened once for many photos: its PSA blocks exchanged for ours, its weights shared."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from psa_viz.models.factories import build_from, fill
from psa_viz.models.files.weights import sha256
from psa_viz.models.normalise import MEAN, STD
from psa_viz.recording.adapt import exchanged, search
from psa_viz.recording.adapt.twin import copied
from psa_viz.recording.replay import BUDGET
from psa_viz.session.crops import checked, shaped, whole
from psa_viz.session.devices import Precision, pick_device
from psa_viz.session.framing import Size, input_size, smaller
from psa_viz.session.memory import within_memory
from psa_viz.session.opened import Opened, OwnInfo
from psa_viz.session.own_session import OwnSession, as_input
from psa_viz.values.geometry import Box, Crop

Rgb = Sequence[float]


class Own(Opened):
    """A network that takes (1, 3, H, W) and returns anything.

        own = Own(my_model, size=512)
        session = own.look("photo.jpg")            # psa_viz.open_session("photo.jpg", own) is the same
        session.untouched.outputs, session.untouched.blocks, session.untouched.others

    Args:
        model: it is left as it is; copies on the same memory run in evaluation mode, on its device, in its precision.
        name: what results call it; its class's name by default.
        size: of its input in pixels: its longer side, the other following the photo to the next multiple of 32; or
            (H, W).
        mean, std: of RGB / 255, by which the input is normalised; those of ImageNet by default.
        names: of the layers of PSA under other names, as for psa_viz.adapt.
        weights_sha256: of the file that its weights came from.
        notes: sentences that every result carries.
        factory: package.module:factory that it came from, for one with other random weights.

    Attributes:
        network: a copy as it is. Every photo runs through it once, to be compared.
        found: its PSA blocks.
        model: a copy with our blocks in the place of those.
        info: what is known of it.
        code: Python that opens it again; "" where that is not known.

    Raises:
        TypeError: for something else, or a scripted model.
        ValueError: for a mean, std or size that cannot be used.
        RuntimeError: if it cannot be copied.
    """

    def __init__(
        self,
        model: nn.Module,
        name: str | None = None,
        size: int | Size = 256,
        mean: Rgb = MEAN,
        std: Rgb = STD,
        names: Mapping[str, str] | None = None,
        weights_sha256: str = "",
        notes: Sequence[str] = (),
        factory: str = "",
    ) -> None:
        if not isinstance(model, nn.Module):
            raise TypeError(f"expected a torch.nn.Module, got {type(model).__name__}")
        self.size, self.factory, self.code = size, factory, ""
        with torch.inference_mode(False):
            self.found = search(model, training=False, names=names)
            self.network = copied(model, share=True).eval().requires_grad_(False)
            self.model = exchanged(self.network, self.found.inside(self.network), share=True).model
        blocks = self.found.recognised
        self.info = OwnInfo(
            name=type(model).__name__ if name is None else name,
            formula=" and ".join(sorted({block.formula for block in blocks})) or "none",
            layout=" and ".join(sorted({block.layout for block in blocks})) or "none",
            joints=(),
            classes=(),
            input_size=max(input_size(size, (0.0, 0.0, 1.0, 1.0))),
            weights_sha256=weights_sha256,
            mean=tuple(mean),
            std=tuple(std),
            notes=(*notes, *self.found.sentences()),
        )

    def given(self, pixels: np.ndarray) -> Tensor:
        """(N, h, w, 3) uint8 RGB -> what it is given of it: normalised, in its own precision."""
        return as_input(self.model, self.info, pixels)

    def fingerprint(self) -> str:
        """The sha256 of all its tensors by name."""
        digest = hashlib.sha256()
        for name, value in self.network.state_dict().items():
            if isinstance(value, Tensor):
                digest.update(f"{name} {value.dtype} {tuple(value.shape)}\n".encode())
                digest.update(value.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes())
        return digest.hexdigest()

    def crop(self, photo: np.ndarray, box: Box | None = None) -> Crop:
        """What it sees of an (H, W, 3) photo: all of it, or the box, widened to the shape of its input."""
        part = whole(photo) if box is None else checked(box, photo)
        height, width = input_size(self.size, part)
        return shaped(part, width, height, stride=1)

    def session(
        self, photo: str | Path | np.ndarray, crop: Crop, precision: Precision = "float32", budget: int = BUDGET
    ) -> OwnSession:
        """One crop, which nothing has looked at yet."""
        return OwnSession(self, photo, crop, precision, budget)

    def look(self, photo: np.ndarray, box: Box | None = None, precision: Precision = "float32") -> OwnSession:
        """Its untouched pass over an (H, W, 3) uint8 RGB photo, at half the size and so on where memory runs out.

        Raises:
            ValueError: for a box that cannot be used, or if the network does not run on such an input.
        """
        first = self.crop(photo, box)

        def run(model: nn.Module, size: Size) -> OwnSession:
            height, width = size
            session = self.session(photo, shaped(first.box, width, height, stride=1), precision)
            _ = session.begin(model).untouched
            return session

        session, notes = within_memory(run, self.model, (first.height, first.width), smaller)
        session.note(notes)
        return session

    def with_random_weights(self, seed: int) -> Own:
        """The same network as its factory makes it with that seed of torch's random numbers.

        Raises:
            ValueError: if it came from no factory, or from one that makes the same network whatever the seed.
        """
        if not self.factory:
            raise ValueError(f"{self.info.name} came from no factory, so there is none to make it anew")
        device = next(self.network.parameters()).device
        made, other = (_made(self.factory, number) for number in (seed, seed + 1))
        if all(torch.equal(one, two) for one, two in zip(made.parameters(), other.parameters(), strict=True)):
            raise ValueError(
                f"{self.factory} makes the same weights whatever the seed: there are no random ones to show"
            )
        name = f"{self.info.name} with random weights (seed {seed})"
        return Own(made.to(device), name, self.size, self.info.mean, self.info.std, factory=self.factory)


def _made(factory: str, seed: int) -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return build_from(factory)


def open_own(
    factory: str,
    weights: str | Path | None = None,
    size: int | Size = 256,
    mean: Rgb = MEAN,
    std: Rgb = STD,
    device: str = "auto",
    name: str | None = None,
) -> Own:
    """The network that package.module:factory makes, filled from a weight file and opened. This runs that code.

    Args:
        weights: torch's or safetensors, see psa_viz.models.factories.fill; None for the weights that it is made with.
        size, mean, std, name: see Own; it is called by its factory by default.

    Raises:
        FileNotFoundError, ValueError: if that makes no network, or the file does not hold its tensors.
    """
    network = build_from(factory)
    said = () if weights is None else fill(network, Path(weights))
    own = Own(
        network.to(pick_device(device)),
        factory if name is None else name,
        size,
        mean,
        std,
        weights_sha256="" if weights is None else sha256(Path(weights)),
        notes=[f"{Path(weights).name}: {sentence}" for sentence in said] if weights is not None else (),
        factory=factory,
    )
    file = "" if weights is None else f", {str(weights)!r}"
    own.code = f"open_own({factory!r}{file}, size={size!r}, mean={tuple(mean)!r}, std={tuple(std)!r})"
    return own

"""Models by bundled name, path or hub id, on the device that there is."""

from __future__ import annotations

from pathlib import Path

import torch

from psa_viz.models import cards, full_size
from psa_viz.models.files.imported import open_network
from psa_viz.models.nets.heads import DenseHRNet
from psa_viz.session.devices import pick_device

HUB_FILE = "model.safetensors"


def load(name: str | Path, device: str | torch.device = "auto") -> DenseHRNet:
    """A trained network in evaluation mode, in float32 and channels_last.

    Args:
        name: a bundled model's name (psa_viz.bundled() lists them); the path of a weight file, the project's own or a
            published one (psa_viz.models.files.imported.open_network says which are read); or "owner/repository" on the
            Hugging Face Hub, which must hold such a file as model.safetensors.
        device: "auto" takes the first GPU if there is one, else the CPU; psa_viz.session.devices.available() lists
            the others.

    Raises:
        FileNotFoundError: for a path that does not exist.
        ValueError: for an unknown name or device, a damaged file, or one whose checksum is not its card's.
        RuntimeError: if the hub cannot be reached.
    """
    model = open_network(_find(str(name)))
    card = {card.name: card for card in cards.bundled()}.get(str(name))
    if card is not None and card.facts["weights_sha256"] != model.info.weights_sha256:
        raise ValueError(f"{card.weights.name} is damaged: its sha256 is not the one on its card; install it again")
    return model.to(pick_device(device), memory_format=torch.channels_last).requires_grad_(False)


def _find(name: str) -> Path:
    bundled = {card.name: card.weights for card in cards.bundled()}
    if name in bundled:
        return bundled[name]
    if Path(name).suffix or Path(name).exists():
        return Path(name)
    if name.count("/") == 1:
        return _download(name)
    if name in full_size.names():
        raise ValueError(
            f"no weights come with {name}; expected the path of a file with them, see psa_viz.models.full_size.build "
            "for fresh ones"
        )
    raise ValueError(f"unknown model {name!r}; expected one of {', '.join(bundled)}, a path, or owner/repository")


def _download(repository: str) -> Path:
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        return Path(hf_hub_download(repository, HUB_FILE))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        raise RuntimeError(f"could not fetch {HUB_FILE} of {repository} from the hub: {error}") from error

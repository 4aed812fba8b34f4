"""Models by bundled name, path or hub id, on the device that there is."""

from __future__ import annotations

from pathlib import Path

import torch

from psa_viz.models import cards
from psa_viz.models.heads import DenseHRNet
from psa_viz.models.imported import open_network

HUB_FILE = "model.safetensors"


def load(name: str | Path, device: str | torch.device = "auto") -> DenseHRNet:
    """A trained network in evaluation mode, in float32 and channels_last.

    Args:
        name: a bundled model's name (psa_viz.bundled() lists them), the path of a weight file that
        psa_viz.models.weights
            wrote, or "owner/repository" on the Hugging Face Hub, which must hold such a file as model.safetensors.
        device: "auto" takes the first GPU if there is one, else the CPU.

    Raises:
        FileNotFoundError: for a path that does not exist.
        ValueError: for an unknown name, a damaged file, or one whose checksum is not its card's.
        RuntimeError: if the hub cannot be reached.
    """
    model = open_network(_find(str(name)))
    card = {card.name: card for card in cards.bundled()}.get(str(name))
    if card is not None and card.facts["weights_sha256"] != model.info.weights_sha256:
        raise ValueError(f"{card.weights.name} is damaged: its sha256 is not the one on its card; install it again")
    return model.to(pick_device(device), memory_format=torch.channels_last).requires_grad_(False)


def pick_device(device: str | torch.device = "auto") -> torch.device:
    """ "auto" -> the first GPU if there is one, else the CPU; anything else must be a device that torch knows."""
    if device != "auto":
        try:
            return torch.device(device)
        except RuntimeError as error:
            raise ValueError(f"unknown device {device!r}; expected 'auto', 'cpu', 'cuda' or 'cuda:0'") from error
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def _find(name: str) -> Path:
    bundled = {card.name: card.weights for card in cards.bundled()}
    if name in bundled:
        return bundled[name]
    if Path(name).suffix or Path(name).exists():
        return Path(name)
    if name.count("/") == 1:
        return _download(name)
    raise ValueError(f"unknown model {name!r}; expected one of {', '.join(bundled)}, a path, or owner/repository")


def _download(repository: str) -> Path:
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        return Path(hf_hub_download(repository, HUB_FILE))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        raise RuntimeError(f"could not fetch {HUB_FILE} of {repository} from the hub: {error}") from error

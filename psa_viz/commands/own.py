"""What commands take for a network of somebody's own: package.module:factory in the place of a model's name."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from psa_viz.models.nets.heads import DenseHRNet
    from psa_viz.session.asked import Asked
    from psa_viz.session.own import Own

OWN = "for a model of your own"
EPILOG = (
    "--model also takes package.module:factory: that function of yours is called without arguments and makes any "
    "torch network with PSA in it, whoever wrote the blocks. This runs your module's code: local use only."
)
SIZE = 256


def own_options(own: argparse.ArgumentParser) -> None:
    """--weights, --mean and --std."""
    own.epilog = f"{own.epilog} {EPILOG}" if own.epilog else EPILOG
    own.add_argument("--weights", type=Path, metavar="FILE", help=f"{OWN}: .pth or .safetensors with its tensors")
    for what in ("mean", "std"):
        own.add_argument(f"--{what}", type=float, nargs=3, metavar="RGB", help=f"{OWN}: {what} of RGB/255 (ImageNet's)")


def asked_of(options: argparse.Namespace) -> Asked | None:
    """The network of one's own that is asked for; None for the project's.

    Raises:
        ValueError: for options of the one with a model of the other.
    """
    from psa_viz.models.factories import factory_name
    from psa_viz.session.asked import Asked

    factory = factory_name(options.model)
    if factory is None:
        if options.weights or options.mean or options.std or isinstance(getattr(options, "size", None), tuple):
            raise ValueError(f"--weights, --mean, --std and a size of two numbers are {OWN}, package.module:factory")
        return None
    rgb = (None if given is None else tuple(given) for given in (options.mean, options.std))
    return Asked(factory, factory, options.weights, options.size or SIZE, *rgb)


def opened(options: argparse.Namespace) -> DenseHRNet | Own:
    """The model that is asked for, one of the project's or one's own.

    Raises:
        FileNotFoundError, ValueError, RuntimeError: if it cannot be loaded.
    """
    import psa_viz

    own = asked_of(options)
    return psa_viz.load(options.model, device=options.device) if own is None else own.open(options.device)


def size_option(text: str) -> int | tuple[int, int]:
    """ "512", or "512x1024" as height and width."""
    if re.fullmatch(r"\d+x\d+", text):
        height, width = text.split("x")
        return int(height), int(width)
    return int(text)

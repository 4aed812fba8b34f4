"""Published weight files, drawn: small networks with trained-looking statistics, and the official lists of names."""

import ast
import gzip
from pathlib import Path

import torch

from psa_viz.models.files.official import to_official
from psa_viz.models.full_size import build

DATA = Path(__file__).parent / "data"


def official_listing(kind):
    """Name -> shape of every tensor of the official Cityscapes network, as listed by running the authors' code."""
    lines = gzip.decompress((DATA / f"official_seg_keys_{kind}.txt.gz").read_bytes()).decode().splitlines()
    return {name: tuple(ast.literal_eval(shape)) for name, shape, _ in (line.split("\t") for line in lines)}


def drawn(name, seed=0):
    """A network in evaluation mode whose statistics are unlike fresh ones, as after training."""
    torch.manual_seed(seed)
    network = build(name)
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(std=0.1)
            module.running_var.uniform_(0.5, 2)
            torch.nn.init.uniform_(module.weight, 0.5, 1)
            torch.nn.init.normal_(module.bias, std=0.1)
    return network.eval()


def state_of(name):
    return to_official(drawn(name))

"""What several of these tests look at: the network of known behaviour, and a small trunk that passes can resume in."""

from __future__ import annotations

import warnings
from functools import partial

import numpy as np
import pytest


@pytest.fixture
def known():
    """The synthetic network and its photo."""
    from psa_viz.evidence.subject import Subject
    from psa_viz.session.crops import fit, whole
    from psa_viz.session.session import Session
    from tests.evidence.synthetic_network import OneCell, bright_at_the_cell

    photo = bright_at_the_cell()
    return Subject(Session(photo, OneCell(), fit(whole(photo), photo.shape[0])))


@pytest.fixture(scope="session")
def small_network():
    """A fresh HRNet of 8 channels with two heads that have something to say."""
    import torch
    from torch import nn

    from psa_viz.attention.polarized import PolarizedSelfAttention
    from psa_viz.models.nets.heads import DenseHRNet, ModelInfo

    torch.manual_seed(6)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = DenseHRNet(
            8,
            {"pose": 2, "segmentation": 3},
            modules=(1, 1, 1),
            blocks=1,
            merged=16,
            attention=partial(PolarizedSelfAttention),
        )
    for head in model.heads.values():
        nn.init.normal_(head[-1].weight, std=0.5)
    model.info = ModelInfo("small", "paper", "parallel", ("left_knee", "neck"), ("background", "hair", "skin"), 64)
    return model.eval().requires_grad_(False)


@pytest.fixture(scope="session")
def small_photo():
    y, x = np.mgrid[:64, :64] / 9.0
    picture = np.stack((np.sin(x) + np.cos(y), np.sin(x * y / 5), np.cos(2 * x - y)), axis=-1)
    return ((picture + 2) * 63).astype(np.uint8)


@pytest.fixture
def small(small_network, small_photo):
    from psa_viz.evidence.subject import Subject
    from psa_viz.session.crops import fit, whole
    from psa_viz.session.session import Session

    return Subject(Session(small_photo, small_network, fit(whole(small_photo), 64)))

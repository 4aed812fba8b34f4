"""Every class that a network of this package predicts has a colour, and its own."""

import pytest

from psa_viz.models.full_size import CITYSCAPES_CLASSES
from psa_viz.models.zoo import NETWORKS
from psa_viz.values.palettes import palette


@pytest.mark.parametrize("classes", [*(network.classes for network in NETWORKS.values()), CITYSCAPES_CLASSES])
def test_every_class_has_a_colour_of_its_own(classes):
    colours = palette(tuple(classes))
    assert colours.shape == (len(classes), 3)
    assert len({tuple(colour) for colour in colours.tolist()}) == len(classes)


def test_a_class_without_a_colour_is_named():
    with pytest.raises(ValueError, match="no colour for dragon"):
        palette(("sky", "dragon"))

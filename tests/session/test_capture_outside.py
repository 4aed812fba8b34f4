"""Networks in the manner of what people put attention into, from the photo to the gates."""

import numpy as np
import pytest
import torch

import psa_viz
from psa_viz.models.normalise import normalise
from psa_viz.session.capture import capture
from psa_viz.session.crops import cut
from tests.recording.foreign import networks


def given(photo, result):
    return normalise(torch.from_numpy(cut(photo, result.crop)[None]).permute(0, 3, 1, 2))


def features_of(model, path, x):
    """What a module is given."""
    kept = []
    handle = model.get_submodule(path).register_forward_pre_hook(lambda _, inputs: kept.append(inputs[0].clone()))
    with torch.no_grad():
        model(x)
    handle.remove()
    return kept[0]


def test_a_resnet_with_the_ports_parallel_block(photo):
    model = networks.resnet()
    result = capture(photo, model, size=(64, 96))
    assert list(result.blocks) == ["1.psa", "2.psa", "4.psa"]
    assert (result.formula, result.layout, result.notes) == ("paper", "parallel", ())
    x = features_of(model, "4.psa", given(photo, result))
    with torch.no_grad():
        np.testing.assert_allclose(result.blocks["4.psa"].channel, model[4].psa.channel_gate(x)[0, :, 0, 0], atol=1e-5)
        np.testing.assert_allclose(result.blocks["4.psa"].spatial, model[4].psa.spatial_gate(x)[0, 0], atol=1e-5)
        np.testing.assert_allclose(result.outputs["output"], model(given(photo, result)), atol=1e-5)


def test_a_detector_with_the_authors_sequential_block(photo):
    model = networks.detector()
    result = capture(photo, model, size=(64, 96))
    assert list(result.blocks) == ["one.m.0.1", "one.m.1.1", "two.m.0.1", "two.m.1.1"]
    assert (result.formula, result.layout) == ("official", "sequential")
    x = features_of(model, "two.m.1.1", given(photo, result))
    with torch.no_grad():
        gate = model.two.m[1][1].channel_gate(x)
        expected = model.two.m[1][1].spatial_gate(gate * x)[0, 0]
    np.testing.assert_allclose(result.blocks["two.m.1.1"].spatial, expected, atol=1e-5)
    edit = psa_viz.SwitchOff("two.m.1.1", "channel", to=0.5)
    changed = capture(photo, model, size=(64, 96), edits=[edit])
    assert np.array_equal(changed.outputs["output.0"], result.outputs["output.0"])
    assert not np.array_equal(changed.outputs["output.1"], result.outputs["output.1"])


def test_a_unet_with_cbam(photo):
    model = networks.unet()
    result = capture(photo, model, size=(64, 96))
    assert result.blocks == {}
    assert {name: other.kind for name, other in result.others.items()} == {"skip2": "CBAM", "skip1": "CBAM"}
    x = features_of(model, "skip1", given(photo, result))
    seen = result.others["skip1"]
    with torch.no_grad():
        np.testing.assert_allclose(seen["channel"].value, model.skip1.ca(x)[0, :, 0, 0], atol=1e-6)
    assert seen["map"].value.shape == (64, 96)
    assert seen.proven


@pytest.mark.parametrize("make", [networks.resnet, networks.unet, networks.detector])
def test_a_batch(make):
    batch = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    first, second = capture(model=make(), tensors=batch)
    assert first.blocks.keys() | first.others.keys() == second.blocks.keys() | second.others.keys() != set()

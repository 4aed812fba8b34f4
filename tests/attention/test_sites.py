"""Blocks publish where they can be seen and changed, and what they publish is what they do."""

import numpy as np
import pytest
import torch
from torch import nn

import psa_viz
from psa_viz.attention.cbam import ConvolutionalBlockAttention
from psa_viz.attention.gc import GlobalContext
from psa_viz.attention.polarized import PARTS, PolarizedSelfAttention
from psa_viz.attention.se import SqueezeExcitation
from psa_viz.attention.taps import Tap
from psa_viz.recording.blocks import attention_blocks, block_paths, edited_paths, psa_paths
from psa_viz.recording.others import others
from psa_viz.recording.published import published
from psa_viz.recording.watching import watched
from psa_viz.values.edit_text import from_json, to_json
from psa_viz.values.edits import Mute, Paint, Scale, SwitchOff
from psa_viz.values.sites import gain

OTHERS = (SqueezeExcitation, ConvolutionalBlockAttention, GlobalContext)
MAKE = {kind.__name__: kind for kind in OTHERS} | {
    f"{formula} {layout}": lambda channels, formula=formula, layout=layout: PolarizedSelfAttention(
        channels, layout=layout, formula=formula
    )
    for formula, layout in PARTS
}
CHANNELS = 32


@pytest.fixture
def x():
    torch.manual_seed(0)
    return torch.randn(2, CHANNELS, 5, 7)


def made(name):
    torch.manual_seed(1)
    return nn.ModuleDict({"attention": MAKE[name](CHANNELS)}).eval()["attention"]


def recorded(block, x):
    with torch.no_grad(), psa_viz.record(block) as trace:
        y = block(x)
    return y, {**published(block, trace), **attention_blocks(block, trace)}[""]


@pytest.mark.parametrize("name", MAKE)
def test_every_site_has_a_tap_with_its_axes(name):
    block = made(name)
    for site in block.sites.infos:
        tap = block.get_submodule(site.tap)
        assert isinstance(tap, Tap)
        assert tap.axes == f"N{site.axes}"


@pytest.mark.parametrize("name", MAKE)
def test_what_is_published_is_what_the_block_does(name, x):
    block = made(name)
    y, found = recorded(block, x)
    if block.sites.combination == "context":
        assert found["weights"].value.sum() == pytest.approx(1, abs=1e-5)
        added = (y - x)[0].flatten(1)
        torch.testing.assert_close(added, added[:, :1].expand_as(added), rtol=0, atol=1e-5)
        return
    factor = gain(block.sites.combination, found.sites)
    np.testing.assert_allclose(y[0].numpy(), x[0].numpy() * factor, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", [name for name in MAKE if name != "GlobalContext"])
def test_at_their_neutral_values_the_gates_do_nothing(name, x):
    block = made(name)
    edits = [SwitchOff("", site.name, to=site.neutral) for site in block.sites.infos]
    with torch.no_grad(), psa_viz.edited(block, edits):
        torch.testing.assert_close(block(x), x)
    with torch.no_grad():
        assert (block(x) - x).abs().max() > 1e-3


@pytest.mark.parametrize("kind", OTHERS)
def test_seen_from_outside_a_block_shows_the_sites_that_it_publishes(kind, x):
    model = nn.Sequential(nn.Conv2d(CHANNELS, CHANNELS, 1), made(kind.__name__), nn.Conv2d(CHANNELS, 3, 1)).eval()
    with torch.no_grad(), watched(model) as gates, psa_viz.record(model) as trace:
        model(x)
    (seen,), (own,) = others(model, gates, 1, 2).values(), published(model, trace, 1).values()
    assert (own.name, own.kind) == (seen.name, seen.kind)
    assert own.acts == seen.acts
    for site, other in zip(own.sites, seen.sites, strict=True):
        assert (site.name, site.role, site.neutral) == (other.name, other.role, other.neutral)
        np.testing.assert_array_equal(site.value.ravel(), other.value.ravel())


def test_edits_name_a_block_and_a_site(x):
    model = nn.Sequential(made("ConvolutionalBlockAttention"), made("GlobalContext"), made("paper parallel"))
    assert list(block_paths(model)) == ["0", "1", "2"]
    assert list(psa_paths(model)) == ["2"]
    cells = np.zeros((5, 7), dtype=bool)
    cells[2, 3] = True
    edits = [Mute("0", cells=cells, to=0.0, site="map"), Paint("1", np.full((5, 7), 1 / 35), site="weights")]
    edits += [Scale("0", factor=0.5, site="channel"), SwitchOff("2", "spatial", to="mean")]
    assert from_json(to_json(edits)) == tuple(edits)
    assert edited_paths(model, edits) == {"0", "1", "2"}
    with torch.no_grad(), psa_viz.record(model) as before:
        model(x)
    with torch.no_grad(), psa_viz.edited(model, edits), psa_viz.record(model) as after:
        model(x)
    was, now = published(model, before), published(model, after)
    np.testing.assert_array_equal(now["0"]["channel"].value, was["0"]["channel"].value * np.float32(0.5))
    assert (now["0"]["map"].value[2, 3], was["0"]["map"].value[2, 3] > 0) == (0, True)
    assert (now["1"]["weights"].value == np.float32(1 / 35)).all()
    assert np.ptp(attention_blocks(model, after)["2"]["spatial"].value) == 0


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (SwitchOff("", "rows", to=0.0), r"no site 'rows' in CBAM; it has channel, map"),
        (Mute("", channels=[CHANNELS], to=0.0), "channels from 0 to 31"),
        (Mute("", channels=[1], to=0.0, site="map"), "expected no channels for the map gate"),
        (Mute("elsewhere", channels=[1], to=0.0), "no attention block named 'elsewhere'"),
    ],
)
def test_edits_that_do_not_fit_are_refused(edit, words, x):
    block = made("ConvolutionalBlockAttention")
    with torch.no_grad(), pytest.raises(ValueError, match=words), psa_viz.edited(block, [edit]):
        block(x)


def test_psa_words_name_the_only_site_with_these_axes():
    sites = made("ConvolutionalBlockAttention").sites
    assert sites["spatial"].name == "map"
    assert made("SqueezeExcitation").sites["channel"].tap == "gate"
    with pytest.raises(KeyError, match="no site 'channel' in GC; it has weights"):
        made("GlobalContext").sites["channel"]


def test_branch_is_the_old_name_of_site():
    assert SwitchOff("b", branch="channel", to=0.0) == SwitchOff("b", "channel", to=0.0)
    assert Scale("b", branch="spatial", factor=2.0).site == "spatial"
    old = '[{"kind": "switch-off", "block": "b", "branch": "channel", "to": 0.0, "seed": 0}]'
    assert from_json(old) == (SwitchOff("b", "channel", to=0.0),)
    assert SwitchOff("b", "channel", to=0.0).branch == "channel"

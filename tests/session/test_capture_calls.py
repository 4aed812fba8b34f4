"""A block that runs several times in one pass: every call is there, numbered, with that call's own numbers."""

import numpy as np
import pytest
import torch
from torch import nn

import psa_viz
from psa_viz.models.normalise import normalise
from psa_viz.saving.archive import load
from psa_viz.session.capture import capture
from psa_viz.session.crops import cut
from tests.recording.foreign.official import OfficialParallel
from tests.recording.foreign.ports import PortSequential

C = 32


class Pyramid(nn.Module):
    """One head on three levels, as a detector has it."""

    def __init__(self, block=PortSequential, levels=3):
        super().__init__()
        torch.manual_seed(0)
        self.stem = nn.Conv2d(3, C, 3, stride=4, padding=1)
        self.head = block(C)
        self.levels = levels

    def features(self, x):
        levels = [self.stem(x)]
        while len(levels) < self.levels:
            levels.append(nn.functional.avg_pool2d(levels[-1], 2))
        return levels

    def forward(self, x):
        return [self.head(level) for level in self.features(x)]


def seen(photo, result):
    """What the network was given."""
    return normalise(torch.from_numpy(cut(photo, result.crop)[None]).permute(0, 3, 1, 2))


def channel_gates(block, features):
    with torch.no_grad():
        return [block.channel_gate(level)[0, :, 0, 0].numpy() for level in features]


def test_every_level_of_a_pyramid_is_there(photo, tmp_path):
    model = Pyramid().eval()
    result = capture(photo, model, size=(64, 96))
    assert list(result.blocks) == ["head#0", "head#1", "head#2"]
    assert [block.shape for block in result.blocks.values()] == [(C, 16, 24), (C, 8, 12), (C, 4, 6)]
    with torch.no_grad():
        expected = channel_gates(model.head, model.features(seen(photo, result)))
    for block, gate in zip(result.blocks.values(), expected, strict=True):
        np.testing.assert_allclose(block.channel, gate, atol=1e-6)
    assert "head ran 3 times: head#0 to head#2, in this order" in result.notes
    again = load(result.save(tmp_path / "out"))
    assert list(again.blocks) == list(result.blocks)
    assert np.array_equal(again.blocks["head#2"].spatial, result.blocks["head#2"].spatial)


def test_the_authors_way_two_scales_with_one_network(photo):
    """Half size last, as their multi-scale network does it: the full size must not be lost."""

    class TwoScales(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = Pyramid(OfficialParallel, levels=1)

        def forward(self, x):
            (full,) = self.net(x)
            (half,) = self.net(nn.functional.interpolate(x, scale_factor=0.5, mode="bilinear"))
            return full + nn.functional.interpolate(half, full.shape[-2:])

    model = TwoScales().eval()
    result = capture(photo, model, size=64)
    assert list(result.blocks) == ["net.head#0", "net.head#1"]
    assert result.blocks["net.head#0"].shape[1] == 2 * result.blocks["net.head#1"].shape[1]
    full = model.net.stem(seen(photo, result))
    np.testing.assert_allclose(result.blocks["net.head#0"].channel, channel_gates(model.net.head, [full])[0], atol=1e-6)


def test_a_loop_and_a_recursion(photo):
    class Loop(Pyramid):
        def forward(self, x):
            x = self.stem(x)
            for _ in range(4):
                x = self.head(x)
            return x

    class Deeper(Pyramid):
        def down(self, x):
            return x if x.shape[-1] < 4 else self.down(nn.functional.avg_pool2d(self.head(x), 2))

        def forward(self, x):
            return self.down(self.stem(x))

    looped = capture(photo, Loop(), size=64).blocks
    assert list(looped) == [f"head#{call}" for call in range(4)]
    assert len({block.channel.tobytes() for block in looped.values()}) == 4
    sizes = [block.shape[2] for block in capture(photo, Deeper(), size=64).blocks.values()]
    assert sizes == [16, 8, 4]


def test_one_block_of_several_parents_says_where_it_stands(photo):
    shared = OfficialParallel(C)
    model = nn.Sequential(
        nn.Conv2d(3, C, 3, stride=4), nn.Sequential(shared, nn.Tanh()), nn.Sequential(nn.ReLU(), shared)
    )
    result = capture(photo, model, size=64)
    assert list(result.blocks) == ["1.0#0", "1.0#1"]
    assert result.notes[-1] == "1.0 ran 2 times, and stands at 1.0 and 2.1: 1.0#0 to 1.0#1, in this order"


def test_parts_of_an_image_in_one_batch(photo):
    """Windows cut by the network itself: the block is right, and sees a batch of parts."""

    class Windows(Pyramid):
        def forward(self, x):
            x = self.stem(x)
            n, c, h, w = x.shape
            parts = x.view(n, c, h // 8, 8, w // 8, 8).permute(0, 2, 4, 1, 3, 5).reshape(-1, c, 8, 8)
            return self.head(parts)

    model = Windows().eval()
    result = capture(photo, model, size=(64, 96))
    assert list(result.blocks) == [f"head[{part}]" for part in range(6)]
    x = model.stem(seen(photo, result))
    np.testing.assert_allclose(
        result.blocks["head[4]"].channel, channel_gates(model.head, [x[..., 8:, 8:16]])[0], atol=1e-6
    )
    assert "head ran once, 6 parts of the image in all: head[0] to head[5], in this order" in result.notes


def test_an_edit_of_one_call(photo):
    model = Pyramid().eval()
    plain = capture(photo, model, size=64).blocks
    changed = capture(photo, model, size=64, edits=[psa_viz.SwitchOff("head#1", "channel", to=0.25)]).blocks
    assert (changed["head#1"].channel == 0.25).all()
    for name in ("head#0", "head#2"):
        assert np.array_equal(changed[name].channel, plain[name].channel)
    every = capture(photo, model, size=64, edits=[psa_viz.SwitchOff("head", "channel", to=0.25)]).blocks
    assert all((block.channel == 0.25).all() for block in every.values())
    with pytest.raises(RuntimeError, match=r"head\.channel\.gate in call 3 were never applied"):
        capture(photo, model, size=64, edits=[psa_viz.SwitchOff("head#3", "channel", to=0.25)])

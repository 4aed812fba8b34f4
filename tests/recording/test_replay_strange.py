"""Networks that make replaying hard: each has to give what a full pass gives, to the last bit."""

from __future__ import annotations

import copy
import threading
from collections import OrderedDict, namedtuple
from dataclasses import dataclass

import pytest
import torch
from torch import Tensor, nn

from psa_viz.attention.polarized import PolarizedSelfAttention
from psa_viz.recording.blocks import psa_paths
from psa_viz.recording.recorder import routed
from psa_viz.recording.replay import Replay

C = 16
Pair = namedtuple("Pair", "left right")


@dataclass(frozen=True)
class Levels:
    fine: Tensor
    coarse: Tensor


class Opaque:
    """Neither tensor nor container."""

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor


class Unit(nn.Module):
    """Convolution and attention, by name, so that a stage is a module that contains others."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Sequential(nn.Conv2d(C, C, 3, padding=1), nn.ReLU())
        self.attention = PolarizedSelfAttention(C)

    def forward(self, x: Tensor) -> Tensor:
        return self.attention(self.conv(x))


class Strange(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, C, 3, stride=2), nn.ReLU())
        self.first, self.second, self.third = Unit(), Unit(), Unit()

    def forward(self, image: Tensor) -> Tensor:
        return self.third(self.second(self.first(self.stem(image))))


class AddsInPlace(Strange):
    """Residuals are added into what a stage returned, as in torchvision: that is no longer what it returned."""

    def forward(self, image: Tensor) -> Tensor:
        x = self.stem(image)
        for stage in (self.first, self.second, self.third):
            y = stage(x)
            y += x
            x = torch.relu_(y)
        return x


class WritesIntoItsImage(Strange):
    def forward(self, image: Tensor) -> Tensor:
        return super().forward(image.mul_(0.5).add_(0.1))


class WritesIntoWhatItIsGiven(Strange):
    """A stage that overwrites its own input and returns it, as the authors' sequential block does."""

    class Overwriting(Unit):
        def forward(self, x: Tensor) -> Tensor:
            x *= super().forward(x)
            return x

    def __init__(self) -> None:
        super().__init__()
        self.second = self.Overwriting()


class ContainersOfMany(Strange):
    """Keywords, tuples, dictionaries, named tuples, dataclasses, and a list that its receiver empties."""

    class Split(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.units = nn.ModuleList([Unit(), Unit()])

        def forward(self, x: Tensor, *, scale: float, also: dict[str, Tensor], none: None = None) -> Levels:
            left, right = self.units[0](x) * scale, self.units[1](also["again"])
            return Levels(left, right[..., ::2, ::2])

    class Join(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.unit = Unit()

        def forward(self, pair: Pair, many: list[Tensor]) -> OrderedDict[str, tuple[Tensor, list[Tensor]]]:
            one = self.unit(many.pop() + pair.left)
            return OrderedDict(found=(one, [one + 1, pair.right]))

    def __init__(self) -> None:
        super().__init__()
        del self.second, self.third
        self.split, self.join, self.last = self.Split(), self.Join(), Unit()

    def forward(self, image: Tensor) -> Tensor:
        x = self.first(self.stem(image))
        levels = self.split(x, scale=0.5, also={"again": x})
        found = self.join(Pair(levels.fine, levels.coarse), [levels.fine, x])
        one, others = found["found"]
        others.append(one)
        return self.last(one + sum(other.mean() for other in others))


class SeveralCalls(Strange):
    """One stage runs three times, once of them on what it was given before."""

    def forward(self, image: Tensor) -> Tensor:
        x = self.stem(image)
        y = self.first(x)
        half = self.first(nn.functional.avg_pool2d(self.second(y), 2))
        return self.third(y + nn.functional.interpolate(half, y.shape[-2:]) + self.first(x))


class SharedPlaces(Strange):
    """One attention block that stands in two stages."""

    def __init__(self) -> None:
        super().__init__()
        self.third.attention = self.first.attention


class PassesSomethingUnknown(Strange):
    class Wraps(Unit):
        def forward(self, x: Tensor | Opaque) -> Opaque:
            return Opaque(super().forward(x.tensor if isinstance(x, Opaque) else x))

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = self.Wraps(), self.Wraps()

    def forward(self, image: Tensor) -> Tensor:
        return self.third(self.second(self.first(self.stem(image))).tensor)


class KeepsOnItself(Strange):
    """A stage leaves its result on itself, and another takes it from there."""

    class Keeps(Unit):
        def forward(self, x: Tensor) -> Tensor:
            self.kept = super().forward(x)
            return x

    def __init__(self) -> None:
        super().__init__()
        self.first = self.Keeps()

    def forward(self, image: Tensor) -> Tensor:
        x = self.second(self.first(self.stem(image)))
        return self.third(x + self.first.kept)


class KeepsInAList(KeepsOnItself):
    class Keeps(Unit):
        def __init__(self) -> None:
            super().__init__()
            self.all: list[Tensor] = []

        def forward(self, x: Tensor) -> Tensor:
            self.all.append(super().forward(x))
            return x

    def forward(self, image: Tensor) -> Tensor:
        x = self.second(self.first(self.stem(image)))
        return self.third(x + self.first.all[-1])


STRANGE = [
    Strange, AddsInPlace, WritesIntoItsImage, WritesIntoWhatItIsGiven, ContainersOfMany, SeveralCalls, SharedPlaces,
    PassesSomethingUnknown, KeepsOnItself, KeepsInAList,
]  # fmt: skip


@pytest.fixture
def image() -> Tensor:
    return torch.randn(1, 3, 17, 25, generator=torch.Generator().manual_seed(1))


def made(kind: type[nn.Module]) -> nn.Module:
    torch.manual_seed(0)
    return kind().eval().requires_grad_(False)


def replayed(model: nn.Module, image: Tensor, **settings) -> Replay:
    replay = Replay(model, **settings)
    replay.remember(image)
    return replay


def switched(model: nn.Module, path: str):
    return routed(model, {f"{path}.channel.gate": lambda gate: gate * 0.25})


@torch.no_grad()
@pytest.mark.parametrize("budget", [2**30, 40_000])
@pytest.mark.parametrize("kind", STRANGE)
def test_replayed_equals_full_at_every_block(kind, image, budget) -> None:
    model, kept = made(kind), image.clone()
    plain = made(kind)(image.clone())
    replay = Replay(model, budget)
    assert torch.equal(replay.remember(image), plain)
    for path in [*psa_paths(model).values()] * 2:  # twice: no edit leaves anything behind
        with switched(model, path):
            full, found = model(image.clone()), replay.again([path])
        assert torch.equal(found, full), path
        assert not torch.equal(full, plain), path
        assert torch.equal(replay.again(()), plain)
    assert torch.equal(image, kept)
    assert not any("forward" in module.__dict__ for module in model.modules())


@torch.no_grad()
@pytest.mark.parametrize("kind", [Strange, AddsInPlace, ContainersOfMany, SeveralCalls, SharedPlaces])
def test_what_comes_before_the_edit_does_not_run(kind, image) -> None:
    model = made(kind)
    replay, ran = replayed(model, image), []
    handle = model.stem[0].register_forward_hook(lambda *_: ran.append("stem"))
    last = [*psa_paths(model).values()][-1]
    with switched(model, last):
        replay.again([last])
    handle.remove()
    assert ran == []


@torch.no_grad()
def test_what_is_given_back_can_be_written_to(image) -> None:
    model = made(Strange)
    replay = replayed(model, image)
    plain = replay.again(()).clone()
    replay.again(()).zero_()
    assert torch.equal(replay.again(()), plain)
    replay.input_of("third.attention").zero_()
    assert torch.equal(replay.again(["third.attention"]), plain)
    assert replay.input_of("third.attention").any()


@torch.no_grad()
def test_stand_ins_are_gone_after_an_error(image) -> None:
    model = made(Strange)
    replay = replayed(model, image)

    def fail(_: Tensor) -> Tensor:
        raise ZeroDivisionError

    for run in (lambda: Replay(model).remember(image), lambda: replay.again(["second.attention"])):
        with pytest.raises(ZeroDivisionError), routed(model, {"second.attention.channel.gate": fail}):
            run()
        assert not any("forward" in module.__dict__ for module in model.modules())
    assert torch.equal(replay.again(["second"]), model(image))


@torch.no_grad()
def test_another_thread_runs_the_network_in_full_meanwhile(image) -> None:
    model = made(Strange)
    replay, plain, ran, found = replayed(model, image), model(image), [], []
    model.stem[0].register_forward_hook(lambda *_: ran.append(threading.get_ident()))

    def elsewhere(gate: Tensor) -> Tensor:
        def work() -> None:
            with torch.no_grad():
                found.append(model(image))
                found.append(copy.deepcopy(model)(image * 2))

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        return gate

    with routed(model, {"third.attention.channel.gate": elsewhere}):
        assert torch.equal(replay.again(["third.attention"]), plain)
    assert torch.equal(found[0], plain)
    assert torch.equal(found[1], model(image * 2))
    assert threading.get_ident() not in ran[:-1]
    assert len(ran) == 3


def test_two_threads_with_two_photos_do_not_mix(image) -> None:
    model, photos = made(AddsInPlace), [image, image.flip(-1), image * 3]
    expected, wrong = [], []
    with torch.no_grad():
        for photo in photos:
            with switched(model, "second.attention"):
                expected.append(model(photo.clone()))

    def visit(number: int) -> None:
        with torch.no_grad():
            replay = replayed(model, photos[number])
            for _ in range(10):
                with switched(model, "second.attention"):
                    found = replay.again(["second.attention"])
                if not torch.equal(found, expected[number]):
                    wrong.append(number)

    threads = [threading.Thread(target=visit, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@torch.no_grad()
def test_a_forward_that_somebody_put_there_stays(image) -> None:
    model = made(Strange)
    own = model.second.forward
    model.second.forward = lambda x: own(x) * 2
    mine = model.second.forward
    plain = model(image)
    replay = replayed(model, image)
    assert torch.equal(replay.again(["third"]), plain)
    assert model.second.forward is mine


@torch.no_grad()
def test_another_autocast_state_is_a_pass_in_full(image) -> None:
    model = made(Strange)
    replay = replayed(model, image)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(replay.again(()), model(image))


def test_gradients_flow_through_what_runs_again(image) -> None:
    model = made(Strange)
    with torch.no_grad():
        replay = replayed(model, image)
    gate = torch.full((1, C), 0.5, requires_grad=True)
    ways = {"second.attention.channel.gate": lambda _: gate}
    with routed(model, ways):
        (found,) = torch.autograd.grad(replay.again(["second.attention"]).sum(), gate)
    with routed(model, ways):
        (full,) = torch.autograd.grad(model(image).sum(), gate)
    torch.testing.assert_close(found, full, rtol=1e-5, atol=1e-6)
    assert found.any()


@torch.inference_mode()
def test_in_inference_mode_every_pass_is_one_in_full(image) -> None:
    model = made(Strange)
    replay = replayed(model, image)
    with switched(model, "first.attention"):
        assert torch.equal(replay.again(["first.attention"]), model(image))

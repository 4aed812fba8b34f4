"""The copy that adapt makes: its own tensors, and everything that refers to a block refers to the exchanged one."""

import functools
import weakref

import pytest
import torch
from torch import nn

from psa_viz.attention.polarized import PolarizedSelfAttention
from psa_viz.recording.adapt import adapt
from psa_viz.recording.blocks import attention_blocks
from psa_viz.recording.recorder import record
from tests.recording.foreign.network import C, network, quietly
from tests.recording.foreign.official import OfficialParallel
from tests.recording.foreign.ports import PortParallel, PortSequential

CHANGES = {
    "double": lambda model: model.double(),
    "half": lambda model: model.half(),
    "to": lambda model: model.to(torch.bfloat16),
    "to meta": lambda model: model.to("meta"),
    "train": lambda model: model.train(),
    "frozen": lambda model: model.requires_grad_(False),
    "zeroed in place": lambda model: [p.data.zero_() for p in model.parameters()],
    "loaded": lambda model: model.load_state_dict({k: v * 0 for k, v in model.state_dict().items()}),
    "buffers": lambda model: [b.fill_(7) for b in model.buffers()],
    "removed": lambda model: [module._parameters.clear() for module in model.modules()],
    "channels last": lambda model: model.to(memory_format=torch.channels_last),
}


@pytest.mark.parametrize("share", [False, True])
@pytest.mark.parametrize("which", ["copy", "original"])
@pytest.mark.parametrize("change", CHANGES)
def test_what_is_done_to_one_leaves_the_other(change, which, share, images):
    if share and change in ("zeroed in place", "loaded", "buffers"):
        return  # writing in place is what sharing is for: see the next test
    model = network(PortParallel)
    adapted = quietly(model) if not share else adapt(model, share=True)
    with torch.no_grad():
        before, expected = model(images), adapted.model(images)
    changed, other = (adapted.model, model) if which == "copy" else (model, adapted.model)
    CHANGES[change](changed)
    with torch.no_grad():
        assert torch.equal(other(images), expected if which == "original" else before)
    assert {p.dtype for p in other.parameters()} == {torch.float32}
    assert all(p.requires_grad for p in other.parameters())
    assert not other.training


def test_training_one_leaves_the_other_and_gradients_are_apart(images):
    model = network(PortSequential)
    adapted = quietly(model).model
    before = {name: value.clone() for name, value in model.state_dict().items()}
    optimizer = torch.optim.SGD(adapted.train().parameters(), lr=0.1)
    adapted(images).square().mean().backward()
    optimizer.step()
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert all(parameter.grad is None for parameter in model.parameters())


def test_shared_on_request_until_one_is_converted(images):
    model = network(PortSequential)
    shared = adapt(model, share=True).model
    theirs = {t.data_ptr() for t in [*model.parameters(), *model.buffers()]}
    assert {t.data_ptr() for t in [*shared.parameters(), *shared.buffers()]} == theirs
    assert not any(a is b for a in model.parameters() for b in shared.parameters())
    model.load_state_dict({name: value * 0.5 for name, value in model.state_dict().items()})
    with torch.no_grad():
        torch.testing.assert_close(shared(images), model(images), rtol=0, atol=1e-5)
        before = shared(images)
        model.double()
        assert torch.equal(shared(images), before)


class Reached(nn.Module):
    """A block that its network calls in some other way than by its attribute."""

    def __init__(self, reach):
        super().__init__()
        torch.manual_seed(0)
        self.stem = nn.Conv2d(3, C, 3)
        self.psa = PortParallel(C)
        self.reach = reach(self)

    def forward(self, x):
        return self.call(self.stem(x))

    def call(self, x):
        return self.reach(x)


class Walks(Reached):
    def call(self, x):
        for step in self.reach.values() if isinstance(self.reach, dict) else self.reach:
            x = step(x)
        return x


class Holder:
    """No module, and it knows the block."""

    def __init__(self, block):
        self.block = block

    def __call__(self, x):
        return self.block(x)


def named_function(own):
    def call(x):
        return own.psa(x)

    return call


def decorated(own):
    inner = named_function(own)

    @functools.wraps(inner)
    def outer(x):
        return inner(x) * 1

    return outer


WAYS = {
    "the block itself, hidden": (Reached, lambda own: Holder(own.psa)),
    "a kept forward": (Reached, lambda own: own.psa.forward),
    "a kept call": (Reached, lambda own: own.psa.__call__),
    "a partial": (Reached, lambda own: functools.partial(own.psa)),
    "a partial of a kept forward": (Reached, lambda own: functools.partial(own.psa.forward)),
    "a method of the network": (Reached, lambda own: functools.partial(Reached.through, own)),
    "a lambda over the network": (Reached, lambda own: lambda x: own.psa(x)),
    "a lambda over the block": (Reached, lambda own: (lambda block: lambda x: block(x))(own.psa)),
    "a lambda over a kept forward": (Reached, lambda own: (lambda call: lambda x: call(x))(own.psa.forward)),
    "a function in a function": (Reached, decorated),
    "a weak reference": (Reached, lambda own: WeakCall(own.psa)),
    "a list": (Walks, lambda own: [own.psa]),
    "a tuple": (Walks, lambda own: (own.psa,)),
    "a dictionary": (Walks, lambda own: {"psa": own.psa}),
    "a list in a list": (Walks, lambda own: [nn.Sequential(own.psa)]),
    "a list of lambdas": (Walks, lambda own: [lambda x: own.psa(x)]),
    "a kept forward in a list": (Walks, lambda own: [own.psa.forward]),
}


def through(self, x):
    return self.psa(x)


Reached.through = through


class WeakCall:
    def __init__(self, block):
        self.block = weakref.ref(block)

    def __call__(self, x):
        return self.block()(x)


@pytest.mark.parametrize("way", WAYS)
def test_every_way_to_a_block_leads_to_the_exchanged_one(way, images):
    kind, reach = WAYS[way]
    model = kind(reach).eval()
    adapted = quietly(model)
    assert [block.path for block in adapted.recognised] == ["psa"]
    with torch.no_grad(), record(adapted.model) as trace:
        y = adapted.model(images)
    with torch.no_grad():
        torch.testing.assert_close(y, model(images), rtol=0, atol=1e-5)
    gate = attention_blocks(adapted.model, trace, image=1)["psa"].channel
    with torch.no_grad():
        expected = model.psa.channel_gate(model.stem(images))[1, :, 0, 0]
    assert torch.allclose(torch.from_numpy(gate), expected, atol=1e-6)
    assert isinstance(model.psa, PortParallel)


def test_the_issues_own_case(images):
    class Steps(nn.Module):
        def __init__(self):
            super().__init__()
            self.stem, self.psa = nn.Conv2d(3, C, 3), OfficialParallel(C)
            self.steps = [self.stem, self.psa]

        def forward(self, x):
            for step in self.steps:
                x = step(x)
            return x

    model = Steps().eval()
    adapted = quietly(model).model
    assert adapted.steps[1] is adapted.psa
    assert adapted.steps[0] is adapted.stem
    with record(adapted) as trace:
        adapted(images)
    assert list(attention_blocks(adapted, trace)) == ["psa"]


def test_methods_of_things_without_a_hash(images):
    class Unhashable:
        __hash__ = None

        def call(self):
            return 1

    model = network(PortParallel)
    model.kept = [Unhashable().call, Unhashable(), weakref.ref(model[0])]
    assert len(quietly(model).recognised) == 1


def test_a_block_that_is_only_in_a_plain_list_is_said(images):
    class Hidden(nn.Module):
        def __init__(self):
            super().__init__()
            self.stem = nn.Conv2d(3, C, 3)
            self.steps = {"first": [PortParallel(C)]}

        def forward(self, x):
            return self.steps["first"][0](self.stem(x))

    with pytest.warns(UserWarning, match="the model: PortParallel hangs on it in a plain list .* put it into an attr"):
        assert adapt(Hidden()).recognised == ()


def test_hooks_of_other_modules_that_call_the_block(images):
    model = network(PortParallel)
    model[1].deattn, psa = nn.Identity(), model[1].deattn
    model[1].extra = psa
    model[1].conv1.register_forward_hook(lambda module, inputs, output: psa(output))
    adapted = quietly(model).model
    with torch.no_grad(), record(adapted) as trace:
        torch.testing.assert_close(adapted(images), model(images), rtol=0, atol=1e-5)
    assert list(attention_blocks(adapted, trace)) == ["1.extra"]


def test_parameters_that_two_blocks_share_stay_one():
    first, second = PortParallel(C), PortParallel(C)
    second.sp_wv.weight = first.sp_wv.weight
    adapted = quietly(nn.Sequential(first, second)).model
    assert adapted[0].spatial.value.weight is adapted[1].spatial.value.weight
    assert adapted[0].spatial.query.weight is not adapted[1].spatial.query.weight


def test_a_model_made_under_inference_mode(images):
    with torch.inference_mode():
        model = network(PortParallel)
    for share in (False, True):
        adapted = adapt(model, share=share).model
        with torch.no_grad(), record(adapted) as trace:
            torch.testing.assert_close(adapted(images), model(images), rtol=0, atol=1e-5)
        assert len(trace)
    adapt(model).model(images).sum().backward()
    with torch.inference_mode():
        inside = adapt(network(PortParallel)).model
    inside(images).sum().backward()


@pytest.mark.filterwarnings("ignore:.*weight_norm.*:FutureWarning")
def test_weight_norm_and_cached_features_are_copied(images):
    class Caches(nn.Module):
        def __init__(self):
            super().__init__()
            self.net, self.kept = network(PortParallel), {}

        def forward(self, x):
            self.kept["features"] = [self.net[0](x)]
            return self.net(x)

    model = Caches()
    model.net[0] = torch.nn.utils.weight_norm(model.net[0])
    model.net[2] = torch.nn.utils.parametrizations.weight_norm(model.net[2])
    model(images)
    assert model.kept["features"][0].grad_fn is not None
    adapted = quietly(model)
    assert len(adapted.recognised) == 1
    with torch.no_grad():
        torch.testing.assert_close(adapted.model(images), model(images), rtol=0, atol=1e-5)


@pytest.mark.filterwarnings("ignore:.*weight_norm.*:FutureWarning")
@pytest.mark.parametrize(
    ("norm", "words"),
    [
        (torch.nn.utils.weight_norm, "hooks of its own|computed again at every call"),
        (torch.nn.utils.parametrizations.weight_norm, "computed again at every call .*weight_norm"),
        (torch.nn.utils.parametrizations.spectral_norm, "computed again at every call"),
    ],
)
def test_a_block_under_weight_norm_is_named(norm, words):
    model = network(PortParallel)
    norm(model[1].deattn.ch_wq)
    with pytest.warns(UserWarning, match=words):
        assert adapt(model).refused[0].path == "1.deattn"


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_a_default_device_does_not_matter(device, images):
    model = network(PortParallel)
    with torch.device(device):
        adapted = adapt(model)
    assert [block.path for block in adapted.recognised] == ["1.deattn"]
    with torch.no_grad():
        torch.testing.assert_close(adapted.model(images), model(images), rtol=0, atol=1e-5)


@pytest.mark.filterwarnings("ignore:.*torch.jit.*:DeprecationWarning")
def test_scripted_compiled_and_empty_parts_are_named_and_the_rest_is_adapted(images):
    scripted, compiled = torch.jit.script(nn.ReLU()), torch.compile(PortParallel(C), backend="eager")
    model = nn.ModuleDict({"net": nn.Sequential(nn.Conv2d(3, C, 3), scripted, compiled, PortSequential(C))})
    model["unused"] = nn.Sequential(PortParallel(C)).to("meta")
    with pytest.warns(UserWarning, match="scripted") as caught:
        adapted = adapt(model.eval())
    said = str(caught[0].message)
    assert "net.1: scripted, and left as it is" in said
    assert "net.2: compiled: the copy has it as it was before that" in said
    assert "unused.0: named like xmu-xiaoma666 port, but left as it is: ch_wv.weight has no values yet" in said
    assert [block.path for block in adapted.recognised] == ["net.2", "net.3"]
    assert isinstance(adapted.model["net"][2], PolarizedSelfAttention)
    with torch.no_grad(), record(adapted.model) as trace:
        torch.testing.assert_close(adapted.model["net"](images), model["net"](images), rtol=0, atol=1e-5)
    assert list(attention_blocks(adapted.model, trace)) == ["net.2", "net.3"]


def test_a_model_that_is_compiled_as_a_whole(images):
    model = network(PortParallel)
    torch._dynamo.reset()
    compiled = torch.compile(model, backend="eager")
    with pytest.warns(UserWarning, match="the model: compiled"):
        adapted = adapt(compiled)
    with torch.no_grad(), record(adapted.model) as trace:
        torch.testing.assert_close(adapted.model(images), model(images), rtol=0, atol=1e-5)
    assert list(attention_blocks(adapted.model, trace)) == ["1.deattn"]
    model.compile(backend="eager")
    with pytest.warns(UserWarning, match="the model: compiled"), torch.no_grad():
        in_place = adapt(model).model
    with torch.no_grad(), record(in_place) as trace:
        in_place(images)
    assert len(trace)


@pytest.mark.filterwarnings("ignore:.*torch.jit.*:DeprecationWarning")
def test_a_model_that_is_scripted_as_a_whole_is_an_error():
    with pytest.raises(TypeError, match=r"got a scripted one: pass it as it was before torch\.jit"):
        adapt(torch.jit.script(nn.Sequential(nn.ReLU())))

"""The C++ backend shows taps what the modules show, and goes on with what they give back."""

import pytest
import torch

from psa_viz.recording.recorder import record
from tests.attention.backends.cases import CLOSE, FORMS, LAYOUTS, REPLACED, exact, features, make, needs_compiler, run


@needs_compiler
@pytest.mark.parametrize(("formula", "layout"), FORMS)
@pytest.mark.parametrize("memory_format", LAYOUTS)
def test_taps_see_what_they_see_elsewhere(formula, layout, memory_format):
    block, x = make(32, formula, layout), features(2, 32, 60, 40, memory_format=memory_format)
    with torch.no_grad(), record(block) as expected:
        block.channel(x)
        block.spatial(x, scale=None if layout == "parallel" else block.channel(x))
    with record(block) as trace:
        y = run(block, x)
    assert torch.equal(y, run(block, x))
    assert set(trace.names()) == set(expected.names())
    for tensor in trace:
        torch.testing.assert_close(
            torch.from_numpy(tensor.value), torch.from_numpy(expected.get(tensor.name).value), rtol=1e-4, atol=1e-5
        )


@needs_compiler
@pytest.mark.parametrize(("path", "change"), REPLACED)
@pytest.mark.parametrize(("formula", "layout"), FORMS)
@pytest.mark.parametrize("memory_format", LAYOUTS)
def test_what_a_tap_is_replaced_by_is_used(formula, layout, path, change, memory_format):
    block, x = make(32, formula, layout), features(2, 32, 60, 40, memory_format=memory_format)
    plain = run(block, x)
    block.get_submodule(path).register_forward_hook(lambda _tap, _inputs, output: change(output))
    y = run(block, x)
    torch.testing.assert_close(y.double(), exact(block, x), **CLOSE)
    assert not torch.allclose(y, plain)


@needs_compiler
@pytest.mark.parametrize(("formula", "layout"), FORMS)
def test_all_taps_replaced_at_once(formula, layout):
    block, x, fired = make(32, formula, layout), features(2, 32, 6, 9), []
    for path, change in REPLACED:
        block.get_submodule(path).register_forward_hook(
            lambda _tap, _inputs, output, path=path, change=change: (fired.append(path), change(output))[1]
        )
    y = run(block, x)
    assert fired == [path for path, _ in REPLACED]  # once each
    torch.testing.assert_close(y.double(), exact(block, x), **CLOSE)


@needs_compiler
@pytest.mark.parametrize(("formula", "layout"), FORMS)
def test_what_was_seen_given_back_changes_no_bit(formula, layout):
    block, x = make(32, formula, layout), features(2, 32, 60, 40)
    plain = run(block, x)
    for path, _ in REPLACED[1:]:  # the softmax was never divided by its sum, and would be
        block.get_submodule(path).register_forward_hook(lambda _tap, _inputs, output: output.clone())
    assert torch.equal(run(block, x), plain)


@needs_compiler
def test_a_replacement_of_another_size_is_an_error():
    block = make()
    block.channel.gate.register_forward_hook(lambda _tap, _inputs, output: output[:, :-1])
    with pytest.raises(RuntimeError, match="expand"):
        run(block, features(1, 32, 4, 4))

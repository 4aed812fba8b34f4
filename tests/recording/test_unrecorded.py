"""What a recording did not see is said, and calls are told apart."""

import threading
import warnings
from functools import partial

import pytest
import torch
from torch import nn

from psa_viz import record
from psa_viz.attention.polarized import PolarizedSelfAttention
from psa_viz.recording.blocks import attention_blocks, attention_calls

C = 16


@pytest.fixture
def model():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, C, 3), PolarizedSelfAttention(C), PolarizedSelfAttention(C)).eval()


@pytest.fixture
def images():
    return torch.randn(2, 3, 10, 8)


def in_a_thread(work):
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def compiled(model, images):
    """Compiled and already run."""
    torch._dynamo.reset()
    made = torch.compile(model, backend="eager")
    with torch.no_grad():
        made(images)
    return made


def test_a_compiled_model_that_ran_before(model, images):
    made = compiled(model, images)
    words = r"not recorded: _orig_mod\.1, _orig_mod\.2 is compiled, and compiled code calls no hooks"
    with pytest.warns(UserWarning, match=words), record(made) as trace, torch.no_grad():
        made(images)
    assert len(trace) == 0


def test_a_model_that_was_compiled_in_place(model, images):
    torch._dynamo.reset()
    model.compile(backend="eager")
    with torch.no_grad():
        model(images)
    with pytest.warns(UserWarning, match=r"not recorded: 1, 2 is compiled"), record(model) as trace, torch.no_grad():
        model(images)
    assert len(trace) == 0


def test_one_compiled_block_among_others_is_named(model, images):
    torch._dynamo.reset()
    model[1] = torch.compile(model[1], backend="eager")
    with torch.no_grad():
        model(images)
    words = r"not recorded: 1\._orig_mod is compiled"
    with pytest.warns(UserWarning, match=words), record(model) as trace, torch.no_grad():
        model(images)
    assert {name.split(".")[0] for name in trace.names()} == {"2"}


def test_the_original_of_a_compiled_model_whose_compiled_form_ran(model, images):
    made = compiled(model, images)
    with pytest.warns(UserWarning, match="a compiled version of it does not count"), record(model), torch.no_grad():
        made(images)


def test_passes_in_another_thread(model, images):
    words = r"1, 2 ran in another thread, as in torch's DataParallel"
    with pytest.warns(UserWarning, match=words), record(model) as trace:
        in_a_thread(lambda: model(images))
    assert len(trace) == 0


def test_a_replica_as_data_parallel_makes_it(model, images):
    """Replicas share the hooks of the module that they were made of."""
    replica = model._replicate_for_data_parallel()
    for name, block in model.named_children():
        copied = block._replicate_for_data_parallel()
        setattr(replica, name, copied)
    with pytest.warns(UserWarning, match="ran in another thread"), record(model):
        in_a_thread(lambda: model[1](model[0](images)))


def test_one_branch_in_another_thread_is_named(model, images):
    with pytest.warns(UserWarning, match="not recorded: 2 ran in another thread"), record(model) as trace:
        in_a_thread(partial(model[2], model[:2](images)))
    assert {name.split(".")[0] for name in trace.names()} == {"1"}


def test_no_pass_at_all(model):
    with pytest.warns(UserWarning, match="nothing was recorded: no forward pass of this model came"), record(model):
        pass


def test_no_warning_where_all_is_well(model, images):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with record(model):
            model(images)
            in_a_thread(lambda: model(images))
        with record(model):
            model[:2](images)  # a block that no pass came to is the business of who recorded
        with pytest.raises(ZeroDivisionError), record(model):
            raise ZeroDivisionError


def test_a_model_without_blocks_of_ours_is_told_of_adapt(images):
    words = r"no attention block to record.*psa_viz\.adapt\(model\)"
    with pytest.warns(UserWarning, match=words), record(nn.Identity()):
        pass


def test_a_call_that_breaks_off_does_not_mix_with_the_next(model, images):
    fails = [True, False]

    def fail_once(*_):
        if fails.pop(0):
            raise ZeroDivisionError

    handle = model[1].spatial.logits.register_forward_hook(fail_once)
    with record(model[:2]) as trace, torch.no_grad():
        with pytest.raises(ZeroDivisionError):
            model[:2](images + 1)
        model[:2](images)
    handle.remove()
    assert [record.call for record in trace if record.kind == "channel_gate"] == [0, 1]
    assert [record.call for record in trace if record.kind == "spatial_gate"] == [1]
    with record(model[:2]) as alone, torch.no_grad():
        model[:2](images)
    (found,) = attention_calls(model[:2], trace, images=2).values()
    (expected,) = attention_blocks(model[:2], alone).values()
    assert (found.channel == expected.channel).all()
    assert (found.spatial == expected.spatial).all()


def test_parts_of_several_images_cannot_be_told_apart(model, images):
    with record(model) as trace, torch.no_grad():
        model(images)
    with pytest.raises(ValueError, match="given 2 features for a batch of 4 images"):
        attention_calls(model, trace, images=4)

"""Out of memory: the CPU, then half the size, and a note that goes wherever the result goes."""

import copy

import pytest
import torch
from torch import nn

import psa_viz
from psa_viz.rendering.report import report
from psa_viz.saving.archive import load
from psa_viz.session import memory
from psa_viz.session.memory import out_of_memory, within_memory


def half(size):
    return size // 2 or None


class Small(nn.Module):
    """Has room for so many pixels, and remembers what it was asked for."""

    def __init__(self, room, device="cpu"):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1, device=device))
        self.register_buffer("room", torch.tensor(room))
        self.asked = []

    def forward(self, size):
        self.asked.append((self.weight.device.type, size))
        if self.weight.device.type != "cpu" or size > self.room:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 3.00 GiB")
        return size


def test_enough_memory_is_no_news():
    assert within_memory(lambda model, size: model(size), Small(512), 512, half) == (512, ())


def test_the_size_is_halved_until_it_fits():
    model = Small(100)
    result, notes = within_memory(lambda model, size: model(size), model, 512, half)
    assert result == 64
    assert [size for _, size in model.asked] == [512, 256, 128, 64]
    assert notes[0] == "out of memory on cpu with an input of 512: this is the result for 256"
    assert len(notes) == 3


def test_a_gpu_gives_way_to_the_cpu_first(monkeypatch):
    """Stood in for by the meta device, whose tensors have no memory that could be moved."""
    monkeypatch.setattr(memory, "_on_cpu", lambda model: cpu)
    gpu, cpu = Small(512, device="meta"), Small(512)
    result, notes = within_memory(lambda model, size: model(size), gpu, 512, half)
    assert result == 512
    assert gpu.asked + cpu.asked == [("meta", 512), ("cpu", 512)]
    assert notes == ("out of memory on meta with an input of 512: this was computed on the CPU",)
    assert gpu.weight.device.type == "meta"


def test_the_copy_on_the_cpu_computes_the_same_and_shares_nothing():
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)).eval().requires_grad_(False)
    twin = memory._on_cpu(model)
    x = torch.randn(1, 3, 8, 8)
    assert torch.equal(twin(x), model(x))
    assert all(isinstance(parameter, nn.Parameter) and not parameter.requires_grad for parameter in twin.parameters())
    assert [type(module) for module in twin.modules()] == [type(module) for module in model.modules()]


def test_what_does_not_fit_at_all_is_raised():
    with pytest.raises(torch.OutOfMemoryError):
        within_memory(lambda model, size: model(size), Small(0), 64, half)


def test_other_errors_pass():
    def broken(model, size):
        raise RuntimeError("shapes do not match")

    with pytest.raises(RuntimeError, match="shapes"):
        within_memory(broken, Small(64), 64, half)


def test_the_cpu_says_it_in_its_own_words():
    with pytest.raises(RuntimeError) as raised:
        torch.empty(2**60)
    assert out_of_memory(raised.value)
    assert not out_of_memory(RuntimeError("out of luck"))


def test_explain_answers_smaller_and_says_so_everywhere(untrained, photo, tmp_path):
    model = copy.deepcopy(psa_viz.load(untrained, device="cpu"))
    plain = model.forward

    def cramped(image):
        if image.shape[-1] > 64:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return plain(image)

    model.forward = cramped
    result = psa_viz.explain(photo, model, box=(0, 0, 140, 90), size=192)
    assert max(result.crop.width, result.crop.height) == 64
    assert result.notes == (
        "out of memory on cpu with an input of 192 pixels: this is the result for 96 pixels",
        "out of memory on cpu with an input of 96 pixels: this is the result for 64 pixels",
    )
    assert len(result.blocks) == 20
    assert load(result.save(tmp_path / "out")).notes == result.notes
    assert result.notes[-1] in report(result)
    assert psa_viz.explain(photo, model, box=(0, 0, 140, 90), size=64).notes == ()

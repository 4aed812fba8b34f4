"""Sums published by running the authors' file and its best-known port in float64."""

import pytest
import torch

from psa_viz.attention.backends.dispatch import use_backend
from psa_viz.models.files.checkpoints import block_from_official, block_from_port
from tests.attention.backends.cases import BACKENDS

C = 16
OFFICIAL_P = {
    "conv_q_right.weight": (1, C, 1, 1),
    "conv_v_right.weight": (C // 2, C, 1, 1),
    "conv_up.weight": (C, C // 2, 1, 1),
    "conv_q_left.weight": (C // 2, C, 1, 1),
    "conv_v_left.weight": (C // 2, C, 1, 1),
}
OFFICIAL_S = {
    "conv_q_right.weight": (1, C, 1, 1),
    "conv_v_right.weight": (C // 2, C, 1, 1),
    "conv_up.0.weight": (C // 8, C // 2, 1, 1),
    "conv_up.0.bias": (C // 8,),
    "conv_up.1.weight": (C // 8, 1, 1),
    "conv_up.1.bias": (C // 8, 1, 1),
    "conv_up.3.weight": (C, C // 8, 1, 1),
    "conv_up.3.bias": (C,),
    "conv_q_left.weight": (C // 2, C, 1, 1),
    "conv_v_left.weight": (C // 2, C, 1, 1),
}
PORT = {
    "ch_wv.weight": (C // 2, C, 1, 1),
    "ch_wv.bias": (C // 2,),
    "ch_wq.weight": (1, C, 1, 1),
    "ch_wq.bias": (1,),
    "ch_wz.weight": (C, C // 2, 1, 1),
    "ch_wz.bias": (C,),
    "ln.weight": (C,),
    "ln.bias": (C,),
    "sp_wv.weight": (C // 2, C, 1, 1),
    "sp_wv.bias": (C // 2,),
    "sp_wq.weight": (C // 2, C, 1, 1),
    "sp_wq.bias": (C // 2,),
}
GOLDEN = {  # sum y, sum |y|, y[0,0,0,0], y[1,5,2,3]
    "official parallel": (-23.363245448230, 437.783558989813, 0.551916230255, 0.956989526606),
    "official sequential": (-4.269430372186, 111.150868952013, 0.141737794871, 0.206413824859),
    "port parallel": (-15.546739950272, 423.043480446153, 0.349975977054, 1.137232404066),
    "port sequential": (-2.006277570437, 104.119939647488, 0.058728937783, 0.315904501686),
}
LAYER_NORM_WEIGHTS = ("conv_up.1.weight", "ln.weight")


def filled(shapes):
    state = {}
    for k, (name, shape) in enumerate(shapes.items()):
        i = torch.arange(torch.Size(shape).numel(), dtype=torch.float64)
        values = 1 + 0.1 * torch.sin(i + k) if name in LAYER_NORM_WEIGHTS else 0.5 * torch.sin(0.7 * i + k)
        state[name] = values.reshape(shape)
    return state


def build(name):
    if name == "official parallel":
        return block_from_official(filled(OFFICIAL_P))
    if name == "official sequential":
        with pytest.warns(UserWarning, match="use at least 24"):
            return block_from_official(filled(OFFICIAL_S))
    return block_from_port(filled(PORT), layout=name.split()[1])


def features():
    i = torch.arange(2 * C * 4 * 5, dtype=torch.float64)
    return (torch.sin(0.31 * i) + 0.5 * torch.cos(0.017 * i)).reshape(2, C, 4, 5)


def sums(y):
    return [v.item() for v in (y.sum(), y.abs().sum(), y[0, 0, 0, 0], y[1, 5, 2, 3])]


@pytest.mark.parametrize("name", GOLDEN)
@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
def test_golden_sums(name, memory_format):
    y = build(name)(features().contiguous(memory_format=memory_format))
    assert sums(y) == pytest.approx(GOLDEN[name], abs=1e-9)


@pytest.mark.parametrize("name", GOLDEN)
@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize(("backend", "dtype", "near"), BACKENDS)
def test_golden_sums_by_every_backend(name, memory_format, backend, dtype, near):
    block, x = build(name).to(dtype), features().to(dtype).contiguous(memory_format=memory_format)
    with torch.no_grad(), use_backend(backend):
        y = block(x).double()
    # Of 640 values each: their differences may add up.
    assert sums(y) == pytest.approx(GOLDEN[name], rel=near, abs=max(1e-9, 20 * near))


def test_layout_is_told_from_the_keys():
    assert build("official parallel").layout == "parallel"
    assert build("official sequential").layout == "sequential"


def test_foreign_keys_are_refused_by_name():
    state = filled(OFFICIAL_P)
    state["conv_extra.weight"] = state.pop("conv_q_left.weight")
    with pytest.raises(ValueError, match=r"conv_q_left\.weight.*conv_extra\.weight"):
        block_from_official(state)


def test_a_wrong_shape_is_refused_by_name():
    state = filled(OFFICIAL_P)
    state["conv_up.weight"] = state["conv_up.weight"][:-2]
    with pytest.raises(ValueError, match=r"conv_up\.weight: expected \(16, 8\)"):
        block_from_official(state)

"""bfloat16 is used where it pays, and nowhere else."""

import torch

from psa_viz.training import precision


def test_the_faster_one_is_chosen(monkeypatch):
    for faster in (torch.bfloat16, torch.float32):
        precision.has_bfloat16.cache_clear()
        monkeypatch.setattr(precision, "_seconds", lambda dtype, faster=faster: 1.0 if dtype is faster else 2.0)
        with precision.autocast(torch.device("cpu")):
            found = torch.nn.functional.linear(torch.ones(2, 3), torch.ones(4, 3)).dtype
        assert found is faster
    precision.has_bfloat16.cache_clear()


def test_both_are_really_timed():
    assert precision._seconds(torch.float32) > 0
    assert precision._seconds(torch.bfloat16) > 0

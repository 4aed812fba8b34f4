"""The two passes over the features as Triton kernels. Importing this file needs Triton; the backend asks.

A program holds all channels of some positions at once, a (C, P) tile with C and P rounded up to powers of two, and
computes in float32, whatever the features are.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from torch import Tensor

TILE = 8192
"""Values in a tile."""
CHANNELS = 32
"""Channels that one program of `combine` finishes."""
MOST_SPLITS = 256
"""Programs that share the positions of one image in pass one."""


def collapse(x: Tensor, query: Tensor, keep: bool) -> tuple[Tensor, Tensor, Tensor]:
    """Pass one, one read of the features, with a softmax that is corrected as larger scores turn up.

    Args:
        x: (N, C, H, W), contiguous or channels_last.
        query: (C,) W_q of the channel branch.
        keep: whether to fill the scores.

    Returns:
        (N, C) X softmax(W_q X); (N, C) GAP(X); (N, H*W) scores W_q X, or one number if not kept. All in float32.
    """
    n, c, h, w = x.shape
    positions, block_c, block_p, warps = h * w, *_tile(c)
    blocks = triton.cdiv(positions, block_p)
    splits = min(blocks, MOST_SPLITS, max(1, 4 * _processors(x) // n))
    length = triton.cdiv(blocks, splits) * block_p
    splits = triton.cdiv(positions, length)  # so that none is empty
    parts = x.new_empty((2, n, splits, c), dtype=torch.float32)  # weighted sums; plain sums
    softmax = x.new_empty((2, n, splits), dtype=torch.float32)  # largest score; sum of exp(score - largest)
    scores = x.new_empty((n, positions) if keep else (1,), dtype=torch.float32)
    sums = x.new_empty((2, n, c), dtype=torch.float32)
    _collapse[n, splits](
        x, query, parts, softmax, scores, positions, length, *_strides(x), c, block_c, block_p, keep, num_warps=warps
    )
    _combine[n, triton.cdiv(c, CHANNELS)](
        parts, softmax, sums, positions, splits, c, triton.next_power_of_2(splits), CHANNELS
    )
    return sums[0], sums[1], scores


def expand(
    x: Tensor,
    channel: Tensor,
    direction: Tensor | None,
    bias: Tensor | None,
    spatial: Tensor | None,
    parallel: bool,
    keep: bool,
) -> tuple[Tensor, Tensor]:
    """Pass two, one read and one write: y from x, the channel gate, and the spatial gate or what it is made from.

    Args:
        x: (N, C, H, W), contiguous or channels_last.
        channel: (N, C) gate.
        direction: (N, C) whose product with x is the spatial logits; unused if there is a spatial gate.
        bias: (N,) added to the logits.
        spatial: (N, H, W) gate, if it is known.
        parallel: whether gates are added or multiplied.
        keep: whether to fill the logits.

    Returns:
        (N, C, H, W) y, in memory and in precision as x; (N, H*W) logits in float32, or one number if not kept.
    """
    n, c, h, w = x.shape
    positions, block_c, block_p, warps = h * w, *_tile(c)
    y = torch.empty_like(x, memory_format=torch.contiguous_format if x.is_contiguous() else torch.channels_last)
    logits = x.new_empty((n, positions) if keep else (1,), dtype=torch.float32)
    channel = channel.contiguous()
    given = channel if direction is None else direction.contiguous()
    added = channel if bias is None else bias.contiguous()
    gate = channel if spatial is None else spatial.contiguous()
    _expand[n, triton.cdiv(positions, block_p)](
        x, channel, given, added, gate, logits, y, positions, *_strides(x), c, block_c, block_p,
        parallel, bias is not None, spatial is not None, keep, num_warps=warps,
    )  # fmt: skip
    return y, logits


@triton.jit
def _collapse(
    x, query, parts, softmax, scores, positions, length, stride_n, stride_c, stride_p,
    C: tl.constexpr, BLOCK_C: tl.constexpr, BLOCK_P: tl.constexpr, KEEP: tl.constexpr,
):  # fmt: skip
    image, split = tl.program_id(0).to(tl.int64), tl.program_id(1)
    images, splits = tl.num_programs(0), tl.num_programs(1)
    c = tl.arange(0, BLOCK_C)
    q = tl.load(query + c, mask=c < C, other=0).to(tl.float32)
    weighted, plain = tl.zeros([BLOCK_C], tl.float32), tl.zeros([BLOCK_C], tl.float32)
    largest, total = -float("inf"), 0.0
    for start in range(split * length, (split + 1) * length, BLOCK_P):
        p = start + tl.arange(0, BLOCK_P)
        inside = (c < C)[:, None] & (p < positions)[None, :]
        at = x + image * stride_n + c[:, None] * stride_c + p[None, :] * stride_p
        tile = tl.load(at, mask=inside, other=0).to(tl.float32)
        score = tl.where(p < positions, tl.sum(tile * q[:, None], axis=0), -float("inf"))
        if KEEP:
            tl.store(scores + image * positions + p, score, mask=p < positions)
        larger = tl.maximum(largest, tl.max(score, axis=0))
        correction, e = tl.exp(largest - larger), tl.exp(score - larger)
        weighted = weighted * correction + tl.sum(tile * e[None, :], axis=1)
        total = total * correction + tl.sum(e, axis=0)
        plain += tl.sum(tile, axis=1)
        largest = larger
    part = image * splits + split
    tl.store(parts + part * C + c, weighted, mask=c < C)
    tl.store(parts + (images * splits + part) * C + c, plain, mask=c < C)
    tl.store(softmax + part, largest)
    tl.store(softmax + images * splits + part, total)


@triton.jit
def _combine(
    parts, softmax, sums, positions, splits, C: tl.constexpr, BLOCK_S: tl.constexpr, BLOCK_C: tl.constexpr
):  # fmt: skip
    image, images = tl.program_id(0).to(tl.int64), tl.num_programs(0)
    c, s = tl.program_id(1) * BLOCK_C + tl.arange(0, BLOCK_C), tl.arange(0, BLOCK_S)
    largest = tl.load(softmax + image * splits + s, mask=s < splits, other=-float("inf"))
    total = tl.load(softmax + (images + image) * splits + s, mask=s < splits, other=0)
    correction = tl.exp(largest - tl.max(largest, axis=0))
    inside = (s < splits)[:, None] & (c < C)[None, :]
    at = parts + (image * splits + s[:, None]) * C + c[None, :]
    weighted = tl.load(at, mask=inside, other=0)
    plain = tl.load(at + images * splits * C, mask=inside, other=0)
    pooled = tl.sum(weighted * correction[:, None], axis=0) / tl.sum(total * correction, axis=0)
    tl.store(sums + image * C + c, pooled, mask=c < C)
    tl.store(sums + (images + image) * C + c, tl.sum(plain, axis=0) / positions, mask=c < C)


@triton.jit
def _expand(
    x, channel, direction, bias, spatial, logits, y, positions, stride_n, stride_c, stride_p,
    C: tl.constexpr, BLOCK_C: tl.constexpr, BLOCK_P: tl.constexpr,
    PARALLEL: tl.constexpr, BIASED: tl.constexpr, KNOWN: tl.constexpr, KEEP: tl.constexpr,
):  # fmt: skip
    image = tl.program_id(0).to(tl.int64)
    c, p = tl.arange(0, BLOCK_C), tl.program_id(1) * BLOCK_P + tl.arange(0, BLOCK_P)
    inside = (c < C)[:, None] & (p < positions)[None, :]
    offset = image * stride_n + c[:, None] * stride_c + p[None, :] * stride_p
    tile = tl.load(x + offset, mask=inside, other=0).to(tl.float32)
    if KNOWN:
        gate = tl.load(spatial + image * positions + p, mask=p < positions, other=0).to(tl.float32)
    else:
        d = tl.load(direction + image * C + c, mask=c < C, other=0).to(tl.float32)
        logit = tl.sum(tile * d[:, None], axis=0)
        if BIASED:
            logit += tl.load(bias + image).to(tl.float32)
        if KEEP:
            tl.store(logits + image * positions + p, logit, mask=p < positions)
        gate = tl.sigmoid(logit)
    a = tl.load(channel + image * C + c, mask=c < C, other=0).to(tl.float32)
    gain = a[:, None] + gate[None, :] if PARALLEL else a[:, None] * gate[None, :]
    tl.store(y + offset, (tile * gain).to(y.dtype.element_ty), mask=inside)


def _tile(channels: int) -> tuple[int, int, int]:
    """Channels and positions of a tile, and the warps for it; at least 16 positions, to read whole cache lines."""
    block_c = triton.next_power_of_2(channels)
    block_p = min(256, max(16, TILE // block_c))
    return block_c, block_p, 4 if block_c * block_p < TILE else 8


def _strides(x: Tensor) -> tuple[int, int, int]:
    """From image to image, channel to channel, position to position. Not from x, where those of axes of length 1 may be
    anything."""
    _, c, h, w = x.shape
    return (c * h * w, h * w, 1) if x.is_contiguous() else (c * h * w, 1, c)


def _processors(x: Tensor) -> int:
    return torch.cuda.get_device_properties(x.device).multi_processor_count if x.is_cuda else 1

"""Kinds of attention side by side: what each weighs, what it adds in parameters and multiply-adds, what it keeps.

Each count is a formula in C channels and N positions, in the form that the kind's paper describes and with its usual
reduction. Biases and normalisations are left out; element-wise work is not counted, as nobody's tables count it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from psa_viz.models.cost import psa_macs_as_printed


@dataclass(frozen=True)
class Kind:
    """One kind of attention on features of C channels and N positions.

    Attributes:
        name: with the paper's number on arXiv.
        weighs: what it has a weight for.
        query: how the weights come about.
        growth: of the multiply-adds as C and N grow, the largest terms.
        parameters: C -> matrices' numbers.
        macs: (C, N) -> multiply-adds of one forward pass.
        largest: (C, N) -> numbers in the largest tensor that it forms beside its input and output.
    """

    name: str
    weighs: str
    query: str
    growth: str
    parameters: Callable[[int], int]
    macs: Callable[[int, int], int]
    largest: Callable[[int, int], int]


KINDS = (
    Kind(
        "SE (1709.01507)",
        "each channel",
        "mean over positions, two matrices",
        "C²/8",
        lambda c: 2 * c * (c // 16),
        lambda c, n: 2 * c * (c // 16),
        lambda c, n: c,
    ),
    Kind(
        "CBAM (1807.06521)",
        "each channel, then each position",
        "mean and maximum; two matrices; a 7x7 convolution",
        "C²/4 + 98 N",
        lambda c: 2 * c * (c // 16) + 98,
        lambda c, n: 4 * c * (c // 16) + 98 * n,
        lambda c, n: 2 * n,
    ),
    Kind(
        "GC (1904.11492)",
        "one mean over positions, added to all",
        "one softmax over positions",
        "2 C N + C²/8",
        lambda c: c + 2 * c * (c // 16),
        lambda c, n: 2 * c * n + 2 * c * (c // 16),
        lambda c, n: n,
    ),
    Kind(
        "Nonlocal (1711.07971)",
        "each pair of positions",
        "queries and keys at every position, NxN softmax",
        "C N² + 2 C² N",
        lambda c: 4 * c * (c // 2),
        lambda c, n: 4 * c * (c // 2) * n + 2 * (c // 2) * n * n,
        lambda c, n: n * n,
    ),
    Kind(
        "DANet (1809.02983)",
        "each pair of positions, and each pair of channels",
        "queries and keys at every position, NxN and CxC softmax",
        "9/8 C N² + 13/4 C² N",
        lambda c: 2 * c * (c // 8) + c * c,
        lambda c, n: (2 * c * (c // 8) + c * c) * n + (c // 8 + c) * n * n + 2 * c * c * n,
        lambda c, n: n * n,
    ),
    Kind(
        "self-attention layer of a ViT (2010.11929)",
        "each pair of positions",
        "queries and keys at every position, NxN softmax",
        "2 C N² + 4 C² N",
        lambda c: 4 * c * c,
        lambda c, n: 4 * c * c * n + 2 * c * n * n,
        lambda c, n: n * n,
    ),
    Kind(
        "PSA as printed (2107.00782)",
        "each channel, and each position",
        "one softmax over positions, one over channels",
        "3/2 C² N",
        lambda c: 2 * c * c + c,
        lambda c, n: psa_macs_as_printed(c, 1, n),
        lambda c, n: c // 2 * n,
    ),
    Kind(
        "PSA, brackets moved",
        "each channel, and each position",
        "the same numbers",
        "3 C N + 2 C²",
        lambda c: 2 * c * c + c,
        lambda c, n: 3 * c * n + 4 * (c // 2) * c,
        lambda c, n: n,
    ),
)


def markdown(channels: int = 64, positions: int = 64 * 48) -> str:
    """One row per kind, as markdown, at one size of features."""
    rows = [
        f"| kind | has a weight for | from | multiply-adds grow as | parameters at C = {channels} "
        f"| million multiply-adds at N = {positions:,} | largest tensor, thousand numbers |",
        "|---|---|---|---|---:|---:|---:|",
    ]
    for kind in KINDS:
        rows.append(
            f"| {kind.name} | {kind.weighs} | {kind.query} | {kind.growth} | {kind.parameters(channels):,} "
            f"| {kind.macs(channels, positions) / 1e6:,.2f} | {kind.largest(channels, positions) / 1e3:,.1f} |"
        )
    return "\n".join(rows)

"""A PSA block in NumPy alone, for the first four notebooks: both gates, in the three formulas that go by the name.

Features are X (C, H, W), or (C, N) with the N positions in a row; c = C/2. A test, tests/notebooks/test_numpy_block.py,
compares every formula with the library's block.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

Layout = Literal["parallel", "sequential"]
Formula = Literal["paper", "official"]


def softmax(values: np.ndarray, axis: int = -1) -> np.ndarray:
    """Shares along an axis: not negative, and they sum to 1. The shift changes nothing and keeps e^... finite."""
    raised = np.exp(values - values.max(axis=axis, keepdims=True))
    return raised / raised.sum(axis=axis, keepdims=True)


def sigmoid(values: np.ndarray) -> np.ndarray:
    """Any number into (0, 1)."""
    return 1 / (1 + np.exp(-np.asarray(values, dtype=float)))


def layer_norm(values: np.ndarray, gain: np.ndarray | float = 1.0, offset: np.ndarray | float = 0.0) -> np.ndarray:
    """Mean 0 and standard deviation 1, then times `gain` plus `offset`, which training may change."""
    return gain * (values - values.mean()) / np.sqrt(values.var() + 1e-5) + offset


def channel_gate(X: np.ndarray, W_q: np.ndarray, W_v: np.ndarray, W_z: np.ndarray, norm: bool = True) -> np.ndarray:
    """(C,) weights. The paper's formula ends in a LayerNorm, the official parallel one does not."""
    features = X.reshape(len(X), -1)  # (C, N)
    a = softmax((W_q @ features)[0])  # (N,) shares of the positions
    spread_out = W_z @ (W_v @ (features @ a))  # (C,)
    return sigmoid(layer_norm(spread_out) if norm else spread_out)


def spatial_gate(
    X: np.ndarray, W_q: np.ndarray, W_v: np.ndarray, softmax_on: Literal["query", "product", "value"] = "query"
) -> np.ndarray:
    """(H, W) map, or (N,): "query" is the paper's, "product" the official parallel, "value" the official sequential."""
    features = X.reshape(len(X), -1)  # (C, N)
    q = W_q @ features.mean(axis=1)  # (c,)
    if softmax_on == "value":
        logits = q @ softmax(W_v @ features, axis=1)
    else:
        logits = (softmax(q) if softmax_on == "query" else q) @ (W_v @ features)  # (N,)
    return sigmoid(softmax(logits) if softmax_on == "product" else logits).reshape(X.shape[1:])


@dataclass(frozen=True)
class Block:
    """Both gates with their matrices.

    Attributes:
        layout, formula: which of the published forms.
        channel: W_q (1, C), W_v (c, C), and W_z (C, c); in the official sequential formula W_z is two matrices,
            (C/8, c) and (C, C/8), with LayerNorm and ReLU between them.
        spatial: W_q (c, C) and W_v (c, C).
    """

    layout: Layout
    formula: Formula
    channel: tuple[np.ndarray, ...]
    spatial: tuple[np.ndarray, np.ndarray]

    def weights(self, X: np.ndarray) -> np.ndarray:
        """The channel gate: (C,)."""
        if len(self.channel) == 3:
            return channel_gate(X, *self.channel, norm=self.formula == "paper")
        W_q, W_v, W_down, W_up = self.channel
        features = X.reshape(len(X), -1)
        z = W_v @ (features @ softmax((W_q @ features)[0]))
        return sigmoid(W_up @ np.maximum(layer_norm(W_down @ z), 0))

    def map(self, X: np.ndarray) -> np.ndarray:
        """The spatial gate: (H, W). In the sequential layout it is asked about Z, not X."""
        kinds = {"parallel": "product", "sequential": "value"}
        return spatial_gate(X, *self.spatial, "query" if self.formula == "paper" else kinds[self.layout])

    def __call__(self, X: np.ndarray) -> np.ndarray:
        """(C, H, W) -> (C, H, W)."""
        if self.layout == "parallel":
            return self.weights(X)[:, None, None] * X + self.map(X) * X
        Z = self.weights(X)[:, None, None] * X
        return self.map(Z) * Z


def fresh(channels: int, layout: Layout = "parallel", formula: Formula = "paper", seed: int = 0) -> Block:
    """A block with random matrices, each number between -1/sqrt(n) and 1/sqrt(n) for n inputs, as PyTorch begins."""
    rng, c = np.random.default_rng(seed), channels // 2

    def matrix(rows: int, columns: int) -> np.ndarray:
        return rng.uniform(-1, 1, (rows, columns)) / np.sqrt(columns)

    spatial = matrix(c, channels), matrix(c, channels)
    channel = matrix(1, channels), matrix(c, channels)
    if (formula, layout) == ("official", "sequential"):
        return Block(layout, formula, (*channel, matrix(channels // 8, c), matrix(channels, channels // 8)), spatial)
    return Block(layout, formula, (*channel, matrix(channels, c)), spatial)


def macs_as_printed(channels: int, positions: int) -> int:
    """Multiply-adds of a block with W_q X and W_v X of both gates formed at every position."""
    c = channels // 2
    channel = channels + c * channels + c  # W_q X, W_v X, and (W_v X) a, at each position
    spatial = c * channels + c * channels + c  # W_q X, W_v X, and s (W_v X)
    return (channel + spatial) * positions + c * channels  # W_z once


def macs_needed(channels: int, positions: int) -> int:
    """The same block with the brackets moved: three products with X, and four matrices once."""
    return 3 * channels * positions + 4 * (channels // 2) * channels

"""Do tensors fit a network? Said with names and shapes."""

from __future__ import annotations

from collections.abc import Mapping

SHOWN = 3

Shape = tuple[int, ...]


def differences(expected: Mapping[str, Shape], got: Mapping[str, Shape]) -> str:
    """What is missing, unknown or of another shape: the first few, and how many more; "" if nothing is."""
    wrong = [
        f"{key}: expected {expected.get(key, 'nothing')}, got {got.get(key, 'nothing')}"
        for key in sorted(expected.keys() | got.keys())
        if expected.get(key) != got.get(key)
    ]
    more = f" and {len(wrong) - SHOWN} more" if len(wrong) > SHOWN else ""
    return "; ".join(wrong[:SHOWN]) + more

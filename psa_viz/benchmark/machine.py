"""On what a measurement was taken."""

from __future__ import annotations

import platform
from pathlib import Path

import torch

from psa_viz.attention.backends.cpu import library


def machine(device: torch.device) -> dict:
    """Facts that a figure means nothing without."""
    facts = {
        "device": str(device),
        "processor": _processor(),
        "vector_unit": torch.backends.cpu.get_cpu_capability(),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "native_bfloat16": native_bfloat16(device),
        "cpu_backend": library.reason() or "yes",
    }
    if device.type == "cuda":
        facts["gpu"] = torch.cuda.get_device_name(device)
    return facts


def native_bfloat16(device: torch.device) -> bool:
    """Whether bfloat16 is computed as such, and not by way of float32, which is many times slower."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    flags = Path("/proc/cpuinfo")
    return flags.exists() and any(flag in flags.read_text().split() for flag in ("avx512_bf16", "amx_bf16", "bf16"))


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.processor())

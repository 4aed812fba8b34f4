"""bench: what PSA costs, and what looking costs."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from psa_viz.commands.options import command, model_options, print_json

if TYPE_CHECKING:
    import torch

PARTS = ("explain", "block", "network", "recording", "bundled")
BLOCK = (
    "{formula:8} {layout:10} {shape:>13} {images:2} {memory:13} {precision:8} {what:7} {backend:8} {printed_ms:10.2f} "
    "{ours_ms:8.2f} {floor_ms:9.3f} {speedup:7.1f}x {over_floor:9.1f}x {printed_mb:10.1f} {ours_mb:8.1f}"
)
BLOCK_HEAD = (
    f"{'formula':8} {'layout':10} {'C, H, W':>13} {'N':>2} {'memory':13} {'type':8} {'passes':7} {'backend':8} "
    f"{'printed ms':>10} {'ours ms':>8} {'floor ms':>9} {'speedup':>8} {'over floor':>10} "
    f"{'printed MB':>10} {'ours MB':>8}"
)


def add(commands: argparse._SubParsersAction) -> None:
    own = command(commands, "bench", _bench, "time PSA blocks, whole networks, recording, and explain")
    model_options(own)
    own.add_argument("--what", default=",".join(PARTS), help="parts, separated by commas (%(default)s)")
    own.add_argument("--runs", type=int, default=20, help="of explain (%(default)s); networks half, blocks a quarter")
    own.add_argument("--threads", type=int, metavar="N", help="of the CPU; as torch chooses unless told")
    own.add_argument("--quick", action="store_true", help="small shapes and one network only")
    own.add_argument("--plot", type=Path, metavar="FILE.png", help="draw the times of the blocks")


def _bench(options: argparse.Namespace) -> None:
    import torch

    from psa_viz.benchmark.machine import machine
    from psa_viz.session.devices import pick_device

    parts = options.what.split(",")
    if unknown := set(parts) - set(PARTS):
        raise ValueError(f"unknown parts {sorted(unknown)}; expected some of {', '.join(PARTS)}")
    if options.runs < 1:
        raise ValueError(f"expected at least 1 run, got {options.runs}")
    if options.plot and "block" not in parts:
        raise ValueError("the plot shows blocks: add block to --what")
    if options.threads is not None:
        if options.threads < 1:
            raise ValueError(f"expected at least 1 thread, got {options.threads}")
        torch.set_num_threads(options.threads)
    device = pick_device(options.device)
    found: dict[str, object] = {"machine": machine(device)}
    if "explain" in parts:
        found |= _explain(options)
    if "block" in parts:
        found["block"] = _blocks(options, device)
    for part in ("network", "recording"):
        if part in parts:
            found[part] = _networks(part, options, device)
    if "bundled" in parts:
        from psa_viz.benchmark.bundled import time_bundled

        found["bundled"] = [asdict(row) for row in time_bundled(device, options.runs)]
    if options.json:
        print_json(found)
    else:
        print("\n".join(_words(found)))


def _explain(options: argparse.Namespace) -> dict:
    import psa_viz
    from psa_viz.benchmark.looking import looking

    return looking(psa_viz.load(options.model, device=options.device), options.runs)


def _blocks(options: argparse.Namespace, device: torch.device) -> list[dict]:
    from tqdm import tqdm

    from psa_viz.benchmark.blocks import cases, time_block
    from psa_viz.benchmark.machine import native_bfloat16
    from psa_viz.benchmark.plot import plot

    chosen = list(cases(options.quick, native_bfloat16(device)))
    rows = [time_block(case, device, max(1, options.runs // 4)) for case in tqdm(chosen, "blocks", disable=None)]
    if options.plot:
        plot(rows, options.plot)
    return [asdict(row) for row in rows]


def _networks(part: str, options: argparse.Namespace, device: torch.device) -> list[dict]:
    from tqdm import tqdm

    from psa_viz.benchmark.networks import time_attention, time_recording

    rounds, rows = max(1, options.runs // 2), []
    widths = (32,) if options.quick else (32, 48)
    for width in tqdm(widths, part, disable=None):
        for images in (1,) if options.quick or width == 48 or part == "recording" else (1, 4):
            timed = (
                time_attention(width, images, device, rounds, options.quick)
                if part == "network"
                else time_recording(width, images, device, rounds)
            )
            rows += [asdict(row) for row in timed]
    return rows


def _words(found: dict) -> Sequence[str]:
    lines = [f"{key}: {value}" for key, value in found["machine"].items()]
    tables = ("machine", *PARTS[1:])
    lines += [f"{key}: {value}" for key, value in found.items() if key not in (*tables, *found["machine"])]
    if "block" in found:
        lines += ["", BLOCK_HEAD]
        for row in found["block"]:
            shape = "{channels}, {height}, {width}".format_map(row)
            what = "both" if row["backward"] else "forward"
            lines.append(BLOCK.format_map(row | {"shape": shape, "what": what}))
    for part in ("network", "recording"):
        if part in found:
            lines += ["", f"{part:54} {'N':>2} {'ms':>8} {'against':>8} {'added':>7} {'MB':>7} {'against':>7}"]
            lines += [
                "{network:54} {images:2} {ms:8.1f} {against_ms:8.1f} {added_percent:6.1f}% {mb:7.1f} "
                "{against_mb:7.1f}  against {against}".format_map(row)
                for row in found[part]
            ]
    if "bundled" in found:
        lines += ["", f"{'model':36} {'input':>9} {'ms':>8}"]
        lines += ["{model:36} {width:4}x{height:<4} {ms:8.1f}".format_map(row) for row in found["bundled"]]
    return lines

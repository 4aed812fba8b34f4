"""The photos of a folder on Ray Data (docs.ray.io/en/latest/data): this machine's cores, or a cluster's.

The optional extra `pip install "psa-viz[ray]"`. With RAY_ADDRESS in the environment it goes to that cluster, whose
machines must see the same folders under the same paths; without it, Ray is started here and then stopped.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from psa_viz.batch.folder_worker import explain_one, prepare
from psa_viz.session.devices import pick_device

BLOCKS = 1000
"""Most parts of a run. A part is what Ray hands out, what comes back at once, and what is made again if a worker dies.
"""


class Explainer:
    """One of Ray's actors: holds the model, takes one photo after the other."""

    def __init__(self, model: str, device: str, workers: int) -> None:
        prepare(model, device, workers)

    def __call__(self, task: Mapping[str, Any]) -> dict[str, str]:
        error = explain_one(task["photo"], task["out"], task["file"], task["made_by"])
        return {"file": task["file"], "state": "failed" if error else "made", "error": error}


def run(tasks: Iterable[tuple], workers: int, begin: tuple) -> Iterator[tuple[str, str, str]]:
    """File, state and error of every photo, in whatever order they are done; see psa_viz.batch.folder.Outcome.

    Args:
        tasks: arguments of folder_worker.explain_one.
        workers: actors.
        begin: model, device, workers, and the process that asks.

    Raises:
        RuntimeError: if Ray is not installed, or its workers die again and again; what is finished stays.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # it would tell its makers
    try:
        import ray
        from ray.data import ActorPoolStrategy, DataContext
    except ImportError as error:
        raise RuntimeError('Ray is not installed: pip install "psa-viz[ray]", or use --engine processes') from error

    rows = [dict(zip(("photo", "out", "file", "made_by"), task, strict=True)) for task in tasks]
    if not rows:
        return
    model, device, _, _ = begin
    gpu = pick_device(device).type == "cuda"  # each actor is given one, and sees no other
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    ours = not ray.is_initialized()
    if ours:
        ray.init(include_dashboard=False, logging_level=logging.ERROR, log_to_driver=False, **_cores(workers))
    try:
        DataContext.get_current().enable_progress_bars = False
        explained = ray.data.from_items(rows, override_num_blocks=min(len(rows), BLOCKS)).map(
            Explainer,
            fn_constructor_args=(model, "cuda" if gpu else "cpu", workers),
            compute=ActorPoolStrategy(size=workers),
            num_gpus=int(gpu),
        )
        for row in explained.iter_rows():
            yield row["file"], row["state"], row["error"]
    except ray.exceptions.RayError as error:
        said = str(error).strip().splitlines()[-1]
        raise RuntimeError(f"Ray gave up: {said} What is finished stays; run it again to go on") from error
    finally:
        if ours:
            ray.shutdown()


def _cores(workers: int) -> dict[str, int]:
    """Of a Ray started here, one a worker, so that no run waits for cores that the machine does not have."""
    return {} if "RAY_ADDRESS" in os.environ else {"num_cpus": max(workers, os.cpu_count() or 1) + 1}

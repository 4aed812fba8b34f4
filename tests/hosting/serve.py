"""Starts the page with one network of fresh weights on a port, as `python -m demo` does, and says when it is loaded.

python tests/hosting/serve.py PORT WEIGHTS.safetensors

It answers every line of its input with the number of hooks on its network, and ends with its input.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

import psa_viz
from demo import server
from demo.app import build, launch_options
from demo.engine import DEFAULT, Engine
from demo.shelf import Shelf


def main() -> None:
    port, weights = int(sys.argv[1]), sys.argv[2]

    def load(name: str, device: str = "auto") -> Any:
        return psa_viz.load(weights, device=device)

    server.steady_memory()
    server.keep_clean(server.own_folder())
    engine = Engine([DEFAULT], load=load)
    page = build(engine, Shelf())
    page.launch(server_name="127.0.0.1", server_port=port, quiet=True, prevent_thread_lock=True, **launch_options())
    engine.load_in_background(DEFAULT).join()
    print("up", flush=True)
    for _ in sys.stdin:
        print(hooks(engine.model(DEFAULT)), flush=True)
    page.close()


def hooks(model: Any) -> int:
    """How many hooks hang on a network's modules."""
    kinds = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    return sum(len(getattr(module, kind)) for module in model.modules() for kind in kinds)


if __name__ == "__main__":
    main()

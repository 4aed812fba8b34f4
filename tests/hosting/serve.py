"""Starts the page with one network of fresh weights on a port, as `python -m demo` does, and says when it is loaded.

python tests/hosting/serve.py PORT WEIGHTS.safetensors [/ROOT]

It answers every line of its input with the number of hooks on its network, and ends with its input, or as the real one
does, after a signal.
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

import psa_viz
from demo.app import build
from demo.engine import Engine
from demo.serving.desk import Desk
from demo.serving.ending import Ending
from demo.serving.run import end, launch, prepare
from demo.shelf import Shelf
from tests.hosting.served import SERVED


def main() -> None:
    port, weights = int(sys.argv[1]), sys.argv[2]

    def load(name: str, device: str = "auto") -> Any:
        return psa_viz.load(weights, device=device)

    ending, desk = Ending(), Desk()
    desk.idle.patience, desk.streams.grace = 7.0, 0.2  # seconds: the tests wait for them
    ending.listen()
    folder = prepare()
    engine = Engine([SERVED], load=load)
    page = build(engine, Shelf(), desk)
    launch(page, engine, desk, "127.0.0.1", port, *sys.argv[3:])
    engine.load_in_background(SERVED).join()
    print("up", flush=True)
    threading.Thread(target=answer, args=(engine, ending), daemon=True).start()
    ending.wait()
    end(page, desk, folder)


def answer(engine: Engine, ending: Ending) -> None:
    """Say how many hooks there are, as often as asked."""
    for _ in sys.stdin:
        print(hooks(engine.model(SERVED)), flush=True)
    ending.ask()


def hooks(model: Any) -> int:
    """How many hooks hang on a network's modules."""
    kinds = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    return sum(len(getattr(module, kind)) for module in model.modules() for kind in kinds)


if __name__ == "__main__":
    main()

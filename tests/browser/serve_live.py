"""Starts the page with the bundled models and examples on a port, and says when a model is ready.

python tests/browser/serve_live.py PORT
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from demo.app import default_page, launch_options
from demo.serving.desk import Desk


def main() -> None:
    desk = Desk()
    page, engine = default_page(desk)
    page.launch(
        server_name="127.0.0.1",
        server_port=int(sys.argv[1]),
        quiet=True,
        prevent_thread_lock=True,
        **launch_options(desk, engine),
    )
    engine.load_in_background(engine.names[0]).join()
    print("up with", ", ".join(engine.names), flush=True)
    page.block_thread()


if __name__ == "__main__":
    main()

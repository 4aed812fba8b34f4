"""Starts the page with networks of one's own, as `python -m demo --model` does, and says when it is up.

python tests/browser/serve_own.py PORT package.module:factory ...
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from demo.app import launch_options, own_page
from demo.own import OwnEngine, asked

SIZE = 128


def main() -> None:
    engine = OwnEngine(asked(sys.argv[2:], size=SIZE))
    page = own_page(engine)
    page.launch(
        server_name="127.0.0.1", server_port=int(sys.argv[1]), quiet=True, prevent_thread_lock=True, **launch_options()
    )
    print("up with", ", ".join(engine.names), flush=True)
    page.block_thread()


if __name__ == "__main__":
    main()

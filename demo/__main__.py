"""`python -m demo`: start the page and print its address."""

from __future__ import annotations

import argparse
import re
import socket
import sys
from pathlib import Path

from psa_viz.commands.version import version

SEARCH = 100


def free_port(host: str, wanted: int) -> int:
    """The wanted port, or the next one that is free.

    Raises:
        RuntimeError: if none of the next hundred is free, or the host is not of this machine.
    """
    for port in range(wanted, min(wanted + SEARCH, 65536)):
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return port
    raise RuntimeError(f"no free port from {wanted} to {wanted + SEARCH - 1} on {host}; choose another with --port")


def root_path(text: str) -> str:
    """A path as proxies write it, without the slash at its end.

    Raises:
        argparse.ArgumentTypeError: for anything else.
    """
    if text and not re.fullmatch(r"(/[A-Za-z0-9._~-]+)+/?", text):
        raise argparse.ArgumentTypeError(f"expected a path such as /psa, got {text!r}")
    return text.rstrip("/")


def main() -> None:
    as_module = Path(sys.argv[0]).name == "__main__.py"
    parser = argparse.ArgumentParser(
        prog=f"python -m {__package__}" if as_module else "psa-viz-demo",
        description="Open PSA-Viz as a page in the browser.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
    parser.add_argument("--port", type=int, default=7860, help="port, or the next free one above it (default: 7860)")
    parser.add_argument(
        "--root-path", default="", type=root_path, metavar="/PATH", help="below which a proxy shows the page; see docs"
    )
    parser.add_argument("--version", action="version", version=f"psa-viz {version()}")
    arguments = parser.parse_args()
    try:
        port = free_port(arguments.host, arguments.port)
    except (RuntimeError, OSError) as error:
        parser.error(str(error))

    from demo.serving.run import serve  # late, so that --help answers at once

    serve(arguments.host, port, arguments.root_path)


if __name__ == "__main__":
    main()

"""`python -m demo`: start the page and print its address."""

from __future__ import annotations

import argparse
import errno
import re
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from psa_viz.commands.outcome import outcome
from psa_viz.commands.version import version

if TYPE_CHECKING:
    from demo.engine import Engine

SEARCH = 100


def free_port(host: str, wanted: int) -> int:
    """The wanted port, or the next one that is free.

    Raises:
        RuntimeError: if none of the next hundred is free, or the host is not of this machine.
    """
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise RuntimeError(f"there is no address {host!r}; choose one of this machine with --host") from error
    family, refused = found[0][0], None
    for port in range(wanted, min(wanted + SEARCH, 65536)):
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                refused = error
                continue
            return port
    if refused is not None and refused.errno == errno.EADDRNOTAVAIL:
        raise RuntimeError(f"{host} is no address of this machine; choose one with --host")
    raise RuntimeError(f"no free port from {wanted} to {wanted + SEARCH - 1} on {host}; choose another with --port")


def port_number(text: str) -> int:
    """A port that a server can be told to listen at.

    Raises:
        argparse.ArgumentTypeError: for anything else.
    """
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 65536:
        raise argparse.ArgumentTypeError(f"expected a port from 1 to 65535, got {text!r}")
    return int(text)


def root_path(text: str) -> str:
    """A path as proxies write it, without the slash at its end.

    Raises:
        argparse.ArgumentTypeError: for anything else.
    """
    if text and not re.fullmatch(r"(/[A-Za-z0-9._~-]+)+/?", text):
        raise argparse.ArgumentTypeError(f"expected a path such as /psa, got {text!r}")
    return text.rstrip("/")


def main() -> int:
    """Start the page and stay; returns the exit code, see psa_viz.commands.outcome."""
    as_module = Path(sys.argv[0]).name == "__main__.py"
    name = f"python -m {__package__}" if as_module else "psa-viz-demo"
    return outcome(name, lambda: run(name), (OSError, RuntimeError, ValueError))


def run(name: str) -> None:
    """
    Raises:
        OSError, RuntimeError: if there is no port, no folder to write to, or nobody to tell the address.
        ValueError: for a network of one's own that cannot be used.
    """
    parser = argparse.ArgumentParser(prog=name, description="Open PSA-Viz as a page in the browser.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
    parser.add_argument(
        "--port", type=port_number, default=7860, help="port, or the next free one above it (default: 7860)"
    )
    parser.add_argument(
        "--root-path", default="", type=root_path, metavar="/PATH", help="below which a proxy shows the page; see docs"
    )
    own = parser.add_argument_group(
        "networks of your own", "in the place of the bundled ones. This runs the code of the modules: local use only."
    )
    own.add_argument(
        "--model", action="append", default=[], metavar="package.module:factory",
        help="a function that makes a network and takes no arguments, or the network; several times for several",
    )  # fmt: skip
    own.add_argument(
        "--weights", action="append", default=[], metavar="FILE",
        help="its tensors, .pth or .safetensors; one for each --model, in their order ('none': as it is made)",
    )  # fmt: skip
    own.add_argument("--size", type=int, metavar="PIXELS", help="longer side of the input (512)")
    for what in ("mean", "std"):
        own.add_argument(f"--{what}", type=float, nargs=3, metavar="RGB", help=f"{what} of RGB/255 (ImageNet's)")
    parser.add_argument("--version", action="version", version=f"psa-viz {version()}")
    arguments = parser.parse_args()
    engine = own_engine(arguments)
    port = free_port(arguments.host, arguments.port)

    from demo.serving.run import serve  # late, so that --help answers at once

    serve(arguments.host, port, arguments.root_path, engine)


def own_engine(arguments: argparse.Namespace) -> Engine | None:
    """With the networks that the command line names; None where it names none.

    Raises:
        OSError, RuntimeError, ValueError: for other flags without --model, on a public Space, and for networks that
            cannot be opened.
    """
    if not arguments.model:
        if given := [name for name in ("weights", "size", "mean", "std") if getattr(arguments, name)]:
            raise ValueError(f"--{given[0]} is for a network of your own: name it with --model package.module:factory")
        return None

    from demo.own import OwnEngine, asked
    from demo.serving import zerogpu
    from psa_viz.session.asked import SIZE

    if zerogpu.lent():
        raise ValueError("--model runs the code that it names, so a public Space does not take it")
    rgb = arguments.mean, arguments.std
    return OwnEngine(asked(arguments.model, arguments.weights, arguments.size or SIZE, *rgb))


if __name__ == "__main__":
    sys.exit(main())

"""`python -m demo`: start the page and print its address."""

from __future__ import annotations

import argparse
import socket

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


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m demo", description="Open PSA-Viz as a page in the browser.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
    parser.add_argument("--port", type=int, default=7860, help="port, or the next free one above it (default: 7860)")
    arguments = parser.parse_args()
    try:
        port = free_port(arguments.host, arguments.port)
    except (RuntimeError, OSError) as error:
        parser.error(str(error))

    serve(arguments.host, port)


def serve(host: str, port: int) -> None:
    """Start the page at exactly this address, load the first model behind it, and stay until stopped."""
    from demo import server
    from demo.app import default_page, launch_options  # late, so that --help answers at once

    server.steady_memory()
    server.keep_clean(server.own_folder())
    page, engine = default_page()
    page.launch(server_name=host, server_port=port, quiet=True, prevent_thread_lock=True, **launch_options())
    shown = "127.0.0.1" if host == "0.0.0.0" else host
    print(f"PSA-Viz is at http://{shown}:{port} (stop it with Ctrl+C)", flush=True)
    if engine.names:
        engine.load_in_background(engine.names[0])
    page.block_thread()


if __name__ == "__main__":
    main()

"""What launch() is told about limits, besides the page's looks.

Limits of a single photo are in psa_viz.session.photo; turns at the network are in demo.slots.
"""

from __future__ import annotations

import ctypes
import platform
from typing import Any

from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware

from demo.serving.below import BelowRoot
from demo.serving.bodies import BoundedBodies
from demo.serving.desk import Desk
from demo.serving.doors import Doors
from demo.serving.headers import SafeHeaders
from demo.serving.streams import StreamMiddleware

MOST_UPLOADED = "64mb"
"""Of one file."""
SESSIONS = 256
"""Of Gradio's own memory of pages, which holds the last answer to each; results are in demo.serving.visits."""
QUEUE = {"max_size": 128, "api_open": False, "default_concurrency_limit": 8}
"""In front of the turns: what does not fit is refused by Gradio itself, and nobody may go around it."""

M_ARENA_MAX, ARENAS = -8, 2
"""glibc's name for a setting of malloc (malloc.h), and our value."""


def steady_memory() -> None:
    """Let all threads allocate from the same two arenas: with one for every thread, glibc gives back to nobody what the
    threads of long gone requests left there, and the process grows for hours. Does nothing where malloc is another's.
    """
    if platform.libc_ver()[0] == "glibc":
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, ARENAS)


def limits(desk: Desk) -> dict[str, Any]:
    """What launch() needs for this."""
    return {
        "max_file_size": MOST_UPLOADED,
        "state_session_capacity": SESSIONS,
        "max_threads": 96,
        "enable_monitoring": False,
        "run_history": False,
        # What the environment would turn on elsewhere (a Space does): Node and its workers would answer in front of the
        # middleware, without its headers and limits, and a tunnel would lead around the proxy.
        "ssr_mode": False,
        "num_workers": 0,
        "share": False,
        "app_kwargs": {
            "lifespan": desk.idle.lifespan,
            "middleware": [
                Middleware(BelowRoot),
                Middleware(StreamMiddleware, streams=desk.streams),
                Middleware(SafeHeaders),
                Middleware(GZipMiddleware, minimum_size=1000, compresslevel=5),  # Gradio compresses its scripts only
                Middleware(BoundedBodies, quota=desk.quota),
                Middleware(Doors),
            ],
            **dict.fromkeys(("docs_url", "redoc_url", "openapi_url")),  # pages that would fetch scripts from elsewhere
        },
    }

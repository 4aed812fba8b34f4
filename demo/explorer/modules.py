"""The page's JavaScript modules, served as they are, at an address that changes when any of them does."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

HERE = Path(__file__).parent
TEXTS = {path.relative_to(HERE).as_posix(): path.read_bytes() for path in sorted(HERE.rglob("*.js"))}
"""All modules by their path below this folder, as they were when the process began: what the address stands for, and
quicker to give out than files."""
NAMES = tuple(sorted(TEXTS))


def version(texts: Mapping[str, bytes]) -> str:
    """Sixteen digits that stand for these modules: other names or texts, other digits."""
    digest = hashlib.sha256()
    for name, text in sorted(texts.items()):
        digest.update(f"{name} {len(text)}\n".encode() + text)
    return digest.hexdigest()[:16]


PLACE = f"explorer/{version(TEXTS)}"
"""Where the page finds them, relative to its own address."""


async def give(request: Request) -> Response:
    """One of the modules and nothing else. A browser may keep it: another version has another address."""
    name = request.path_params["name"]
    if name not in TEXTS:
        raise HTTPException(status_code=404)
    headers = {"cache-control": "public, max-age=31536000, immutable"}
    return Response(TEXTS[name], media_type="text/javascript", headers=headers)


def route() -> Route:
    """For the server's list of routes. No mounted folder: behind a proxy that cuts off the page's prefix, Starlette
    looks for the files of one under the wrong path."""
    return Route(f"/{PLACE}/{{name:path}}", give)


def preloads() -> str:
    """Tags that let a browser fetch all modules at once, and not one after the other as they name each other."""
    return "".join(f'<link rel="modulepreload" href="{PLACE}/{name}">' for name in NAMES)

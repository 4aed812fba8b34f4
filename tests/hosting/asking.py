"""One request to an ASGI application, without a server."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor


def asked(
    app,
    path: str,
    body: list[bytes],
    headers: list[tuple[bytes, bytes]] = (),
    address: str = "192.0.2.1",
    never: bool = False,
    method: str = "POST",
) -> list[dict]:
    """What an ASGI application sends in answer to one request; `never`: whose end never comes."""
    sent, pieces = [], iter([*({"type": "http.request", "body": part, "more_body": True} for part in body)])

    async def receive():
        piece = next(pieces, None)
        if piece is None and never:
            await asyncio.Event().wait()
        return piece or {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "path": path, "headers": list(headers), "method": method, "client": (address, 1)}
    with ThreadPoolExecutor(1) as apart:  # the browser tests' own loop may still run in this thread
        apart.submit(asyncio.run, app(scope, receive, send)).result()
    return sent


async def reads_all(scope, receive, send):
    """An application that answers with the number of bytes it was given, or says that it was cut off."""
    count, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            count, more = -1, False
            continue
        count, more = count + len(message["body"]), message["more_body"]
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(count).encode()})

"""Connections on which nothing is asked end. Bodies that are half sent are ended by demo.serving.bodies."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from uvicorn import Server

PATIENCE = 20.0
"""Seconds for the first line and the headers of a request; more than the five after which uvicorn ends what it does."""


class Idle:
    """Looks at a server's connections, in the server's own loop.

    uvicorn ends those that were answered and ask nothing more; but it waits for ever for a first request, and for the
    rest of a request's headers.

    Attributes:
        server: whose connections; set once it runs.
    """

    def __init__(self, patience: float = PATIENCE) -> None:
        self.patience = patience
        self.server: Server | None = None
        self._seen: dict[tuple[Any, Any], float] = {}  # connection, and what was last asked on it

    @asynccontextmanager
    async def lifespan(self, app: Any) -> AsyncIterator[None]:
        """For FastAPI: look for as long as the application lives."""
        looking = asyncio.create_task(self._look())
        try:
            yield
        finally:
            looking.cancel()

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(self.patience / 4)
            self.sweep(asyncio.get_running_loop().time())

    def sweep(self, now: float) -> int:
        """Close what has asked nothing for too long; returns how many."""
        if self.server is None:
            return 0
        idle = [(one, one.cycle) for one in self.server.server_state.connections if _asks_nothing(one)]
        self._seen = {one: self._seen.get(one, now) for one in idle}
        late = [connection for (connection, _), since in self._seen.items() if now - since > self.patience]
        for connection in late:
            connection.transport.close()
        return len(late)


def _asks_nothing(connection: Any) -> bool:
    return connection.cycle is None or connection.cycle.response_complete

"""Connections of clients: only so many, and none that asks nothing."""

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

SILENT = 10.0  # seconds from the beginning of a connection to the end of its first request's headers


def connections(most: int) -> type[H11Protocol]:
    """Give what uvicorn speaks HTTP with: whoever comes when `most` are there is turned away, and asks again later.

    uvicorn itself would refuse the requests of all of them then, and lets who says nothing stay for ever.
    """

    class Connection(H11Protocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            if len(self.connections) > most:
                transport.abort()
            else:
                self.loop.call_later(SILENT, self._asked_or_left)

        def _asked_or_left(self) -> None:
            if self.cycle is None:
                self.transport.abort()

    return Connection

"""uvicorn's HTTP protocol with fewer system calls: what it writes in one turn of the event loop is sent in one piece.

uvicorn writes the head of an answer and its body apart, and each would be a system call and a packet of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

FEW = 4
"""Connections up to which an answer is sent as soon as its body follows its head. Of many, those that are answered in
one turn are sent one after another at its end, which costs less for each."""


class JoiningProtocol(HttpToolsProtocol):
    """HTTP/1.1 by httptools."""

    def connection_made(self, transport: Any) -> None:
        """Write through a transport that joins."""
        super().connection_made(JoiningTransport(transport, self.loop, self.connections))  # type: ignore[arg-type]


class JoiningTransport:
    """A transport whose writes wait for the end of the loop's turn; in all else the transport itself."""

    def __init__(self, transport: Any, loop: asyncio.AbstractEventLoop, connections: Collection[Any]) -> None:
        self._transport = transport
        self._loop = loop
        self._connections = connections
        self._parts: list[bytes] = []
        self.is_closing = transport.is_closing
        self.get_extra_info = transport.get_extra_info

    def write(self, data: bytes) -> None:
        """Send it with what else is written in this turn."""
        self._parts.append(data)
        if len(self._parts) == 1:
            self._loop.call_soon(self._flush)
        elif len(self._connections) <= FEW:
            self._flush()

    def close(self) -> None:
        """Send what was written, then close."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._parts:
            data = b"".join(self._parts)
            self._parts.clear()
            if not self.is_closing():  # else the caller has gone, and uvloop would raise
                self._transport.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

"""HTTP connections that do not hold the service up: slow ones are closed, and idle ones outlast its stop by a moment.

What a connection waits for is looked at from time to time, so that a request itself costs nothing more.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Collection
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import httptools
import orjson

from modelgen.runtime.errors import HeadTooLarge, MalformedRequest, RequestTimeout, ServiceError, body
from modelgen.runtime.identifiers import request_identifier
from modelgen.runtime.joining import JoiningProtocol

LINGER = 0.5
"""Seconds that an idle connection stays open when the service stops, for a request that is on its way."""
MEGABYTE = 2**20
FRAMING = (b"content-length", b"transfer-encoding")
LARGEST_HEAD = 64 * 1024
"""Bytes of a request before its body."""


class Connection(JoiningProtocol):
    """HTTP/1.1, of a client that may be slow or gone."""

    got = 0
    """Bytes of bodies so far."""
    _head = 0
    """Bytes of a head that has not ended yet."""
    _received = b""
    """What came last."""

    def data_received(self, data: bytes) -> None:
        """Parse it, and wait for the end of no head that is too long to be meant."""
        self._received = data
        super().data_received(data)
        if self.cycle is not None and (self.cycle.more_body or not self.cycle.response_complete):
            self._head = 0
            return
        self._head += len(data)
        if self._head > LARGEST_HEAD and not self.transport.is_closing():
            self._refuse(HeadTooLarge(f"The head of the request is larger than {LARGEST_HEAD} bytes"))

    def on_body(self, body: bytes) -> None:
        """Count it."""
        self.got += len(body)
        super().on_body(body)

    @property
    def idle(self) -> bool:
        """Whether no request is under way, as far as it has been read."""
        return self.cycle is None or self.cycle.response_complete

    def waits(self) -> tuple[str, object]:
        """What for, and something that changes with every step towards it."""
        if self.flow.write_paused:
            return "answer", self.transport.get_write_buffer_size()
        if self.idle:
            return ("nothing", None) if self.timeout_keep_alive_task is not None else ("head", id(self.cycle))
        if self.cycle.more_body and not self.flow.read_paused:
            return "body", self.got
        return "nothing", None

    def shutdown(self) -> None:
        """The service stops: close after the answer that is under way, or the one that may follow."""
        if self.idle:
            self.loop.call_later(LINGER, self._leave)
        else:
            super().shutdown()

    def give_up(self) -> None:
        """The client is too slow."""
        if self.flow.write_paused:
            self.transport.abort()
            return
        if self.idle or not self.cycle.response_started:
            self._refuse(RequestTimeout("The request did not arrive in time"))
        self.transport.close()

    def send_400_response(self, msg: str) -> None:
        """The client does not speak HTTP."""
        self._refuse(MalformedRequest("The request is not valid HTTP"))

    def _refuse(self, error: ServiceError) -> None:
        """Answer with the error, and close."""
        identifier = request_identifier(None)
        content = orjson.dumps(body(error, identifier))
        head = (
            f"HTTP/1.1 {error.status} {HTTPStatus(error.status).phrase}\r\ncontent-type: application/json\r\n"
            f"content-length: {len(content)}\r\nx-request-id: {identifier}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode("ascii") + content)
        self.transport.close()

    def _unsupported_upgrade_warning(self) -> None:
        """Another protocol is offered (as Java's own client does with every request), and not taken: read on behind the
        head, where the parser has stopped."""
        stopped = sys.exc_info()[1]
        rest = self._received[stopped.args[0] :] if isinstance(stopped, httptools.HttpParserUpgrade) else b""
        framing = [b"%b: %b\r\n" % found for found in self.headers if found[0] in FRAMING]
        self.cycle.more_body = bool(framing)
        callbacks = _Known(self)
        self.parser = httptools.HttpRequestParser(callbacks)
        self.parser.feed_data(b"".join([b"POST / HTTP/1.1\r\n", *framing, b"\r\n"]))
        callbacks.known = False
        self.data_received(rest)

    def _leave(self) -> None:
        if self.idle and not self.transport.is_closing():
            self.transport.close()


class _Known:
    """A connection's callbacks for a parser that is told the framing of a body, and no more of a head that is known."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.known = True
        self.on_body = connection.on_body
        self.on_message_complete = connection.on_message_complete

    def on_message_begin(self) -> None:
        """A request begins."""
        if not self.known:
            self._connection.on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Its address."""
        if not self.known:
            self._connection.on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """One of its headers."""
        if not self.known:
            self._connection.on_header(name, value)

    def on_headers_complete(self) -> None:
        """Its head is whole."""
        if not self.known:
            self._connection.on_headers_complete()


@dataclass(slots=True)
class _Wait:
    """What a connection waits for."""

    reason: str
    step: object
    since: float
    """When this step was seen first."""
    begun: float
    """When the wait was."""
    got: int


class Patience:
    """Gives up connections that wait too long for their clients."""

    def __init__(self, head: float, body: float, streamed: Collection[str]) -> None:
        """Seconds for a head, and for progress of a body; `streamed` are paths whose bodies may take any time."""
        self._head = head
        self._body = body
        self._streamed = streamed
        self._waits: dict[Connection, _Wait] = {}

    async def watch(self, connections: Collection[Any]) -> None:
        """Look at them until cancelled."""
        loop = asyncio.get_running_loop()
        pause = min(1.0, self._head / 4, self._body / 4)
        while True:
            await asyncio.sleep(pause)
            self._look([one for one in connections if isinstance(one, Connection)], loop.time())

    def _look(self, connections: list[Connection], now: float) -> None:
        before, self._waits = self._waits, {}
        for connection in connections:
            reason, step = connection.waits()
            if reason == "nothing":
                continue
            wait = before.get(connection)
            if wait is None or wait.reason != reason or (reason == "head" and wait.step != step):
                wait = _Wait(reason, step, now, now, connection.got)
            elif wait.step != step:
                wait.step, wait.since = step, now
            if self._overdue(connection, wait, now):
                connection.give_up()
            else:
                self._waits[connection] = wait

    def _overdue(self, connection: Connection, wait: _Wait, now: float) -> bool:
        if wait.reason == "head":
            return now - wait.begun > self._head
        if now - wait.since > self._body:
            return True
        if wait.reason == "answer" or connection.scope["path"] in self._streamed:
            return False
        return now - wait.begun > self._body * (1 + (connection.got - wait.got) / MEGABYTE)

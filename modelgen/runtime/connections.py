"""HTTP connections that do not hold the service up: slow ones are closed, and idle ones outlast its stop by a moment.

What a connection waits for is looked at from time to time, so that a request itself costs nothing more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import orjson

from modelgen.runtime.errors import MalformedRequest, RequestTimeout, ServiceError, body
from modelgen.runtime.identifiers import request_identifier
from modelgen.runtime.joining import JoiningProtocol

LINGER = 0.5
"""Seconds that an idle connection stays open when the service stops, for a request that is on its way."""
MEGABYTE = 2**20


def refusal(error: ServiceError) -> bytes:
    """The error as a whole answer, after which the connection closes."""
    identifier = request_identifier(None)
    content = orjson.dumps(body(error, identifier))
    head = (
        f"HTTP/1.1 {error.status} {HTTPStatus(error.status).phrase}\r\ncontent-type: application/json\r\n"
        f"content-length: {len(content)}\r\nx-request-id: {identifier}\r\nconnection: close\r\n\r\n"
    )
    return head.encode("ascii") + content


class Connection(JoiningProtocol):
    """HTTP/1.1, of a client that may be slow or gone."""

    got = 0
    """Bytes of bodies so far."""

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
            self.transport.write(refusal(RequestTimeout("The request did not arrive in time")))
        self.transport.close()

    def send_400_response(self, msg: str) -> None:
        """The client does not speak HTTP."""
        self.transport.write(refusal(MalformedRequest("The request is not valid HTTP")))
        self.transport.close()

    def _leave(self) -> None:
        if self.idle and not self.transport.is_closing():
            self.transport.close()


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

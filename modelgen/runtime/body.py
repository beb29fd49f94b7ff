"""A request's body, whole or line by line, within its limit, and whether its sender is still there."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from types import TracebackType

from starlette.types import Message, Receive

from modelgen.runtime.errors import Cancelled, PayloadTooLarge
from modelgen.runtime.unpacking import unpacked

PATIENCE = 0.05
"""Seconds after which a call counts as long, and is worth a look whether its caller is still there."""


class Body:
    """The body of one HTTP request; the only reader of its ASGI channel."""

    __slots__ = ("_complete", "_declared", "_gone", "_limit", "_receive")

    def __init__(
        self, receive: Receive, limit: int, *, length: bytes | None = None, encoding: bytes | None = None
    ) -> None:
        """The body within `limit` bytes, as it is unpacked; `length` and `encoding` are what the headers say of it."""
        self._receive = receive if encoding is None else unpacked(receive, encoding, limit)
        self._limit = limit
        self._declared = int(length) if length is not None and length.isdigit() else 0
        self._complete: bool = False
        self._gone = False

    async def read(self) -> bytes:
        """The whole body."""
        if self._declared > self._limit:
            raise self._too_large("body")
        message = await self._receive()
        first = self._taken(message)
        if not self._complete:
            return await self._rest(first)
        if len(first) > self._limit:
            raise self._too_large("body")
        return first

    async def lines(self) -> AsyncIterator[bytes]:
        """The body's lines as they arrive, without empty ones."""
        parts: list[bytes] = []
        size = 0
        while not self._complete:
            *ends, rest = (await self._chunk()).split(b"\n")
            for end in ends:
                line = b"".join((*parts, end))
                parts.clear()
                size = 0
                if len(line) > self._limit:
                    raise self._too_large("line")
                if line.strip():
                    yield line
            parts.append(rest)
            size += len(rest)
            if size > self._limit:
                raise self._too_large("line")
        line = b"".join(parts)
        if line.strip():
            yield line

    async def gone(self) -> None:
        """Wait until the client has gone away, once the whole body is there."""
        while not self._gone:
            self._gone = (await self._receive())["type"] == "http.disconnect"

    @property
    def complete(self) -> bool:
        """Whether the whole body has been read."""
        return self._complete

    async def _chunk(self) -> bytes:
        return self._taken(await self._receive())

    def _taken(self, message: Message) -> bytes:
        if message["type"] == "http.disconnect":
            self._gone = self._complete = True
            raise Cancelled("The client went away")
        if not message.get("more_body", False):
            self._complete = True
        chunk: bytes = message.get("body", b"")
        return chunk

    async def _rest(self, first: bytes) -> bytes:
        chunks = [first]
        size = len(first)
        while not self._complete:
            if size > self._limit:
                raise self._too_large("body")
            chunks.append(await self._chunk())
            size += len(chunks[-1])
        if size > self._limit:
            raise self._too_large("body")
        return b"".join(chunks)

    def _too_large(self, what: str) -> PayloadTooLarge:
        return PayloadTooLarge(f"The {what} is larger than {self._limit} bytes")


class Attendance:
    """Looks after the callers of one event loop's long calls; one timer for all of them."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self._inside: set[Attended] = set()
        self._known: set[Attended] = set()
        """Those that were inside when it looked last."""
        self._looking = False

    def enter(self, attended: Attended) -> None:
        """Look after a call once it has become long."""
        self._inside.add(attended)
        if not self._looking:
            self._looking = True
            self.loop.call_later(PATIENCE, self._look)

    def leave(self, attended: Attended) -> None:
        """The call is over."""
        self._inside.discard(attended)

    def _look(self) -> None:
        self._inside -= {attended for attended in self._inside & self._known if attended.watch()}
        self._known = self._inside.copy()
        self._looking = bool(self._inside)
        if self._looking:
            self.loop.call_later(PATIENCE, self._look)


class Attended:
    """Cancels what its task does inside it once the client has gone away; raises Cancelled then."""

    __slots__ = ("_attendance", "_body", "_rang", "_task", "_watch")

    def __init__(self, body: Body, attendance: Attendance) -> None:
        self._body = body
        self._attendance = attendance
        self._watch: asyncio.Task[None] | None = None
        self._rang = False

    def __enter__(self) -> None:
        task = asyncio.current_task(self._attendance.loop)  # to look for the running loop is a system call
        if task is None:
            raise RuntimeError("a request is answered by a task")
        self._task = task
        self._attendance.enter(self)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._watch is None:
            self._attendance.leave(self)
            return
        self._watch.remove_done_callback(self._ring)
        self._watch.cancel()
        if not self._rang:
            return
        others = self._task.uncancel() if sys.version_info >= (3, 11) else 0
        if kind is asyncio.CancelledError and not others:
            raise Cancelled("The client went away") from error

    def watch(self) -> bool:
        """Begin to watch the caller; False while its body is still being read, which sees as much."""
        if not self._body.complete:
            return False
        self._watch = self._task.get_loop().create_task(self._body.gone())
        self._watch.add_done_callback(self._ring)
        return True

    def _ring(self, watch: asyncio.Task[None]) -> None:
        if not watch.cancelled():
            self._rang = True
            self._task.cancel()

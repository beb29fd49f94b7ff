"""A request's body, whole or line by line, within its limit, and whether its sender is still there."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from types import TracebackType

from starlette.requests import Request
from starlette.types import Receive

from modelgen.runtime.errors import Cancelled, MalformedRequest, PayloadTooLarge

PATIENCE = 0.05
"""Seconds after which a call counts as long, and is worth a look whether its caller is still there."""


class Body:
    """The body of one HTTP request; the only reader of its ASGI channel."""

    def __init__(self, request: Request, limit: int) -> None:
        self._receive: Receive = request.receive
        self._limit = limit
        self._complete = asyncio.Event()
        self._gone = False
        encoding = request.headers.get("content-encoding", "identity")
        if encoding != "identity":
            raise MalformedRequest(f"The content encoding {encoding[:40]!r} is not read here")
        length = request.headers.get("content-length", "")
        self._declared = int(length) if length.isdecimal() else 0

    async def read(self) -> bytes:
        """The whole body."""
        if self._declared > self._limit:
            raise self._too_large("body")
        first = await self._chunk()
        if self._complete.is_set():
            return first if len(first) <= self._limit else self._refuse()
        chunks = [first]
        size = len(first)
        while not self._complete.is_set():
            chunks.append(await self._chunk())
            size += len(chunks[-1])
            if size > self._limit:
                self._refuse()
        return b"".join(chunks)

    async def lines(self) -> AsyncIterator[bytes]:
        """The body's lines as they arrive, without empty ones."""
        rest = b""
        while not self._complete.is_set():
            *lines, rest = (rest + await self._chunk()).split(b"\n")
            for line in lines:
                if line.strip():
                    yield line
            if len(rest) > self._limit:
                raise self._too_large("line")
        if rest.strip():
            yield rest

    async def gone(self) -> None:
        """Wait until the client has gone away."""
        await self._complete.wait()
        while not self._gone:
            self._gone = (await self._receive())["type"] == "http.disconnect"

    async def _chunk(self) -> bytes:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            self._gone = True
            self._complete.set()
            raise Cancelled("The client went away")
        if not message.get("more_body", False):
            self._complete.set()
        chunk: bytes = message.get("body", b"")
        return chunk

    def _refuse(self) -> bytes:
        raise self._too_large("body")

    def _too_large(self, what: str) -> PayloadTooLarge:
        return PayloadTooLarge(f"The {what} is larger than {self._limit} bytes")


class Attended:
    """Cancels what its task does inside it once the client has gone away; raises Cancelled then."""

    def __init__(self, body: Body) -> None:
        self._body = body
        self._watch: asyncio.Task[None] | None = None
        self._rang = False

    def __enter__(self) -> None:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a request is answered by a task")
        self._task = task
        self._timer = asyncio.get_running_loop().call_later(PATIENCE, self._begin)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        if self._watch is None:
            return
        self._watch.remove_done_callback(self._ring)
        self._watch.cancel()
        if not self._rang:
            return
        others = self._task.uncancel() if sys.version_info >= (3, 11) else 0
        if kind is asyncio.CancelledError and not others:
            raise Cancelled("The client went away") from error

    def _begin(self) -> None:
        self._watch = asyncio.get_running_loop().create_task(self._body.gone())
        self._watch.add_done_callback(self._ring)

    def _ring(self, watch: asyncio.Task[None]) -> None:
        if not watch.cancelled():
            self._rang = True
            self._task.cancel()

"""Between the event loop and a worker thread: results go out, streamed arguments come in.

Both are bounded, so that a slow side holds the fast one back, and both can be closed, so that a caller who went away
stops the model. The loop is woken once per burst, not once per item.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from typing import Any

MOST_RESULTS = 256
"""Results that a generator may be ahead of its reader."""
MOST_PIECES = 64
"""Pieces that a caller may be ahead of the model."""
HEAD_START = 0.00002
"""Seconds that a generator gives its first result's way to the reader: it would keep the interpreter for itself."""


class Outlet:
    """Results of one call, from the worker thread to the event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, limit: int = MOST_RESULTS) -> None:
        self._loop = loop
        self._limit = limit
        self._changed = threading.Condition()
        self._items: list[Any] = []
        self._begun = False
        self._ended = False
        self._error: BaseException | None = None
        self.closed = False
        """Whether the reader has gone."""
        self._ringing = False
        self._waiter: asyncio.Future[None] | None = None
        self._stop: Callable[[], object] | None = None

    def send(self, item: Any) -> bool:
        """Hand over a result (worker thread). Waits while the reader is far behind; False once the reader has gone."""
        with self._changed:
            while len(self._items) >= self._limit and not self.closed:
                self._changed.wait()
            if self.closed:
                return False
            self._items.append(item)
            self._ring()
        if not self._begun:
            self._begun = True
            time.sleep(HEAD_START)
        return True

    def finish(self, error: BaseException | None = None, *, result: tuple[Any, ...] = ()) -> None:
        """Say that nothing more comes, after `result` if there is one (worker thread)."""
        with self._changed:
            self._items.extend(result)
            self._ended, self._error, self._stop = True, error, None
            self._ring()

    def on_close(self, stop: Callable[[], object]) -> None:
        """Have `stop` called when the reader goes away before the end (worker thread)."""
        with self._changed:
            self._stop = stop
            closed = self.closed
        if closed:
            stop()

    async def receive(self) -> list[Any]:
        """All that has arrived, at least one item (event loop). Empty: the end. Raises what the model raised."""
        while True:
            with self._changed:
                if self._items:
                    burst, self._items = self._items, []
                    self._changed.notify()
                    return burst
                if self._ended:
                    break
                waiter = self._waiter = self._loop.create_future()
            await waiter
        if self._error is not None:
            raise ModelRaised(self._error)
        return []

    def close(self) -> None:
        """Say that nobody reads any more (event loop)."""
        with self._changed:
            self.closed = True
            self._items.clear()
            stop, self._stop = self._stop, None
            self._changed.notify()
        if stop is not None:
            stop()

    def _ring(self) -> None:
        if self._ringing or self.closed:
            return
        self._ringing = True
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody reads any more
            self._loop.call_soon_threadsafe(self._rung)

    def _rung(self) -> None:
        with self._changed:
            self._ringing = False
            waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)


class Outcomes:
    """What calls without a stream ended in, from the worker threads to the futures that the event loop waits for."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._ended: deque[tuple[asyncio.Future[Any], Any]] = deque()
        self._ringing = False
        self._lingering = False
        self._come = threading.Lock()

    def put(self, outcomes: Iterable[tuple[asyncio.Future[Any], Any]]) -> None:
        """Hand over the outcomes of some calls (worker thread)."""
        self._ended.extend(outcomes)
        if self._lingering:
            with contextlib.suppress(RuntimeError):  # it has been told already
                self._come.release()
        elif not self._ringing:  # one that rings meanwhile has not begun to empty: it takes these as well
            self._ringing = True
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                self._loop.call_soon_threadsafe(self.deliver)

    def linger(self, seconds: float) -> bool:
        """Hold the event loop for outcomes that come at once, for so long at most; whether some came (event loop).

        Two threads that both have work pass the interpreter's lock to and fro many times a call, which costs more than
        a small model does. While the loop waits here, the worker has it for itself.
        """
        self._come.acquire(blocking=False)
        self._lingering = True
        if not self._ended:
            self._come.acquire(timeout=seconds)
        self._lingering = False
        came = bool(self._ended)
        self.deliver()
        return came

    def deliver(self) -> None:
        """Give the futures what has come (event loop)."""
        self._ringing = False
        ended = self._ended
        while ended:
            future, outcome = ended.popleft()
            if not future.done():
                future.set_result(outcome)


class ModelRaised(Exception):
    """Carries what a model raised out of its thread: a StopIteration or a SystemExit would not survive the way."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(str(error))
        self.error = error


class Inlet:
    """Pieces of a streamed argument, from the event loop to the model, which reads it with `for` or `async for`."""

    def __init__(self, loop: asyncio.AbstractEventLoop, limit: int = MOST_PIECES) -> None:
        self._loop = loop
        self.prepare: Callable[[Any], Any] = _as_it_is
        """What is done to each piece on the model's thread."""
        self._limit = limit
        self._changed = threading.Condition()
        self._pieces: deque[Any] = deque()
        self._ended = False
        self._error: BaseException | None = None
        self._room: asyncio.Future[None] | None = None
        self._reader: tuple[asyncio.AbstractEventLoop, asyncio.Future[None]] | None = None

    async def feed(self, source: AsyncIterator[Any]) -> None:
        """Pass on what the caller sends, to its end or its error."""
        try:
            async for piece in source:
                await self._put(piece)
        except Exception as error:  # noqa: BLE001 - whatever it is, the model's next read raises it
            self._end(error)
        else:
            self._end(None)

    def close(self) -> None:
        """Stop: the model's next read is cancelled (event loop)."""
        self._end(asyncio.CancelledError())

    async def _put(self, piece: Any) -> None:
        with self._changed:
            self._pieces.append(piece)
            self._notify()
            if len(self._pieces) < self._limit:
                return
            room = self._room = self._loop.create_future()
        await room

    def _end(self, error: BaseException | None) -> None:
        with self._changed:
            if not self._ended:
                self._ended, self._error = True, error
                self._notify()

    def _notify(self) -> None:
        self._changed.notify()
        if self._reader is not None:
            (loop, future), self._reader = self._reader, None
            loop.call_soon_threadsafe(_release, future)

    def _take(self) -> tuple[Any] | None:
        """The next piece, or None while there is none. Raises the caller's error, and StopIteration at the end."""
        if self._pieces and not isinstance(self._error, asyncio.CancelledError):
            piece = self._pieces.popleft()
            if self._room is not None and len(self._pieces) < self._limit:
                room, self._room = self._room, None
                self._loop.call_soon_threadsafe(_release, room)
            return (piece,)
        if not self._ended:
            return None
        raise StopIteration if self._error is None else self._error

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        with self._changed:
            while (taken := self._take()) is None:
                self._changed.wait()
        return self.prepare(taken[0])

    def __aiter__(self) -> AsyncIterator[Any]:
        return self

    async def __anext__(self) -> Any:
        loop = asyncio.get_running_loop()
        while True:
            with self._changed:
                try:
                    taken = self._take()
                except StopIteration:
                    raise StopAsyncIteration from None
                if taken is not None:
                    return self.prepare(taken[0])
                future: asyncio.Future[None] = loop.create_future()
                self._reader = (loop, future)
            await future


def _release(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


def _as_it_is(piece: Any) -> Any:
    return piece

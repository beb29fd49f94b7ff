"""What keeps a deployment from drowning: a bounded number of calls, and deadlines."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

from modelgen.runtime.call import Call, Engine, Places, closing
from modelgen.runtime.errors import DeadlineExceeded, ResourceExhausted

LEAST_RETRY = 0.1
"""Seconds after which a refused caller may come back at the earliest."""
LONGEST_RETRY = 60.0
WEIGHT = 0.1
"""How much of the measured pace the newest call is."""


class Queue:
    """Refuses a call when as many are under way as may run and wait, and says when to come back."""

    def __init__(self, engine: Engine, limit: int) -> None:
        self._engine = engine
        self._limit = limit
        self._loop = asyncio.get_running_loop()
        self._pace = 0.0
        self._last = 0.0
        self.depth = 0
        """Calls that run or wait."""
        self._emptied: list[asyncio.Future[None]] = []

    @contextmanager
    def places(self, count: int, deployment: str) -> Iterator[Places]:
        """Places for the calls of one request, all or none: those are given back that no call came to.

        Raises:
            ResourceExhausted: there are not as many.
        """
        if self.depth + count > self._limit:
            text = f"The queue of `{deployment}` has no room for {count} calls: {self.depth} of {self._limit} are there"
            raise ResourceExhausted(text, retry_after=self.retry_after)
        if not self.depth:
            self._last = self._loop.time()
        self.depth += count
        places = Places(left=count)
        try:
            yield places
        finally:
            self.depth -= places.left
            if not self.depth:
                self._tell_empty()

    async def empty(self) -> None:
        """Wait until no call runs or waits."""
        if self.depth:
            self._emptied.append(self._loop.create_future())
            await self._emptied[-1]

    async def answer(self, call: Call) -> Any:
        """The engine's answer, or ResourceExhausted."""
        if call.places is None:
            self._enter(call)
        else:
            call.places.left -= 1
        try:
            return await self._engine.answer(call)
        finally:
            self._leave()

    async def bursts(self, call: Call) -> AsyncIterator[list[Any]]:
        """The engine's results, or ResourceExhausted."""
        self._enter(call)
        try:
            async with closing(self._engine.bursts(call)) as bursts:
                async for burst in bursts:
                    yield burst
        finally:
            self._leave()

    @property
    def retry_after(self) -> float:
        """Seconds until those who wait now are served, at the pace of the last calls."""
        return min(max(self._pace * self.depth, LEAST_RETRY), LONGEST_RETRY)

    def _enter(self, call: Call) -> None:
        if self.depth >= self._limit:
            raise ResourceExhausted(f"The queue of `{call.deployment}` is full", retry_after=self.retry_after)
        if not self.depth:
            self._last = self._loop.time()  # the pace is that of a busy deployment: idle time is not counted
        self.depth += 1

    def _leave(self) -> None:
        self.depth -= 1
        now = self._loop.time()
        self._pace += WEIGHT * (now - self._last - self._pace) if self._pace else now - self._last
        self._last = now
        if not self.depth:
            self._tell_empty()

    def _tell_empty(self) -> None:
        while self._emptied:
            future = self._emptied.pop()
            if not future.done():
                future.set_result(None)


class Deadlines:
    """Ends a call at its deadline, wherever it is: in the queue, in the model, between two items."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._loop = asyncio.get_running_loop()

    def answer(self, call: Call) -> Awaitable[Any]:
        """The engine's answer, or DeadlineExceeded."""
        return self._engine.answer(call) if call.deadline is None else self._in_time(call)

    async def _in_time(self, call: Call) -> Any:
        with _Alarm(call.deadline, self._loop):
            return await self._engine.answer(call)

    async def bursts(self, call: Call) -> AsyncIterator[list[Any]]:
        """The engine's results, or DeadlineExceeded."""
        async with closing(self._engine.bursts(call)) as bursts:
            while True:
                with _Alarm(call.deadline, self._loop):
                    burst = await anext(bursts, None)
                if burst is None:
                    return
                yield burst


class _Alarm:
    """Cancels what the task waits for inside it at a moment of the loop's clock, and says so."""

    def __init__(self, moment: float | None, loop: asyncio.AbstractEventLoop) -> None:
        self._moment = moment
        self._loop = loop
        self._timer: asyncio.TimerHandle | None = None
        self._rang = False

    def __enter__(self) -> None:
        if self._moment is None:
            return
        task = asyncio.current_task(self._loop)
        if task is None:
            raise RuntimeError("a deadline needs a task")
        self._task = task
        self._timer = self._loop.call_at(self._moment, self._ring)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._timer is None:
            return
        self._timer.cancel()
        if not self._rang:
            return
        others = self._task.uncancel() if sys.version_info >= (3, 11) else 0
        if kind is asyncio.CancelledError and not others:
            raise DeadlineExceeded("The call was not answered in time") from error

    def _ring(self) -> None:
        self._rang = True
        self._task.cancel()

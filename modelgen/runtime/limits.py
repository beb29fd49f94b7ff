"""What keeps a deployment from drowning: a bounded queue and deadlines, each a handler around a handler."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Any

from modelgen.runtime.call import Call, Handler, closing
from modelgen.runtime.errors import DeadlineExceeded, ResourceExhausted

END = object()


class Queue:
    """Refuses a call when as many are under way as may run and wait."""

    def __init__(self, handler: Handler, limit: int) -> None:
        self._handler = handler
        self._limit = limit
        self.depth = 0
        """Calls that run or wait."""

    async def __call__(self, call: Call) -> AsyncIterator[Any]:
        """The handler's results, or ResourceExhausted."""
        if self.depth >= self._limit:
            raise ResourceExhausted(f"The queue of `{call.deployment}` is full", retry_after=1.0)
        self.depth += 1
        try:
            async with closing(self._handler(call)) as results:
                async for result in results:
                    yield result
        finally:
            self.depth -= 1


class Deadlines:
    """Ends a call at its deadline, wherever it is: in the queue, in the model, between two items."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler

    async def __call__(self, call: Call) -> AsyncIterator[Any]:
        """The handler's results, or DeadlineExceeded."""
        async with closing(self._handler(call)) as results:
            while True:
                with _Alarm(call.deadline):
                    result = await anext(results, END)
                if result is END:
                    return
                yield result


class _Alarm:
    """Cancels what the task waits for inside it at a moment of the loop's clock, and says so."""

    def __init__(self, moment: float | None) -> None:
        self._moment = moment
        self._timer: asyncio.TimerHandle | None = None
        self._rang = False

    def __enter__(self) -> None:
        if self._moment is None:
            return
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a deadline needs a task")
        self._task = task
        self._timer = asyncio.get_running_loop().call_at(self._moment, self._ring)

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

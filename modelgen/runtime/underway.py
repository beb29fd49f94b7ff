"""The gRPC calls that are under way, so that a server stops without losing one.

gRPC ends what nobody has taken yet at the moment of its stop, and does not tell callers before that moment. So those
who call meanwhile are taken in and held, until nobody calls any more; then the server begins to stop, which tells the
callers to come no more, and those who are held get their answers.
"""

from __future__ import annotations

import asyncio
from typing import Any

QUIET = 0.05
"""Seconds without a call after which no more are expected."""
LONGEST_HOLD = 0.5
"""Seconds that calls are held, however many come."""


class Underway:
    """Calls from their first message to the last byte of their answers."""

    def __init__(self) -> None:
        self.running = 0
        """How many there are."""
        self._came = 0
        self._gate: asyncio.Event | None = None
        self._ended = asyncio.Event()

    async def enter(self, context: Any) -> None:
        """One more, to its end; waits while calls are held."""
        self.running += 1
        context.add_done_callback(self._left)
        if self._gate is not None:
            self._came += 1
            await self._gate.wait()

    async def hold(self) -> None:
        """Let no call begin from now on; answers once no more are expected."""
        self._gate = asyncio.Event()
        loop = asyncio.get_running_loop()
        end = loop.time() + LONGEST_HOLD
        came = -1
        while came != self._came and loop.time() < end:
            came = self._came
            await asyncio.sleep(QUIET)

    def release(self) -> None:
        """Let those begin that are held, and all that may still come."""
        if self._gate is not None:
            self._gate.set()
            self._gate = None

    async def none(self) -> None:
        """Wait until there are none."""
        while self.running:
            self._ended.clear()
            await self._ended.wait()

    def _left(self, context: Any) -> None:
        self.running -= 1
        if not self.running:
            self._ended.set()

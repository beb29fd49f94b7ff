"""Many calls of one request: some of them under way at a time, their results in order."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from modelgen.runtime.errors import DeadlineExceeded, ServiceError

T = TypeVar("T")


class ItemFailed(Exception):
    """One of many calls failed, and so the request."""

    def __init__(self, position: int, error: ServiceError) -> None:
        super().__init__(f"{position}: {error}")
        self.position = position
        self.error = error


async def gathered(
    answer: Callable[[int], Awaitable[T]], count: int, *, width: int, seconds: float | None = None
) -> list[T]:
    """What `answer` answers for 0 up to `count`.

    Args:
        answer: makes one call.
        count: how many calls there are.
        width: how many of them are under way at a time; they begin in order.
        seconds: how long all may take.

    Raises:
        ItemFailed: the first call, of those that were under way, that failed; the others are given up.
        DeadlineExceeded: it took too long.
    """
    if not count:
        return []
    found: dict[int, T] = {}
    waiting = iter(range(count))

    async def work() -> None:
        for position in waiting:
            try:
                found[position] = await answer(position)
            except ServiceError as error:
                raise ItemFailed(position, error) from error

    tasks = [asyncio.create_task(work()) for _ in range(min(width, count))]
    try:
        done, unfinished = await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_EXCEPTION)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    errors = [error for task in done if (error := task.exception()) is not None]
    if errors:
        raise min(errors, key=lambda error: error.position if isinstance(error, ItemFailed) else -1)
    if unfinished:
        raise DeadlineExceeded("The request was not answered in time")
    return [found[position] for position in range(count)]

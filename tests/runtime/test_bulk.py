"""Many calls of one request: how many are under way, what is told of a failure, and their places in a queue."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from modelgen.runtime.bulk import ItemFailed, gathered
from modelgen.runtime.errors import DeadlineExceeded, InvalidArgument, ResourceExhausted
from modelgen.runtime.limits import Queue


class Calls:
    """Answers when it is told to; knows what is under way."""

    def __init__(self) -> None:
        self.waiting: dict[int, asyncio.Future[int]] = {}
        self.most = 0
        self.given_up: list[int] = []

    async def answer(self, position: int) -> int:
        future = self.waiting[position] = asyncio.get_running_loop().create_future()
        self.most = max(self.most, len(self.waiting))
        try:
            return await future
        except asyncio.CancelledError:
            self.given_up.append(position)
            raise
        finally:
            del self.waiting[position]


def driven(scenario: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    return asyncio.run(asyncio.wait_for(scenario(), 20))


async def under_way(calls: Calls, count: int) -> None:
    while len(calls.waiting) < count:
        await asyncio.sleep(0)


def test_so_many_are_under_way_and_the_results_are_in_order():
    async def scenario() -> tuple[list[int], int]:
        calls = Calls()
        task = asyncio.create_task(gathered(calls.answer, 20, width=3))
        for done in range(20):
            await under_way(calls, min(3, 20 - done))
            last = max(calls.waiting)  # whatever ends first
            calls.waiting[last].set_result(last * 10)
            await asyncio.sleep(0)
        return await task, calls.most

    assert driven(scenario) == ([number * 10 for number in range(20)], 3)


def test_none_is_nothing():
    assert driven(lambda: gathered(Calls().answer, 0, width=3)) == []


def test_the_first_of_those_that_fail_at_once_is_told_and_the_others_are_given_up():
    async def scenario() -> tuple[int, list[int], int]:
        calls = Calls()
        task = asyncio.create_task(gathered(calls.answer, 100, width=4))
        await under_way(calls, 4)
        for position in (2, 1):
            calls.waiting[position].set_exception(InvalidArgument("no"))
        with pytest.raises(ItemFailed) as failure:
            await task
        return failure.value.position, sorted(calls.given_up), len(calls.waiting)

    assert driven(scenario) == (1, [0, 3], 0)


def test_a_fault_of_the_service_is_no_items():
    async def broken(position: int) -> int:
        raise KeyError(position)

    with pytest.raises(KeyError):
        driven(lambda: gathered(broken, 3, width=2))


def test_all_have_one_time():
    async def scenario() -> list[int]:
        calls = Calls()
        with pytest.raises(DeadlineExceeded):
            await gathered(calls.answer, 9, width=2, seconds=0.01)
        return sorted(calls.given_up)

    assert driven(scenario) == [0, 1]


def test_who_is_cancelled_gives_all_up():
    async def scenario() -> list[int]:
        calls = Calls()
        task = asyncio.create_task(gathered(calls.answer, 9, width=2))
        await under_way(calls, 2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return sorted(calls.given_up)

    assert driven(scenario) == [0, 1]


def test_places_are_taken_together_or_not_at_all():
    async def scenario() -> None:
        queue = Queue(Any, 5)  # type: ignore[arg-type]
        with queue.places(3, "m"):
            with pytest.raises(ResourceExhausted, match="no room for 3 calls: 3 of 5"), queue.places(3, "m"):
                pass
            with queue.places(2, "m"):
                assert queue.depth == 5
            emptied = asyncio.create_task(queue.empty())
            await asyncio.sleep(0)
            assert (queue.depth, emptied.done()) == (3, False)
        await emptied
        assert queue.depth == 0

    driven(scenario)

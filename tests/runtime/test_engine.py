"""The local engine: one call at a time on each replica, streams, cancellation, deadlines."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from typing import Any

import pytest
from pydantic import RootModel

from modelgen.runtime.binding import MethodBinding, StreamBinding
from modelgen.runtime.call import Call, Engine
from modelgen.runtime.engines.channels import MOST_RESULTS, ModelRaised
from modelgen.runtime.engines.local import LocalEngine
from modelgen.runtime.errors import DeadlineExceeded, Internal, InvalidArgument, ResourceExhausted, WrongResult
from modelgen.runtime.limits import Deadlines, Queue

PATIENCE = 20


class Model:
    def __init__(self) -> None:
        self.go = threading.Event()
        self.began = threading.Event()
        self.closed = threading.Event()
        self.produced = 0
        self.thread = threading.current_thread()

    def double(self, x: int, /) -> int:
        assert threading.current_thread() is self.thread, "the model runs where it was made"
        return 2 * x

    def block(self) -> str:
        self.began.set()
        assert self.go.wait(PATIENCE)
        return "done"

    def count(self, n: int) -> Iterator[int]:
        try:
            for i in range(n):
                self.produced += 1
                yield i
        finally:
            self.closed.set()

    def not_a_stream(self) -> int:
        return 5

    def a_list(self) -> list[int]:
        return [1, 2]

    def stop(self) -> None:
        raise StopIteration("not a stream's end")

    async def sleep(self) -> None:
        self.began.set()
        try:
            await asyncio.sleep(PATIENCE)
        finally:
            self.closed.set()

    async def ticks(self) -> AsyncIterator[int]:
        try:
            for i in range(10**9):
                await asyncio.sleep(0)
                yield i
        finally:
            self.closed.set()

    def total(self, numbers: Iterator[int]) -> int:
        self.began.set()
        try:
            return sum(numbers)
        finally:
            self.closed.set()

    async def atotal(self, numbers: AsyncIterator[int]) -> int:
        self.began.set()
        try:
            return sum([number async for number in numbers])
        finally:
            self.closed.set()


def binding(name: str, *, streams: bool = False, stream: str = "", positional: tuple[str, ...] = ()) -> MethodBinding:
    piece = StreamBinding(parameter=stream, item=RootModel[int], argument=int, from_proto=int) if stream else None
    return MethodBinding(
        module="Model",
        name=name,
        request=RootModel[int],
        response=RootModel[int],
        arguments=dict,
        positional=positional,
        result=RootModel[int],
        from_proto=dict,
        to_proto=None,
        streams=streams,
        stream=piece,
    )


def call(name: str, deadline: float | None = None, **options: Any) -> Call:
    arguments = options.pop("arguments", {})
    return Call(deployment="model", binding=binding(name, **options), arguments=arguments, deadline=deadline)


def driven(scenario: Callable[[LocalEngine], Any], replicas: int = 1) -> Any:
    """Run a scenario on an engine, bounded in time."""

    async def main() -> Any:
        engine = await LocalEngine.load(Model, name="model", replicas=replicas)
        try:
            return await asyncio.wait_for(scenario(engine), PATIENCE)
        finally:
            engine.close()

    return asyncio.run(main())


async def collected(engine: Engine, call: Call) -> list[Any]:
    """What a call answers: one value, or all that it yields."""
    if not call.binding.streams:
        return [await engine.answer(call)]
    return [result async for burst in engine.bursts(call) for result in burst]


async def happened(event: threading.Event) -> None:
    assert await asyncio.to_thread(event.wait, PATIENCE)


def test_a_call_runs_on_the_models_thread():
    found = driven(lambda engine: collected(engine, call("double", arguments={"x": 4}, positional=("x",))))
    assert found == [8]


def test_many_calls_all_get_their_own_answer():
    async def scenario(engine):
        calls = [collected(engine, call("double", arguments={"x": x}, positional=("x",))) for x in range(200)]
        return await asyncio.gather(*calls)

    assert driven(scenario, replicas=3) == [[2 * x] for x in range(200)]


def test_a_declared_stream_may_be_any_iterable_and_nothing_else():
    assert driven(lambda engine: collected(engine, call("a_list", streams=True))) == [1, 2]
    with pytest.raises(WrongResult, match="it returned int"):
        driven(lambda engine: collected(engine, call("not_a_stream", streams=True)))


def test_a_stop_iteration_of_the_model_is_an_error():
    with pytest.raises(Internal):
        driven(lambda engine: collected(engine, call("stop")))


def test_what_the_constructor_raises_comes_out_of_load():
    def broken() -> None:
        raise ValueError("no weights")

    with pytest.raises(ModelRaised) as caught:
        asyncio.run(LocalEngine.load(broken, name="model"))
    assert isinstance(caught.value.error, ValueError)


def test_the_loop_stays_free_while_the_model_works():
    async def scenario(engine):
        task = asyncio.create_task(collected(engine, call("block")))
        await happened(engine.model.began)
        assert not task.done()
        engine.model.go.set()
        return await task

    assert driven(scenario) == ["done"]


def test_a_cancelled_caller_does_not_free_a_model_that_still_works():
    async def scenario(engine):
        first = asyncio.create_task(collected(engine, call("block")))
        await happened(engine.model.began)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        second = asyncio.create_task(collected(engine, call("double", arguments={"x": 1}, positional=("x",))))
        await asyncio.sleep(0)
        assert not second.done()
        engine.model.go.set()
        return await second

    assert driven(scenario) == [2]


def test_a_cancelled_place_in_the_queue_is_free_at_once():
    async def scenario(engine):
        first = asyncio.create_task(collected(engine, call("block")))
        await happened(engine.model.began)
        second = asyncio.create_task(collected(engine, call("block")))
        await asyncio.sleep(0)
        second.cancel()
        with pytest.raises(asyncio.CancelledError):
            await second
        engine.model.go.set()
        assert await first == ["done"]
        return await collected(engine, call("block"))

    assert driven(scenario) == ["done"]


def test_a_generator_stops_when_its_reader_does_and_is_never_far_ahead():
    async def scenario(engine):
        results = engine.bursts(call("count", streams=True, arguments={"n": 10**9}))
        assert (await anext(results))[0] == 0
        await results.aclose()
        await happened(engine.model.closed)
        return engine.model.produced

    assert driven(scenario) <= 3 * MOST_RESULTS


@pytest.mark.parametrize(("name", "streams"), [("sleep", False), ("ticks", True)])
def test_what_is_asynchronous_is_cancelled_with_its_reader(name, streams):
    async def scenario(engine):
        results = engine.bursts(call(name, streams=streams))
        step = asyncio.ensure_future(anext(results))
        if streams:
            await step
        else:
            await happened(engine.model.began)
            step.cancel()
            with pytest.raises(asyncio.CancelledError):
                await step
        await results.aclose()
        await happened(engine.model.closed)
        return await collected(engine, call("a_list", streams=True))

    assert driven(scenario) == [1, 2]


async def numbers(count: int, then: BaseException | None = None) -> AsyncIterator[int]:
    for number in range(count):
        await asyncio.sleep(0)
        yield number
    if then is not None:
        raise then


@pytest.mark.parametrize("name", ["total", "atotal"])
def test_a_streamed_argument(name):
    streamed = partial(call, name, stream="numbers")
    assert driven(lambda engine: collected(engine, streamed(arguments={"numbers": numbers(1000)}))) == [499500]
    wrong = InvalidArgument("a wrong piece")
    with pytest.raises(InvalidArgument, match="piece"):
        driven(lambda engine: collected(engine, streamed(arguments={"numbers": numbers(3, wrong)})))


@pytest.mark.parametrize("name", ["total", "atotal"])
def test_a_model_that_waits_for_pieces_is_released_when_its_caller_goes(name):
    async def endless() -> AsyncIterator[int]:
        yield 1
        await asyncio.Event().wait()

    async def scenario(engine):
        task = asyncio.create_task(collected(engine, call(name, stream="numbers", arguments={"numbers": endless()})))
        await happened(engine.model.began)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await happened(engine.model.closed)
        return await collected(engine, call("a_list", streams=True))

    assert driven(scenario) == [1, 2]


@pytest.mark.parametrize(("name", "streams"), [("block", False), ("sleep", False), ("ticks", True)])
def test_a_deadline_ends_a_call(name, streams):
    async def scenario(engine):
        deadline = asyncio.get_running_loop().time() + 0.1
        try:
            await collected(Deadlines(engine), call(name, deadline=deadline, streams=streams))
        finally:
            engine.model.go.set()

    with pytest.raises(DeadlineExceeded):
        driven(scenario)


def test_a_deadline_holds_in_the_queue_and_leaves_nothing_behind():
    async def scenario(engine):
        queue = Queue(engine, 10)
        first = asyncio.create_task(collected(queue, call("block")))
        await happened(engine.model.began)
        deadline = asyncio.get_running_loop().time() + 0.05
        with pytest.raises(DeadlineExceeded):
            await collected(Deadlines(queue), call("block", deadline=deadline))
        assert queue.depth == 1
        engine.model.go.set()
        await first
        assert queue.depth == 0

    driven(scenario)


def test_a_full_queue_refuses():
    async def scenario(engine):
        queue = Queue(engine, 2)
        tasks = [asyncio.create_task(collected(queue, call("block"))) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(ResourceExhausted):
            await collected(queue, call("block"))
        engine.model.go.set()
        assert await asyncio.gather(*tasks) == [["done"], ["done"]]
        return await collected(queue, call("block"))

    assert driven(scenario) == ["done"]

"""Many calls as one: what is batched with what, what each caller is told, and what is never waited for."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any

import numpy as np
import pytest
import torch
from pydantic import BaseModel

from modelgen.runtime.batching import batcher
from modelgen.runtime.binding import BatchBinding, MethodBinding
from modelgen.runtime.call import Call
from modelgen.runtime.engines.local import LocalEngine
from modelgen.runtime.errors import Internal, InvalidArgument
from modelgen.runtime.settings import Batch

PATIENCE = 20


class Options(BaseModel):
    model_config = {"extra": "allow"}


class Request(BaseModel):
    parameters: Options | None = None


class Model:
    """Answers with the size of the batch that a call was in."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.began = threading.Event()
        self.batches: list[list[Any]] = []

    def block(self) -> None:
        self.began.set()
        assert self.go.wait(PATIENCE)

    def size(self, text: str, scale: int = 1) -> int:
        return self.size_batch([text], scale)[0]

    def size_batch(self, texts: list[str], scale: int = 1) -> list[Any]:
        self.batches.append(texts)
        if "bad" in texts:
            raise ValueError("bad text")
        if "short" in texts and len(texts) > 1:
            return [1]
        found = [len(texts) * scale for _ in texts]
        return [RuntimeError("secret") if text == "own" else size for text, size in zip(texts, found, strict=True)]

    def double(self, x: Any, factor: float = 2.0) -> dict[str, Any]:
        self.batches.append([x.shape])
        return {"whole": (x * factor, len(x) + np.zeros(len(x)) if isinstance(x, np.ndarray) else x)}

    def total(self, x: Any) -> float:
        self.batches.append([x.shape])
        return float(x.sum())


def binding(name: str, *inputs: str, batch: BatchBinding | None = None) -> MethodBinding:
    return MethodBinding(
        module="Model",
        name=name,
        request=Request,
        response=Request,
        arguments=dict,
        inputs=inputs,
        batch=batch,
        result=None,
        from_proto=dict,
        to_proto=None,
    )


SIZE = binding("size", "text", batch=BatchBinding(method="size_batch", inputs=("texts",)))


def call(method: MethodBinding, settings: Batch | None = None, **arguments: Any) -> Call:
    options = {name: value for name, value in arguments.items() if name not in method.inputs}
    request = Request(parameters=Options(**options)) if options else Request()
    found = batcher(method, settings)
    return Call(
        deployment="model", binding=method, arguments=arguments, batcher=found, group=found.group(request, arguments)
    )


def driven(scenario: Callable[[LocalEngine], Coroutine[Any, Any, Any]], replicas: int = 1) -> Any:
    async def main() -> Any:
        engine = await LocalEngine.load(Model, name="model", replicas=replicas)
        try:
            return await asyncio.wait_for(scenario(engine), PATIENCE)
        finally:
            engine.close()

    return asyncio.run(main())


async def while_busy(engine: LocalEngine, calls: list[Call]) -> list[Any]:
    """The outcomes of calls that all came while the model was busy; what was raised is an item."""
    busy = asyncio.create_task(engine.answer(call(binding("block"))))
    assert await asyncio.to_thread(engine.model.began.wait, PATIENCE)
    tasks = [asyncio.create_task(engine.answer(one)) for one in calls]
    await asyncio.sleep(0.01)
    engine.model.go.set()
    await busy
    return await asyncio.gather(*tasks, return_exceptions=True)


def busy(*calls: Call) -> tuple[list[Any], list[list[Any]]]:
    """Outcomes, and the batches that the model saw."""

    async def scenario(engine: LocalEngine) -> tuple[list[Any], list[list[Any]]]:
        return await while_busy(engine, list(calls)), engine.model.batches

    found: tuple[list[Any], list[list[Any]]] = driven(scenario)
    return found


def test_an_idle_model_answers_at_once_and_alone():
    async def scenario(engine):
        began = time.monotonic()
        return [await engine.answer(call(SIZE, text=str(n))) for n in range(50)], time.monotonic() - began

    sizes, seconds = driven(scenario)
    assert sizes == [1] * 50
    assert seconds < 2, "no call waits for a timer"


def test_what_came_while_the_model_was_busy_is_the_next_batch():
    sizes, batches = busy(*(call(SIZE, text=str(n)) for n in range(40)))
    assert sizes == [32] * 32 + [8] * 8
    assert batches == [[str(n) for n in range(32)], [str(n) for n in range(32, 40)]]


def test_what_comes_in_one_turn_of_the_loop_is_one_batch():
    async def scenario(engine):
        return await asyncio.gather(*(engine.answer(call(SIZE, text="a")) for _ in range(5)))

    assert driven(scenario) == [5] * 5


@pytest.mark.parametrize(("size", "sizes"), [(1, [1, 1, 1]), (2, [2, 2, 1])])
def test_the_limit_is_the_settings(size, sizes):
    assert busy(*(call(SIZE, Batch(max_size=size), text="a") for _ in range(3)))[0] == sizes


def test_calls_with_other_parameters_are_not_batched_together():
    calls = [
        call(SIZE, text="a", scale=10),
        call(SIZE, text="b"),
        call(SIZE, text="c", scale=10),
        call(SIZE, text="d", scale=True),
    ]
    sizes, batches = busy(*calls)
    assert sizes == [20, 1, 20, 1]
    assert sorted(batches) == [["a", "c"], ["b"], ["d"]]


def test_a_bad_item_fails_alone():
    outcomes, _ = busy(*(call(SIZE, text=text) for text in ("a", "bad", "c")))
    assert (outcomes[0], outcomes[2]) == (1, 1)
    assert isinstance(outcomes[1], InvalidArgument)
    assert outcomes[1].message == "bad text"


def test_an_exception_in_the_list_is_that_items_own():
    outcomes, batches = busy(*(call(SIZE, text=text) for text in ("a", "own", "c")))
    assert (outcomes[0], outcomes[2], len(batches)) == (3, 3, 1)
    assert isinstance(outcomes[1], Internal)
    assert "secret" not in outcomes[1].message


def test_a_batch_of_too_few_results_is_answered_one_by_one_and_told_in_the_log(caplog):
    with caplog.at_level(logging.WARNING, "modelgen.runtime"):
        outcomes, _ = busy(*(call(SIZE, text=text) for text in ("a", "short", "c")))
    assert outcomes == [1, 1, 1]
    assert "3 calls of Model.size failed as a batch, and none of them by itself" in caplog.text


def test_a_cancelled_call_is_not_in_the_batch():
    async def scenario(engine):
        busy = asyncio.create_task(engine.answer(call(binding("block"))))
        assert await asyncio.to_thread(engine.model.began.wait, PATIENCE)
        tasks = [asyncio.create_task(engine.answer(call(SIZE, text=str(n)))) for n in range(3)]
        await asyncio.sleep(0.01)
        tasks[1].cancel()
        await asyncio.sleep(0.01)
        engine.model.go.set()
        await busy
        return await asyncio.gather(*tasks, return_exceptions=True)

    one, two, three = driven(scenario)
    assert (one, three) == (2, 2)
    assert isinstance(two, asyncio.CancelledError)


def test_replicas_share_the_line():
    async def scenario(engine):
        calls = [call(SIZE, Batch(max_size=4), text=str(n)) for n in range(40)]
        sizes = await asyncio.gather(*(engine.answer(one) for one in calls))
        return sizes, [len(replica.model.model.batches) for replica in engine._replicas]

    sizes, batches = driven(scenario, replicas=4)
    assert sizes == [4] * 40
    assert sum(batches) == 10


WAITING = Batch(adaptive=False, max_wait_ms=300, max_size=3)


def test_a_model_told_to_wait_waits_for_a_full_batch_and_no_longer():
    async def scenario(engine):
        began = time.monotonic()
        tasks = []
        for number in range(3):
            tasks.append(asyncio.create_task(engine.answer(call(SIZE, WAITING, text=str(number)))))
            await asyncio.sleep(0.02)
        full = await asyncio.gather(*tasks), time.monotonic() - began
        began = time.monotonic()
        return full, (await engine.answer(call(SIZE, WAITING, text="a")), time.monotonic() - began)

    (sizes, soon), (alone, late) = driven(scenario)
    assert sizes == [3, 3, 3]
    assert soon < 0.25
    assert alone == 1
    assert late >= 0.29


# Along an axis

ROWS = binding("double", "x")
FIRST = Batch(axis=0)


@pytest.mark.parametrize("make", [np.ones, torch.ones])
def test_tensors_are_joined_and_the_result_is_split(make):
    calls = [call(ROWS, FIRST, x=number * make((number, 3))) for number in (1, 2, 3)]
    outcomes, batches = busy(*calls)
    assert batches == [[(6, 3)]]
    for number, outcome in zip((1, 2, 3), outcomes, strict=True):
        doubled, _ = outcome["whole"]
        assert doubled.shape == (number, 3)
        assert bool((doubled == 2 * number).all())


def test_tensors_of_other_sizes_types_or_parameters_are_not_joined():
    calls = [
        call(ROWS, FIRST, x=np.ones((1, 3))),
        call(ROWS, FIRST, x=np.ones((1, 4))),
        call(ROWS, FIRST, x=np.ones((1, 3), np.float32)),
        call(ROWS, FIRST, x=np.ones((1, 3)), factor=3.0),
        call(ROWS, FIRST, x=np.float64(1)),
    ]
    outcomes, batches = busy(*calls)
    assert len(batches) == 5
    assert [outcome["whole"][0].flat[0] for outcome in outcomes[:4]] == [2, 2, 2, 3]


def test_a_result_without_the_axis_is_answered_one_by_one(caplog):
    total = binding("total", "x")
    outcomes, _ = busy(*(call(total, FIRST, x=np.full((2, 2), number)) for number in (1.0, 2.0)))
    assert outcomes == [4.0, 8.0]
    assert "failed as a batch" in caplog.text

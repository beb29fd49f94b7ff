"""Runs calls on models in this process: every replica is a model with a thread of its own, one call at a time.

torch is never imported from here: it is used where the served package has imported it.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import logging
import queue
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import numpy as np

from modelgen.runtime.batching import Raised
from modelgen.runtime.binding import MethodBinding
from modelgen.runtime.call import Call, closing
from modelgen.runtime.engines.channels import Inlet, ModelRaised, Outcomes, Outlet
from modelgen.runtime.engines.line import Line, Waiting
from modelgen.runtime.engines.placement import processor
from modelgen.runtime.engines.worker import Work, Worker
from modelgen.runtime.errors import Internal, ServiceError, WrongResult, from_model
from modelgen.runtime.tensors import Array

logger = logging.getLogger("modelgen.runtime")


BRISK = 0.0005
"""Seconds of a batch up to which waiting for it costs the event loop less than working beside it."""


LONGEST_LINGER = 0.005
"""Seconds that the event loop waits for such a batch at most."""
SLOW = 10 * BRISK
"""What a batch counts as that was waited for in vain: many brisk ones must follow before the next is waited for."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model and where it is."""

    model: Any
    device: str
    """Empty for a model that is no torch module."""


Replica: TypeAlias = Worker[Loaded]


class LocalEngine:
    """Answers calls with models of this process; what arrives while all are busy waits in one line."""

    def __init__(self, replicas: tuple[Replica, ...], work: Work[Loaded], line: Line) -> None:
        self._replicas = replicas
        self._work = work
        self._line = line
        self._loop = asyncio.get_running_loop()
        self._outcomes = Outcomes(self._loop)
        self._planned = False
        self.on_batch: Callable[[MethodBinding, int], None] | None = None
        """Told how many calls each batch had (worker thread)."""
        self._pace = SLOW
        """Seconds of work that the last batches needed."""
        self._beside = -1
        """The processor that the event loop waits on, while it does."""

    @classmethod
    async def load(
        cls, create: Callable[[], Any], *, name: str, replicas: int = 1, device: str = "auto"
    ) -> LocalEngine:
        """Make the models, each on its own thread. Raises ModelRaised with what `create` raised."""
        work: Work[Loaded] = queue.SimpleQueue()
        engine = cls((), work, Line(replicas))
        try:
            for number in range(replicas):
                replica = Worker(f"{name}-{number}", partial(_placed, create, device), work)
                await replica.loaded()
                engine._replicas += (replica,)
        except BaseException:
            engine.close()
            raise
        return engine

    @property
    def device(self) -> str:
        """Where the models are; empty for models that are no torch modules."""
        return self._replicas[0].model.device

    @property
    def model(self) -> Any:
        """The first replica's model."""
        return self._replicas[0].model.model

    async def answer(self, call: Call) -> Any:
        """The call's answer, maybe as a part of a batch. A cancelled call leaves the line; a model that has begun
        to work for it is not interrupted, but for a coroutine."""
        if call.binding.asynchronous or call.binding.stream is not None:
            async with closing(self.bursts(call)) as bursts:
                return (await anext(bursts))[0]
        waiting = Waiting(call, self._loop.create_future())
        self._line.join(waiting)
        if not self._planned:  # at the end of the loop's turn, so that what came at once is one batch
            self._planned = True
            self._loop.call_soon(self._dispatch)
        try:
            outcome = await waiting.future
        except asyncio.CancelledError:
            self._line.leave(waiting)
            raise
        if type(outcome) is Raised:
            raise _told(outcome.error, call) from outcome.error
        return outcome

    async def bursts(self, call: Call) -> AsyncIterator[list[Any]]:
        """The call's results. Closing the iterator stops a generator at its next item and cancels a coroutine."""
        loop = self._loop
        outlet = Outlet(loop)
        arguments, inlet, feeder = _fed(call, loop, self.device)
        self._work.put(partial(_answer, call.binding, arguments, outlet))
        try:
            while burst := await outlet.receive():
                yield burst
        except ModelRaised as raised:
            raise _told(raised.error, call) from raised.error
        finally:
            outlet.close()
            if inlet is not None and feeder is not None:
                inlet.close()
                feeder.cancel()

    def close(self) -> None:
        """End the threads once what is queued is done."""
        for _ in self._replicas:
            self._work.put(None)

    def _dispatch(self) -> None:
        """Have free workers take turns at the line (event loop)."""
        self._planned = False
        turns = self._line.open()
        if turns and len(self._replicas) == 1 and self._pace < BRISK:
            self._beside = processor()
            self._work.put(self._serve)
            if not self._outcomes.linger(LONGEST_LINGER):
                self._pace = SLOW
            return
        self._beside = -1
        for _ in range(turns):
            self._work.put(self._serve)

    def _serve(self, replica: Replica) -> None:
        """Take a turn at the line (worker thread)."""
        batch = self._line.take()
        if batch:
            if self.on_batch is not None and batch[0].call.batcher.limit > 1:
                self.on_batch(batch[0].call.binding, len(batch))
            replica.placement.beside(self._beside)
            began = time.thread_time()
            outcomes = answered(replica, [waiting.call for waiting in batch])
            self._pace += (time.thread_time() - began - self._pace) / 16
            self._outcomes.put(zip([waiting.future for waiting in batch], outcomes, strict=True))
        if self._line.again():
            self._beside = -1
            self._work.put(self._serve)


def _fed(
    call: Call, loop: asyncio.AbstractEventLoop, device: str
) -> tuple[dict[str, Any], Inlet | None, asyncio.Task[None] | None]:
    """The arguments, with the streamed one as something the model can read on its thread."""
    arguments = dict(call.arguments)
    stream = call.binding.stream
    if stream is None:
        return arguments, None, None
    inlet = Inlet(loop, partial(_moved, device=device))
    feeder = loop.create_task(inlet.feed(arguments[stream.parameter]))
    arguments[stream.parameter] = inlet
    return arguments, inlet, feeder


def _told(error: BaseException, call: Call) -> ServiceError:
    """What the caller is told; what is the model's own fault is logged with its traceback."""
    method = f"{call.binding.module}.{call.binding.name}"
    told = from_model(error, call.binding.raises, method)
    if isinstance(told, Internal) and told is not error:
        logger.error("%s failed (request %s)", method, call.id, exc_info=error)
    return told


# On the worker thread


def answered(replica: Replica, calls: list[Call]) -> list[Any]:
    """What each call ends in: its value, or Raised. A batch that fails is answered call by call."""
    if len(calls) > 1:
        try:
            with _inference():
                return _together(replica, calls)
        except BaseException as error:  # noqa: BLE001 - what it is shows again, at the call whose fault it is
            return _apart(replica, calls, error)
    return [_alone(replica, call) for call in calls]


def _apart(replica: Replica, calls: list[Call], error: BaseException) -> list[Any]:
    found = [_alone(replica, call) for call in calls]
    if not any(type(outcome) is Raised for outcome in found):
        binding = calls[0].binding
        text = "%d calls of %s.%s failed as a batch, and none of them by itself"
        logger.warning(text, len(calls), binding.module, binding.name, exc_info=error)
    return found


def _together(replica: Replica, calls: list[Call]) -> list[Any]:
    found = calls[0].batcher.run(partial(_invoke, replica), calls)
    if len(found) != len(calls):
        raise ValueError(f"{len(found)} results for {len(calls)} calls")
    return found


def _alone(replica: Replica, call: Call) -> Any:
    try:
        with _inference():
            return _invoke(replica, call.binding.name, call.binding.positional, dict(call.arguments))
    except BaseException as error:  # noqa: BLE001 - a model may raise anything, and its caller is told
        return Raised(error)


def _invoke(replica: Replica, method: str, positional: tuple[str, ...], arguments: dict[str, Any]) -> Any:
    """What a method answers; `arguments` are its own to take apart."""
    loaded = replica.model
    if loaded.device not in ("", "cpu"):
        arguments = _moved(arguments, device=loaded.device)
    first = [arguments.pop(name) for name in positional if name in arguments]
    result = getattr(loaded.model, method)(*first, **arguments)
    return replica.wait(result) if hasattr(result, "__await__") else result


def _answer(binding: MethodBinding, arguments: dict[str, Any], outlet: Outlet, replica: Replica) -> None:
    if outlet.closed:  # the caller went away while the call was queued
        return
    try:
        with _inference():
            _produce(binding, _moved(arguments, device=replica.model.device), outlet, replica)
    except BaseException as error:  # noqa: BLE001 - a model may raise anything, and its caller is told
        outlet.finish(error)


def _produce(binding: MethodBinding, arguments: dict[str, Any], outlet: Outlet, replica: Replica) -> None:
    positional = [arguments.pop(name) for name in binding.positional if name in arguments]
    result = getattr(replica.model.model, binding.name)(*positional, **arguments)
    if inspect.isawaitable(result):
        result = replica.wait(result, outlet)
    if not binding.streams:
        outlet.finish(result=(result,))
        return
    if hasattr(result, "__aiter__"):
        replica.wait(_pumped_async(result, outlet), outlet)
    elif isinstance(result, Iterable):
        _pumped(iter(result), outlet)
    else:
        raise WrongResult(f"{binding.module}.{binding.name}", binding.returns, result)
    outlet.finish()


def _pumped(items: Iterator[Any], outlet: Outlet) -> None:
    try:
        for item in items:
            if not outlet.send(item):
                return
    finally:
        if hasattr(items, "close"):
            items.close()


async def _pumped_async(items: AsyncIterator[Any], outlet: Outlet) -> None:
    try:
        async for item in items:
            if not outlet.send(item):
                return
    finally:
        if hasattr(items, "aclose"):
            await items.aclose()


# torch


def _placed(create: Callable[[], Any], device: str) -> Loaded:
    """A model, in evaluation mode on its device where it is a torch module."""
    model = create()
    torch = sys.modules.get("torch")
    if torch is None or not isinstance(model, torch.nn.Module):
        return Loaded(model, "")
    place = _device(torch) if device == "auto" else device
    return Loaded(model.to(place).eval(), place)


def _device(torch: Any) -> str:
    if torch.cuda.is_available():
        return "cuda:0"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _inference() -> AbstractContextManager[Any]:
    torch = sys.modules.get("torch")
    return contextlib.nullcontext() if torch is None else torch.inference_mode()


def _moved(value: Any, *, device: str) -> Any:
    """The value with the tensors in it on the device."""
    if device in ("", "cpu"):
        return value
    if isinstance(value, Mapping):
        return {key: _moved(item, device=device) for key, item in value.items()}
    if type(value) in (list, tuple):
        return type(value)(_moved(item, device=device) for item in value)
    torch = sys.modules["torch"]
    return value.to(device) if isinstance(value, torch.Tensor) else value


def to_torch(array: Array, dtype: str = "") -> Any:
    """A torch tensor of a request's array; `bfloat16` where the signature says so, since numpy has none."""
    import torch

    tensor = torch.from_numpy(np.require(array, requirements=["C", "W"]))
    return tensor.to(torch.bfloat16) if dtype == "bfloat16" else tensor


def from_torch(value: Any) -> Array:
    """The array of a result: a torch tensor (on any device, with or without gradients), an array, or nested lists."""
    torch = sys.modules.get("torch")
    if torch is None or not isinstance(value, torch.Tensor):
        return np.asarray(value)
    tensor = value.detach().cpu()
    if tensor.dtype == torch.bfloat16:
        tensor = tensor.float()
    array: Array = tensor.resolve_conj().resolve_neg().numpy()
    return array

"""Runs calls on this machine: every replica is a model, here or in a process of its own, with a thread that gives it
one call at a time.

torch is never imported from here: it is used where the served package has imported it.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import sys
import time
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

import numpy as np

from modelgen.runtime.batching import Raised
from modelgen.runtime.binding import MethodBinding
from modelgen.runtime.blame import blamed
from modelgen.runtime.call import Call, closing
from modelgen.runtime.engines.accelerator import Placing
from modelgen.runtime.engines.channels import Inlet, ModelRaised, Outcomes, Outlet
from modelgen.runtime.engines.host import LOST, Host, Loaded, Replica
from modelgen.runtime.engines.line import Line, Waiting
from modelgen.runtime.engines.placement import rise, sit
from modelgen.runtime.engines.worker import Work, Worker
from modelgen.runtime.errors import ServiceError
from modelgen.runtime.origin import ORIGIN, From, working_for, working_for_all
from modelgen.runtime.tensors import Array, is_guessed
from modelgen.runtime.tracing import below

logger = logging.getLogger("modelgen.runtime")

RESTARTING = "its process has ended and is started again"
STUCK = "it has been at a call for twice its timeout, which on a thread cannot be ended"

BRISK = 0.0005
"""Seconds of a batch up to which waiting for it costs the event loop less than working beside it."""
LONGEST_LINGER = 2 * BRISK
"""Seconds that the event loop waits for such a batch at most: a model may need little of the processor, and wait long
for something else."""
SLOW = 10 * BRISK
"""What a batch counts as that was waited for in vain: many brisk ones must follow before the next is waited for."""


class LocalEngine:
    """Answers calls with models of this process; what arrives while all are busy waits in one line."""

    def __init__(self, replicas: tuple[Replica, ...], work: Work[Host], line: Line) -> None:
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
        self._patience = 0.0
        """Seconds that a call has; 0: any time."""
        self._gathered = True
        """Whether the last call was one of those that arrive together."""
        self._here = False
        """Whether the models are in this process."""

    @classmethod
    async def load(
        cls, create: Callable[[], Any], *, name: str, replicas: int = 1, placing: Placing | None = None
    ) -> LocalEngine:
        """Make models of this process. Raises ModelRaised with what `create` raised."""
        return await cls.over(lambda runner: Loaded(create, placing or Placing()), name=name, replicas=replicas)

    @classmethod
    async def over(
        cls, create: Callable[[Replica], Host], *, name: str, replicas: int, timeout: float = 0.0
    ) -> LocalEngine:
        """Make what holds the models, each on its own thread; `timeout` is what calls have, 0: any time.
        Raises ModelRaised with what `create` raised."""
        work: Work[Host] = queue.SimpleQueue()
        engine = cls((), work, Line(replicas))
        engine._patience = timeout
        try:
            for number in range(replicas):
                replica = Worker(f"{name}-{number}", create, work)
                await replica.loaded()
                engine._replicas += (replica,)
        except BaseException:
            engine.close()
            raise
        engine._here = isinstance(engine._replicas[0].model, Loaded)
        return engine

    @property
    def device(self) -> str:
        """Where the models are; empty for models that are no torch modules."""
        return self._replicas[0].model.device

    @property
    def size(self) -> int:
        """Bytes that the models take; 0: not known."""
        return sum(replica.model.size for replica in self._replicas)

    @property
    def memory(self) -> int:
        """Bytes that the models' own processes take now."""
        return sum(replica.model.memory for replica in self._replicas)

    @property
    def missing(self) -> str:
        """Why no model can be called; empty where one can."""
        if self._here:
            return STUCK if self._patience and self.stuck == len(self._replicas) else ""
        return "" if any(replica.model.up for replica in self._replicas) else RESTARTING

    @property
    def longest(self) -> float:
        """Seconds that the work has taken so far that began first; 0 where there is none."""
        began = min((replica.since for replica in self._replicas if replica.since), default=0.0)
        return time.monotonic() - began if began else 0.0

    @property
    def stuck(self) -> int:
        """Replicas of this process that have been at one call for twice the time that calls have."""
        if not self._here or not self._patience:
            return 0
        latest = time.monotonic() - 2 * self._patience
        return sum(0 < replica.since < latest for replica in self._replicas)

    @property
    def model(self) -> Any:
        """The first replica's model, where it is in this process."""
        host = self._replicas[0].model
        return host.model if isinstance(host, Loaded) else None

    async def answer(self, call: Call) -> Any:
        """The call's answer, maybe as a part of a batch. A cancelled call leaves the line; a model that has begun
        to work for it is not interrupted, but for a coroutine."""
        if call.binding.asynchronous or call.binding.stream is not None:
            async with closing(self.bursts(call)) as bursts:
                return (await anext(bursts))[0]
        waiting = Waiting(call, self._loop.create_future())
        self._line.join(waiting)
        self._gathered = call.gathered
        if not self._planned:  # at the end of the loop's turn, so that what came at once is one batch
            self._planned = True
            self._loop.call_soon(self._dispatch)
        try:
            outcome = await waiting.future
        except asyncio.CancelledError:
            self._line.leave(waiting)
            raise
        if type(outcome) is Raised:
            raise _blamed(outcome.error, call) from outcome.error
        return outcome

    async def bursts(self, call: Call) -> AsyncIterator[list[Any]]:
        """The call's results. Closing the iterator stops a generator at its next item and cancels a coroutine."""
        loop = self._loop
        outlet = Outlet(loop)
        arguments, inlet, feeder = _fed(call, loop)
        self._work.put(partial(_answer, call, arguments, outlet))
        try:
            while burst := await outlet.receive():
                yield burst
        except ModelRaised as raised:
            raise _blamed(raised.error, call) from raised.error
        finally:
            outlet.close()
            if inlet is not None and feeder is not None:
                inlet.close()
                feeder.cancel()

    def close(self) -> None:
        """End the threads once what is queued is done."""
        for _ in self._replicas:
            self._work.put(None)

    def ended(self, seconds: float) -> None:
        """Wait until the models' own processes have ended, once they are told to; for so long at most (any thread)."""
        latest = time.monotonic() + seconds
        for replica in self._replicas if not self._here else ():
            replica.ended(max(0.0, latest - time.monotonic()))

    def _dispatch(self) -> None:
        """Have free workers take turns at the line (event loop)."""
        self._planned = False
        turns = self._line.open()
        if turns and self._gathered and self._here and len(self._replicas) == 1 and self._pace < BRISK:
            self._replicas[0].placement.draw(sit())
            self._work.put(self._serve)
            if not self._outcomes.linger(LONGEST_LINGER):
                self._pace = SLOW
            return
        if turns:
            rise()
        for _ in range(turns):
            self._work.put(self._serve)

    def _serve(self, replica: Replica) -> None:
        """Take a turn at the line (worker thread)."""
        batch = self._line.take()
        if batch:
            if self.on_batch is not None and batch[0].call.batcher.limit > 1:
                self.on_batch(batch[0].call.binding, len(batch))
            seat = replica.placement.roam()
            began = time.thread_time()
            outcomes = answered(replica, [waiting.call for waiting in batch])
            self._pace += (time.thread_time() - began - self._pace) / 16
            replica.placement.come_back(seat)
            self._outcomes.put(zip([waiting.future for waiting in batch], outcomes, strict=True))
        if self._line.again():
            self._work.put(self._serve)


def _fed(call: Call, loop: asyncio.AbstractEventLoop) -> tuple[dict[str, Any], Inlet | None, asyncio.Task[None] | None]:
    """The arguments, with the streamed one as something the model can read on its thread."""
    arguments = dict(call.arguments)
    stream = call.binding.stream
    if stream is None:
        return arguments, None, None
    inlet = Inlet(loop)
    feeder = loop.create_task(inlet.feed(arguments[stream.parameter]))
    arguments[stream.parameter] = inlet
    return arguments, inlet, feeder


def _blamed(error: BaseException, call: Call) -> ServiceError:
    with From(call.request):
        return blamed(error, call.binding, call.id)


# On the worker thread


def answered(replica: Replica, calls: list[Call]) -> list[Any]:
    """What each call ends in: its value, or Raised. A batch that fails is answered call by call."""
    if len(calls) > 1:
        try:
            return _together(replica, calls)
        except LOST as error:
            return [Raised(error)] * len(calls)
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
    with working_for_all(calls):
        found = calls[0].batcher.run(partial(replica.model.invoke, replica), calls)
    if len(found) != len(calls):
        raise ValueError(f"{len(found)} results for {len(calls)} calls")
    return found


def _alone(replica: Replica, call: Call) -> Any:
    request = call.request
    if request is not None and request.span is not None:  # not by `working_for`: where it is not, nothing is to be paid
        with below(request.span):
            return _invoked(replica, call)
    return _invoked(replica, call)


def _invoked(replica: Replica, call: Call) -> Any:
    binding = call.binding
    before = ORIGIN.set(call.request)
    try:
        return replica.model.invoke(replica, binding.name, binding.positional, dict(call.arguments))
    except BaseException as error:  # noqa: BLE001 - a model may raise anything, and its caller is told
        return Raised(error)
    finally:
        ORIGIN.reset(before)


def _answer(call: Call, arguments: dict[str, Any], outlet: Outlet, replica: Replica) -> None:
    if outlet.closed:  # the caller went away while the call was queued
        return
    replica.placement.roam()
    try:
        with working_for(call.request):
            replica.model.produce(replica, call.binding, arguments, outlet)
    except BaseException as error:  # noqa: BLE001 - a model may raise anything, and its caller is told
        outlet.finish(error)


# torch


def to_torch(array: Array, dtype: str = "") -> Any:
    """A torch tensor of a request's array; `bfloat16` where the signature says so, since numpy has none."""
    import torch

    flags = array.flags
    ready = flags.c_contiguous and flags.writeable
    tensor = torch.from_numpy(array if ready else np.require(array, requirements=["C", "W"]))
    if dtype == "bfloat16":
        return tensor.to(torch.bfloat16)
    if array.dtype == np.float64 and is_guessed(array):  # as torch itself makes tensors of lists
        return tensor.to(torch.get_default_dtype())
    return tensor


def from_torch(value: Any) -> Array:
    """The array of a result: a torch tensor (on any device, with or without gradients), an array, or nested lists."""
    torch = sys.modules.get("torch")
    if torch is None or not isinstance(value, torch.Tensor):
        return np.asarray(value)
    tensor = value.float() if value.dtype == torch.bfloat16 else value
    array: Array = tensor.numpy(force=True)
    return array

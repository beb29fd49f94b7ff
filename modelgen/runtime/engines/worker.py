"""Threads that models live on: what keeps a slow model off the event loop."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

from modelgen.runtime.engines.channels import Outlet
from modelgen.runtime.engines.placement import Placement


class Holds(Protocol):
    """What a worker needs of what it holds."""

    @property
    def up(self) -> bool:
        """Whether it can work."""

    def await_up(self) -> None:
        """Wait until it can, or it is known that it cannot for now."""

    def close(self) -> None:
        """The worker has ended."""


Model = TypeVar("Model", bound=Holds)
T = TypeVar("T")


class Runner:
    """One thread's own event loop, for the models that are written with `async`."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None

    def wait(self, awaitable: Awaitable[T], outlet: Any = None) -> T:
        """Run an awaitable to its end on this thread's loop; it is cancelled when the outlet's reader goes away."""
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
        loop = self._loop
        task = loop.create_task(_awaited(awaitable))
        if outlet is not None:
            outlet.on_close(lambda: loop.call_soon_threadsafe(task.cancel))
        return loop.run_until_complete(task)

    def end(self) -> None:
        """Close the loop, if there is one."""
        if self._loop is not None:
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.close()


class Worker(Runner, Generic[Model]):
    """One thread with a model of its own, which takes one piece of work after another from a queue."""

    def __init__(self, name: str, create: Callable[[Worker[Model]], Model], work: Work[Model]) -> None:
        super().__init__()
        self.model: Model
        """Set once `loaded` has answered."""
        self.placement: Placement
        """Of the thread; set by it."""
        self.since = 0.0
        """When the work began that it does (`time.monotonic`); 0: it does none."""
        self._work = work
        self._created = Outlet(asyncio.get_running_loop())
        self._thread = threading.Thread(target=self._main, args=(create,), name=name, daemon=True)
        self._thread.start()

    async def loaded(self) -> None:
        """Wait for the model. Raises ModelRaised with what `create` raised."""
        await self._created.receive()

    def ended(self, seconds: float) -> None:
        """Wait for its end, for so long at most."""
        self._thread.join(seconds)

    def _main(self, create: Callable[[Worker[Model]], Model]) -> None:
        self.placement = Placement()
        try:
            self.model = create(self)
        except BaseException as error:  # noqa: BLE001 - it is raised where the model is awaited
            self._created.finish(error)
            return
        self._created.finish()
        while (work := self._work.get()) is not None:
            if not self.model.up:  # another worker may take it meanwhile
                self._work.put(work)
                self.model.await_up()
                work = self._work.get()
                if work is None:
                    break
            self.since = monotonic()
            work(self)
            self.since = 0.0
            del work  # nothing of a call outlives it
        self.end()
        self.model.close()
        del self.model


Work: TypeAlias = "queue.SimpleQueue[Callable[[Worker[Model]], None] | None]"
"""Work, which must not raise, for any of the workers that share it; None ends one of them."""


async def _awaited(awaitable: Awaitable[T]) -> T:
    return await awaitable

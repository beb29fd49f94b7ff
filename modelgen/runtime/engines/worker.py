"""Threads that models live on: what keeps a slow model off the event loop."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Awaitable, Callable
from typing import Generic, TypeAlias, TypeVar

from modelgen.runtime.engines.channels import Outlet
from modelgen.runtime.engines.placement import Placement

Model = TypeVar("Model")
T = TypeVar("T")


class Worker(Generic[Model]):
    """One thread with a model of its own, which takes one piece of work after another from a queue.

    It has an event loop of its own as well, for the models that are written with `async`.
    """

    def __init__(self, name: str, create: Callable[[], Model], work: Work[Model]) -> None:
        self.model: Model
        """Set once `loaded` has answered."""
        self.placement: Placement
        """Of the thread; set with the model."""
        self._work = work
        self._loop: asyncio.AbstractEventLoop | None = None
        self._created = Outlet(asyncio.get_running_loop())
        self._thread = threading.Thread(target=self._main, args=(create,), name=name, daemon=True)
        self._thread.start()

    async def loaded(self) -> None:
        """Wait for the model. Raises ModelRaised with what `create` raised."""
        await self._created.receive()

    def wait(self, awaitable: Awaitable[T], outlet: Outlet | None = None) -> T:
        """Run an awaitable to its end on this thread's loop; it is cancelled when the outlet's reader goes away."""
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
        loop = self._loop
        task = loop.create_task(_awaited(awaitable))
        if outlet is not None:
            outlet.on_close(lambda: loop.call_soon_threadsafe(task.cancel))
        return loop.run_until_complete(task)

    def _main(self, create: Callable[[], Model]) -> None:
        try:
            self.model = create()
        except BaseException as error:  # noqa: BLE001 - it is raised where the model is awaited
            self._created.finish(error)
            return
        self.placement = Placement()
        self._created.finish()
        while (work := self._work.get()) is not None:
            work(self)
            del work  # nothing of a call outlives it
        if self._loop is not None:
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.close()


Work: TypeAlias = "queue.SimpleQueue[Callable[[Worker[Model]], None] | None]"
"""Work, which must not raise, for any of the workers that share it; None ends one of them."""


async def _awaited(awaitable: Awaitable[T]) -> T:
    return await awaitable

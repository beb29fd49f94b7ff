"""The process of one replica: `python -m modelgen.runtime.engines.child DESCRIPTOR`.

It is told what to load, loads it, and answers one call after another. When the service goes, so does it.
"""

from __future__ import annotations

import asyncio
import ctypes
import importlib
import logging
import os
import queue
import signal
import socket
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NoReturn

from modelgen.runtime.binding import MethodBinding, ModuleBinding, ServiceBinding
from modelgen.runtime.blame import elsewhere
from modelgen.runtime.engines.host import Loaded, warmed
from modelgen.runtime.engines.loading import creator
from modelgen.runtime.engines.started import Plan
from modelgen.runtime.engines.wire import Connection
from modelgen.runtime.engines.worker import Runner
from modelgen.runtime.errors import WrongResult
from modelgen.runtime.logs import configure
from modelgen.runtime.memory import resident
from modelgen.runtime.origin import From, Told
from modelgen.runtime.tracing import Off, Tracing, start

logger = logging.getLogger("modelgen.runtime")

LAST = 3.0
"""Seconds that spans have to reach the collector when the service goes: fewer than it waits for the process."""
DEATH_SIGNAL = 1
"""PR_SET_PDEATHSIG of Linux."""


def main(descriptor: int) -> None:
    """Load, then answer until the service goes."""
    _end_with_the_service()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # they are the service's to act on
        signal.signal(number, signal.SIG_IGN)
    connection = Connection(socket.socket(fileno=descriptor))
    plan: Plan
    plan, logged = connection.receive()
    configure(*logged)
    replica = Replica(connection)  # which hears when the service goes, also while the model loads
    runner = Runner()
    try:
        service: ServiceBinding = importlib.import_module(f"{plan.service}.bindings").SERVICE
        replica.tracing = start(service, plan.trace_endpoint)
        module: ModuleBinding = next(module for module in service.modules if module.name == plan.module)
        loaded = Loaded(creator(module, plan.deployment), plan.placing)
        if plan.deployment.warm_up:
            warmed(loaded, runner, module.example, module.methods)
    except BaseException as error:
        logger.error("%s could not be loaded", plan.module, exc_info=error)
        text = str(error.args[0]) if isinstance(error, LookupError) and error.args else str(error)
        connection.send(("error", f"{type(error).__name__}: {text}"))
        return
    connection.send(("up", (loaded.device, loaded.size or resident())))
    replica.run(loaded, runner, module.methods)


def _end_with_the_service() -> None:
    """Have the system end this process with the thread that started it: a model that hangs may keep it from hearing
    that the service has gone."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(DEATH_SIGNAL, signal.SIGKILL)


class Replica:
    """A model, and the calls that come for it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._calls: queue.SimpleQueue[tuple[Any, ...]] = queue.SimpleQueue()
        self._number = 0
        """Of the stream that came last."""
        self._outlet: _Outlet | None = None
        self._inlet: _Inlet | None = None
        self._going = threading.Lock()
        self.tracing: Tracing = Off()
        """Where the model's spans go."""
        threading.Thread(target=self._read, daemon=True).start()

    def run(self, loaded: Loaded, runner: Runner, methods: tuple[MethodBinding, ...]) -> None:
        """Answer calls; never returns."""
        self._loaded = loaded
        self._runner = runner
        by_name: Mapping[str, MethodBinding] = {
            **{method.batch.method: method for method in methods if method.batch is not None},
            **{method.name: method for method in methods},
        }
        while True:
            kind, name, *rest, origin = self._calls.get()
            binding = by_name[name]
            try:
                with self._working_for(Told(*origin)):
                    if kind == "call":
                        self._call(name, binding, *rest)
                    else:
                        self._stream(binding, *rest)
            except OSError:
                self._go()  # `_read` is about to say the same
            del rest  # nothing of a call outlives it

    def _read(self) -> None:
        while True:
            try:
                message = self._connection.receive()
            except (EOFError, OSError):
                self._go()
            kind = message[0]
            if kind == "call":
                self._calls.put(message)
            elif kind == "stream":
                self._number = message[-1]
                self._outlet = _Outlet(self._connection)
                self._inlet = _Inlet(self._connection)
                self._calls.put(message[:-1])
            elif message[-1] == self._number:  # else it is of a stream that has ended meanwhile
                self._hear(kind, message[1])

    @contextmanager
    def _working_for(self, origin: Told) -> Iterator[None]:
        with From(origin), self.tracing.within(origin.traceparent, origin.tracestate):
            yield

    def _go(self) -> NoReturn:
        """The service has gone: whatever the model does at this moment, nobody waits for it."""
        with self._going:  # whoever else hears it waits here for the end
            self.tracing.close(LAST)
            os._exit(0)

    def _hear(self, kind: str, value: Any) -> None:
        if self._outlet is not None and kind == "stop":
            self._outlet.close()
        elif self._inlet is not None:
            self._inlet.put((kind, value))

    def _call(self, name: str, binding: MethodBinding, positional: tuple[str, ...], arguments: dict[str, Any]) -> None:
        try:
            value = self._loaded.invoke(self._runner, name, positional, arguments)
            if isinstance(value, list):  # an exception in what a batch answers is that item's own
                value = [elsewhere(item, binding) if isinstance(item, Exception) else item for item in value]
            _sent(self._connection, "value", value, binding)
        except BaseException as error:  # noqa: BLE001 - a model may raise anything, and its caller is told
            self._connection.send(("error", elsewhere(error, binding)))

    def _stream(self, binding: MethodBinding, arguments: dict[str, Any]) -> None:
        outlet, inlet = self._outlet, self._inlet
        if outlet is None or inlet is None:
            raise RuntimeError("a stream has been taken before it came")
        outlet.binding = binding
        if binding.stream is not None:
            arguments[binding.stream.parameter] = inlet
        try:
            self._loaded.produce(self._runner, binding, arguments, outlet)
        except BaseException as error:  # noqa: BLE001 - a model may raise anything, and its caller is told
            outlet.finish(error)


class _Outlet:
    """Results of one call, to the service."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._lock = threading.Lock()
        self._stop: Callable[[], object] | None = None
        self.binding: MethodBinding
        """Set before the model is called."""
        self.closed = False
        """Whether the reader has gone."""

    def send(self, item: Any) -> bool:
        """Hand over a result; False once the reader has gone."""
        if self.closed:
            return False
        _sent(self._connection, "item", item, self.binding)
        return True

    def finish(self, error: BaseException | None = None, *, result: tuple[Any, ...] = ()) -> None:
        """Say that nothing more comes."""
        with self._lock:
            self._stop = None
        for item in result:
            self.send(item)
        self._connection.send(("end", None) if error is None else ("error", elsewhere(error, self.binding)))

    def on_close(self, stop: Callable[[], object]) -> None:
        """Have `stop` called when the reader goes away before the end."""
        with self._lock:
            self._stop = stop
            closed = self.closed
        if closed:
            stop()

    def close(self) -> None:
        """The reader has gone."""
        with self._lock:
            self.closed = True
            stop, self._stop = self._stop, None
        if stop is not None:
            stop()


class _Inlet:
    """Pieces of a streamed argument, each fetched when the model asks for it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._pieces: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
        self._reader: tuple[asyncio.AbstractEventLoop, asyncio.Future[tuple[str, Any]]] | None = None
        self.prepare: Callable[[Any], Any]
        """What is done to each piece; set before the model is called."""

    def put(self, message: tuple[str, Any]) -> None:
        """What the service answers to a pull."""
        reader, self._reader = self._reader, None
        if reader is None:
            self._pieces.put(message)
        else:
            loop, future = reader
            loop.call_soon_threadsafe(_set, future, message)

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        self._connection.send(("pull", None))
        return self._taken(self._pieces.get())

    def __aiter__(self) -> AsyncIterator[Any]:
        return self

    async def __anext__(self) -> Any:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[tuple[str, Any]] = loop.create_future()
        self._reader = (loop, future)
        self._connection.send(("pull", None))
        try:
            return self._taken(await future)
        except StopIteration:
            raise StopAsyncIteration from None

    def _taken(self, message: tuple[str, Any]) -> Any:
        kind, value = message
        if kind == "over":
            raise StopIteration
        if kind == "broken":
            raise value
        return self.prepare(value)


def _set(future: asyncio.Future[tuple[str, Any]], message: tuple[str, Any]) -> None:
    if not future.done():
        future.set_result(message)


def _sent(connection: Connection, kind: str, value: Any, binding: MethodBinding) -> None:
    """Send a value. Raises WrongResult for one that cannot leave the process."""
    try:
        connection.send((kind, value))
    except OSError:
        raise
    except Exception as error:
        method = f"{binding.module}.{binding.name}"
        logger.error("what %s answers cannot leave its process", method, exc_info=error)
        raise WrongResult(method, binding.returns, value) from error


if __name__ == "__main__":
    main(int(sys.argv[1]))

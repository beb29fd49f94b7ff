"""What a worker's thread holds: a model in this process here, one in a process of its own in `process`."""

from __future__ import annotations

import inspect
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from modelgen.runtime.binding import MethodBinding
from modelgen.runtime.engines.accelerator import Place, Placing, placed, size
from modelgen.runtime.engines.worker import Runner, Worker
from modelgen.runtime.errors import DeadlineExceeded, Unavailable, WrongResult

logger = logging.getLogger("modelgen.runtime")


class Sink(Protocol):
    """Where results go: an Outlet, or the wire to one."""

    @property
    def closed(self) -> bool:
        """Whether the reader has gone."""

    def send(self, item: Any) -> bool:
        """Hand over a result; False once the reader has gone."""

    def finish(self, error: BaseException | None = None, *, result: tuple[Any, ...] = ()) -> None:
        """Say that nothing more comes, after `result` if there is one."""

    def on_close(self, stop: Callable[[], object]) -> None:
        """Have `stop` called when the reader goes away before the end."""


class Died(Unavailable):
    """The process of the model has ended."""


class Hung(DeadlineExceeded):
    """The process of the model was ended, because a call took too long."""


LOST = (Died, Hung)
"""After which a batch is not tried call by call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watcher:
    """Is told, on any thread, what becomes of a process."""

    changed: Callable[[], object]
    """It has gone, or is there again."""
    replaced: Callable[[str], object]
    """Another has taken its place: it had `ended`, `hung`, or reached its limit of `memory` or `calls`."""


class Host(Protocol):
    """A model and the way to call it. Only `up` and `close` are used from other threads than its worker's."""

    @property
    def device(self) -> str:
        """Where the model is; empty for one that is no torch module."""

    @property
    def size(self) -> int:
        """Bytes that it takes; 0: not known."""

    @property
    def memory(self) -> int:
        """Bytes that a process of its own takes now; 0 where it has none."""

    @property
    def up(self) -> bool:
        """Whether it can be called."""

    def await_up(self) -> None:
        """Wait until it can be called, or a further attempt to bring it back has failed."""

    def invoke(self, runner: Runner, method: str, positional: tuple[str, ...], arguments: dict[str, Any]) -> Any:
        """What a method answers; `arguments` are its own to take apart. Raises what the model raises."""

    def produce(self, runner: Runner, binding: MethodBinding, arguments: dict[str, Any], outlet: Sink) -> None:
        """Send the outlet what a method answers, or yields. Raises what the model raises."""

    def close(self) -> None:
        """Give back what it holds."""


Replica: TypeAlias = Worker[Host]


class Loaded:
    """A model in this process."""

    up = True
    memory = 0

    def __init__(self, create: Callable[[], Any], placing: Placing = Placing()) -> None:  # noqa: B008 - it is frozen
        self.model, self._place = placed(create(), placing)

    @property
    def device(self) -> str:
        """Where the model is; empty for one that is no torch module."""
        return self._place.device

    @property
    def place(self) -> Place:
        """What its calls need."""
        return self._place

    @property
    def size(self) -> int:
        """Bytes of its weights."""
        return size(self.model)

    def await_up(self) -> None:
        """It always is."""

    def invoke(self, runner: Runner, method: str, positional: tuple[str, ...], arguments: dict[str, Any]) -> Any:
        """What a method answers."""
        place = self._place
        with place.inside():
            arguments = place.there(arguments)
            first = [arguments.pop(name) for name in positional if name in arguments]
            result = getattr(self.model, method)(*first, **arguments)
            if hasattr(result, "__await__"):
                result = runner.wait(result)
            return place.back(result)

    def produce(self, runner: Runner, binding: MethodBinding, arguments: dict[str, Any], outlet: Sink) -> None:
        """Send the outlet what a method answers, or yields."""
        place = self._place
        if binding.stream is not None:
            arguments[binding.stream.parameter].prepare = place.there
        with place.inside():
            arguments = place.there(arguments)
            positional = [arguments.pop(name) for name in binding.positional if name in arguments]
            result = getattr(self.model, binding.name)(*positional, **arguments)
            if inspect.isawaitable(result):
                result = runner.wait(result, outlet)
            if not binding.streams:
                outlet.finish(result=(place.back(result),))
            elif hasattr(result, "__aiter__"):
                runner.wait(_pumped_async(result, outlet, place), outlet)
                outlet.finish()
            elif isinstance(result, Iterable):
                _pumped(iter(result), outlet, place)
                outlet.finish()
            else:
                raise WrongResult(f"{binding.module}.{binding.name}", binding.returns, result)

    def close(self) -> None:
        """Nothing is held."""


def _pumped(items: Iterator[Any], outlet: Sink, place: Place) -> None:
    try:
        for item in items:
            if not outlet.send(place.back(item)):
                return
    finally:
        if hasattr(items, "close"):
            items.close()


async def _pumped_async(items: AsyncIterator[Any], outlet: Sink, place: Place) -> None:
    try:
        async for item in items:
            if not outlet.send(place.back(item)):
                return
    finally:
        if hasattr(items, "aclose"):
            await items.aclose()


def warmed(host: Loaded, runner: Runner, example: Callable[[], Any] | None, methods: Iterable[MethodBinding]) -> None:
    """Have the model answer its own example, by each method that takes it. What goes wrong is logged, no more."""
    give = example or getattr(host.model, "example", None)
    if give is None:
        return
    try:
        given = give()
        for binding in methods:
            if isinstance(given, Mapping) and _takes(host.model, binding, given):
                host.invoke(runner, binding.name, binding.positional, dict(given))
    except Exception:
        logger.exception("%s could not be warmed up with its example", type(host.model).__name__)


def _takes(model: Any, binding: MethodBinding, given: Mapping[str, Any]) -> bool:
    if binding.kind != "infer" or binding.streams or binding.stream is not None:
        return False
    parameters = inspect.signature(getattr(model, binding.name)).parameters
    needed = {name for name, parameter in parameters.items() if parameter.default is parameter.empty}
    return needed <= given.keys() <= parameters.keys()

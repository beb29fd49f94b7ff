"""One request with the wire forgotten: what every protocol translates to, and every engine answers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from modelgen.runtime.batching import ALONE, Batcher

if TYPE_CHECKING:
    from modelgen.runtime.binding import MethodBinding
    from modelgen.runtime.telemetry import Observation


T = TypeVar("T")


@dataclass(slots=True, kw_only=True)
class Places:
    """Places in a deployment's queue that were taken together, for the calls of one request."""

    left: int
    """Those that no call has come to."""


@dataclass(slots=True, kw_only=True)
class Call:
    """One call of one method of one deployed model."""

    deployment: str
    """Name of the deployment that answers."""
    binding: MethodBinding
    """What is called."""
    arguments: dict[str, Any]
    """Host values by parameter name, only those that the caller sent: what is absent takes the code's own default.
    A stream parameter is an async iterator of host values."""
    batcher: Batcher = ALONE
    """How it is made one with other calls of the method."""
    group: Hashable = None
    """Calls of a method may share a batch where this is equal: it tells all of the request that is no input."""
    places: Places | None = None
    """Where its place in the queue has been taken already: together with those of others."""
    id: str = ""
    """The request id, given or made."""
    request: Observation | None = None
    """The request that it is of, for what its model's log and spans say."""
    gathered: bool = True
    """Whether calls that are sent at once also arrive in one turn of the event loop: gRPC hands over one after another,
    each when the one before it has been taken."""
    deadline: float | None = None
    """On the event loop's clock (`loop.time()`), in seconds; None: no limit."""


class closing(Generic[T]):  # noqa: N801 - used like contextlib.aclosing
    """`contextlib.aclosing` for any async iterator: one that has no `aclose` needs none."""

    def __init__(self, results: AsyncIterator[T]) -> None:
        self._results = results

    async def __aenter__(self) -> AsyncIterator[T]:
        return self._results

    async def __aexit__(self, *_: object) -> None:
        close = getattr(self._results, "aclose", None)
        if close is not None:
            await close()


class Engine(Protocol):
    """Runs calls on a loaded model. What stands around an engine (limits, deadlines) is one as well."""

    def answer(self, call: Call) -> Awaitable[Any]:
        """The host value that a method answers, where it answers one. Cancelling gives up the call's place."""

    def bursts(self, call: Call) -> AsyncIterator[list[Any]]:
        """The host values that a method yields, in lists of those that were there at once. Closing the iterator
        stops the model's generator."""

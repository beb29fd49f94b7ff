"""One request with the wire forgotten: what every protocol translates to, and every engine answers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

if TYPE_CHECKING:
    from modelgen.runtime.binding import MethodBinding


T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call of one method of one deployed model."""

    deployment: str
    """Name of the deployment that answers."""
    binding: MethodBinding
    """What is called."""
    arguments: Mapping[str, Any]
    """Host values by parameter name, only those that the caller sent: what is absent takes the code's own default.
    A stream parameter is an async iterator of host values."""
    id: str = ""
    """The request id, given or made."""
    deadline: float | None = None
    """On the event loop's clock (`loop.time()`), in seconds; None: no limit."""
    metadata: Mapping[str, str] = field(default_factory=dict)
    """Lower-case HTTP headers or gRPC metadata."""


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


Handler: TypeAlias = Callable[[Call], AsyncIterator[Any]]
"""Yields one host value, or many if the method streams. Closing the iterator stops the model's generator."""

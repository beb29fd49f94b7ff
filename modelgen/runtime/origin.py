"""The requests that a model works for at a moment: its log records name them, and its spans are below theirs.

Said by a context variable, so that what the model starts (tasks, `asyncio.to_thread`) knows it as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar, Token
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from modelgen.runtime.blame import Elsewhere
from modelgen.runtime.tracing import below, finish, trace_id, traceparent_of, tracestate_of

if TYPE_CHECKING:
    from opentelemetry.trace import Span

    from modelgen.runtime.call import Call
    from modelgen.runtime.telemetry import Observation


class Origin(Protocol):
    """Where a model's work comes from: one request, or several that are one batch."""

    @property
    def request_ids(self) -> tuple[str, ...]:
        """Of the requests."""

    @property
    def traceparent(self) -> str:
        """Names the span that the model's are below, or what the caller sent."""

    @property
    def tracestate(self) -> str:
        """Goes with it."""


ORIGIN: ContextVar[Origin | None] = ContextVar("modelgen.origin", default=None)
"""Of the work that is done here."""


class Told(NamedTuple):
    """An origin, as another process was told it."""

    request_ids: tuple[str, ...] = ()
    traceparent: str = ""
    tracestate: str = ""


def told() -> tuple[Any, ...]:
    """What `Told` is made of, of the work that is done here: plain, since a class costs more than the rest of a small
    message to a process."""
    origin = ORIGIN.get()
    return () if origin is None else (origin.request_ids, origin.traceparent, origin.tracestate)


class Together:
    """The requests of a batch."""

    __slots__ = ("_requests", "_span")

    def __init__(self, requests: Sequence[Observation], span: Span | None) -> None:
        self._requests = requests
        self._span = span

    @property
    def request_ids(self) -> tuple[str, ...]:
        """Of all of them."""
        return tuple(dict.fromkeys(request.request_id for request in self._requests))

    @property
    def traceparent(self) -> str:
        """Names the batch's span; empty where nothing is traced: the callers' traces are not the batch's."""
        return "" if self._span is None else traceparent_of(self._span)

    @property
    def tracestate(self) -> str:
        """Goes with it."""
        return "" if self._span is None else tracestate_of(self._span)


class From:
    """Inside it, work is done for an origin whose spans nobody follows."""

    __slots__ = ("_origin", "_token")

    def __init__(self, origin: Origin | None) -> None:
        self._origin = origin
        self._token: Token[Origin | None]

    def __enter__(self) -> None:
        self._token = ORIGIN.set(self._origin)

    def __exit__(self, *_: object) -> None:
        ORIGIN.reset(self._token)


def working_for(request: Observation | None) -> AbstractContextManager[None]:
    """Inside it, a model works for one request."""
    if request is None or request.span is None:
        return From(request)
    return _below(request, request.span)


def working_for_all(calls: Sequence[Call]) -> AbstractContextManager[None]:
    """Inside it, a model works for the calls of a batch."""
    requests = dict.fromkeys(call.request for call in calls if call.request is not None)
    if len(requests) <= 1:
        return working_for(next(iter(requests), None))
    spans = [request.span for request in requests if request.span is not None]
    return _linked(calls, list(requests), spans) if spans else From(Together(list(requests), None))


@contextmanager
def _below(origin: Origin, span: Span) -> Iterator[None]:
    with From(origin), below(span):
        yield


@contextmanager
def _linked(calls: Sequence[Call], requests: list[Observation], spans: list[Span]) -> Iterator[None]:
    binding = calls[0].binding
    span = requests[0].tracing.batch(f"{binding.module}.{binding.name} batch", spans)
    attributes = {"modelgen.batch_size": len(calls)}
    try:
        with _below(Together(requests, span), span):
            yield
    except BaseException as error:
        code = error.told.code if isinstance(error, Elsewhere) else type(error).__name__
        finish(span, code=code, attributes=attributes, failed=True)
        raise
    finish(span, code="OK", attributes=attributes, failed=False)


def named(origin: Origin | None) -> dict[str, Any]:
    """What a log record says of where its work comes from: `request_id`, or `request_ids` of a batch; `trace_id`."""
    if origin is None:
        return {}
    ids = origin.request_ids
    found: dict[str, Any] = {"request_id": ids[0]} if len(ids) == 1 else {"request_ids": list(ids)} if ids else {}
    if trace := trace_id(origin.traceparent):
        found["trace_id"] = trace
    return found

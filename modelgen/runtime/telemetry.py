"""What is seen of requests from outside: counted, logged and followed in one place for every protocol."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Any

from modelgen.runtime.errors import CODES
from modelgen.runtime.logs import ACCESS
from modelgen.runtime.metrics import UNKNOWN, Metrics
from modelgen.runtime.tracing import Tracing, finish, start, trace_id, traceparent_of, tracestate_of

if TYPE_CHECKING:
    from opentelemetry.trace import Span

    from modelgen.runtime.binding import MethodBinding, ServiceBinding
    from modelgen.runtime.settings import Settings

OK = "OK"
_OURS = frozenset(code for code, error in CODES.items() if error.status >= 500)
"""Codes that the service is to blame for."""


class Telemetry:
    """Metrics, traces and the log of requests of one service."""

    def __init__(self, binding: ServiceBinding, settings: Settings) -> None:
        self.metrics = Metrics()
        self.tracing: Tracing = start(binding, settings.trace_endpoint)
        self.access_log = settings.access_log

    def begin(
        self,
        binding: MethodBinding,
        protocol: str,
        request_id: str,
        traceparent: str = "",
        tracestate: str = "",
    ) -> Observation:
        """Watch one request to a method; its `end` must be told."""
        if traceparent and not trace_id(traceparent):
            traceparent = ""  # as the standard has it: what cannot be read is not there
        span = self.tracing.begin(binding, protocol, traceparent, tracestate)
        return Observation(self, binding, protocol, request_id, traceparent, span)


class Observation:
    """One request to a method, from its arrival to its answer."""

    __slots__ = (
        "_began", "_binding", "_ended", "_first", "_items", "_protocol", "_telemetry",
        "deployment", "request_id", "span", "traceparent",
    )  # fmt: skip

    def __init__(
        self,
        telemetry: Telemetry,
        binding: MethodBinding,
        protocol: str,
        request_id: str,
        traceparent: str,
        span: Span | None,
    ) -> None:
        self._began = perf_counter()
        self._telemetry = telemetry
        self._binding = binding
        self._protocol = protocol
        self.request_id = request_id
        """Given or made."""
        self.span = span
        """What follows it; None where nobody does."""
        self._items = 0
        self._first: float | None = None
        self._ended = False
        self.deployment = UNKNOWN
        """The deployment that answers, once it is found: never what a caller makes up."""
        self.traceparent = traceparent if span is None else traceparent_of(span)
        """What the answer carries: the name of this request's span, or what the caller sent."""

    @property
    def request_ids(self) -> tuple[str, ...]:
        """Its own."""
        return (self.request_id,)

    @property
    def tracestate(self) -> str:
        """What goes with the name of its span."""
        return "" if self.span is None else tracestate_of(self.span)

    @property
    def tracing(self) -> Tracing:
        """What follows requests."""
        return self._telemetry.tracing

    @property
    def headers(self) -> dict[str, str] | None:
        """What the answer's headers or metadata hold of it."""
        return {"traceparent": self.traceparent} if self.traceparent else None

    def streamed(self, items: int) -> None:
        """So many items of a stream are there."""
        if self._first is None:
            self._first = perf_counter() - self._began
        self._items += items

    def end(self, code: str = OK) -> None:
        """The request is answered, or has failed with a code of `errors`. A second time says nothing."""
        if self._ended:
            return
        self._ended = True
        seconds = perf_counter() - self._began
        telemetry, binding = self._telemetry, self._binding
        telemetry.metrics.ended(binding, self.deployment, self._protocol, code, seconds)
        if binding.streams:
            telemetry.metrics.streamed(binding, self.deployment, self._items, self._first)
        if self.span is not None:
            attributes = {"modelgen.deployment": self.deployment, "modelgen.request_id": self.request_id}
            finish(self.span, code=code, attributes=attributes, failed=code in _OURS)
        if telemetry.access_log:
            self._log(code, seconds)

    def _log(self, code: str, seconds: float) -> None:
        said: dict[str, Any] = {
            "request_id": self.request_id,
            "deployment": self.deployment,
            "method": f"{self._binding.module}.{self._binding.name}",
            "protocol": self._protocol,
            "outcome": code,
            "duration_ms": round(seconds * 1000, 3),
        }
        if self._binding.streams:
            said["items"] = self._items
        if trace := trace_id(self.traceparent):
            said["trace_id"] = trace
        ACCESS.info("request", extra=said)

"""Traces by OpenTelemetry: a span for every request to a method, sent to a collector. Off where no collector is named.

What OpenTelemetry's own environment variables say of sampling, headers, resources and limits counts here too.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span

    from modelgen.runtime.binding import MethodBinding, ServiceBinding

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
"""OpenTelemetry's own variables that name a collector."""
PROTOCOL = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
"""Those that say how to speak to it."""
PROTOCOLS = ("http/protobuf", "grpc")
FLUSH = 5.0
"""Seconds that spans have to reach the collector when the service stops."""
_PARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


def trace_id(traceparent: str) -> str:
    """The trace that a caller's `traceparent` names; empty where it names none (W3C Trace Context, version 00)."""
    found = _PARENT.fullmatch(traceparent)
    return found[1] if found else ""


class Tracing(Protocol):
    """Follows requests."""

    patience: float
    """Seconds that models' processes have to send their spans when the service stops."""

    def begin(self, binding: MethodBinding, protocol: str, traceparent: str, state: str) -> Span | None:
        """The span of a request to a method; None where nobody follows it."""

    def batch(self, name: str, spans: Sequence[Span]) -> Span:
        """The span of what is done for several requests at once."""

    def within(self, traceparent: str, tracestate: str) -> AbstractContextManager[object]:
        """Inside it, spans are below one of another process."""

    def close(self, seconds: float = FLUSH) -> None:
        """Send what is left, within so many seconds."""


class Off:
    """No traces."""

    patience = 0.0

    def begin(self, binding: MethodBinding, protocol: str, traceparent: str, state: str) -> None:
        """Nothing."""

    def batch(self, name: str, spans: Sequence[Span]) -> Span:
        """Not asked for: no request has a span."""
        raise NotImplementedError

    def within(self, traceparent: str, tracestate: str) -> AbstractContextManager[object]:
        """Nothing."""
        return nullcontext()

    def close(self, seconds: float = FLUSH) -> None:
        """Nothing."""


class Spans:
    """A span for each request, by OpenTelemetry's SDK."""

    patience = FLUSH

    def __init__(self, provider: TracerProvider) -> None:
        from opentelemetry.trace import SpanKind
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        self._provider = provider
        self._tracer = provider.get_tracer("modelgen.runtime")
        self._propagator = TraceContextTextMapPropagator()
        self._kind = SpanKind.SERVER

    def begin(self, binding: MethodBinding, protocol: str, traceparent: str, state: str) -> Span:
        """The span of a request to a method, inside the caller's."""
        return self._tracer.start_span(
            f"{binding.module}.{binding.name}",
            context=self._context(traceparent, state) if traceparent else None,
            kind=self._kind,
            attributes={"rpc.system": "grpc" if protocol == "grpc" else "http", "rpc.method": binding.name,
                        "rpc.service": binding.module},
        )  # fmt: skip

    def batch(self, name: str, spans: Sequence[Span]) -> Span:
        """A span with a link to each of several, and they to it. It is below the first that is sampled, else it would
        be followed, or not, whatever was decided for these."""
        from opentelemetry.trace import Link, set_span_in_context

        parent = next((span for span in spans if span.get_span_context().trace_flags.sampled), spans[0])
        links = [Link(span.get_span_context()) for span in spans]
        made = self._tracer.start_span(name, context=set_span_in_context(parent), links=links)
        for span in spans:
            if span is not parent and span.is_recording():
                span.add_link(made.get_span_context())
        return made

    def within(self, traceparent: str, tracestate: str) -> AbstractContextManager[object]:
        """Inside it, spans are below the one of that name."""
        from opentelemetry.trace import get_current_span

        return below(get_current_span(self._context(traceparent, tracestate)))

    def close(self, seconds: float = FLUSH) -> None:
        """Send what is left; a collector that does not answer is not waited for."""
        thread = threading.Thread(target=self._provider.shutdown, daemon=True)
        thread.start()
        thread.join(seconds)

    def _context(self, traceparent: str, tracestate: str) -> Context:
        return self._propagator.extract({"traceparent": traceparent, "tracestate": tracestate})


def below(span: Span) -> AbstractContextManager[object]:
    """Inside it, spans are below that one, which goes on."""
    from opentelemetry.trace import use_span

    return use_span(span, record_exception=False, set_status_on_exception=False)


def traceparent_of(span: Span) -> str:
    """What names the span to others."""
    context = span.get_span_context()
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{int(context.trace_flags):02x}"


def tracestate_of(span: Span) -> str:
    """What goes with the name."""
    return span.get_span_context().trace_state.to_header()


def finish(span: Span, *, code: str, attributes: dict[str, Any], failed: bool) -> None:
    """End a span; `failed` where the service is to blame, not the caller."""
    from opentelemetry.trace import Status, StatusCode

    span.set_attributes(attributes)
    if code != "OK":
        span.set_attribute("error.type", code)
    if failed:
        span.set_status(Status(StatusCode.ERROR, code))
    span.end()


def start(service: ServiceBinding, endpoint: str) -> Tracing:
    """Traces to the collector at `endpoint`, or at OpenTelemetry's own variables; off where neither names one.

    Raises:
        ModuleNotFoundError: a collector is named, and OpenTelemetry's SDK is not installed.
    """
    if not (endpoint or any(os.environ.get(name) for name in ENDPOINTS)) or _disabled():
        return Off()
    from opentelemetry import trace
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    present = trace.get_tracer_provider()
    if isinstance(present, TracerProvider):  # a hook's, or the model's own: it says where spans go
        return Spans(present)
    named = {} if "OTEL_SERVICE_NAME" in os.environ else {"service.name": service.name}
    resource = Resource.create({**named, "service.version": service.version})
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(_exporter(endpoint)))
    trace.set_tracer_provider(provider)  # so that the model's own spans go there too
    return Spans(provider)


def _disabled() -> bool:
    return os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true"


def protocol(environment: Mapping[str, str]) -> str:
    """How a collector is spoken to: one of `PROTOCOLS`, or something else that was asked for."""
    return next(filter(None, (environment.get(name) for name in PROTOCOL)), "http/protobuf")


def _exporter(endpoint: str) -> Any:
    """By HTTP, or by gRPC where OpenTelemetry's own variables say so."""
    if protocol(os.environ) == "grpc":
        from opentelemetry.exporter.otlp.proto.grpc import trace_exporter as over_grpc

        return over_grpc.OTLPSpanExporter(endpoint=endpoint or None)
    from opentelemetry.exporter.otlp.proto.http import trace_exporter as over_http

    return over_http.OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces" if endpoint else None)

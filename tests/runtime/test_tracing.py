"""Traces: what a collector is sent, by a running service and by the library's own exporter."""

from __future__ import annotations

import importlib
from types import SimpleNamespace
from typing import Any

import grpc
import httpx
import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from modelgen.runtime.telemetry import Telemetry
from modelgen.runtime.tracing import Off, Spans, start, trace_id

from .collectors import OverGrpc, attributes

RUN = "/api/v1/classifier/run"
TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
PARENT = f"00-{TRACE}-{SPAN}-01"


def test_a_collector_is_sent_a_span_for_every_request(start, collector, pb):
    service = start("--set", f"trace_endpoint={collector.url}", "--access-log")
    with service.client() as client:
        sent = {"traceparent": PARENT, "tracestate": "vendor=1", "x-request-id": "mine"}
        answer = client.post(RUN, json={"inputs": "a"}, headers=sent)
        own = client.post(RUN, json={"inputs": "a"}).headers["traceparent"]
        client.post("/api/v1/classifier/run-mood", json={"inputs": "runtime"})
        client.post(RUN, json={"inputs": 1})
        client.post("/api/v1/classifier/run-count", json={"inputs": 3})
        client.get("/health")
    with grpc.insecure_channel(service.grpc) as channel:
        stub = importlib.import_module("toy_service.toy_pb2_grpc").ClassifierServiceStub(channel)
        _, call = stub.Run.with_call(pb.RunRequest(text="a"), metadata=(("traceparent", PARENT),), timeout=10)
    assert service.stop() == 0, "which sends what is left"
    by_name: dict[str, list[Any]] = {}
    for span in collector.spans:
        by_name.setdefault(span.name, []).append(span)
    assert {name: len(spans) for name, spans in by_name.items()} == {
        "Classifier.run": 4,
        "Classifier.run_mood": 1,
        "Classifier.run_count": 1,
    }, "once each, by nobody else too"
    first, second, third, fourth = sorted(by_name["Classifier.run"], key=lambda span: span.start_time_unix_nano)
    assert (first.trace_id.hex(), first.parent_span_id.hex(), first.trace_state) == (TRACE, SPAN, "vendor=1")
    assert answer.headers["traceparent"] == f"00-{TRACE}-{first.span_id.hex()}-01"
    assert attributes(first)["modelgen.deployment"] == "classifier"
    assert attributes(first)["modelgen.request_id"] == "mine"
    assert own.startswith(f"00-{second.trace_id.hex()}-{second.span_id.hex()}-0")
    assert second.trace_id.hex() != TRACE
    assert (attributes(third)["error.type"], third.status.code) == ("INVALID_ARGUMENT", 0), "the caller's own fault"
    assert (fourth.trace_id.hex(), attributes(fourth)["rpc.system"]) == (TRACE, "grpc")
    assert dict(call.trailing_metadata())["traceparent"] == f"00-{TRACE}-{fourth.span_id.hex()}-01"
    (mood,) = by_name["Classifier.run_mood"]
    assert (attributes(mood)["error.type"], mood.status.code) == ("INTERNAL", 2)
    assert collector.resource()["service.name"] == "toy_service"
    assert collector.resource()["service.version"] == "1.2.3"
    assert f'"trace_id": "{second.trace_id.hex()}"' in service.log.read_text()


def test_opentelemetrys_own_variables_count(start, collector):
    environment = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        "OTEL_SERVICE_NAME": "shop",
        "OTEL_TRACES_SAMPLER": "parentbased_always_off",
    }
    service = start("--no-grpc", environment=environment)
    for headers in ({}, {"traceparent": PARENT}):
        assert httpx.post(service.http + RUN, json={"inputs": "a"}, headers=headers).status_code == 200
    assert service.stop() == 0
    (span,) = collector.spans
    assert span.trace_id.hex() == TRACE, "what the caller follows"
    assert collector.resource()["service.name"] == "shop"


@pytest.mark.parametrize("name", ["OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"])
def test_a_collector_is_spoken_to_over_grpc_where_that_is_asked_for(start, name):
    collector = OverGrpc()
    environment = {"OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf", name: "grpc"}
    service = start("--no-grpc", "--set", f"trace_endpoint={collector.url}", environment=environment)
    answer = httpx.post(service.http + RUN, json={"inputs": "a"}, headers={"traceparent": PARENT})
    assert service.stop() == 0
    collector.stop()
    (span,) = collector.spans
    assert answer.headers["traceparent"] == f"00-{TRACE}-{span.span_id.hex()}-01"
    assert (span.name, span.parent_span_id.hex()) == ("Classifier.run", SPAN)
    assert collector.resource()["service.name"] == "toy_service"


def test_a_collector_that_is_not_there_holds_nothing_up(start):
    service = start("--no-grpc", "--set", "trace_endpoint=http://127.0.0.1:9")
    assert httpx.post(service.http + RUN, json={"inputs": "a"}).status_code == 200
    assert service.stop() == 0


def test_nothing_is_traced_where_no_collector_is_named(monkeypatch):
    for name in ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    service = SimpleNamespace(name="s", version="1")
    assert isinstance(start(service, ""), Off)
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    assert isinstance(start(service, "http://127.0.0.1:4318"), Off)


def test_a_span_by_the_librarys_own_exporter():
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    settings = SimpleNamespace(trace_endpoint="", access_log=False)
    telemetry = Telemetry(SimpleNamespace(name="s", version="1"), settings)
    telemetry.tracing = Spans(provider)
    method = SimpleNamespace(module="M", name="run", streams=False)
    observation = telemetry.begin(method, "http", "id", PARENT)
    observation.deployment = "m"
    observation.end("UNAVAILABLE")
    observation.end("OK")
    (span,) = exporter.get_finished_spans()
    assert span.name == "M.run"
    assert span.kind.name == "SERVER"
    assert f"{span.parent.span_id:016x}" == SPAN
    assert span.status.status_code.name == "ERROR"
    assert span.attributes["error.type"] == "UNAVAILABLE"
    assert observation.headers == {"traceparent": f"00-{TRACE}-{span.context.span_id:016x}-01"}


@pytest.mark.parametrize(
    ("sent", "found"),
    [
        (PARENT, TRACE),
        ("", ""),
        (PARENT.upper(), ""),
        (PARENT + "-more", ""),
        (PARENT.replace("00-", "ff-", 1), ""),
        (f"00-{'0' * 32}-{SPAN}-01", ""),
        (f"00-{TRACE}-{'0' * 16}-01", ""),
        (f"00-{TRACE[:-1]}-{SPAN}-01", ""),
    ],
)
def test_what_names_no_trace_is_as_if_it_were_not_there(sent, found):
    assert trace_id(sent) == found

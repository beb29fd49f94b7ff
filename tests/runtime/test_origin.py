"""What a model's own spans are below, and which request its log records name."""

from __future__ import annotations

import importlib
import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest

from .collectors import attributes

ISOLATIONS = pytest.mark.parametrize("isolation", ["thread", "process"])
CLASSIFIER = "/api/v1/classifier/"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"


@pytest.fixture
def seen(start, tmp_path, toy_folder):
    """Starts a service whose model tells what it does."""

    def started(isolation: str, *flags: str, **environment: str) -> Any:
        file = tmp_path / "service.toml"
        scaler = '[deployments.scaler]\nmodule = "Scaler"\narguments = {factor = 2.0}\nbatch = {axis = 0}\n'
        file.write_text(f'{scaler}[deployments.classifier]\nmodule = "Classifier"\nisolation = "{isolation}"\n')
        return start(*flags, settings=str(file), environment={"TOY_SEEN": "1", **environment})

    return started


def told(service: Any, by: str = "toy") -> list[dict[str, Any]]:
    """Log records; the model's own, unless another is asked for."""
    lines = [json.loads(line) for line in service.log.read_text().splitlines() if line.startswith("{")]
    return [line for line in lines if line["logger"] == by]


def queued(service: Any) -> float:
    text = httpx.get(service.http + "/metrics").text
    return float(re.findall(r'^inference_queue_depth\{deployment="classifier"\} (\S+)$', text, re.MULTILINE)[0])


def batched(service: Any, bodies: list[str], headers: list[dict[str, str]], file: Path, wait_until: Any) -> list[int]:
    """Calls that come while another keeps the model busy; what each ends in."""

    def post(method: str, body: str, more: dict[str, str]) -> int:
        return httpx.post(
            service.http + CLASSIFIER + method, json={"inputs": body}, headers=more, timeout=60
        ).status_code

    with ThreadPoolExecutor(len(bodies) + 1) as pool:
        held = pool.submit(post, "run-mood", f"hold {file}", {})
        wait_until(lambda: queued(service) == 1, "the call that holds the model")
        found = [pool.submit(post, "run-size", *one) for one in zip(bodies, headers, strict=True)]
        wait_until(lambda: queued(service) == 1 + len(bodies), "the calls that wait")
        Path(f"{file}.go").touch()
        assert held.result() == 200
        return [one.result() for one in found]


@ISOLATIONS
def test_the_models_spans_are_below_its_requests(seen, collector, pb, isolation):
    service = seen(isolation, "--set", f"trace_endpoint={collector.url}")
    sent = {
        "run": {"inputs": "a"},
        "run-async": {"inputs": 0.0},
        "run-count": {"inputs": 2},
        "run-count-async": {"inputs": 2},
    }
    with service.client() as client:
        for method, body in sent.items():
            headers = {"traceparent": PARENT, "tracestate": "vendor=1", "x-request-id": f"of-{method}"}
            assert client.post(CLASSIFIER + method, json=body, headers=headers).status_code == 200
        client.post(CLASSIFIER + "run", json={"inputs": "a"}, headers={"traceparent": PARENT.replace("-01", "-00")})
    with grpc.insecure_channel(service.grpc) as channel:
        stub = importlib.import_module("toy_service.toy_pb2_grpc").ClassifierServiceStub(channel)
        stub.Run(pb.RunRequest(text="a"), metadata=(("x-request-id", "by-grpc"),), timeout=30)
    assert service.stop() == 0, "which sends what is left"
    requests = {attributes(span).get("modelgen.request_id"): span for span in collector.spans}
    labels, by_grpc = collector.named("labels")
    (slept,), (beside,) = collector.named("slept"), collector.named("beside")
    numbers = collector.named("number")
    below = {
        "of-run": [labels],
        "of-run-async": [slept],
        "of-run-count": numbers[:2],
        "of-run-count-async": numbers[2:],
        "by-grpc": [by_grpc],
    }
    for name, spans in below.items():
        found = {(span.trace_id, span.parent_span_id, span.trace_state) for span in spans}
        assert found == {(requests[name].trace_id, requests[name].span_id, requests[name].trace_state)}, name
    assert labels.trace_id.hex() == TRACE
    assert labels.trace_state == "vendor=1"
    assert beside.parent_span_id == slept.span_id, "in a thread that the model asked for"
    assert len(collector.spans) == 13, "and none that the caller does not want followed"
    for record in told(service):
        if record["request_id"] in requests:
            assert record["trace_id"] == requests[record["request_id"]].trace_id.hex()
    assert [record["message"] for record in told(service) if record["request_id"] == "of-run-count"] == [
        "in number"
    ] * 2
    assert {record["request_id"] for record in told(service)} > {
        "of-run",
        "of-run-async",
        "of-run-count-async",
        "by-grpc",
    }


@ISOLATIONS
def test_a_batch_has_a_span_with_links_to_its_requests(seen, collector, tmp_path, wait_until, isolation):
    service = seen(isolation, "--no-grpc", "--set", f"trace_endpoint={collector.url}")
    traces = [f"{number:032x}" for number in range(1, 5)]
    headers = [
        {"traceparent": f"00-{trace}-00f067aa0ba902b7-0{int(trace == traces[2])}", "x-request-id": f"in-{trace}"}
        for trace in traces
    ]
    assert batched(service, ["a"] * 4, headers, tmp_path / "held", wait_until) == [200] * 4
    assert service.stop() == 0
    (batch,), (sizes,) = collector.named("Classifier.run_size batch"), collector.named("sizes")
    (request,) = collector.named("Classifier.run_size")
    assert {link.trace_id.hex() for link in batch.links} == set(traces)
    assert (batch.trace_id, batch.parent_span_id) == (request.trace_id, request.span_id), "the one that is followed"
    assert request.trace_id.hex() == traces[2]
    assert request.span_id in {link.span_id for link in batch.links}
    assert (sizes.trace_id, sizes.parent_span_id) == (batch.trace_id, batch.span_id)
    assert {one.key: one.value.int_value for one in batch.attributes} == {"modelgen.batch_size": 4}
    (record,) = told(service)
    assert set(record["request_ids"]) == {f"in-{trace}" for trace in traces}
    assert record["trace_id"] == traces[2]
    assert "request_id" not in record


@ISOLATIONS
def test_a_batch_that_fails_is_told_and_then_each_call_by_itself(seen, collector, tmp_path, wait_until, isolation):
    service = seen(isolation, "--no-grpc", "--set", f"trace_endpoint={collector.url}")
    headers = [{"x-request-id": name} for name in ("one", "two")]
    assert sorted(batched(service, ["a", "bad"], headers, tmp_path / "held", wait_until)) == [200, 422]
    assert service.stop() == 0
    (batch,) = collector.named("Classifier.run_size batch")
    requests = {
        span.span_id: attributes(span)["modelgen.request_id"] for span in collector.named("Classifier.run_size")
    }
    assert batch.status.code == 2
    assert attributes(batch)["error.type"] == ("ValueError" if isolation == "thread" else "INVALID_ARGUMENT")
    assert not batch.events, "which would hold what the model said"
    (other,) = requests.keys() - {batch.parent_span_id}
    (linked,) = next(span for span in collector.spans if span.span_id == other).links
    assert linked.span_id == batch.span_id, "who looks at the other request finds the batch"
    together, *apart = collector.named("sizes")
    assert together.parent_span_id == batch.span_id
    assert {requests[span.parent_span_id] for span in apart} == {"one", "two"}
    assert "request_id" not in told(service)[0]
    assert {record["request_id"] for record in told(service)[1:]} == {"one", "two"}


def test_instances_of_one_request_that_are_a_batch_are_below_it(seen, collector):
    service = seen("thread", "--no-grpc", "--set", f"trace_endpoint={collector.url}")
    answer = httpx.post(service.http + "/v1/models/scaler:predict", json={"instances": [[[1.0] * 3]] * 3})
    assert answer.json() == {"predictions": [[[2.0] * 3]] * 3}
    assert service.stop() == 0
    (request,), (scaled,) = collector.named("Scaler.run"), collector.named("scaled")
    assert scaled.parent_span_id == request.span_id
    assert len(collector.spans) == 2
    (record,) = told(service)
    assert record["request_id"] == attributes(request)["modelgen.request_id"]


def test_a_models_process_sends_its_spans_before_the_service_has_stopped(seen, collector):
    service = seen(
        "process", "--no-grpc", "--set", f"trace_endpoint={collector.url}", OTEL_BSP_SCHEDULE_DELAY="3600000"
    )
    assert httpx.post(service.http + CLASSIFIER + "run", json={"inputs": "a"}).status_code == 200
    assert collector.spans == []
    assert service.stop() == 0
    assert [span.name for span in collector.spans] == ["labels", "Classifier.run"], "the service waits for it"


@ISOLATIONS
def test_records_name_the_request_where_nothing_is_traced(seen, tmp_path, wait_until, isolation):
    service = seen(isolation, "--no-grpc", "--set", "log_format=json")
    with service.client() as client:
        client.post(CLASSIFIER + "run", json={"inputs": "a"}, headers={"x-request-id": "mine", "traceparent": PARENT})
        client.post(CLASSIFIER + "run-count", json={"inputs": 1}, headers={"x-request-id": "stream"})
        client.post(CLASSIFIER + "run-mood", json={"inputs": "runtime"}, headers={"x-request-id": "broken"})
    headers = [{"x-request-id": name, "traceparent": PARENT} for name in ("one", "two")]
    batched(service, ["a", "a"], headers, tmp_path / "held", wait_until)
    assert service.stop() == 0
    first, second, third = told(service)
    assert (first["request_id"], first["trace_id"]) == ("mine", TRACE), "what the caller sent"
    assert (second["request_id"], second.get("trace_id")) == ("stream", None)
    assert (set(third["request_ids"]), third.get("trace_id")) == ({"one", "two"}, None)
    (failure,) = [record for record in told(service, "modelgen.runtime") if "exception" in record]
    assert failure["request_id"] == "broken"

"""What Prometheus reads, on running services."""

from __future__ import annotations

import importlib
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import grpc
import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

RUN = "/api/v1/classifier/run"


class Read(dict[tuple[str, frozenset[tuple[str, str]]], float]):
    """Samples by name and labels."""

    def of(self, name: str, **labels: str) -> float:
        """The sum of all that have these labels."""
        return sum(value for (found, has), value in self.items() if found == name and labels.items() <= set(has))

    def values(self, label: str) -> set[str]:
        return {dict(has)[label] for (name, has) in self if label in dict(has) and name.startswith("inference")}


def read(url: str) -> Read:
    answer = httpx.get(url + "/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    families = text_string_to_metric_families(answer.text)
    samples = [sample for family in families for sample in family.samples]
    return Read({(one.name, frozenset(one.labels.items())): one.value for one in samples})


@pytest.fixture
def service(start):
    return start()


def test_requests_are_counted_by_what_they_ended_in(service, pb):
    with service.client() as client:
        for sent in ({"inputs": "a"}, {"inputs": "b"}, {"inputs": 1}, {"inputs": "fail"}):
            client.post(RUN, json=sent)
        client.post("/api/v1/classifier/run-mood", json={"inputs": "runtime"})
    with grpc.insecure_channel(service.grpc) as channel:
        stub = importlib.import_module("toy_service.toy_pb2_grpc").ClassifierServiceStub(channel)
        stub.Run(pb.RunRequest(text="a"), timeout=10)
        with pytest.raises(grpc.RpcError):
            stub.Run(pb.RunRequest(top_k=1), timeout=10)
    found = read(service.http)
    total, where = "inference_requests_total", {"method": "Classifier.run", "protocol": "http"}
    assert found.of(total, **where, code="OK", deployment="classifier") == 2
    assert found.of(total, **where, code="INVALID_ARGUMENT", deployment="classifier") == 1
    assert found.of(total, **where, code="INVALID_ARGUMENT", deployment="") == 1, "refused before it reached one"
    assert found.of(total, method="Classifier.run_mood", code="INTERNAL") == 1
    assert found.of(total, protocol="grpc", code="OK") == 1
    assert found.of(total, protocol="grpc", code="INVALID_ARGUMENT") == 1
    assert found.of("inference_request_duration_seconds_count", **where) == 4
    assert 0 < found.of("inference_request_duration_seconds_sum", **where) < 4


def test_what_callers_make_up_becomes_no_label(service):
    with service.client() as client:
        for number in range(20):
            client.post(RUN, json={"inputs": "a", "deployment": f"made-up-{number}"})
            client.post(f"/api/v1/made-up/{number}", json={})
    found = read(service.http)
    trained = {name for name in found.values("deployment") if re.fullmatch("[0-9a-f]{16}", name)}  # by other tests
    assert found.values("deployment") - trained == {"", "classifier", "scaler"}
    assert found.of("inference_requests_total", deployment="", code="NOT_FOUND") == 20
    assert "made-up" not in httpx.get(service.http + "/metrics").text


def test_what_cannot_be_called_is_counted_by_its_name(start, tmp_path):
    settings = tmp_path / "service.toml"
    settings.write_text('[deployments.away]\nmodule = "Classifier"\nartifact = "nothing.json"\n')
    service = start(settings=str(settings), ready=False)
    with service.client() as client:
        assert client.post(RUN, json={"inputs": "a", "deployment": "away"}).status_code == 503
    found = read(service.http)
    assert found.of("inference_requests_total", deployment="away", code="UNAVAILABLE") == 1


def test_streams_tell_their_items(service):
    with service.client() as client:
        client.post("/api/v1/classifier/run-count", json={"inputs": 7})
        client.post("/api/v1/classifier/run-count", json={"inputs": 5, "parameters": {"fail_at": 3}})
    found = read(service.http)
    assert found.of("inference_stream_items_total", method="Classifier.run_count") == 10
    assert found.of("inference_time_to_first_item_seconds_count", method="Classifier.run_count") == 2
    assert found.of("inference_requests_total", method="Classifier.run_count", code="OK") == 1
    assert found.of("inference_requests_total", method="Classifier.run_count", code="INVALID_ARGUMENT") == 1


def test_a_caller_who_leaves_a_stream_is_counted_once(service, wait_until):
    with service.client() as client:
        sent = {"inputs": 10**9}
        with client.stream("POST", "/api/v1/classifier/run-count", json=sent) as answer:
            next(answer.iter_lines())
    wait_until(lambda: read(service.http).of("inference_requests_total", code="CANCELLED") == 1, "the count")
    assert read(service.http).of("inference_requests_total", method="Classifier.run_count") == 1


def test_queue_readiness_load_memory_and_jobs(service, tmp_path, wait_until):
    file = tmp_path / "running"
    sent = {"inputs": {"file": str(file), "seconds": 1.0}}
    thread = threading.Thread(target=lambda: httpx.post(service.http + "/api/v1/classifier/run-wait", json=sent))
    thread.start()
    wait_until(file.exists, "the running call")
    found = read(service.http)
    thread.join()
    assert found.of("inference_queue_depth", deployment="classifier") == 1
    assert read(service.http).of("inference_queue_depth", deployment="classifier") == 0
    assert found.of("inference_deployment_ready", deployment="classifier") == 1
    assert found.of("inference_model_load_seconds", deployment="classifier") > 0
    assert found.of("service_resident_memory_bytes") > 10_000_000
    assert found.of("service_info", service="toy_service", version="1.2.3", contract="0123") == 1
    with service.client() as client:
        before = found.of("training_jobs", state="succeeded")
        where = client.post("/api/v1/classifier/train", json={"inputs": 1}).headers["location"]
        wait_until(lambda: client.get(where).json()["state"] == "succeeded", "the job")
    assert read(service.http).of("training_jobs", state="succeeded") == before + 1


def test_batches_tell_their_size(service):
    with service.client() as client, ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda text: client.post("/api/v1/classifier/run-size", json={"inputs": text}), ["word"] * 64))
    found = read(service.http)
    assert found.of("inference_batch_size_sum", method="Classifier.run_size") == 64
    assert 0 < found.of("inference_batch_size_count", method="Classifier.run_size") <= 64


def test_a_port_of_its_own(start):
    service = start("--management-port", "0")
    assert service.management
    assert read(service.management).of("service_info") == 1
    answer = httpx.get(service.http + "/metrics")
    assert (answer.status_code, answer.json()["error_code"]) == (404, "NOT_FOUND")
    assert service.stop() == 0


def test_none(start):
    service = start("--set", "metrics=false")
    assert httpx.get(service.http + "/metrics").status_code == 404
    assert "/metrics" not in service.log.read_text()


def test_several_processes_answer_for_all(start, tmp_path, wait_until):
    shared = {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    services = [start(environment=shared) for _ in range(2)]
    for service, calls in zip(services, (2, 3), strict=True):
        for _ in range(calls):
            assert httpx.post(service.http + RUN, json={"inputs": "a"}).status_code == 200
    for service in services:
        assert read(service.http).of("inference_requests_total", code="OK") == 5
        assert read(service.http).of("inference_request_duration_seconds_count") == 5
    ready = {"deployment": "classifier"}
    both = read(services[0].http).of("service_resident_memory_bytes")
    assert services[1].stop() == 0
    found = read(services[0].http)
    assert found.of("service_resident_memory_bytes") < 0.7 * both, "what was measured ends with its process"
    assert found.of("inference_requests_total", code="OK") == 5, "what was counted does not"
    assert found.of("inference_deployment_ready", **ready) == 1


def test_each_worker_answers_for_all(start):
    service = start("--workers", "2", "--no-grpc")
    for _ in range(30):  # each on a connection of its own, which either worker may take
        assert httpx.post(service.http + RUN, json={"inputs": "a"}).status_code == 200
    assert [read(service.http).of("inference_requests_total", code="OK") for _ in range(6)] == [30] * 6
    assert service.stop() == 0


def test_what_another_process_measures_is_not_old(start, tmp_path, wait_until):
    file = tmp_path / "running"
    (tmp_path / "metrics").mkdir()
    shared = {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "metrics")}
    busy, idle = (start(environment=shared) for _ in range(2))
    sent = {"inputs": {"file": str(file), "seconds": 5.0}}
    thread = threading.Thread(
        target=lambda: httpx.post(busy.http + "/api/v1/classifier/run-wait", json=sent, timeout=30)
    )
    thread.start()
    wait_until(lambda: read(idle.http).of("inference_queue_depth", deployment="classifier") == 1, "the running call")
    thread.join()


def test_open_metrics_where_it_is_asked_for(toy):
    answer = httpx.get(toy.http + "/metrics", headers={"accept": "application/openmetrics-text; version=1.0.0"})
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert answer.text.endswith("# EOF\n")


def test_every_metric_is_documented(toy):
    from tests.test_docs import DOCS

    said = set(re.findall(r"^\| `(\w+)`", (DOCS / "how-to/observe.md").read_text(), re.MULTILINE))
    names = set(
        re.findall(r"^# TYPE ((?:inference|service|training)_\w+)", httpx.get(toy.http + "/metrics").text, re.M)
    )
    names = {name for name in names if not name.endswith("_created")}
    assert names == {name for name in said if "device" not in name} | (names & {"service_device_memory_bytes"})


def test_labels_are_bound_once():
    from modelgen.runtime.metrics import Metrics

    metrics = Metrics()
    binding = SimpleNamespace(module="M", name="run")
    for _ in range(3):
        metrics.ended(binding, "m", "http", "OK", 0.1)
    text = metrics.text("")[0].decode()
    labels = '{code="OK",deployment="m",method="M.run",protocol="http"} 3.0'
    assert f"inference_requests_total{labels}" in text

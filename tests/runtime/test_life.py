"""How a service starts and stops, on processes of their own."""

from __future__ import annotations

import importlib
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import grpc
import httpx
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

SERVING = health_pb2.HealthCheckResponse.SERVING


def serve(folder: Path, *flags: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a service that is expected to end by itself."""
    return subprocess.run(
        [sys.executable, "-m", "toy_service", "serve", *flags],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_it_prints_where_it_listens_and_what_it_serves(toy):
    text = toy.log.read_text()
    assert "toy_service 1.2.3\n" in text
    assert f"HTTP  {toy.http}\n" in text
    assert f"gRPC  {toy.grpc}\n" in text
    assert "hook: started" in text
    (line,) = [line for line in text.splitlines() if line.startswith("Classifier.run ")]
    assert "POST /api/v1/classifier/run" in line
    assert line.endswith("list<message toy.Label>")


def test_a_running_call_is_answered_before_it_stops(start, tmp_path, wait_until):
    service = start()
    file = tmp_path / "running"
    answers: list[httpx.Response] = []

    def call() -> None:
        with service.client() as client:
            sent = {"inputs": {"file": str(file), "seconds": 1.0}}
            answers.append(client.post("/api/v1/classifier/run-wait", json=sent))

    thread = threading.Thread(target=call)
    thread.start()
    wait_until(file.exists, "the running call")
    with grpc.insecure_channel(service.grpc) as channel:
        states = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest(), timeout=30)
        assert next(states).status == SERVING
        service.process.send_signal(signal.SIGTERM)
        assert next(states).status != SERVING
        states.cancel()
    thread.join(30)
    assert answers[0].json() == {"result": "waited"}
    assert service.process.wait(30) == 0
    assert "hook: stopped" in service.log.read_text()


def test_a_running_grpc_call_is_answered_before_it_stops(start, pb, tmp_path, wait_until):
    service = start()
    file = tmp_path / "running"
    stubs = importlib.import_module("toy_service.toy_pb2_grpc")
    with grpc.insecure_channel(service.grpc) as channel:
        answer = stubs.ClassifierServiceStub(channel).RunMood.future(pb.TextRequest(text=f"block {file}"), timeout=30)
        wait_until(file.exists, "the running call")
        service.process.send_signal(signal.SIGTERM)
        assert answer.result(30).result == "waited"
    assert service.process.wait(30) == 0


def test_a_second_signal_stops_at_once(start, tmp_path, wait_until):
    service = start()
    file = tmp_path / "running"

    def call() -> None:
        sent = {"inputs": {"file": str(file), "seconds": 60.0}}
        with service.client() as client, pytest.raises(httpx.HTTPError):
            client.post("/api/v1/classifier/run-wait", json=sent).raise_for_status()

    thread = threading.Thread(target=call)
    thread.start()
    wait_until(file.exists, "the running call")
    service.process.send_signal(signal.SIGINT)
    wait_until(lambda: "stopping" in service.log.read_text(), "the stop")
    service.process.send_signal(signal.SIGINT)
    assert service.process.wait(10) == 0
    thread.join(30)


def test_what_outlasts_the_grace_is_ended(start, tmp_path, wait_until):
    (tmp_path / "service.toml").write_text("grace = 0.5\n")
    service = start(settings=str(tmp_path / "service.toml"))
    file = tmp_path / "running"

    def call() -> None:
        sent = {"inputs": {"file": str(file), "seconds": 60.0}}
        with service.client() as client, pytest.raises(httpx.HTTPError):
            client.post("/api/v1/classifier/run-wait", json=sent).raise_for_status()

    thread = threading.Thread(target=call)
    thread.start()
    wait_until(file.exists, "the running call")
    service.process.send_signal(signal.SIGTERM)
    assert service.process.wait(10) == 0
    thread.join(30)


def test_http_only(start):
    service = start("--no-grpc")
    assert service.grpc == ""
    with service.client() as client:
        assert client.post("/api/v1/classifier/run", json={"inputs": "a"}).status_code == 200
    assert service.stop() == 0


def test_grpc_only(start, wait_until):
    service = start("--no-http")
    assert service.http == ""
    with grpc.insecure_channel(service.grpc) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        request = health_pb2.HealthCheckRequest(service="toy.v1.ClassifierService")
        wait_until(lambda: stub.Check(request, timeout=10).status == SERVING, "serving")
    assert service.stop() == 0


def test_a_deployment_that_cannot_be_loaded_is_named_and_stops_no_other(start, tmp_path, wait_until):
    (tmp_path / "service.toml").write_text(
        '[deployments.broken]\nmodule = "classifier"\nartifact = "nothing.json"\n'
        '[deployments.good]\nmodule = "Classifier"\n'
    )
    service = start(settings=str(tmp_path / "service.toml"), ready=False)
    with service.client() as client:
        wait_until(lambda: client.get("/ready").json()["missing"].get("broken") != "loading", "the failure")
        answer = client.get("/ready")
        assert answer.status_code == 503
        assert answer.json()["missing"].keys() == {"broken"}
        assert "nothing.json" in answer.json()["missing"]["broken"]
        assert client.get("/health").status_code == 200
        sent = {"inputs": "a", "deployment": "good"}
        assert client.post("/api/v1/classifier/run", json=sent).status_code == 200
        sent = {"inputs": "a", "deployment": "broken"}
        assert client.post("/api/v1/classifier/run", json=sent).status_code == 503
        choice = client.post("/api/v1/classifier/run", json={"inputs": "a"})
        assert choice.json()["details"] == [{"field": "deployment", "message": "is required: `broken`, `good`"}]
        undeployed = client.post("/api/v1/scaler/run", json={"inputs": [[1, 2, 3]]})
        assert (undeployed.status_code, undeployed.json()["error_code"]) == (409, "FAILED_PRECONDITION")
        assert "`factor`" in undeployed.json()["error"]
    with grpc.insecure_channel(service.grpc) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        assert stub.Check(health_pb2.HealthCheckRequest(), timeout=10).status != SERVING
    assert service.stop() == 0


def test_the_ports_are_open_while_models_load(start, tmp_path, wait_until):
    gate = tmp_path / "gate"
    (tmp_path / "service.toml").write_text(
        f'[deployments.slow]\nmodule = "Classifier"\narguments = {{wait_for = "{gate}"}}\n'
    )
    service = start(settings=str(tmp_path / "service.toml"), ready=False)
    with service.client() as client, grpc.insecure_channel(service.grpc) as channel:
        states = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest(), timeout=30)
        assert next(states).status != SERVING
        assert client.get("/health").status_code == 200
        assert client.get("/ready").status_code == 503
        assert client.get("/ready").json()["missing"] == {"slow": "loading"}
        early = client.post("/api/v1/classifier/run", json={"inputs": "a"})
        assert (early.status_code, early.json()["error_code"]) == (503, "UNAVAILABLE")
        assert "retry-after" in early.headers
        gate.touch()
        assert next(states).status == SERVING
        assert client.get("/ready").status_code == 200
        assert client.post("/api/v1/classifier/run", json={"inputs": "a"}).status_code == 200
        states.cancel()
    assert service.stop() == 0


def test_a_full_queue_is_a_429(start, tmp_path, wait_until):
    (tmp_path / "service.toml").write_text('[deployments.one]\nmodule = "Classifier"\nmax_queue = 0\n')
    service = start(settings=str(tmp_path / "service.toml"))
    file = tmp_path / "running"

    def call() -> None:
        with service.client() as client:
            sent = {"inputs": {"file": str(file), "seconds": 1.0}}
            assert client.post("/api/v1/classifier/run-wait", json=sent).status_code == 200

    thread = threading.Thread(target=call)
    thread.start()
    wait_until(file.exists, "the running call")
    with service.client() as client:
        answer = client.post("/api/v1/classifier/run", json={"inputs": "a"})
        assert (answer.status_code, answer.json()["error_code"]) == (429, "RESOURCE_EXHAUSTED")
        assert int(answer.headers["retry-after"]) >= 1
        thread.join(30)
        assert client.post("/api/v1/classifier/run", json={"inputs": "a"}).status_code == 200
    assert service.stop() == 0


def test_a_port_that_is_taken_is_told(toy_folder):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = serve(toy_folder, "--http-port", str(port), "--grpc-port", "0")
        assert ended.returncode == 2
        assert f"port {port} of 127.0.0.1" in ended.stderr
        assert "Traceback" not in ended.stderr
        ended = serve(toy_folder, "--http-port", "0", "--grpc-port", str(port))
        assert ended.returncode == 2
        assert str(port) in ended.stderr
        assert "Traceback" not in ended.stderr


def test_wrong_settings_are_all_told(toy_folder, tmp_path):
    file = tmp_path / "service.toml"
    file.write_text('htp_port = 1\nhost = 5\n\n[deployments.a]\nmodule = "Clasifier"\n')
    ended = serve(toy_folder, "--settings", str(file), MODELGEN_GRPC_PORT="x")
    assert ended.returncode == 2
    assert ended.stderr.splitlines() == [
        "service.toml:1: error [settings-unknown] `htp_port` is no setting (did you mean `http_port`?)",
        "service.toml:2: error [settings-value] `host` must be a string, not 5",
        "MODELGEN_GRPC_PORT: error [settings-value] `grpc_port` must be an integer, not 'x'",
        (
            "service.toml: error [settings-module] deployment `a` names the module `Clasifier`, "
            "which this service has not (did you mean `Classifier`?)"
        ),
    ]


def test_nothing_left_to_serve_is_told(toy_folder):
    ended = serve(toy_folder, "--no-http", "--no-grpc")
    assert ended.returncode == 2
    assert "neither HTTP nor gRPC" in ended.stderr

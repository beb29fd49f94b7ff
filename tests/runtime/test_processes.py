"""Replicas in processes of their own: the same answers, and a service that outlives its models."""

from __future__ import annotations

import importlib
import json
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import httpx
import numpy as np
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

MOOD = "/api/v1/classifier/run-mood"
SERVING = health_pb2.HealthCheckResponse.SERVING


def written(folder: Path, *lines: str) -> str:
    """A settings file for one Classifier in processes, and one Scaler."""
    file = folder / "service.toml"
    scaler = '[deployments.scaler]\nmodule = "Scaler"\narguments = {factor = 2.0}\nisolation = "process"\n'
    head = '[deployments.classifier]\nmodule = "Classifier"\nisolation = "process"\n'
    file.write_text(scaler + head + "".join(f"{line}\n" for line in lines))
    return str(file)


@pytest.fixture(scope="module")
def apart(toy_folder, tmp_path_factory):
    """A service whose models are in processes, for the whole file."""
    from .conftest import start

    running = start(toy_folder, settings=written(tmp_path_factory.mktemp("apart")))
    yield running
    assert running.stop() == 0, running.log.read_text()


def mood(client: httpx.Client, text: str) -> httpx.Response:
    return client.post(MOOD, json={"inputs": text})


def test_it_answers_streams_and_reads_streams_as_on_a_thread(apart):
    with apart.client() as client:
        assert client.post("/api/v1/classifier/run", json={"inputs": "four"}).json()["result"][0]["score"] == 4.0
        assert client.post("/api/v1/classifier/run-async", json={"inputs": 0.0}).json() == {"result": "slept"}
        lines = "\n".join(["{}", "1.5", "2.5"])
        assert client.post("/api/v1/classifier/run-total", content=lines).json() == {"result": 4.0}
        headers = {"accept": "application/x-ndjson"}
        for method in ("run-count", "run-count-async"):
            answer = client.post(f"/api/v1/classifier/{method}", json={"inputs": 1000}, headers=headers)
            assert [json.loads(line)["result"] for line in answer.text.splitlines()] == list(range(1000))
        for method in ("run-echo", "run-echo-async"):
            lines = "\n".join(["{}", *(f'"{word}"' for word in range(300))])
            answer = client.post(f"/api/v1/classifier/{method}", content=lines, headers=headers)
            assert [json.loads(line)["result"] for line in answer.text.splitlines()] == [str(n) for n in range(300)]


def test_arrays_of_any_size_come_back(apart):
    with apart.client() as client:
        for rows in (1, 20_000):
            values = np.arange(3.0 * rows).reshape(rows, 3)
            found = client.post("/api/v1/scaler/run", json={"inputs": values.tolist()}).json()["result"]
            np.testing.assert_allclose(found, 2 * values)


@pytest.mark.parametrize(
    ("text", "status"), [("runtime", 500), ("busy", 429), ("exit", 500), ("wrong", 500), ("unpicklable", 500)]
)
def test_what_the_model_does_wrong_ends_its_call_alone(apart, text, status):
    with apart.client() as client:
        before = mood(client, "process").json()
        answer = mood(client, text)
        assert answer.status_code == status
        assert "/secret" not in answer.text
        assert mood(client, "process").json() == before


def test_a_failure_is_a_line_of_the_services_log_under_its_request(apart, wait_until):
    with apart.client() as client:
        client.post(MOOD, json={"inputs": "runtime"}, headers={"x-request-id": "of-a-process"})
    wait_until(lambda: "of-a-process" in apart.log.read_text(), "the failure")
    told = [line for line in apart.log.read_text().splitlines() if "of-a-process" in line]
    (failure,) = map(json.loads, told)
    assert failure["level"] == "error"
    assert "RuntimeError" in failure["exception"]
    assert "\nTraceback" not in apart.log.read_text(), "each is in its line"


def test_a_caller_who_goes_stops_the_generator_there(apart, tmp_path, wait_until):
    file = tmp_path / "closed"
    sent = {"inputs": 10**9, "parameters": {"file": str(file)}}
    with apart.client() as client:
        with client.stream("POST", "/api/v1/classifier/run-count", json=sent) as answer:
            next(answer.iter_lines())
        wait_until(file.exists, "the end of the generator")
        assert mood(client, "a").status_code == 200


def test_a_model_that_ends_its_process_costs_one_call(apart, wait_until):
    with apart.client() as client, grpc.insecure_channel(apart.grpc) as channel:
        before = mood(client, "process").json()["result"]
        health = health_pb2_grpc.HealthStub(channel)
        answer = mood(client, "die")
        assert (answer.status_code, answer.json()["error_code"]) == (503, "UNAVAILABLE")
        assert "retry-after" in answer.headers
        wait_until(lambda: client.get("/ready").status_code == 200, "ready again")
        request = health_pb2.HealthCheckRequest()
        wait_until(lambda: health.Check(request, timeout=10).status == SERVING, "serving again")
        assert mood(client, "process").json()["result"] not in ("", before)
        assert "was ended by SIGKILL" in apart.log.read_text()


def test_a_process_that_is_killed_between_calls_costs_none(apart, wait_until):
    with apart.client() as client:
        before = int(mood(client, "process").json()["result"])
        os.kill(before, signal.SIGKILL)
        wait_until(lambda: client.get("/ready").status_code == 200 and mood(client, "process").status_code == 200, "up")
        assert int(mood(client, "process").json()["result"]) != before


def test_over_grpc_too(apart, pb, wait_until):
    stubs = importlib.import_module("toy_service.toy_pb2_grpc")
    with grpc.insecure_channel(apart.grpc) as channel, apart.client() as client:
        stub = stubs.ClassifierServiceStub(channel)
        with pytest.raises(grpc.RpcError) as caught:
            stub.RunMood(pb.TextRequest(text="die"), timeout=30)
        assert caught.value.code() == grpc.StatusCode.UNAVAILABLE
        wait_until(lambda: client.get("/ready").status_code == 200, "ready again")
        assert stub.RunMood(pb.TextRequest(text="a"), timeout=30).result == "a"


def test_a_call_that_hangs_is_ended_with_its_process(start, tmp_path, wait_until):
    service = start(settings=written(tmp_path, "timeout = 0.5"))
    with service.client() as client:
        sent = {"inputs": {"file": str(tmp_path / "running"), "seconds": 3600.0}}
        hung = client.post("/api/v1/classifier/run-wait", json=sent)
        assert (hung.status_code, hung.json()["error_code"]) == (504, "DEADLINE_EXCEEDED")
        wait_until(lambda: "its process was ended" in service.log.read_text(), "the end of the process")
        wait_until(lambda: client.get("/ready").status_code == 200, "ready again")
        assert mood(client, "a").json() == {"result": "a"}
    assert service.stop() == 0


def test_replicas_work_side_by_side_and_share_the_threads(start, tmp_path):
    service = start(settings=written(tmp_path, "replicas = 2"))
    files = [tmp_path / "one", tmp_path / "two"]

    def wait(file: Path) -> int:
        sent = {"inputs": {"file": str(file), "seconds": 0.5}}
        with service.client() as client:
            return client.post("/api/v1/classifier/run-wait", json=sent).status_code

    with service.client() as client:
        processors = len(os.sched_getaffinity(0))
        assert mood(client, "threads").json() == {"result": str(max(1, processors // 2))}
        with ThreadPoolExecutor() as pool:
            assert list(pool.map(wait, files)) == [200, 200]  # the model itself refuses two calls at once
        with ThreadPoolExecutor(16) as pool:  # one of them dies: what the other does is not lost
            calls = [pool.submit(httpx.post, service.http + MOOD, json={"inputs": "a"}, timeout=30) for _ in range(60)]
            killed = pool.submit(httpx.post, service.http + MOOD, json={"inputs": "die"}, timeout=30)
            assert {call.result().status_code for call in calls} == {200}
            assert killed.result().status_code == 503
    assert service.stop() == 0


def test_one_that_does_not_load_is_named(start, tmp_path, wait_until):
    file = tmp_path / "service.toml"
    file.write_text(
        '[deployments.broken]\nmodule = "Classifier"\nisolation = "process"\nartifact = "nothing.json"\n'
        '[deployments.good]\nmodule = "Classifier"\n'
    )
    service = start(settings=str(file), ready=False)
    with service.client() as client:
        wait_until(lambda: client.get("/ready").json()["missing"].get("broken") != "loading", "the failure")
        assert client.get("/ready").json()["missing"]["broken"].startswith("FileNotFoundError: ")
        sent = {"inputs": "a", "deployment": "good"}
        assert client.post("/api/v1/classifier/run", json=sent).status_code == 200
    assert service.stop() == 0


def test_the_processes_go_with_the_service(start, tmp_path, wait_until):
    service = start(settings=written(tmp_path))
    with service.client() as client:
        child = int(mood(client, "process").json()["result"])
    service.process.kill()
    service.process.wait()
    wait_until(lambda: not Path(f"/proc/{child}").exists() or _state(child) == "Z", "the end of the process")


def _state(process: int) -> str:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "Z"

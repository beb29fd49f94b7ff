"""Several processes on one port: they share the callers and the jobs, and outlive each other."""

from __future__ import annotations

import importlib
import os
import signal
from collections import Counter
from pathlib import Path

import grpc
import httpx
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from .conftest import Running, start
from .load import LOST, calling

MOOD = "/api/v1/classifier/run-mood"
WORKERS = 3


@pytest.fixture(scope="module")
def many(toy_folder: Path, tmp_path_factory: pytest.TempPathFactory):
    file = tmp_path_factory.mktemp("many") / "service.toml"
    file.write_text("header_timeout = 5.0\n")
    running = start(toy_folder, "--workers", str(WORKERS), settings=str(file))
    yield running
    assert running.stop() == 0, running.log.read_text()


def processes(service: Running) -> Counter[int]:
    """Which processes answer new connections."""
    found: Counter[int] = Counter()
    for _ in range(40):
        try:
            answer = httpx.post(service.http + MOOD, json={"inputs": "process"}, timeout=30)
        except httpx.TransportError:
            continue
        if answer.status_code == 200:
            found[int(answer.json()["result"])] += 1
    return found


def children(service: Running) -> list[int]:
    process = service.process.pid
    return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def test_they_are_processes_with_their_part_of_the_threads(many):
    assert len(children(many)) == WORKERS
    assert set(processes(many)) <= set(children(many))
    threads = httpx.post(many.http + MOOD, json={"inputs": "threads"}, timeout=30).json()["result"]
    assert threads == str(max(1, len(os.sched_getaffinity(0)) // WORKERS))


def test_grpc_is_shared_too(many, pb, wait_until):
    stubs = importlib.import_module("toy_service.toy_pb2_grpc")
    found = set()

    def ask() -> bool:
        with grpc.insecure_channel(many.grpc, options=[("grpc.use_local_subchannel_pool", 1)]) as channel:
            found.add(stubs.ClassifierServiceStub(channel).RunMood(pb.TextRequest(text="process"), timeout=30).result)
            health = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=30)
            return health.status == health_pb2.HealthCheckResponse.SERVING and len(found) > 1

    wait_until(ask, "a second process")


def test_a_job_is_known_to_all_and_what_it_trained_answers_everywhere(many, wait_until):
    job = httpx.post(f"{many.http}/api/v1/classifier/train", json={"inputs": 1}, timeout=30).json()
    path = f"{many.http}/api/v1/jobs/{job['id']}"

    def state() -> str:
        return httpx.get(path, timeout=30).json()["state"]

    wait_until(lambda: state() == "succeeded", "the training")
    sent = {"inputs": "a", "deployment": job["id"]}
    answers = [httpx.post(f"{many.http}/api/v1/classifier/run", json=sent, timeout=30) for _ in range(20)]
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.json()["result"][0]["label"] for answer in answers} == {"trained-0"}
    assert job["id"] in [one["id"] for one in httpx.get(f"{many.http}/api/v1/jobs", timeout=30).json()["jobs"]]


def test_a_job_is_cancelled_through_any_of_them(many, tmp_path, wait_until):
    file = tmp_path / "training"
    sent = {"inputs": 1, "parameters": {"file": str(file)}}
    ids = [httpx.post(f"{many.http}/api/v1/classifier/train", json=sent, timeout=30).json()["id"] for _ in range(4)]
    wait_until(file.exists, "the training")
    states = Counter(httpx.get(f"{many.http}/api/v1/jobs/{id}", timeout=30).json()["state"] for id in ids)
    assert states == {"running": 1, "queued": 3}  # max_jobs holds for all processes together
    for id in ids:
        assert httpx.delete(f"{many.http}/api/v1/jobs/{id}", timeout=30).json()["state"] == "cancelled"


def test_one_that_is_killed_under_load_costs_what_it_was_doing_and_no_more(many, wait_until):
    with calling(many.http, "/api/v1/classifier/run", b'{"inputs": "a"}', callers=8) as load:
        wait_until(lambda: load.answered() > 100, "the load")
        killed = children(many)[0]
        os.kill(killed, signal.SIGKILL)
        wait_until(lambda: len(set(children(many)) - {killed}) == WORKERS, "another one")
        before = load.answered()
        wait_until(lambda: load.answered() > before + 100, "calls after it")
    assert load.outcomes.keys() <= {200, LOST}
    assert load.outcomes[LOST] <= 8  # one for each caller
    assert httpx.get(f"{many.http}/ready", timeout=30).status_code == 200
    wait_until(lambda: many.log.read_text().count("was ended by SIGKILL; starting another") == 1, "the report")


def test_settings_are_read_again_by_all(start, tmp_path, wait_until):
    file = tmp_path / "service.toml"
    table = '[deployments.one]\nmodule = "Classifier"\narguments = {{name = "{}"}}\n'
    file.write_text("workers = 2\n" + table.format("before"))
    service = start(settings=str(file))
    file.write_text("workers = 2\n" + table.format("after"))
    service.process.send_signal(signal.SIGHUP)

    def labels() -> set[str]:
        url = f"{service.http}/api/v1/classifier/run"
        answers = [httpx.post(url, json={"inputs": "a"}, timeout=30).json() for _ in range(20)]
        return {answer["result"][0]["label"] for answer in answers}

    wait_until(lambda: labels() == {"after-0"}, "the change")
    assert service.stop() == 0


def test_the_workers_go_with_their_supervisor(start, wait_until):
    service = start("--workers", "2")
    left = children(service)
    service.process.kill()
    service.process.wait()
    wait_until(lambda: not any(_alive(process) for process in left), "the end of the workers")


def _alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False

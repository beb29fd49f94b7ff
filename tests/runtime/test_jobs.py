"""The life of a training job, on a running service."""

from __future__ import annotations

import json
import shutil
import signal
from pathlib import Path

import pytest

TRAIN = "/api/v1/classifier/train"
JOBS = "/api/v1/jobs"
ENDED = ("succeeded", "failed", "cancelled")


@pytest.fixture
def folder(toy_folder, tmp_path) -> Path:
    """A project with a state folder of its own."""
    found = tmp_path / "project"
    shutil.copytree(toy_folder, found, ignore=shutil.ignore_patterns("state", "log-*"))
    return found


def cmdline(file: Path) -> str:
    """The command line of a process; empty where it has ended meanwhile."""
    try:
        return file.read_text()
    except OSError:
        return ""


def trained(client, wait_until, **sent):
    """Submit a training and wait for its end; the job."""
    response = client.post(TRAIN, json=sent)
    assert response.status_code == 202, response.text
    where = response.headers["location"]
    assert where == f"{JOBS}/{response.json()['id']}"
    wait_until(lambda: client.get(where).json()["state"] in ENDED, "the job's end")
    return client.get(where).json()


def test_a_job_trains_saves_and_deploys(start, folder, wait_until):
    service = start(folder=folder)
    with service.client() as client:
        job = trained(client, wait_until, inputs=3, parameters={"name": "mine"})
        assert job["state"] == "succeeded", job
        assert job["log"] == ["epoch 0", "epoch 1", "epoch 2"]
        assert job["deployment"] == job["id"]
        assert job["created_at"] <= job["started_at"] <= job["finished_at"]
        sent = {"inputs": "ab", "deployment": job["id"]}
        wait_until(lambda: client.post("/api/v1/classifier/run", json=sent).status_code == 200, "the deployment")
        answer = client.post("/api/v1/classifier/run", json=sent)
        assert answer.json() == {"result": [{"label": "mine-0", "score": 2.0}]}
        default = client.post("/api/v1/classifier/run", json={"inputs": "ab"})
        assert default.json() == {"result": [{"label": "toy-0", "score": 2.0}]}
        assert [found["id"] for found in client.get(JOBS).json()["jobs"]] == [job["id"]]
    assert service.stop() == 0

    again = start(folder=folder)
    with again.client() as client:
        assert client.get(f"{JOBS}/{job['id']}").json() == job
        wait_until(lambda: client.post("/api/v1/classifier/run", json=sent).status_code == 200, "the deployment")
    assert again.stop() == 0


def test_a_training_that_fails_says_why(start, folder, wait_until):
    service = start(folder=folder)
    with service.client() as client:
        job = trained(client, wait_until, inputs=1, parameters={"name": "bad"})
        assert (job["state"], job["error_code"], job["error"]) == (
            "failed",
            "INVALID_ARGUMENT",
            "name must not be 'bad'",
        )
        assert job["deployment"] is None
        assert "ValueError: name must not be 'bad'" in job["log"]
        wrong = client.post(TRAIN, json={"inputs": 0})
        assert wrong.status_code == 422
        assert len(client.get(JOBS).json()["jobs"]) == 1
    assert service.stop() == 0


def test_jobs_queue_are_followed_and_cancelled(start, folder, tmp_path, wait_until):
    service = start(folder=folder)
    file = tmp_path / "training"
    with service.client() as client:
        first = client.post(TRAIN, json={"inputs": 1, "parameters": {"file": str(file)}}).json()["id"]
        wait_until(file.exists, "the training")
        second = client.post(TRAIN, json={"inputs": 1}).json()["id"]
        assert client.get(f"{JOBS}/{second}").json()["state"] == "queued"
        with service.client() as other, other.stream("GET", f"{JOBS}/{second}/events") as followed:
            lines = followed.iter_lines()
            assert next(lines) == "event: message"
            assert json.loads(next(lines).removeprefix("data: "))["state"] == "queued"
            cancelled = client.delete(f"{JOBS}/{first}")
            assert (cancelled.status_code, cancelled.json()["state"]) == (200, "cancelled")
            rest = [line for line in lines if line]
        states = [json.loads(line.removeprefix("data: ")).get("state") for line in rest if line.startswith("data")]
        assert states == ["running", "succeeded", None]
        assert rest[-2:] == ["event: done", "data: {}"]
        assert client.delete(f"{JOBS}/{first}").json()["state"] == "cancelled"
    assert service.stop() == 0


def test_a_job_found_running_after_a_crash_is_failed(start, folder, tmp_path, wait_until):
    service = start(folder=folder)
    file = tmp_path / "training"
    with service.client() as client:
        job = client.post(TRAIN, json={"inputs": 1, "parameters": {"file": str(file)}}).json()["id"]
        wait_until(file.exists, "the training")
    (process,) = [int(found.parent.name) for found in Path("/proc").glob("[0-9]*/cmdline") if job in cmdline(found)]
    service.process.send_signal(signal.SIGKILL)
    service.process.wait(10)
    wait_until(lambda: not Path(f"/proc/{process}").exists(), "the end of the training's process")
    again = start(folder=folder)
    with again.client() as client:
        found = client.get(f"{JOBS}/{job}").json()
        assert (found["state"], found["error"]) == ("failed", "The service stopped while the job ran")
    assert again.stop() == 0


def test_stopping_cancels_what_trains(start, folder, tmp_path, wait_until):
    service = start(folder=folder)
    file = tmp_path / "training"
    with service.client() as client:
        job = client.post(TRAIN, json={"inputs": 1, "parameters": {"file": str(file)}}).json()["id"]
        wait_until(file.exists, "the training")
    assert service.stop() == 0
    assert json.loads((folder / "state" / "jobs" / job / "job.json").read_text())["state"] == "cancelled"

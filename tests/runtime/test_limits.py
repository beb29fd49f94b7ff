"""More than a service takes: each call is served or refused, none is lost, and the service is ready afterwards."""

from __future__ import annotations

import asyncio
import importlib
import json
import socket
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from modelgen.runtime.body import PATIENCE

RUN = "/api/v1/classifier/run"
CAPACITY = 10


@pytest.fixture
def small(start: Any, tmp_path: Path) -> Any:
    """A service that runs one call and lets nine wait."""
    settings = tmp_path / "service.toml"
    settings.write_text(f'[deployments.one]\nmodule = "Classifier"\nmax_queue = {CAPACITY - 1}\n')
    return start(settings=str(settings))


def block(service: Any, file: Path, seconds: float) -> threading.Thread:
    """Keep the model busy in the background."""

    def call() -> None:
        with service.client() as client:
            sent = {"inputs": {"file": str(file), "seconds": seconds}}
            assert client.post("/api/v1/classifier/run-wait", json=sent).json() == {"result": "waited"}

    thread = threading.Thread(target=call)
    thread.start()
    return thread


def test_at_ten_times_the_capacity_every_call_is_served_or_refused(small, tmp_path, wait_until):
    file = tmp_path / "running"
    thread = block(small, file, 5.0)
    wait_until(file.exists, "the running call")

    async def flood() -> list[httpx.Response]:
        limits = httpx.Limits(max_connections=10 * CAPACITY)
        async with httpx.AsyncClient(base_url=small.http, timeout=30, limits=limits) as client:
            return await asyncio.gather(*(client.post(RUN, json={"inputs": "a"}) for _ in range(10 * CAPACITY)))

    answers = asyncio.run(flood())
    thread.join(30)
    assert Counter(answer.status_code for answer in answers) == {200: CAPACITY - 1, 429: 9 * CAPACITY + 1}
    for answer in answers:
        if answer.status_code == 429:
            assert answer.json()["error_code"] == "RESOURCE_EXHAUSTED"
            assert 1 <= int(answer.headers["retry-after"]) <= 60
    with small.client() as client:
        assert client.get("/ready").status_code == 200
        assert client.post(RUN, json={"inputs": "a"}).status_code == 200


def test_over_grpc_a_refusal_says_when_to_come_back(small, pb, tmp_path, wait_until):
    file = tmp_path / "running"
    thread = block(small, file, 5.0)
    wait_until(file.exists, "the running call")
    stubs = importlib.import_module("toy_service.toy_pb2_grpc")
    with grpc.insecure_channel(small.grpc) as channel:
        stub = stubs.ClassifierServiceStub(channel)
        calls = [stub.Run.future(pb.RunRequest(text="a"), timeout=30) for _ in range(3 * CAPACITY)]
        codes = Counter(call.code() for call in calls)
        assert codes == {grpc.StatusCode.OK: CAPACITY - 1, grpc.StatusCode.RESOURCE_EXHAUSTED: 2 * CAPACITY + 1}
        refused = next(call for call in calls if call.code() is not grpc.StatusCode.OK)
        delay = error_details_pb2.RetryInfo()
        assert any(detail.Unpack(delay) for detail in rpc_status.from_call(refused).details)
        assert delay.retry_delay.ToMilliseconds() > 0
    thread.join(30)


def test_callers_who_go_away_free_their_places(small, tmp_path, wait_until):
    """Ten times as many as there are places vanish while they wait; a later caller finds room."""
    file = tmp_path / "running"
    thread = block(small, file, 3.0)
    wait_until(file.exists, "the running call")
    host, port = small.http.removeprefix("http://").split(":")
    body = json.dumps({"inputs": "a"}).encode()
    request = b"POST %b HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n%b" % (RUN.encode(), len(body), body)
    gone = threading.Event()
    for _ in range(10):
        waiting = [socket.create_connection((host, int(port)), timeout=30) for _ in range(CAPACITY - 1)]
        for connection in waiting:
            connection.sendall(request)
        gone.wait(3 * PATIENCE)
        for connection in waiting:
            connection.close()
    with small.client() as client:
        wait_until(
            lambda: client.post(RUN, json={"inputs": "a"}, headers={"x-request-timeout": "9"}).is_success, "room"
        )
    thread.join(30)


def test_a_deadline_frees_the_place_in_the_queue(small, tmp_path, wait_until):
    file = tmp_path / "running"
    thread = block(small, file, 2.0)
    wait_until(file.exists, "the running call")
    with small.client() as client:
        for _ in range(CAPACITY + 1):
            answer = client.post(RUN, json={"inputs": "a"}, headers={"x-request-timeout": "0.02"})
            assert (answer.status_code, answer.json()["error_code"]) == (504, "DEADLINE_EXCEEDED")
    thread.join(30)


def test_a_message_that_unpacks_to_more_than_the_limit_is_refused(start, pb, tmp_path):
    """gRPC unpacks what it is sent: the limit is that of what comes out."""
    (tmp_path / "service.toml").write_text("max_body = 1000000\n")
    service = start(settings=str(tmp_path / "service.toml"))
    stubs = importlib.import_module("toy_service.toy_pb2_grpc")
    with grpc.insecure_channel(service.grpc, compression=grpc.Compression.Gzip) as channel:
        stub = stubs.ClassifierServiceStub(channel)
        with pytest.raises(grpc.RpcError) as caught:
            stub.Run(pb.RunRequest(text="x" * 50_000_000), timeout=30)
        assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert stub.Run(pb.RunRequest(text="x" * 500_000), timeout=30).result[0].score == 500_000
    assert service.stop() == 0


@pytest.mark.parametrize(
    "tensor",
    [
        {"dtype": "float32", "shape": [1 << 40, 3], "data": ""},
        {"dtype": "float32", "shape": [0, 1 << 62], "data": ""},
        {"dtype": "float32", "shape": [1] * 40, "data": "AAAAAA=="},
        {"dtype": "float32", "shape": [-1, 3], "data": ""},
    ],
)
def test_a_tensor_of_impossible_size_is_the_callers_error(client, tensor):
    answer = client.post("/api/v1/scaler/run", json={"inputs": tensor})
    assert (answer.status_code, answer.json()["error_code"]) == (422, "INVALID_ARGUMENT")

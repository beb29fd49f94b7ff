"""More than a service takes: each call is served or refused, none is lost, and the service is ready afterwards."""

from __future__ import annotations

import importlib
import json
import re
import socket
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status

RUN = "/api/v1/classifier/run"
MOOD = "/api/v1/classifier/run-mood"
CAPACITY = 10


@pytest.fixture
def small(start: Any, tmp_path: Path) -> Any:
    """A service that runs one call and lets nine wait."""
    settings = tmp_path / "service.toml"
    settings.write_text(f'[deployments.one]\nmodule = "Classifier"\nmax_queue = {CAPACITY - 1}\n')
    return start(settings=str(settings))


@contextmanager
def held(service: Any, folder: Path, wait_until: Any) -> Iterator[Path]:
    """Inside it, the model is busy, until the file that it gives is there; the call is answered in the end."""
    file = folder / "held"
    go = folder / "held.go"
    with ThreadPoolExecutor(1) as pool, service.client() as client:
        call = pool.submit(client.post, MOOD, json={"inputs": f"hold {file}"}, timeout=300)
        wait_until(lambda: depth(service) == 1, "the running call")
        try:
            yield go
        finally:
            go.touch()
        assert call.result().json() == {"result": "held"}


def depth(service: Any) -> float:
    """Calls that run or wait."""
    text = httpx.get(f"{service.http}/metrics", timeout=60).text
    return float(re.findall(r'^inference_queue_depth\{deployment="one"\} (\S+)$', text, re.MULTILINE)[0])


def test_at_ten_times_the_capacity_every_call_is_served_or_refused(small, tmp_path, wait_until):
    answers: list[httpx.Response] = []

    def call(_: int) -> None:
        answers.append(httpx.post(small.http + RUN, json={"inputs": "a"}, timeout=300))

    with ThreadPoolExecutor(10 * CAPACITY) as pool, held(small, tmp_path, wait_until) as go:
        calls = [pool.submit(call, number) for number in range(10 * CAPACITY)]
        wait_until(lambda: len(answers) == 9 * CAPACITY + 1, "the refusals")
        assert depth(small) == CAPACITY
        go.touch()
        for one in calls:
            one.result()
    assert Counter(answer.status_code for answer in answers) == {200: CAPACITY - 1, 429: 9 * CAPACITY + 1}
    for answer in answers:
        if answer.status_code == 429:
            assert answer.json()["error_code"] == "RESOURCE_EXHAUSTED"
            assert 1 <= int(answer.headers["retry-after"]) <= 60
    with small.client() as client:
        assert client.get("/ready").status_code == 200
        assert client.post(RUN, json={"inputs": "a"}).status_code == 200


def test_over_grpc_a_refusal_says_when_to_come_back(small, pb, tmp_path, wait_until):
    stubs = importlib.import_module("toy_service.toy_pb2_grpc")
    with grpc.insecure_channel(small.grpc) as channel, held(small, tmp_path, wait_until) as go:
        stub = stubs.ClassifierServiceStub(channel)
        calls = [stub.Run.future(pb.RunRequest(text="a"), timeout=300) for _ in range(3 * CAPACITY)]
        wait_until(lambda: sum(call.done() for call in calls) == 2 * CAPACITY + 1, "the refusals")
        go.touch()
        codes = Counter(call.code() for call in calls)
        assert codes == {grpc.StatusCode.OK: CAPACITY - 1, grpc.StatusCode.RESOURCE_EXHAUSTED: 2 * CAPACITY + 1}
        refused = next(call for call in calls if call.code() is not grpc.StatusCode.OK)
        delay = error_details_pb2.RetryInfo()
        assert any(detail.Unpack(delay) for detail in rpc_status.from_call(refused).details)
        assert delay.retry_delay.ToMilliseconds() > 0


def test_callers_who_go_away_free_their_places(small, tmp_path, wait_until):
    """As many as there are places vanish while they wait, again and again; the model does not come back meanwhile."""
    host, port = small.http.removeprefix("http://").split(":")
    body = json.dumps({"inputs": "a"}).encode()
    request = b"POST %b HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n%b" % (RUN.encode(), len(body), body)
    with held(small, tmp_path, wait_until):
        for _ in range(10):
            waiting = [socket.create_connection((host, int(port)), timeout=60) for _ in range(CAPACITY - 1)]
            for connection in waiting:
                connection.sendall(request)
            wait_until(lambda: depth(small) == CAPACITY, "a full queue")
            for connection in waiting:
                connection.close()
            wait_until(lambda: depth(small) == 1, "their places")
    with small.client() as client:
        assert client.post(RUN, json={"inputs": "a"}).status_code == 200


def test_a_deadline_frees_the_place_in_the_queue(small, tmp_path, wait_until):
    with held(small, tmp_path, wait_until), small.client() as client:
        for _ in range(CAPACITY + 1):
            answer = client.post(RUN, json={"inputs": "a"}, headers={"x-request-timeout": "0.02"})
            assert (answer.status_code, answer.json()["error_code"]) == (504, "DEADLINE_EXCEEDED")
        assert depth(small) == 1


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

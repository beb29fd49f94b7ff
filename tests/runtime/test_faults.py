"""What hostile, slow and vanishing callers do to a service: they get an error, and the others their answers."""

from __future__ import annotations

import importlib
import json
import random
import re
import socket
import struct
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .conftest import Running, memory, opened, start

RUN = "/api/v1/classifier/run"
MOOD = "/api/v1/classifier/run-mood"
HEAD = "POST {path} HTTP/1.1\r\nhost: a\r\ncontent-length: {length}\r\n\r\n"
MEGABYTE = 2**20


@pytest.fixture(scope="module")
def strict(toy_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A service that has little patience, and little room."""
    file = tmp_path_factory.mktemp("strict") / "service.toml"
    file.write_text(
        f"header_timeout = 0.5\nbody_timeout = 0.5\nmax_body = {MEGABYTE}\n"
        '[deployments.classifier]\nmodule = "Classifier"\nreplicas = 2\n'
        '[deployments.scaler]\nmodule = "Scaler"\narguments = {factor = 2.0}\n'
    )
    running = start(toy_folder, settings=str(file))
    yield running
    assert running.stop() == 0, running.log.read_text()
    assert "Traceback" not in running.log.read_text()


@pytest.fixture(autouse=True)
def _answers_afterwards(strict: Running) -> Iterator[None]:
    yield
    with strict.client() as client:
        assert client.get("/ready").status_code == 200
        assert client.post(RUN, json={"inputs": "a"}).status_code == 200
        found = {line.split(" ")[1] for line in client.get("/metrics").text.splitlines() if "queue_depth{" in line}
        assert found <= {"0.0"}, "calls are left behind"


@pytest.fixture(scope="module")
def caller(strict: Running) -> Iterator[httpx.Client]:
    with strict.client() as client:
        yield client


def vanish(connection: socket.socket) -> None:
    """Close so that the other side sees a reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def test_a_thousand_callers_who_vanish(strict, wait_until):
    body = json.dumps({"inputs": 3600.0}).encode()
    path = "/api/v1/classifier/run-async"
    whole = HEAD.format(path=path, length=len(body)).encode() + body
    before = memory(strict)
    for _ in range(10):
        connections = [opened(strict) for _ in range(100)]
        for number, connection in enumerate(connections):
            connection.sendall(whole[: len(whole) - number % 3 * 5])  # a third of them in the middle of the body
        with strict.client() as client:
            assert client.get("/health").status_code == 200
        for connection in connections:
            vanish(connection)

    def left() -> bool:
        text = httpx.get(f"{strict.http}/metrics", timeout=30).text
        return 'inference_queue_depth{deployment="classifier"} 0.0' in text

    wait_until(left, "the end of all calls")
    assert memory(strict) - before < 50 * MEGABYTE


@pytest.mark.parametrize("sent", [b"", b"POST ", HEAD.format(path=RUN, length=50).encode()[:-2], b"\r\n\r\n"])
def test_a_head_that_does_not_come_is_not_waited_for(strict, sent):
    with opened(strict) as connection:
        connection.sendall(sent)
        assert b" 408 " in connection.recv(1000).splitlines()[0]
        assert connection.recv(1000) == b""


def test_a_head_in_drips_is_not_waited_for(strict):
    with opened(strict) as connection:
        answer = dripped(connection, b"GET /health HTTP/1.1\r\nx: " + b"a" * 10_000)
        assert answer.startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize("path", [RUN, "/api/v1/classifier/run-total"])
def test_a_body_that_stops_is_not_waited_for(strict, path):
    with opened(strict) as connection:
        connection.sendall(HEAD.format(path=path, length=100_000).encode() + b"{}\n1.5\n2.5\n")
        assert b" 408 " in connection.recv(1000).splitlines()[0]


def test_a_body_in_drips_is_not_waited_for_unless_it_is_a_stream(strict):
    with opened(strict) as connection:
        connection.sendall(HEAD.format(path=RUN, length=100_000).encode())
        assert dripped(connection, b"[" * 10_000).startswith(b"HTTP/1.1 408 ")

    def numbers() -> Iterator[bytes]:
        yield b"{}\n"
        for _ in range(12):  # longer in all than a body that is read whole may take
            threading.Event().wait(0.1)
            yield b"1.0\n"

    answer = httpx.post(f"{strict.http}/api/v1/classifier/run-total", content=numbers(), timeout=30)
    assert answer.json() == {"result": 12.0}


def dripped(connection: socket.socket, content: bytes) -> bytes:
    """Send byte by byte until the other side has enough of it; what it says."""
    connection.settimeout(0.05)
    for position in range(len(content)):
        try:
            connection.sendall(content[position : position + 1])
            return connection.recv(1000)
        except TimeoutError:
            continue
        except OSError:
            return b""
    raise AssertionError("all of it was waited for")


def test_a_stream_that_nobody_reads_is_given_up(strict, tmp_path, wait_until):
    file = tmp_path / "closed"
    body = json.dumps({"inputs": 10**9, "parameters": {"file": str(file)}}).encode()
    with opened(strict) as connection:
        connection.sendall(HEAD.format(path="/api/v1/classifier/run-count", length=len(body)).encode() + body)
        wait_until(file.exists, "the end of the generator")


def test_a_body_of_a_gibibyte_is_refused_before_it_is_read(strict):
    before = memory(strict)
    with opened(strict) as connection:
        connection.sendall(HEAD.format(path=RUN, length=2**30).encode() + b"[")
        assert b" 413 " in connection.recv(1000).splitlines()[0]
    with opened(strict) as connection:
        connection.sendall(f"POST {RUN} HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n".encode())
        chunk = b"10000\r\n" + bytes(0x10000) + b"\r\n"
        try:
            for _ in range(2**30 // 0x10000):
                connection.sendall(chunk)
        except OSError:
            pass  # the service would read no more
    assert memory(strict) - before < 20 * MEGABYTE


@pytest.mark.parametrize("packing", [grpc.Compression.Gzip, grpc.Compression.Deflate])
def test_a_compressed_message_counts_by_what_is_in_it(strict, pb, packing):
    stubs = importlib.import_module("toy_service.toy_pb2_grpc")
    text = "a" * (200 * MEGABYTE)
    before = memory(strict)
    with grpc.insecure_channel(strict.grpc, compression=packing) as channel:
        stub = stubs.ClassifierServiceStub(channel)
        for call in (
            lambda: stub.Run(pb.RunRequest(text=text), timeout=60),
            lambda: list(stub.RunEcho(iter([pb.EchoRequest(words="a"), pb.EchoRequest(words=text)]), timeout=60)),
        ):
            with pytest.raises(grpc.RpcError) as caught:
                call()
            assert caught.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
        assert stub.Run(pb.RunRequest(text="a" * (MEGABYTE // 2)), timeout=60).result[0].score == MEGABYTE // 2
    assert memory(strict) - before < 50 * MEGABYTE


def test_noise_on_the_grpc_port(strict, pb):
    host, port = strict.grpc.split(":")
    noise = random.Random(0)
    preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    for number in range(60):
        with socket.create_connection((host, int(port)), timeout=30) as connection:
            connection.sendall(preface * (number % 2) + noise.randbytes(noise.randrange(1, 5000)))
    stubs = importlib.import_module("toy_service.toy_pb2_grpc")
    with grpc.insecure_channel(strict.grpc) as channel:
        assert stubs.ClassifierServiceStub(channel).RunMood(pb.TextRequest(text="a"), timeout=30).result == "a"


def test_noise_on_the_http_port(strict):
    noise = random.Random(0)
    for number in range(60):
        with opened(strict) as connection:
            connection.sendall(b"POST / HTTP/1.1\r\n" * (number % 2) + noise.randbytes(noise.randrange(1, 5000)))


def test_calls_beside_hostile_ones_are_all_answered(strict):
    def call(_: int) -> int:
        return httpx.post(strict.http + RUN, json={"inputs": "a"}, timeout=30).status_code

    with ThreadPoolExecutor(8) as pool:
        slow = [opened(strict) for _ in range(50)]
        for connection in slow:
            connection.sendall(b"POST / HT")
        assert set(pool.map(call, range(200))) == {200}
        for connection in slow:
            connection.close()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)
REQUESTS = (
    st.builds(lambda inputs: {"inputs": inputs}, JSON)
    | st.builds(lambda inputs, parameters: {"inputs": inputs, "parameters": parameters}, JSON, JSON)
    | st.builds(lambda deployment: {"inputs": "a", "deployment": deployment}, JSON)
    | JSON
)
ROUTES = (
    "/api/v1/classifier/run /api/v1/classifier/run-mood /api/v1/classifier/run-total /api/v1/classifier/run-echo "
    "/api/v1/scaler/run /api/v1/classifier/nothing /api/v1/jobs/a /"
).split()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.sampled_from(ROUTES), sent=REQUESTS, cut=st.integers(0, 50))
def test_no_json_is_the_services_own_fault(caller, path, sent, cut):
    body = json.dumps(sent).encode()
    for content in (body, body[: max(0, len(body) - cut)]):
        answer = caller.post(path, content=content)
        assert answer.status_code < 500, answer.text
        if answer.status_code >= 400:
            assert answer.json().keys() == {"error", "error_code", "details", "request_id", "timestamp"}
            assert not re.search(r"Traceback|/usr/|\.py", answer.text)

"""SIGTERM while calls come and run: what was accepted is answered, and what was not accepted was not run."""

from __future__ import annotations

import importlib
import json
import queue
import signal
import socket
from collections.abc import Iterator

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from .load import REFUSED, calling, rpc_calling

MOOD = "/api/v1/classifier/run-mood"
RPC_MOOD = "/toy.v1.ClassifierService/RunMood"
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
TWO = '[deployments.one]\nmodule = "Classifier"\nreplicas = 2'
NO_SETTINGS = b"\0\0\0\4\0\0\0\0\0"


def written(folder, *lines: str) -> str:
    file = folder / "service.toml"
    file.write_text("\n".join(lines))
    return str(file)


def stopping(service) -> bool:
    return "stopping: " in service.log.read_text()


KINDS = [(), ("--workers", "2")]


@pytest.mark.parametrize("isolation", ["thread", "process"])
@pytest.mark.parametrize("flags", KINDS, ids=["one", "workers"])
def test_http_answers_all_that_it_ran(start, tmp_path, wait_until, isolation, flags):
    tables = f'[deployments.one]\nmodule = "Classifier"\nisolation = "{isolation}"'
    service = start(*flags, settings=written(tmp_path, tables))
    notes = tmp_path / "notes"
    with calling(service.http, MOOD, json.dumps({"inputs": f"note {notes}"}).encode(), callers=16) as load:
        wait_until(lambda: load.answered() > 200, "the load")
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(60) == 0
        wait_until(lambda: REFUSED in load.outcomes, "the end")
    assert load.outcomes.keys() == {200, REFUSED}
    assert notes.stat().st_size == load.outcomes[200]


@pytest.mark.parametrize("isolation", ["thread", "process"])
@pytest.mark.parametrize("flags", KINDS, ids=["one", "workers"])
def test_grpc_answers_all_that_it_ran(start, pb, tmp_path, wait_until, isolation, flags):
    tables = f'[deployments.one]\nmodule = "Classifier"\nisolation = "{isolation}"'
    service = start(*flags, settings=written(tmp_path, tables))
    notes = tmp_path / "notes"
    with rpc_calling(service.grpc, RPC_MOOD, pb.TextRequest(text=f"note {notes}"), callers=32) as load:
        wait_until(lambda: load.answered() > 200, "the load")
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(60) == 0
        wait_until(lambda: "UNAVAILABLE" in load.outcomes, "the end")
    assert load.outcomes.keys() == {200, "UNAVAILABLE"}  # none is CANCELLED, as gRPC itself would end them
    assert notes.stat().st_size == load.outcomes[200]


def test_streams_over_grpc_go_on_to_their_ends(start, pb, tmp_path, wait_until):
    service = start(settings=written(tmp_path, TWO))
    stubs = importlib.import_module("toy_service.toy_pb2_grpc")
    words: queue.Queue[str | None] = queue.Queue()
    words.put("0")

    def pieces() -> Iterator[object]:
        yield pb.EchoRequest(prefix="-")
        while (word := words.get()) is not None:
            yield pb.EchoRequest(words=word)

    with grpc.insecure_channel(service.grpc) as channel:
        stub = stubs.ClassifierServiceStub(channel)
        counted = stub.RunCount(pb.CountRequest(count=20_000), timeout=60)
        echoed = stub.RunEcho(pieces(), timeout=60)
        found = [next(counted).result]
        assert next(echoed).result == "-0"
        service.process.send_signal(signal.SIGTERM)
        wait_until(lambda: stopping(service), "the stop")
        for number in range(1, 100):
            words.put(str(number))
            assert next(echoed).result == f"-{number}"
        words.put(None)
        assert next(echoed, None) is None
        found.extend(answer.result for answer in counted)
    assert found == list(range(20_000))
    assert service.process.wait(30) == 0


def test_streams_over_http_go_on_to_their_ends(start, tmp_path, wait_until):
    service = start(settings=written(tmp_path, TWO))

    def numbers() -> Iterator[bytes]:
        yield b"{}\n1.0\n"
        service.process.send_signal(signal.SIGTERM)
        wait_until(lambda: stopping(service), "the stop")
        yield b"2.0\n" * 100

    headers = {"accept": "application/x-ndjson"}
    with service.client() as client, service.client() as other:
        sent = {"inputs": 200_000}
        with client.stream("POST", "/api/v1/classifier/run-count", json=sent, headers=headers) as answer:
            lines = answer.iter_lines()
            found = [json.loads(next(lines))["result"]]
            assert other.post("/api/v1/classifier/run-total", content=numbers()).json() == {"result": 201.0}
            found.extend(json.loads(line)["result"] for line in lines)
    assert found == list(range(200_000))
    assert service.process.wait(30) == 0


def test_who_only_watches_the_health_does_not_hold_it_up(start):
    """With a grace of an hour, what waited for it would be seen."""
    service = start("--set", "grace=3600")
    with grpc.insecure_channel(service.grpc) as channel:
        states = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest(), timeout=60)
        assert next(states).status == health_pb2.HealthCheckResponse.SERVING
        service.process.send_signal(signal.SIGTERM)
        assert [state.status for state in states] == [health_pb2.HealthCheckResponse.NOT_SERVING]
        assert service.process.wait(30) == 0


@pytest.mark.parametrize("sent", [b"", PREFACE, PREFACE + NO_SETTINGS])
def test_who_does_not_take_leave_does_not_hold_it_up(start, wait_until, sent):
    """gRPC itself would wait a while for callers who say nothing."""
    service = start("--no-http", "--set", "grace=3600")
    host, port = service.grpc.split(":")
    with socket.create_connection((host, int(port)), timeout=30) as silent:
        silent.sendall(sent)
        assert silent.recv(1)  # the server's own settings: it has been let in
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(60) == 0
    assert "callers who do not take leave" in service.log.read_text()


def test_a_second_signal_ends_grpc_calls_at_once(start, pb, tmp_path, wait_until):
    service = start("--set", "grace=3600")
    stubs = importlib.import_module("toy_service.toy_pb2_grpc")
    with grpc.insecure_channel(service.grpc) as channel:
        call = stubs.ClassifierServiceStub(channel).RunCount(pb.CountRequest(count=10**9), timeout=60)
        next(call)
        service.process.send_signal(signal.SIGTERM)
        wait_until(lambda: stopping(service), "the stop")
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(30) == 0
        with pytest.raises(grpc.RpcError):
            list(call)

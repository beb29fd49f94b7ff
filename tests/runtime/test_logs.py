"""What a service logs, and where it prints."""

from __future__ import annotations

import importlib
import json
import logging
import os
import pty
import signal
import subprocess
import sys

import grpc
import httpx
import pytest

from modelgen.runtime.logs import Json, Text

RUN = "/api/v1/classifier/run"
SECRET = "a-secret-that-nobody-logs"


def lines(service) -> list[dict[str, object]]:
    """The lines of JSON in a service's output."""
    return [json.loads(line) for line in service.log.read_text().splitlines() if line.startswith("{")]


def requests(service) -> list[dict[str, object]]:
    return [line for line in lines(service) if line["logger"] == "modelgen.access"]


@pytest.fixture
def service(start):
    return start("--access-log")


def test_a_line_for_every_request(service, pb, wait_until):
    with service.client() as client:
        client.post(RUN, json={"inputs": SECRET}, headers={"x-request-id": "mine", "authorization": SECRET})
        client.post(RUN + f"?token={SECRET}", json={"inputs": 1, SECRET: SECRET})
        client.post("/api/v1/classifier/run-count", json={"inputs": 3})
        client.get("/model/info", headers={"x-request-id": "info"})
        client.get("/nowhere")
    with grpc.insecure_channel(service.grpc) as channel:
        stub = importlib.import_module("toy_service.toy_pb2_grpc").ClassifierServiceStub(channel)
        stub.Run(pb.RunRequest(text=SECRET), metadata=(("x-request-id", "by-grpc"),), timeout=10)
    wait_until(lambda: any(line["request_id"] == "by-grpc" for line in requests(service)), "the last line")
    found = [line for line in requests(service) if line.get("path") != "/ready"]
    ids = [line["request_id"] for line in found]
    assert len(ids) == len(set(ids)) == 6, "one line each"
    first, second, third, info, nowhere, by_grpc = found
    assert (first["request_id"], first["deployment"], first["method"]) == ("mine", "classifier", "Classifier.run")
    assert (first["protocol"], first["outcome"], first["level"]) == ("http", "OK", "info")
    assert 0 < first["duration_ms"] < 5000
    assert (second["outcome"], second["deployment"]) == ("INVALID_ARGUMENT", "")
    assert (third["outcome"], third["items"]) == ("OK", 3)
    assert (info["request_id"], info["path"], info["outcome"]) == ("info", "/model/info", 200)
    assert (nowhere["path"], nowhere["outcome"]) == ("/nowhere", 404)
    assert (by_grpc["protocol"], by_grpc["outcome"]) == ("grpc", "OK")
    assert SECRET not in service.log.read_text()


def test_one_line_where_middleware_stands_around_the_methods(start, wait_until):
    service = start("--access-log", "--no-grpc", hook="middleware")
    with service.client() as client:
        client.post(RUN, json={"inputs": "a"}, headers={"x-request-id": "mine"})
    wait_until(lambda: any(line["request_id"] == "mine" for line in requests(service)), "the line")
    assert service.stop() == 0
    assert [line["method"] for line in requests(service) if line["request_id"] == "mine"] == ["Classifier.run"]


def test_the_log_names_the_callers_trace(service, wait_until):
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    with service.client() as client:
        sent = {"x-request-id": "traced", "traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
        answer = client.post(RUN, json={"inputs": "a"}, headers=sent)
        assert answer.headers["traceparent"] == sent["traceparent"], "handed back where nothing is traced"
        for wrong in ("x", "00-" + "0" * 32 + "-00f067aa0ba902b7-01", f"ff-{trace}-00f067aa0ba902b7-01", trace * 99):
            answer = client.post(RUN, json={"inputs": "a"}, headers={"traceparent": wrong})
            assert answer.status_code == 200
            assert "traceparent" not in answer.headers
    wait_until(lambda: len(requests(service)) >= 5, "the lines")
    assert [line["trace_id"] for line in requests(service) if "trace_id" in line] == [trace]


def test_no_lines_where_they_are_not_asked_for(start):
    service = start()
    with service.client() as client:
        client.post(RUN, json={"inputs": "a"})
    assert service.stop() == 0
    assert requests(service) == []
    messages = [line["message"] for line in lines(service)]
    assert messages.count("ready") == 1, "told once, by nobody else too"
    assert not any("Uvicorn" in message for message in messages)


def test_a_failure_is_a_line_with_its_traceback(service, wait_until):
    with service.client() as client:
        sent = {"x-request-id": "broken"}
        client.post("/api/v1/classifier/run-mood", json={"inputs": "runtime"}, headers=sent)
    wait_until(lambda: any("exception" in line for line in lines(service)), "the failure")
    (failure,) = [line for line in lines(service) if "exception" in line]
    assert failure["level"] == "error"
    assert "broken" in failure["message"]
    assert "RuntimeError" in failure["exception"]


def test_on_a_terminal_lines_are_to_be_read(toy_folder, wait_until):
    master, slave = pty.openpty()
    command = [sys.executable, "-m", "toy_service", "serve", "--http-port", "0", "--no-grpc", "--access-log"]
    environment = {**os.environ, "COLUMNS": "100", "TERM": "xterm-256color"}
    environment.pop("NO_COLOR", None)
    process = subprocess.Popen(command, cwd=toy_folder, stdout=slave, stderr=slave, env=environment)
    os.close(slave)
    text = ""
    while "ready" not in text:
        text += os.read(master, 4096).decode()
    url = text.split("HTTP  ", 1)[1].split()[0]
    httpx.post(url + RUN, json={"inputs": "a"}, headers={"x-request-id": "mine"})
    while "mine" not in text:
        text += os.read(master, 4096).decode()
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    os.close(master)
    assert "Classifier.run" in text
    assert "┃" in text or "│" in text, "a table"
    assert "\x1b[" in text, "in colours"
    assert "{" not in text.split("ready", 1)[1]
    assert "outcome=OK" in text
    assert "request_id=mine" in text


@pytest.mark.parametrize("joined", [False, True], ids=["stdout", "both"])
def test_a_reader_who_leaves_stops_nothing(toy_folder, tmp_path, wait_until, joined):
    errors = tmp_path / "errors"
    with errors.open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "toy_service", "serve", "--http-port", "0", "--no-grpc", "--access-log"],
            cwd=toy_folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if joined else log,
            text=True,
        )
    for line in process.stdout:
        if line.startswith("HTTP"):
            url = line.split()[1]
            break
    process.stdout.close()
    with httpx.Client(base_url=url, timeout=30) as client:
        wait_until(lambda: client.get("/ready").status_code == 200, "ready")
        for _ in range(50):
            assert client.post(RUN, json={"inputs": "a"}).status_code == 200
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    assert "BrokenPipe" not in errors.read_text()
    assert "Traceback" not in errors.read_text()


def record(message: str, **extra: object) -> logging.LogRecord:
    made = logging.LogRecord("modelgen.access", logging.INFO, "", 0, message, (), None)
    made.__dict__.update(extra)
    return made


def test_a_line_of_text_holds_nothing_that_moves_the_cursor():
    line = Text(colours=False).format(record("a\x1b[2Jb", path="/a b\x1b[2J\n"))
    assert "\x1b" not in line
    assert "\n" not in line
    assert line.endswith(r'INFO a\x1b[2Jb  path="/a b\u001b[2J\n"')


def test_a_line_of_json_is_one_line():
    line = Json().format(record("a\nb", path="\u2028", number=1.5))
    found = json.loads(line)
    assert "\n" not in line
    assert (found["message"], found["path"], found["number"]) == ("a\nb", "\u2028", 1.5)
    assert found["time"].endswith("Z")


def test_a_warning_is_a_line_too():
    text = "import warnings; from modelgen.runtime.logs import configure; configure('info', 'json')"
    done = subprocess.run(
        [sys.executable, "-c", f"{text}; warnings.warn('what a library says')"], stderr=subprocess.PIPE, check=True
    )
    (line,) = done.stderr.splitlines()
    assert "what a library says" in json.loads(line)["message"]


def test_a_format_may_be_asked_for(start):
    service = start("--set", "log_format=text")
    assert service.stop() == 0
    assert lines(service) == []
    assert " INFO ready\n" in service.log.read_text()

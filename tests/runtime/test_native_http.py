"""The native dialect over HTTP, on a running service."""

from __future__ import annotations

import base64
import json
import socket
import threading

import httpx
import numpy as np
import pytest

CLASSIFIER = "/api/v1/classifier"


def events(text: str) -> list[tuple[str, object]]:
    """The server-sent events in a body."""
    found = []
    for block in text.strip().split("\n\n"):
        name, data = block.split("\n")
        found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return found


def lines(*values: object) -> bytes:
    return b"".join(json.dumps(value).encode() + b"\n" for value in values)


def test_a_unary_call_answers_its_result(client):
    response = client.post(f"{CLASSIFIER}/run", json={"inputs": "abcd", "parameters": {"top_k": 2}})
    assert response.status_code == 200, response.text
    assert response.json() == {"result": [{"label": "toy-0", "score": 4.0}, {"label": "toy-1", "score": 2.0}]}
    assert response.headers["content-type"] == "application/json"


def test_what_is_left_out_takes_the_codes_own_default(client):
    response = client.post(f"{CLASSIFIER}/run", json={"inputs": "ab"})
    assert response.json() == {"result": [{"label": "toy-0", "score": 2.0}]}


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/json; charset=utf-8", "x/y"])
def test_json_is_read_whatever_the_content_type_says(client, content_type):
    headers = {} if content_type is None else {"content-type": content_type}
    response = client.post(f"{CLASSIFIER}/run", content=b'{"inputs": "ab"}', headers=headers)
    assert response.status_code == 200, response.text


WRONG = {
    "missing": ({}, 422, [("inputs", "is required")]),
    "unknown": ({"inputs": "a", "wrong": 1}, 422, [("wrong", "is not a known field")]),
    "unknown-option": (
        {"inputs": "a", "parameters": {"topk": 1}},
        422,
        [("parameters.topk", "is not a known field")],
    ),
    "type": ({"inputs": 5}, 422, [("inputs", "must be a string")]),
    "type-option": ({"inputs": "a", "parameters": {"top_k": "1"}}, 422, [("parameters.top_k", "must be an integer")]),
    "float-for-int": ({"inputs": "a", "parameters": {"top_k": 1.0}}, 422, [("parameters.top_k", "must be an integer")]),
    "bool-for-int": ({"inputs": "a", "parameters": {"top_k": True}}, 422, [("parameters.top_k", "must be an integer")]),
    "constraint": ({"inputs": "a", "parameters": {"top_k": 0}}, 422, [("parameters.top_k", "must be 1 or greater")]),
    "two": (
        {"parameters": {"top_k": 0}},
        422,
        [("inputs", "is required"), ("parameters.top_k", "must be 1 or greater")],
    ),
    "list": ([1], 422, [("", "must be an object")]),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_request_names_its_fields(client, case):
    sent, status, details = WRONG[case]
    response = client.post(f"{CLASSIFIER}/run", json=sent)
    found = response.json()
    assert response.status_code == status
    assert found["error_code"] == "INVALID_ARGUMENT"
    assert [(detail["field"], detail["message"]) for detail in found["details"]] == details
    assert found["request_id"] == response.headers["x-request-id"]
    assert found["error"]
    assert found["timestamp"].endswith("Z")


@pytest.mark.parametrize("body", [b"", b"{", b'{"inputs": "\xff"}', b"\x00", b"[" * 5000, b'{"inputs": "a"} x'])
def test_what_is_no_json_is_a_400(client, body):
    response = client.post(f"{CLASSIFIER}/run", content=body)
    assert response.status_code == 400
    assert response.json()["error_code"] == "INVALID_ARGUMENT"


def test_nan_is_refused_in_scalars(client):
    response = client.post(f"{CLASSIFIER}/run-async", content=b'{"inputs": NaN}')
    assert response.status_code == 422
    assert response.json()["details"] == [{"field": "inputs", "message": "must be a finite number"}]


def test_a_large_body_within_the_limit_is_read(client):
    response = client.post(f"{CLASSIFIER}/run", json={"inputs": "x" * 60_000_000})
    assert response.json()["result"][0]["score"] == 60_000_000


def test_a_body_over_the_limit_is_a_413(client):
    response = client.post(f"{CLASSIFIER}/run", content=b"x" * (64 * 1024 * 1024 + 1))
    assert response.status_code == 413
    assert response.json()["error_code"] == "PAYLOAD_TOO_LARGE"


def test_a_body_over_the_limit_that_does_not_say_so_is_a_413(toy):
    """Sent in chunks, without a length; the server need not read it all before it answers."""
    host, port = toy.http.removeprefix("http://").split(":")
    chunk = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(b"POST /api/v1/classifier/run HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n")
        for _ in range(65):
            connection.sendall(chunk)
        assert connection.recv(4096).startswith(b"HTTP/1.1 413")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("POST", "/api/v1/classifier/nothing", 404, "NOT_FOUND"),
        ("GET", "/nothing", 404, "NOT_FOUND"),
        ("GET", "/api/v1/classifier/run", 405, "METHOD_NOT_ALLOWED"),
        ("POST", "/health", 405, "METHOD_NOT_ALLOWED"),
        ("GET", "/api/v1/jobs/nothing", 404, "NOT_FOUND"),
    ],
)
def test_routes_that_are_not_there_have_the_error_body(client, method, path, status, code):
    response = client.request(method, path)
    assert (response.status_code, response.json()["error_code"]) == (status, code)
    assert set(response.json()) == {"error", "error_code", "details", "request_id", "timestamp"}


def test_an_unknown_deployment_is_a_404_that_names_the_choices(client):
    response = client.post(f"{CLASSIFIER}/run", json={"inputs": "a", "deployment": "other"})
    assert response.status_code == 404
    assert "`classifier`" in response.json()["error"]


def test_a_deployment_of_another_module_is_a_404(client):
    response = client.post(f"{CLASSIFIER}/run", json={"inputs": "a", "deployment": "scaler"})
    assert response.status_code == 404


@pytest.mark.parametrize(
    ("mood", "status", "code", "error"),
    [
        ("runtime", 500, "INTERNAL", "`Classifier.run_mood` failed"),
        ("exit", 500, "INTERNAL", "`Classifier.run_mood` failed"),
        ("busy", 429, "RESOURCE_EXHAUSTED", "come back later"),
        ("wrong", 500, "INTERNAL", "`Classifier.run_mood` is declared to return string; it returned object"),
        ("nan", 500, "INTERNAL", "`Classifier.run_mood` is declared to return string; it returned float"),
    ],
)
def test_what_the_model_raises_has_its_code(client, mood, status, code, error):
    response = client.post(f"{CLASSIFIER}/run-mood", json={"inputs": mood})
    found = response.json()
    assert (response.status_code, found["error_code"], found["error"]) == (status, code, error)


def test_a_value_error_of_the_model_is_the_callers(client):
    response = client.post(f"{CLASSIFIER}/run", json={"inputs": "fail"})
    assert response.status_code == 422
    assert response.json()["error"] == "text must not be 'fail'"


def test_a_request_id_comes_back(client):
    response = client.post(f"{CLASSIFIER}/run", json={}, headers={"x-request-id": "abc-1"})
    assert response.headers["x-request-id"] == response.json()["request_id"] == "abc-1"


def test_a_request_id_with_control_characters_is_replaced(client):
    response = client.get("/health", headers={"x-request-id": "a\tb"})
    assert response.headers["x-request-id"].isalnum()


# Streams


@pytest.mark.parametrize("route", ["run-count", "run-count-async"])
def test_a_generator_answers_events(client, route):
    response = client.post(f"{CLASSIFIER}/{route}", json={"inputs": 3})
    assert response.headers["content-type"].startswith("text/event-stream")
    assert events(response.text) == [
        ("message", {"result": 0}),
        ("message", {"result": 1}),
        ("message", {"result": 2}),
        ("done", {}),
    ]


def test_a_generator_answers_lines_when_asked(client):
    response = client.post(f"{CLASSIFIER}/run-count", json={"inputs": 3}, headers={"accept": "application/x-ndjson"})
    assert response.headers["content-type"].startswith("application/x-ndjson")
    assert [json.loads(line) for line in response.text.splitlines()] == [{"result": n} for n in range(3)]


def test_a_generator_of_nothing_is_done_at_once(client):
    assert events(client.post(f"{CLASSIFIER}/run-count", json={"inputs": 0}).text) == [("done", {})]


def test_many_items_all_arrive_in_order(client):
    response = client.post(f"{CLASSIFIER}/run-count", json={"inputs": 5000})
    assert [data["result"] for name, data in events(response.text) if name == "message"] == list(range(5000))


def test_a_failure_before_the_first_item_has_its_status(client):
    response = client.post(f"{CLASSIFIER}/run-count", json={"inputs": 3, "parameters": {"fail_at": 0}})
    assert response.status_code == 422
    assert response.json()["error"] == "cannot count to 0"


def test_a_failure_after_the_first_item_is_an_event(client):
    response = client.post(f"{CLASSIFIER}/run-count", json={"inputs": 3, "parameters": {"fail_at": 1}})
    first, last = events(response.text)
    assert (response.status_code, first) == (200, ("message", {"result": 0}))
    assert (last[0], last[1]["error_code"], last[1]["error"]) == ("error", "INVALID_ARGUMENT", "cannot count to 1")


def test_a_failure_after_the_first_item_is_a_last_line(client):
    response = client.post(
        f"{CLASSIFIER}/run-count",
        json={"inputs": 3, "parameters": {"fail_at": 1}},
        headers={"accept": "application/x-ndjson"},
    )
    assert json.loads(response.text.splitlines()[-1])["error"] == "cannot count to 1"


def test_a_client_stream_answers_once(client):
    body = lines({"parameters": {"start": 1.0}}, 1, 2.5, 3)
    response = client.post(f"{CLASSIFIER}/run-total", content=body)
    assert response.json() == {"result": 7.5}


@pytest.mark.parametrize("route", ["run-echo", "run-echo-async"])
def test_a_two_way_stream_answers_each_piece(client, route):
    response = client.post(f"{CLASSIFIER}/{route}", content=lines({"parameters": {"prefix": ">"}}, "a", "b"))
    assert events(response.text) == [("message", {"result": ">a"}), ("message", {"result": ">b"}), ("done", {})]


def test_a_two_way_stream_answers_before_the_client_has_finished(client):
    """httpx sends the whole body first, hence a socket of our own."""
    content = lines({}, "a")
    host, port = str(client.base_url).removeprefix("http://").rstrip("/").split(":")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        head = "POST /api/v1/classifier/run-echo HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
        connection.sendall(head.encode() + f"{len(content):x}\r\n".encode() + content + b"\r\n")
        received = b""
        while b'{"result":"a"}' not in received:
            received += connection.recv(4096)
        connection.sendall(b'4\r\n"b"\n\r\n0\r\n\r\n')
        while b"event: done" not in received:
            received += connection.recv(4096)
    assert b'{"result":"b"}' in received


def test_a_wrong_piece_is_named_by_its_number(client):
    response = client.post(f"{CLASSIFIER}/run-total", content=lines({}, 1, "x"))
    assert response.status_code == 422
    assert response.json()["details"] == [{"field": "numbers[1]", "message": "must be a number"}]


def test_a_client_stream_without_its_first_line_is_a_400(client):
    response = client.post(f"{CLASSIFIER}/run-total", content=b"")
    assert response.status_code == 400


@pytest.mark.parametrize("route", ["run-count", "run-count-async"])
def test_a_client_that_goes_away_stops_the_generator(toy, tmp_path, route, wait_until):
    file = tmp_path / "closed"
    sent = {"inputs": 10**9, "parameters": {"file": str(file)}}
    with toy.client() as client, client.stream("POST", f"{CLASSIFIER}/{route}", json=sent) as response:
        next(response.iter_lines())
    wait_until(file.exists, "the generator's close")
    with toy.client() as client:
        assert client.post(f"{CLASSIFIER}/run", json={"inputs": "a"}).status_code == 200


def test_a_client_that_goes_away_before_the_answer_cancels_a_coroutine(toy, tmp_path, wait_until):
    file = tmp_path / "cancelled"
    with toy.client() as client, pytest.raises(httpx.ReadTimeout):
        client.post(f"{CLASSIFIER}/run-async", json={"inputs": 60, "parameters": {"file": str(file)}}, timeout=0.3)
    wait_until(file.exists, "the coroutine's cancellation")


def test_a_deadline_ends_a_call(client):
    response = client.post(f"{CLASSIFIER}/run-async", json={"inputs": 60}, headers={"x-request-timeout": "0.2"})
    assert (response.status_code, response.json()["error_code"]) == (504, "DEADLINE_EXCEEDED")


@pytest.mark.parametrize("seconds", ["x", "0", "-1", "nan"])
def test_a_deadline_that_is_no_time_is_refused(client, seconds):
    response = client.post(f"{CLASSIFIER}/run", json={"inputs": "a"}, headers={"x-request-timeout": seconds})
    assert response.status_code == 422


def test_a_slow_call_does_not_block_health(toy, tmp_path, wait_until):
    file = tmp_path / "running"
    answers: list[httpx.Response] = []

    def slow() -> None:
        with toy.client() as client:
            sent = {"inputs": {"file": str(file), "seconds": 1.0}}
            answers.append(client.post(f"{CLASSIFIER}/run-wait", json=sent))

    thread = threading.Thread(target=slow)
    thread.start()
    wait_until(file.exists, "the slow call")
    with toy.client() as client:
        for _ in range(20):
            assert client.get("/health").json() == {"status": "healthy"}
        assert not answers
    thread.join(30)
    assert answers[0].json() == {"result": "waited"}


def test_calls_on_one_replica_run_one_at_a_time(toy, tmp_path):
    """The model asserts it."""
    answers: list[int] = []

    def call(number: int) -> None:
        with toy.client() as client:
            sent = {"inputs": {"file": str(tmp_path / str(number)), "seconds": 0.02}}
            answers.append(client.post(f"{CLASSIFIER}/run-wait", json=sent).status_code)

    threads = [threading.Thread(target=call, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert answers == [200] * 8


# Tensors


def test_a_tensor_as_lists(client):
    response = client.post("/api/v1/scaler/run", json={"inputs": [[1, 2.5, 3]]})
    assert response.json() == {"result": [[2.0, 5.0, 6.0]]}


def test_a_tensor_as_base64(client):
    data = base64.b64encode(np.array([[1, 2, 3]], dtype="<f4").tobytes()).decode()
    response = client.post("/api/v1/scaler/run", json={"inputs": {"dtype": "float32", "shape": [1, 3], "data": data}})
    assert response.json() == {"result": [[2.0, 4.0, 6.0]]}


def test_nan_in_a_result_is_written_as_a_string(client):
    response = client.post("/api/v1/scaler/run", json={"inputs": [["NaN", "-Infinity", 1]]})
    assert response.json() == {"result": [["NaN", "-Infinity", 2.0]]}


def test_a_tensor_of_another_shape_is_refused(client):
    response = client.post("/api/v1/scaler/run", json={"inputs": [[1, 2]]})
    assert response.status_code == 422
    assert response.json()["details"] == [{"field": "inputs", "message": "must have the shape [*, 3], not [1, 2]"}]


# The service's own routes


def test_health_and_readiness(client):
    assert client.get("/health").json() == {"status": "healthy"}
    assert client.get("/ready").json() == {"status": "ready", "ready": True, "missing": {}}


def test_model_info_describes_every_module(client):
    found = client.get("/model/info").json()
    assert (found["name"], found["version"], found["loaded"]) == ("Classifier", "1.2.3", True)
    assert found["outputs"] == [{"name": "result", "type": "list<message toy.Label>"}]
    assert [entry["name"] for entry in found["inputs"]] == ["inputs", "parameters.top_k"]
    assert [entry["required"] for entry in found["inputs"]] == [True, False]
    assert [model["name"] for model in found["models"]] == ["Classifier", "Scaler", "Tagger"]


def test_the_contract_is_served(client):
    found = client.get("/api/v1/contract").json()
    assert found == {"hash": "0123", "version": "1.2.3", "contract": {"version": 1, "package": "toy.v1"}}


def test_the_committed_document_is_served_with_what_hooks_added(client):
    document = client.get("/openapi.json").json()
    assert document["paths"]["/api/v1/classifier/run"]["post"]["operationId"] == "classifier_run"
    assert "/custom/sum" in document["paths"]
    assert document["components"]["schemas"]["Sum"]["description"] == "committed"
    assert not any(path.startswith("/api/v1/jobs") for path in document["paths"])
    assert client.get("/docs").status_code == 200


def test_a_fault_of_the_service_itself_tells_nothing(client):
    response = client.get("/custom/fail")
    assert (response.status_code, response.json()["error"]) == (500, "The service failed")
    assert response.headers["x-request-id"] == response.json()["request_id"]


def test_a_route_that_hooks_added_has_the_same_errors(client):
    assert client.post("/custom/sum", json={"left": 1, "right": 2}).json() == 3
    response = client.post("/custom/sum", json={"left": 1})
    assert response.status_code == 422
    assert response.json()["error_code"] == "INVALID_ARGUMENT"
    assert response.json()["details"][0]["field"] == "body.right"

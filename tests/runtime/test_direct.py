"""The generated routes without FastAPI: the same answers as with it, and never past a hook of the project."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

RUN = "/api/v1/classifier/run"
ASKED: dict[str, tuple[str, Any, dict[str, str]]] = {
    "answer": (RUN, {"inputs": "abc"}, {}),
    "options": (RUN, {"inputs": "abc", "parameters": {"top_k": 2}}, {"x-request-id": "mine"}),
    "wrong": (RUN, {"inputs": 1, "wrong": 2}, {"x-request-id": "mine"}),
    "malformed": (RUN, b"{", {}),
    "deep": (RUN, b'{"inputs": ' + b"[" * 5000 + b"]" * 5000 + b"}", {}),
    "empty": (RUN, b"", {}),
    "encoded": (RUN, b"\x1f\x8b", {"content-encoding": "gzip"}),
    "deadline": ("/api/v1/classifier/run-async", {"inputs": 60}, {"x-request-timeout": "0.1"}),
    "no deadline": (RUN, {"inputs": "a"}, {"x-request-timeout": "soon"}),
    "refused": (RUN, {"inputs": "fail"}, {}),
    "failed": ("/api/v1/classifier/run-mood", {"inputs": "runtime"}, {}),
    "busy": ("/api/v1/classifier/run-mood", {"inputs": "busy"}, {}),
    "wrong result": ("/api/v1/classifier/run-mood", {"inputs": "wrong"}, {}),
    "batched": ("/api/v1/classifier/run-size", {"inputs": "a"}, {}),
    "events": ("/api/v1/classifier/run-count", {"inputs": 3}, {}),
    "lines": ("/api/v1/classifier/run-count", {"inputs": 3}, {"accept": "application/x-ndjson"}),
    "failing stream": ("/api/v1/classifier/run-count", {"inputs": 3, "parameters": {"fail_at": 1}}, {}),
    "pieces": ("/api/v1/classifier/run-total", b"{}\n1\n2\n", {}),
    "wrong piece": ("/api/v1/classifier/run-total", b'{}\n1\n"x"\n', {}),
    "tensor": ("/api/v1/scaler/run", {"inputs": [[1, 2, 3], [0.1, -2.5, 1e-7]]}, {}),
    "tensor of booleans": ("/api/v1/scaler/run", {"inputs": [[True, 2, 3]]}, {}),
    "tensor of text": ("/api/v1/scaler/run", {"inputs": [["1", 2, 3]]}, {}),
    "tensor too large": ("/api/v1/scaler/run", {"inputs": [[1e39, 2, 3]]}, {}),
    "ragged tensor": ("/api/v1/scaler/run", {"inputs": [[1, 2, 3], [1]]}, {}),
    "deep tensor": ("/api/v1/scaler/run", b'{"inputs": ' + b"[" * 900 + b"]" * 900 + b"}", {}),
    "tensor with NaN": ("/api/v1/scaler/run", b'{"inputs": [[NaN, 1, 2]]}', {}),
    "no tensor": ("/api/v1/scaler/run", {"inputs": None}, {}),
    "another method": ("/api/v1/classifier/nothing", {}, {}),
}


@pytest.fixture(scope="module")
def hooked(toy_folder: Path, running_with: Any) -> Iterator[dict[str, httpx.Client]]:
    """Clients of services with each kind of hook."""
    clients = {hook: running_with(hook).client() for hook in ("middleware", "dependency", "before")}
    yield clients
    for client in clients.values():
        client.close()


def sent(client: httpx.Client, name: str, **headers: str) -> httpx.Response:
    path, body, own = ASKED[name]
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.post(path, content=content, headers={**own, **headers})


def told(response: httpx.Response) -> tuple[int, Any, dict[str, str]]:
    """All of an answer that is the same each time."""
    text = response.text
    body: Any = text
    if response.headers["content-type"] == "application/json":
        body = {key: value for key, value in response.json().items() if key not in ("request_id", "timestamp")}
    elif "event: error" in text or '"error"' in text:
        body = text.split('"request_id"')[0]
    kept = {
        name: value
        for name, value in response.headers.items()
        if name not in ("date", "content-length", "x-stamp", "x-request-id") or value == "mine"
    }
    assert response.headers.get_list("x-request-id", split_commas=True) == [response.headers["x-request-id"]]
    if isinstance(body, dict) and "error" in body:
        assert response.json()["request_id"] == response.headers["x-request-id"]
    return response.status_code, body, kept


@pytest.mark.parametrize("name", ASKED)
def test_the_answer_is_the_same_with_fastapi_and_without(client, hooked, name):
    direct = told(sent(client, name))
    assert told(sent(hooked["dependency"], name, **{"x-knock": "yes"})) == direct
    assert told(sent(hooked["middleware"], name)) == direct


@pytest.mark.parametrize("name", ["answer", "events", "pieces", "malformed"])
def test_a_dependency_is_asked_first(hooked, name):
    answer = sent(hooked["dependency"], name)
    assert (answer.status_code, answer.json()["error"]) == (401, "knock first")


@pytest.mark.parametrize("name", ["answer", "events", "wrong"])
def test_middleware_sees_every_answer(hooked, name):
    assert sent(hooked["middleware"], name).headers["x-stamp"] == "yes"


def test_a_route_that_a_hook_put_first_comes_first(hooked):
    assert sent(hooked["before"], "answer").json() == {"result": "own"}
    assert sent(hooked["before"], "batched").json() == {"result": 1}


def test_calls_over_http_are_batched(toy, tmp_path, wait_until):
    """They wait while another call keeps the model busy."""
    file = tmp_path / "running"
    answers: list[Any] = []

    def post(path: str, body: Any) -> None:
        with toy.client() as client:
            response = client.post(f"/api/v1/classifier/{path}", json=body)
            answers.append((path, response.status_code, response.json().get("result")))

    slow = threading.Thread(target=post, args=("run-wait", {"inputs": {"file": str(file), "seconds": 1.0}}))
    slow.start()
    wait_until(file.exists, "the slow call")
    words = ["a"] * 9 + ["bad"]
    threads = [threading.Thread(target=post, args=("run-size", {"inputs": word})) for word in words]
    for thread in threads:
        thread.start()
    for thread in (slow, *threads):
        thread.join(30)
    sizes = sorted(status for path, status, _ in answers if path == "run-size")
    assert sizes == [200] * 9 + [422], "one bad item fails alone"


def test_a_batch_over_http_has_more_than_one_call(toy, tmp_path, wait_until):
    file = tmp_path / "running"
    sizes: list[int] = []

    def post(path: str, body: Any) -> None:
        with toy.client() as client:
            result = client.post(f"/api/v1/classifier/{path}", json=body).json()["result"]
            if path == "run-size":
                sizes.append(result)

    slow = threading.Thread(target=post, args=("run-wait", {"inputs": {"file": str(file), "seconds": 2.0}}))
    slow.start()
    wait_until(file.exists, "the slow call")
    threads = [threading.Thread(target=post, args=("run-size", {"inputs": "a"})) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in (slow, *threads):
        thread.join(30)
    assert max(sizes) > 1

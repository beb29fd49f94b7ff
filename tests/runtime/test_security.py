"""Who may call a service, and who may manage it, on running services."""

from __future__ import annotations

import hashlib
import importlib
import socket
import subprocess
import sys
import threading
from http.client import HTTPConnection

import grpc
import httpx
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from modelgen.runtime import security
from modelgen.runtime.security import Access, Tokens
from modelgen.runtime.settings import Settings

RUN = "/api/v1/classifier/run"
TRAIN = "/api/v1/classifier/train"
INFER, MANAGE, LISTED = (letter * 32 for letter in "ima")
TOKENS = {"MODELGEN_TOKEN": INFER, "MODELGEN_MANAGE_TOKEN": MANAGE}


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def posted(url: str, path: str, token: str = "", **sent: object) -> tuple[int, str]:
    """Status and error code."""
    answer = httpx.post(url + path, json=sent or {"inputs": "a"}, headers=bearer(token) if token else {}, timeout=30)
    return answer.status_code, answer.json().get("error_code") or ""


@pytest.fixture(scope="module")
def guarded(toy_folder):
    from tests.runtime.conftest import start

    service = start(toy_folder, "--access-log", environment=TOKENS)
    yield service
    assert service.stop() == 0
    assert not any(token in service.log.read_text() for token in TOKENS.values())


def test_calls_need_a_token(guarded):
    assert posted(guarded.http, RUN, INFER) == (200, "")
    assert posted(guarded.http, RUN, MANAGE) == (200, "")
    answer = httpx.post(guarded.http + RUN, json={"inputs": "a"}, headers={"x-request-id": "mine"})
    assert (answer.status_code, answer.json()["error_code"]) == (401, "UNAUTHENTICATED")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["request_id"] == answer.headers["x-request-id"] == "mine"


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Bearer ", f"Basic {INFER}", INFER, f"Bearer {INFER}x", f"Bearer {INFER[:-1]}", "Bearer \xff" * 3],
)
def test_what_is_no_token_is_refused_before_the_body_is_read(guarded, authorization):
    host = guarded.http.removeprefix("http://")
    connection = HTTPConnection(host, timeout=10)
    connection.putrequest("POST", RUN)
    connection.putheader("authorization", authorization.encode("latin-1"))
    connection.putheader("content-length", "1000000")
    connection.endheaders()
    answer = connection.getresponse()
    assert answer.status == 401
    assert b"UNAUTHENTICATED" in answer.read()
    connection.close()


@pytest.mark.parametrize("path", ["/model/info", "/docs", "/openapi.json", "/metrics", "/custom/fail", "/api/v1/jobs"])
def test_everything_else_needs_one_as_well(guarded, path):
    assert httpx.get(guarded.http + path).status_code == 401
    answer = httpx.get(guarded.http + path, headers=bearer(MANAGE))
    assert answer.status_code in (200, 500)


def test_a_preflight_is_asked_for_no_token(guarded):
    asked = {"origin": "https://elsewhere.example", "access-control-request-method": "POST"}
    assert httpx.options(guarded.http + RUN, headers=asked).status_code == 405, "CORS is off"
    assert httpx.options(guarded.http + RUN).status_code == 401


def test_probes_need_none(guarded):
    assert httpx.get(guarded.http + "/health").status_code == 200
    assert httpx.get(guarded.http + "/ready").status_code == 200
    with grpc.insecure_channel(guarded.grpc) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        assert stub.Check(health_pb2.HealthCheckRequest(), timeout=10).status == 1


def test_management_needs_its_own_scope(guarded):
    assert posted(guarded.http, TRAIN, inputs=1) == (401, "UNAUTHENTICATED")
    assert posted(guarded.http, TRAIN, INFER, inputs=1) == (403, "PERMISSION_DENIED")
    submitted = httpx.post(guarded.http + TRAIN, json={"inputs": 1}, headers=bearer(MANAGE))
    assert submitted.status_code == 202
    for token, status in ((INFER, 403), (MANAGE, 200)):
        assert httpx.get(guarded.http + "/api/v1/jobs", headers=bearer(token)).status_code == status
    where = guarded.http + submitted.headers["location"]
    for ask in (httpx.get, httpx.delete):
        assert ask(where, headers=bearer(INFER)).status_code == 403
        assert ask(where, headers=bearer(MANAGE)).status_code == 200
    assert httpx.get(where + "/events", headers=bearer(INFER)).status_code == 403


def call(channel, pb, method: str, request: object, token: str = "") -> grpc.StatusCode:
    """How a call ends."""
    stub = importlib.import_module("toy_service.toy_pb2_grpc").ClassifierServiceStub(channel)
    metadata = tuple(bearer(token).items()) if token else ()
    ended = getattr(stub, method).future(request, timeout=10, metadata=metadata)
    return ended.code()


def test_the_same_over_grpc(guarded, pb):
    code = grpc.StatusCode
    with grpc.insecure_channel(guarded.grpc) as channel:
        request, train = pb.RunRequest(text="a"), pb.TrainRequest(epochs=1)
        assert call(channel, pb, "Run", request, INFER) == code.OK
        assert call(channel, pb, "Run", request) == code.UNAUTHENTICATED
        assert call(channel, pb, "Run", request, "x" * 32) == code.UNAUTHENTICATED
        assert call(channel, pb, "Train", train, INFER) == code.PERMISSION_DENIED
        assert call(channel, pb, "Train", train, MANAGE) == code.OK
        assert call(channel, pb, "ListJobs", pb.TextRequest(), INFER) == code.PERMISSION_DENIED


def test_a_stream_that_is_refused_does_not_wait_for_its_first_message(guarded, pb):
    stub_of = importlib.import_module("toy_service.toy_pb2_grpc").ClassifierServiceStub
    gone = threading.Event()

    def never():
        gone.wait(20)
        yield pb.TotalRequest(numbers=1.0)

    with grpc.insecure_channel(guarded.grpc) as channel, pytest.raises(grpc.RpcError) as refused:
        stub_of(channel).RunTotal(never(), timeout=10)
    gone.set()
    assert refused.value.code() == grpc.StatusCode.UNAUTHENTICATED


def test_what_there_is_to_call_is_not_told_to_everybody(guarded):
    with grpc.insecure_channel(guarded.grpc) as channel:
        stub = reflection_pb2_grpc.ServerReflectionStub(channel)
        asked = [reflection_pb2.ServerReflectionRequest(list_services="")]
        with pytest.raises(grpc.RpcError) as refused:
            next(stub.ServerReflectionInfo(iter(asked), timeout=10))
        assert refused.value.code() == grpc.StatusCode.UNAUTHENTICATED
        metadata = tuple(bearer(INFER).items())
        assert next(stub.ServerReflectionInfo(iter(asked), timeout=10, metadata=metadata)).list_services_response


def test_who_was_not_let_in_is_counted_and_logged(guarded, wait_until):
    httpx.post(guarded.http + RUN, json={"inputs": "a"}, headers={"x-request-id": "stranger"})
    text = httpx.get(guarded.http + "/metrics", headers=bearer(INFER)).text
    assert 'inference_requests_denied_total{code="UNAUTHENTICATED"}' in text
    wait_until(lambda: '"request_id": "stranger"' in guarded.log.read_text(), "the line")


def test_tokens_of_a_file_count_from_the_next_request_on(start, tmp_path):
    listed = tmp_path / "tokens.txt"
    hashed = hashlib.sha256(LISTED.encode()).hexdigest()
    listed.write_text(f"# ours\nsha256:{hashed} infer  # the shop\n")
    (tmp_path / "service.toml").write_text('tokens = "tokens.txt"\n')
    service = start(settings=str(tmp_path / "service.toml"))
    assert posted(service.http, RUN, LISTED) == (200, "")
    assert posted(service.http, RUN, MANAGE) == (401, "UNAUTHENTICATED")
    listed.write_text(f"{MANAGE} infer,manage\n")
    assert posted(service.http, RUN, LISTED) == (401, "UNAUTHENTICATED")
    assert posted(service.http, TRAIN, MANAGE, inputs=1) == (202, "")
    listed.unlink()
    assert posted(service.http, RUN, MANAGE) == (401, "UNAUTHENTICATED"), "nobody gets in"
    assert service.stop() == 0


def test_inference_may_stay_open(start):
    service = start("--set", "open_inference=true", environment=TOKENS)
    assert posted(service.http, RUN) == (200, "")
    assert posted(service.http, RUN, "wrong" * 8) == (401, "UNAUTHENTICATED"), "a wrong token is told"
    assert posted(service.http, TRAIN, inputs=1) == (401, "UNAUTHENTICATED")
    assert posted(service.http, TRAIN, MANAGE, inputs=1) == (202, "")
    assert service.stop() == 0


def test_middleware_of_hooks_is_behind_the_door(start):
    service = start("--no-grpc", hook="middleware", environment=TOKENS)
    assert posted(service.http, RUN) == (401, "UNAUTHENTICATED")
    answer = httpx.post(service.http + RUN, json={"inputs": "a"}, headers=bearer(INFER))
    assert (answer.status_code, answer.headers["x-stamp"]) == (200, "yes")
    assert service.stop() == 0


# Without tokens


def test_management_is_for_callers_of_this_machine(start):
    service = start()
    assert posted(service.http, TRAIN, inputs=1) == (202, "")
    for headers in (
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"host": "evil.example"},
        {"host": "localhost.evil.example:80"},
    ):
        answer = httpx.post(service.http + TRAIN, json={"inputs": 1}, headers=headers)
        assert (answer.status_code, answer.json()["error_code"]) == (403, "PERMISSION_DENIED"), headers
    for headers in ({"origin": service.http}, {"host": "localhost:1"}, {"host": "[::1]:1"}):
        assert httpx.post(service.http + TRAIN, json={"inputs": 1}, headers=headers).status_code == 202, headers
    assert service.stop() == 0


def test_nobody_manages_a_service_that_listens_to_others(start, pb):
    service = start("--host", "0.0.0.0")
    url = service.http.replace("0.0.0.0", "127.0.0.1")
    assert posted(url, RUN) == (200, "")
    assert posted(url, TRAIN, inputs=1) == (403, "PERMISSION_DENIED")
    assert httpx.get(url + "/api/v1/jobs").status_code == 403
    assert httpx.delete(url + "/api/v1/jobs/x").status_code == 403
    with grpc.insecure_channel(service.grpc.replace("0.0.0.0", "127.0.0.1")) as channel:
        assert call(channel, pb, "Run", pb.RunRequest(text="a")) == grpc.StatusCode.OK
        assert call(channel, pb, "Train", pb.TrainRequest(epochs=1)) == grpc.StatusCode.PERMISSION_DENIED
    assert service.stop() == 0


def test_management_may_be_open_which_is_told(start, pb):
    service = start("--host", "0.0.0.0", "--set", "management=open")
    assert posted(service.http.replace("0.0.0.0", "127.0.0.1"), TRAIN, inputs=1) == (202, "")
    assert "warning [management-open]" in service.log.read_text()
    assert service.stop() == 0


def test_management_may_be_closed(start):
    service = start("--set", "management=token")
    assert posted(service.http, TRAIN, inputs=1) == (403, "PERMISSION_DENIED")
    assert service.stop() == 0


def test_a_port_of_its_own(start, pb):
    service = start("--management-port", "0", "--host", "0.0.0.0")
    url = service.http.replace("0.0.0.0", "127.0.0.1")
    assert service.management.startswith("http://127.0.0.1:")
    assert posted(url, RUN) == (200, "")
    assert posted(url, TRAIN, inputs=1) == (403, "PERMISSION_DENIED")
    assert posted(service.management, TRAIN, inputs=1) == (202, "")
    assert len(httpx.get(service.management + "/api/v1/jobs").json()["jobs"]) >= 1
    with grpc.insecure_channel(service.grpc.replace("0.0.0.0", "127.0.0.1")) as channel:
        assert call(channel, pb, "Train", pb.TrainRequest(epochs=1)) == grpc.StatusCode.PERMISSION_DENIED
    assert service.stop() == 0


def test_a_port_of_its_own_with_tokens(start):
    service = start("--management-port", "0", environment=TOKENS)
    assert posted(service.http, TRAIN, MANAGE, inputs=1) == (403, "PERMISSION_DENIED")
    assert posted(service.management, TRAIN, inputs=1) == (401, "UNAUTHENTICATED")
    assert posted(service.management, TRAIN, INFER, inputs=1) == (403, "PERMISSION_DENIED")
    assert posted(service.management, TRAIN, MANAGE, inputs=1) == (202, "")
    assert httpx.get(service.management + "/metrics").status_code == 200
    assert service.stop() == 0


def test_a_management_port_that_is_taken_is_told(toy_folder):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        flags = ["--http-port", "0", "--no-grpc", "--management-port", str(taken.getsockname()[1])]
        command = [sys.executable, "-m", "toy_service", "serve", *flags]
        ended = subprocess.run(command, cwd=toy_folder, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 2
    assert "cannot be had" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("id", ["..", "../../../etc/passwd", "%2e%2e%2f%2e%2e", "..%2f..%2fservice.toml", "x" * 5000])
def test_an_id_is_no_path(toy, id):
    with socket.create_connection(toy.http.removeprefix("http://").split(":"), timeout=10) as wire:
        wire.sendall(f"GET /api/v1/jobs/{id} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n".encode())
        answer = b""
        while part := wire.recv(65536):
            answer += part
    assert b" 404 " in answer.splitlines()[0]
    assert b"root:" not in answer


def test_other_sites_are_told_nothing(toy):
    answer = httpx.post(toy.http + RUN, json={"inputs": "a"}, headers={"origin": "https://elsewhere.example"})
    assert answer.status_code == 200
    assert not [name for name in answer.headers if name.startswith("access-control")]


# Without a service


def test_every_token_is_compared_with(monkeypatch):
    compared = []
    real = security.hmac.compare_digest
    monkeypatch.setattr(security.hmac, "compare_digest", lambda a, b: compared.append(b) or real(a, b))
    tokens = Tokens(TOKENS, "")
    for token in (INFER, MANAGE, "neither"):
        compared.clear()
        tokens.scopes(token)
        assert len(compared) == 2, "the time tells nothing"
        assert all(len(digest) == 32 for digest in compared), "hashes"


def test_a_token_is_nowhere_in_memory_but_as_its_hash():
    access = Access(Settings(), TOKENS)
    assert INFER not in repr(vars(access)) + repr(vars(access._tokens))


def test_without_tokens_an_authorization_says_nothing(toy):
    assert posted(toy.http, RUN, "whatever") == (200, "")

"""Requests that nobody would send by mistake, to every route: no fault of the service, and errors in the one form.

MODELGEN_HOSTILE says how many examples of each test are made.
"""

from __future__ import annotations

import json
import os
import re
import socket
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelgen.runtime.connections import LARGEST_HEAD
from tests.runtime.schemathesis_hooks import FAILED
from tests.runtime.subjects import Served, served, subject

FORM = {"error", "error_code", "details", "request_id", "timestamp"}
EXAMPLES = settings(
    max_examples=int(os.environ.get("MODELGEN_HOSTILE", "150")),
    derandomize="MODELGEN_HOSTILE" not in os.environ,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
PATIENCE = {"x-request-timeout": "1"}
"""Ends streams that were asked for a great many items."""
HUNGRY = ("echo/run",)
"""Methods that take as much memory as they are told to."""


@pytest.fixture(scope="module", params=["types_zoo", "quickstart"])
def service(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(subject(request.param), tmp_path_factory.mktemp(request.param)) as started:
        yield started


@pytest.fixture(scope="module")
def caller(service: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=service.http, timeout=30) as client:
        yield client


def judge(answer: httpx.Response) -> None:
    """It is JSON, or a stream of it; an error has the form of errors, and is no fault of the service's own."""
    if answer.headers["content-type"] != "application/json":
        assert answer.status_code == 200
        for line in answer.text.splitlines():
            text = line.removeprefix("data: ")
            if text and not line.startswith("event: "):
                failed = json.loads(text).get("error")
                assert failed != "The service failed", line
        return
    body = answer.json()
    if answer.status_code < 400:
        return
    assert body.keys() == FORM, answer.text
    assert body["request_id"] == answer.headers["x-request-id"]
    assert not re.search(r"Traceback|/usr/|site-packages", answer.text)
    if answer.status_code >= 500:
        assert answer.status_code in (503, 504) or FAILED.fullmatch(body["error"]), answer.text


FRAGMENTS = st.sampled_from(
    [
        *(b'"\\ud800"', b'"\\udc00\\ud800"', b'"\\u0000"', b'"\x01"', b'"\xff"', b'"\xed\xa0\x80"', b"\xef\xbb\xbf"),
        *(b"NaN", b"-Infinity", b'"NaN"', b"1e999", b"-1e999", b"-0.0", b"1e-999", b"0x10", b"01", b"1.", b"+1"),
        *(b"9" * 400, b"-" + b"9" * 5000, b"9223372036854775808", b"18446744073709551616", b"1" + b"0" * 308 + b".5"),
        *(b"[" * 99, b"[" * 2000, b'{"a":' * 99, b'{"a":' * 2000, b"]" * 50, b"[]" * 50, b'{"a":1,"a":2}'),
        *(
            b'"' + b"k" * 70_000 + b'"',
            b"null",
            b"true",
            b"{}",
            b"[]",
            b'""',
            b"//",
            b"/* */",
            b",",
            b":",
            b"\n",
            b"\r\n",
        ),
    ]
)
ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=10,
)


def replaced(value: Any, path: list[int], new: Any) -> Any:
    """The value with one of its parts made something else."""
    if not path or not isinstance(value, (dict, list)) or not value:
        return new
    if isinstance(value, list):
        place = path[0] % len(value)
        return [replaced(one, path[1:], new) if at == place else one for at, one in enumerate(value)]
    name = sorted(value)[path[0] % len(value)]
    return value | {name: replaced(value[name], path[1:], new)}


@st.composite
def bodies(draw: st.DrawFn, sample: Any) -> bytes:
    """What a method takes, with some of it changed; or anything at all."""
    kind = draw(st.integers(0, 5))
    if kind == 0:
        return draw(st.binary(max_size=60))
    if kind == 1:
        return json.dumps(draw(ANY)).encode()
    path = draw(st.lists(st.integers(0, 9), max_size=4))
    if kind == 2:
        return json.dumps(replaced(sample, path, draw(ANY))).encode()
    body = json.dumps(replaced(sample, path, "\0here")).encode()
    if kind == 3:
        return body.replace(b'"\\u0000here"', draw(FRAGMENTS))
    if kind == 4:
        body = json.dumps(sample).encode()
        at = draw(st.integers(0, len(body)))
        return body[:at] + draw(FRAGMENTS) + body[at + draw(st.integers(0, 9)) :]
    return json.dumps(sample).encode(draw(st.sampled_from(["utf-16", "utf-32-be", "utf-8-sig", "ascii"])))


HEADERS = st.dictionaries(
    st.sampled_from(
        "accept accept-encoding content-type content-encoding traceparent tracestate x-request-id authorization "
        "x-request-timeout origin cookie range if-none-match x-deployment x-forwarded-for".split()
    ),
    st.sampled_from(["", "1", "-1", "nan", "1e400", "*/*", "gzip", "application/x-ndjson", "text/html;q=0", "Bearer x"])
    | st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=40).map(
        str.strip
    ),
    max_size=3,
)


@EXAMPLES
@given(data=st.data(), headers=HEADERS)
def test_no_body_and_no_header_is_the_services_own_fault(
    service: Served, caller: httpx.Client, data: st.DataObject, headers: dict[str, str]
) -> None:
    samples = {path: sample for path, sample in service.samples().items() if path not in HUNGRY}
    path = data.draw(st.sampled_from(sorted(samples)))
    body = data.draw(bodies(samples[path]))
    if data.draw(st.booleans()):  # a line of its own for each piece, where the method takes pieces
        body += b"\n" + b"\n".join(data.draw(st.lists(FRAGMENTS, max_size=4)))
    sent = {name.encode(): value.encode("latin-1") for name, value in (PATIENCE | headers).items()}
    judge(caller.post(f"/api/v1/{path}", content=body, headers=sent))


PATHS = st.sampled_from(
    "/ /health /ready /metrics /model/info /api/v1/contract /api/v1/jobs /api/v1/jobs/x /docs".split()
)


@EXAMPLES
@given(
    path=PATHS | st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="#?"), max_size=30),
    method=st.sampled_from("GET POST PUT PATCH DELETE OPTIONS HEAD TRACE".split()),
    content=st.binary(max_size=30),
    headers=HEADERS,
)
def test_no_route_and_no_verb_is_the_services_own_fault(
    caller: httpx.Client, path: str, method: str, content: bytes, headers: dict[str, str]
) -> None:
    sent = {name.encode(): value.encode("latin-1") for name, value in (PATIENCE | headers).items()}
    target = httpx.URL(caller.base_url).copy_with(raw_path=b"/" + path.removeprefix("/").encode())
    answer = caller.request(method, target, content=content, headers=sent)
    if answer.status_code >= 400 and method != "HEAD":
        judge(answer)
    assert answer.status_code < 500
    assert ("allow" in answer.headers) == (answer.status_code == 405)


RUN = b"/api/v1/quadratic-predictor/run"
BODY = b'{"inputs":2.0}'
LENGTH = b"content-length: %d\r\n" % len(BODY)
CHUNKED = b"transfer-encoding: chunked\r\n"
CHUNKS = b"%x;a=b\r\n%b\r\n0\r\nx-trailer: a\r\n\r\n" % (len(BODY), BODY)


def request(headers: bytes = LENGTH, body: bytes = BODY, line: bytes = b"POST " + RUN + b" HTTP/1.1") -> bytes:
    return line + b"\r\nhost: a\r\n" + headers + b"\r\n" + body


SENT = {
    "once": (request(), [200]),
    "three at once": (request() * 3, [200, 200, 200]),
    "a wrong one between": (request() + request(body=b'{"inputs":"a"}') + request(), [200, 422, 200]),
    "HTTP/1.0": (request(line=b"POST " + RUN + b" HTTP/1.0"), [200]),
    "no host": (request().replace(b"host: a\r\n", b""), [200]),
    "in chunks, with a trailer": (request(CHUNKED, CHUNKS) + request(), [200, 200]),
    "two lengths": (request(LENGTH + b"content-length: 3\r\n"), [400]),
    "a length and chunks": (request(LENGTH + CHUNKED, CHUNKS), [400]),
    "a negative length": (request(b"content-length: -1\r\n"), [400]),
    "a length in words": (request(b"content-length: all\r\n"), [400]),
    "a length with a sign": (request(b"content-length: +14\r\n"), [400]),
    "no length": (request(b"connection: close\r\n", b""), [400]),
    "chunks of no size": (request(CHUNKED, b"x\r\n"), [400]),
    "a header without a name": (request(b": a\r\n" + LENGTH), [400]),
    "a header with a line feed in it": (request(b"x-request-id: a\n b\r\n" + LENGTH), [400]),
    "a header of control characters": (request(b"x-request-id: \x01\r\n" + LENGTH), [400]),
    "no HTTP": (b"hello there\r\n\r\n", [400]),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", [400]),
    "HTTP/9": (request(line=b"POST " + RUN + b" HTTP/9.9"), [400]),
    "an unknown verb": (request(line=b"BREW / HTTP/1.1"), [400]),
    "CONNECT": (b"CONNECT a:1 HTTP/1.1\r\nhost: a\r\n\r\n", [400]),
    "a whole address": (b"GET http://elsewhere/health HTTP/1.1\r\nhost: a\r\n\r\n", [200]),
    "an upgrade to a WebSocket": (request(b"connection: upgrade\r\nupgrade: websocket\r\n" + LENGTH), [200]),
    "two of a header": (request(b"x-request-timeout: 5\r\nx-request-timeout: x\r\n" + LENGTH), [422]),
    "a head that is too large": (b"GET /health HTTP/1.1\r\nx: " + b"a" * LARGEST_HEAD, [431]),
}


@pytest.mark.parametrize("service", ["quickstart"], indirect=True)
@pytest.mark.parametrize(("sent", "statuses"), SENT.values(), ids=SENT)
def test_odd_requests_are_answered_or_refused_and_nothing_else(
    service: Served, sent: bytes, statuses: list[int]
) -> None:
    closes = statuses[-1] in (400, 431) or sent.startswith(b"POST " + RUN + b" HTTP/1.0")
    for step in (len(sent), 60_000 if len(sent) > 60_000 else 7):
        got = exchanged(service, sent, closes=closes, step=step)
        found = [int(status) for status in re.findall(rb"HTTP/1\.1 (\d+) [A-Z]", got)]
        assert found == statuses, got[:500]
        bodies = re.findall(rb"\r\n\r\n(\{.*?\})(?=HTTP/|$)", got, re.DOTALL)
        assert len(bodies) == len(statuses), got[:500]
        for content in map(json.loads, bodies):
            assert content.keys() in ({"result"}, {"status"}, FORM)


@pytest.mark.parametrize("service", ["quickstart"], indirect=True)
def test_who_asks_first_is_told_to_go_on(service: Served) -> None:
    with opened(service) as connection:
        connection.sendall(request(b"expect: 100-continue\r\n" + LENGTH, b""))
        assert connection.recv(1000).startswith(b"HTTP/1.1 100 ")
        connection.sendall(BODY)
        assert connection.recv(1000).startswith(b"HTTP/1.1 200 ")


def opened(service: Served) -> socket.socket:
    host, port = service.http.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=30)


def exchanged(service: Served, sent: bytes, *, closes: bool, step: int) -> bytes:
    """What is answered until the connection ends: by itself, or behind a last request for nothing."""
    got = b""
    with opened(service) as connection:
        try:
            for at in range(0, len(sent), step):
                connection.sendall(sent[at : at + step])
        except OSError:
            pass  # it had enough, and has answered
        if not closes:
            connection.sendall(b"GET /nothing HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
        try:
            while part := connection.recv(65536):
                got += part
        except ConnectionResetError:
            pass  # it closed before it had read everything
    return got.partition(b"HTTP/1.1 404 Not Found")[0]

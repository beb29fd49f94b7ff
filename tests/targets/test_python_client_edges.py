"""What a client does where the other side, or the contract, is out of the ordinary."""

from __future__ import annotations

import importlib
import inspect
import json
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import grpc
import pytest

from modelgen.contract import codec
from modelgen.contract.lowering import lower
from modelgen.contract.model import Contract, DataModel, Default, Enumeration, Field, Member, Method, Module, Parameter
from modelgen.contract.pins import Pins, pin
from modelgen.contract.types import Empty, ListOf, Named, Scalar
from modelgen.targets.python_client import PYTHON_CLIENT
from modelgen.targets.target import Blueprint
from tests.targets.conftest import importable

PATIENCE = 20.0


@pytest.fixture(scope="module")
def client(project: Callable[[str], Path]) -> Iterator[ModuleType]:
    """The client of textgen, without its service."""
    with importable(project("textgen") / "clients/python", packages=("textgen_client",)):
        yield importlib.import_module("textgen_client")


@contextmanager
def answering(*parts: bytes, then: Callable[[socket.socket], None] = lambda connection: None) -> Iterator[str]:
    """A server that answers one HTTP request with these bytes, whatever it was."""
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as pool:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                received = b""
                while b"\r\n\r\n" not in received:
                    received += connection.recv(65536)
                for part in parts:
                    connection.sendall(part)
                then(connection)

        answered = pool.submit(answer)
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        answered.result(PATIENCE)


def head(status: str, *headers: str) -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", *headers, "", ""]).encode()


def chunk(content: bytes) -> bytes:
    return f"{len(content):x}\r\n".encode() + content + b"\r\n"


TOKEN = json.dumps({"result": {"text": "a", "logprob": -1, "index": 0, "finish_reason": None}}).encode() + b"\n"


def test_items_are_given_out_as_they_come_and_closing_ends_the_connection(client: ModuleType) -> None:
    gone = threading.Event()

    def until_gone(connection: socket.socket) -> None:
        connection.settimeout(PATIENCE)
        while connection.recv(65536):
            pass
        gone.set()

    start = head("200 OK", "content-type: application/x-ndjson", "transfer-encoding: chunked")
    with answering(start, chunk(TOKEN), then=until_gone) as url, client.TextGenerator.connect(url) as model:
        tokens = model.run("x")
        assert next(tokens) == client.Token(text="a", logprob=-1.0, index=0)  # the answer is not over
        tokens.close()
        assert gone.wait(PATIENCE)


def test_closing_a_stream_cancels_the_call_over_grpc(client: ModuleType) -> None:
    from textgen_client.pb.textgen.v1 import models_pb2, text_generator_pb2

    ended = threading.Event()

    def forever(request: Any, context: grpc.ServicerContext) -> Iterator[Any]:
        context.add_callback(ended.set)
        while context.is_active():
            yield text_generator_pb2.TextGeneratorServiceRunResponse(result=models_pb2.Token(text="a"))

    handler = grpc.unary_stream_rpc_method_handler(
        forever,
        text_generator_pb2.TextGeneratorServiceRunRequest.FromString,
        text_generator_pb2.TextGeneratorServiceRunResponse.SerializeToString,
    )
    server = grpc.server(ThreadPoolExecutor(2))
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler("textgen.v1.TextGeneratorService", {"Run": handler}),)
    )
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        with client.TextGenerator.connect(f"grpc://127.0.0.1:{port}") as model:
            with model.run("x") as tokens:
                assert next(tokens).text == "a"
            assert ended.wait(PATIENCE)  # the connection is still there
    finally:
        server.stop(None).wait(PATIENCE)


def test_a_failure_after_the_first_item_is_raised(client: ModuleType) -> None:
    body = {"error": "The model failed", "error_code": "INTERNAL", "details": [], "request_id": "r1"}
    start = head("200 OK", "content-type: application/x-ndjson", "transfer-encoding: chunked")
    parts = (start, chunk(TOKEN), chunk(json.dumps(body).encode() + b"\n"), b"0\r\n\r\n")
    with answering(*parts) as url, client.TextGenerator.connect(url) as model:
        tokens = model.run("x")
        assert next(tokens).text == "a"
        with pytest.raises(client.Internal, match="The model failed") as caught:
            next(tokens)
    assert caught.value.request_id == "r1"


def test_a_stream_cut_short_is_no_end(client: ModuleType) -> None:
    start = head("200 OK", "content-type: application/x-ndjson", "transfer-encoding: chunked")
    with answering(start, chunk(TOKEN)) as url, client.TextGenerator.connect(url) as model:
        tokens = model.run("x")
        assert next(tokens).text == "a"
        with pytest.raises(client.Unavailable):
            next(tokens)


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        ("502 Bad Gateway", b"<html>no</html>", "Unavailable"),
        ("429 Too Many Requests", b"", "ResourceExhausted"),
        ("413 Too Large", b"{}", "PayloadTooLarge"),
        ("418 Teapot", b"[]", "Internal"),
        ("422 Unprocessable", b'{"error": "no", "error_code": "INVALID_ARGUMENT"}', "InvalidInput"),
        ("422 Unprocessable", b'{"error": "no", "error_code": "NEW_CODE"}', "Internal"),
        ("200 OK", b"<html>hello</html>", "UnexpectedAnswer"),
        ("200 OK", b'{"result": {"text": 1}}', "UnexpectedAnswer"),
        ("200 OK", b'{"other": 1}', "UnexpectedAnswer"),
    ],
)
def test_answers_of_others(client: ModuleType, status: str, body: bytes, error: str) -> None:
    start = head(status, f"content-length: {len(body)}", "retry-after: 7", "connection: close")
    with (
        answering(start, body) as url,
        client.TextGenerator.connect(url) as model,
        pytest.raises(client.ApiError) as caught,
    ):
        model.run_complete("x")
    assert type(caught.value).__name__ == error
    if not status.startswith("200"):
        assert caught.value.retry_after == 7.0


NASTY = '"""\\ {{ x }} {% y %} */ \r\n \x00 \u202e \ud800 \' " \\N{x} end"'
TEXT = Scalar(kind="string")


def awkward() -> Contract:
    """Names that the client has itself, and words that end where they should not."""
    label = Named(symbol="p.ApiError", kind="message")
    mood = Named(symbol="p.Client", kind="enum")
    model = DataModel(
        name="ApiError",
        symbol="p.ApiError",
        import_module="p",
        qualname="ApiError",
        flavour="dataclass",
        doc=NASTY,
        fields=(
            Field(name="self", type=TEXT, doc=NASTY),
            Field(name="fields", type=TEXT, default=Default(text="now()", known=False)),
            Field(name="later", type=TEXT, doc=NASTY, alias=NASTY),
        ),
    )
    members = (Member(name="A", value=NASTY.replace("\ud800", ""), doc=NASTY), Member(name="B", value="b"))
    enum = Enumeration(
        name="Client", symbol="p.Client", import_module="p", qualname="Client", members=members, doc=NASTY
    )

    def parameter(name: str, default: Default | None = None, **rest: Any) -> Parameter:
        role = "inputs" if default is None else "parameters"
        return Parameter(**{"name": name, "type": TEXT, "default": default, "role": role, "doc": NASTY, **rest})

    close = Method(
        name="close",
        doc=NASTY,
        parameters=(
            parameter("given", type=label),
            parameter("json", Default(text="'x'", value=NASTY.replace("\ud800", ""))),
            parameter("mood", Default(text="Client.A", value="A"), type=mood),
            parameter("many", Default(text="[]", value=()), type=ListOf(item=label)),
            parameter("late", Default(text="now()", known=False), type=ListOf(item=TEXT)),
        ),
        returns=label,
    )
    train = Method(
        name="train",
        kind="train",
        receiver="class",
        parameters=(parameter("target"), parameter("arguments")),
        returns=Empty(),
    )
    module = Module(name="Job", symbol="p.Job", import_module="p", qualname="Job", methods=(close, train), doc=NASTY)
    return Contract(package="p", doc=NASTY, modules=(module,), models=(model,), enums=(enum,))


def test_no_name_and_no_word_of_the_source_breaks_a_client(tmp_path: Path) -> None:
    contract = awkward()
    wire = lower(contract)
    pins, _ = pin(wire, Pins(), "0.1.0")
    lock = codec.dump(contract, wire, pins)
    blueprint = Blueprint(
        contract=contract, wire=wire, pins=pins, lock=lock, service="p_service", client="p_awkward_client"
    )
    for file in PYTHON_CLIENT.emit(blueprint):
        target = tmp_path / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(file.text, encoding="utf-8", newline="\n")
        if file.path.endswith(".py"):
            compile(file.text, file.path, "exec")
    with importable(tmp_path / "clients/python", packages=("p_awkward_client",)):
        found = importlib.import_module("p_awkward_client")
        remote = found.PJob.connect("grpc://127.0.0.1:1")
        value = found.ApiError(self="a", later="c")
        assert value.fields is found.UNSET
        module = importlib.import_module(found.PJob.__module__)
        arguments = module._CLOSE.given(
            {"given": value, "json": "", "mood": found.UNSET, "many": [], "late": found.UNSET}
        )
        there = found.PJob._codecs(messages=False)["close"].request(arguments)
        assert there["inputs"] == {"self": "a", NASTY: "c"}
        assert there["parameters"] == {"json": "", "many": []}
        assert found.PJob._codecs(messages=True)["close"].request(arguments).json == ""
        assert list(inspect.signature(found.PJob.train).parameters) == ["target", "arguments", "service"]
        assert hasattr(found.PJob, "close_")
        remote.close()

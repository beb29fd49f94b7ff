"""Requests that are nested too deep, or hold a tensor of too many elements: refused before anything is made of them."""

from __future__ import annotations

import base64
import importlib
import json
from pathlib import Path
from typing import Annotated, Any, Literal

import grpc
import httpx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import create_model

from modelgen.runtime import depth, elements
from modelgen.runtime.errors import InvalidArgument, MalformedRequest
from modelgen.runtime.schema import Base64, Int32, Json, JsonObject, RootModel, Schema, Timestamp
from modelgen.runtime.tensors import TensorType

from .conftest import Running, start

TREE = "/api/v1/classifier/run-tree"
SCALE = "/api/v1/scaler/run"
ROUTES = [f"/api/v1/classifier/{name}" for name in "run run-mood run-tree run-count run-total train".split()] + [SCALE]

# Depth


def lists(levels: int) -> bytes:
    return b"[" * levels + b"]" * levels


def objects(levels: int) -> bytes:
    return b'{"extra":' * levels + b"1" + b"}" * levels


def steps(levels: int) -> bytes:
    """Lists with items before and behind what is nested."""
    return b"[1, [], " * levels + b'"]"' + b", {}]" * levels


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize("nested", [lists, objects, steps])
@pytest.mark.parametrize("levels", [99, 199, 250, 1100, 1_000_000])
def test_a_body_that_is_nested_too_deep_is_refused_on_every_route(client, path, nested, levels):
    for form in (b'{"inputs": {"extra": %b}}', b'{"inputs": [%b]}', b'{"parameters": [%b]}', b"[[%b]]"):
        answer = client.post(path, content=form % nested(levels))
        assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_ARGUMENT")
        assert answer.json()["error"] == "The request is nested deeper than 100 levels"


@pytest.mark.parametrize("levels", [101, 1_000_000])
def test_a_line_that_is_nested_too_deep_is_refused_by_its_place(client, levels):
    answer = client.post("/api/v1/classifier/run-total", content=b"{}\n1.5\n" + lists(levels) + b"\n")
    assert answer.status_code == 400
    assert answer.json()["error"] == "`numbers[1]` is nested deeper than 100 levels"


@pytest.mark.parametrize("nested", [lists, objects])
def test_what_is_as_deep_as_it_may_be_is_answered(client, nested):
    answer = client.post(TREE, content=b'{"inputs": {"extra": ' + nested(98) + b"}}")
    assert answer.json() == {"result": 1}
    tree = b'{"inputs": ' + b'{"children": [' * 49 + b"{}" + b"]}" * 49 + b"}"
    assert client.post(TREE, content=tree).json() == {"result": 50}


@pytest.mark.parametrize("text", ["[" * 500, '\\"[' * 500, "\\\\" + "[{" * 500])
def test_brackets_in_strings_do_not_nest(client, text):
    body = b'{"inputs": {"extra": "' + text.encode() + b'"}}'
    assert client.post(TREE, content=body).json() == {"result": 1}


def test_the_limit_is_the_settings(start, tmp_path, pb):
    (tmp_path / "service.toml").write_text('max_depth = 4\n[deployments.classifier]\nmodule = "Classifier"\n')
    service = start("--set", "max_elements=5", settings=str(tmp_path / "service.toml"))
    with service.client() as client:
        assert client.post(TREE, content=b'{"inputs": {"extra": [[]]}}').json() == {"result": 1}
        answer = client.post(TREE, content=b'{"inputs": {"extra": [[[1]]]}}')
        assert answer.json()["error"] == "The request is nested deeper than 4 levels"
    stubs = importlib.import_module("toy_service.toy_pb2_grpc")
    with grpc.insecure_channel(service.grpc) as channel:
        request = pb.TreeRequest()
        request.tree.extra.list_value.values.add().list_value.values.add().list_value.values.add().number_value = 1
        with pytest.raises(grpc.RpcError) as caught:
            stubs.ClassifierServiceStub(channel).RunTree(request, timeout=30)
        assert caught.value.details() == "The request is nested deeper than 4 levels"
    assert service.stop() == 0


def varint(number: int) -> bytes:
    found = b""
    while number > 127:
        found, number = found + bytes([number & 127 | 128]), number >> 7
    return found + bytes([number])


def nested_message(levels: int) -> bytes:
    """A TreeRequest whose tree has so many levels."""
    found = b""
    for _ in range(levels):
        found = b"\x0a" + varint(len(found)) + found
    return found


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        (nested_message(60), "The request is nested deeper than 100 levels"),
        (nested_message(150), "The message is nested too deep"),
        (nested_message(100_000), "The message is nested too deep"),
        (b"\xff\xff\xff", "The message cannot be read: Wire format was corrupt"),
    ],
)
def test_a_message_that_is_too_deep_or_none_is_the_callers_error(toy, pb, sent, error):
    with grpc.insecure_channel(toy.grpc) as channel:
        with pytest.raises(grpc.RpcError) as caught:
            channel.unary_unary("/toy.v1.ClassifierService/RunTree")(sent, timeout=30)
        assert (caught.value.code(), caught.value.details()) == (grpc.StatusCode.INVALID_ARGUMENT, error)
        answer = channel.unary_unary("/toy.v1.ClassifierService/RunTree")(nested_message(40), timeout=30)
        assert pb.NumberResponse.FromString(answer).result == 40


UNREADABLE = b"\xff\xff"
FIRST = [(method, [UNREADABLE]) for method in "Run RunCount RunTotal RunEcho Train GetJob CancelJob".split()]


@pytest.mark.parametrize(("method", "sent"), [*FIRST, ("RunTotal", [b"", UNREADABLE]), ("RunEcho", [b"", UNREADABLE])])
def test_a_message_that_cannot_be_read_is_the_callers_error_on_every_kind_of_call(toy, method, sent):
    with grpc.insecure_channel(toy.grpc) as channel:
        call = channel.stream_stream(f"/toy.v1.ClassifierService/{method}")
        with pytest.raises(grpc.RpcError) as caught:
            list(call(iter(sent), timeout=30))
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert caught.value.details() == "The message cannot be read: Wire format was corrupt"


VALUES = st.recursive(
    st.none() | st.integers() | st.text(st.sampled_from('[]{}"\\,a')),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(st.sampled_from('[]{}"\\')), inner, max_size=3),
)


def levels_of(value: Any) -> int:
    if isinstance(value, list | dict):
        return 1 + max(map(levels_of, value.values() if isinstance(value, dict) else value), default=0)
    return 0


@settings(deadline=None)
@given(value=VALUES, indent=st.sampled_from([None, 1]), most=st.integers(1, 6))
def test_the_depth_of_text_and_of_values_is_that_of_its_brackets(value, indent, most):
    text = json.dumps(value, indent=indent).encode()
    assert depth._deepest(text, 10**6) == levels_of(value)
    for check, sent in ((depth.check_json, text), (depth.check_plain, value)):
        if levels_of(value) > most:
            with pytest.raises(MalformedRequest):
                check(sent, most)
        else:
            check(sent, most)


def test_a_long_text_is_counted_in_parts(monkeypatch):
    text = json.dumps([[["]" * n, {"a[": n}] for n in range(50)]]).encode()
    for size in (1, 7, 100):
        monkeypatch.setattr(depth, "CHUNK", size)
        assert depth._deepest(text, 10**6) == 4


class Point(Schema):
    x: float
    box: list[tuple[int, int]] | None = None


class Chain(Schema):
    next: Chain | None = None


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (int | str, 0),
        (Literal["a"], 0),
        (Timestamp, 0),
        (Base64, 0),
        (list[list[Int32]], 2),
        (dict[str, list[Base64]], 2),
        (Point, 3),
        (list[Point], 4),
        (tuple[Point, Point, list[int]], 4),
        (RootModel[list[int]], 1),
        (Annotated[np.ndarray, TensorType("float32", (-1,))], 2),
        (Annotated[np.ndarray, TensorType("float32", (1, 2, 3))], 3),
        (Annotated[np.ndarray, TensorType()] | None, 32),
        (Json, float("inf")),
        (JsonObject, float("inf")),
        (list, float("inf")),
        (Chain, float("inf")),
    ],
)
def test_a_schema_says_how_deep_its_requests_are(kind, expected):
    assert depth.levels(create_model("Request", __base__=Schema, inputs=(kind, ...))) == 1 + expected


# Elements

MOST = 1001


@pytest.fixture(scope="module")
def narrow(toy_folder: Path, tmp_path_factory: pytest.TempPathFactory):
    file = tmp_path_factory.mktemp("narrow") / "service.toml"
    file.write_text(f'max_elements = {MOST}\n[deployments.scaler]\nmodule = "Scaler"\narguments = {{factor = 2.0}}\n')
    running = start(toy_folder, settings=str(file))
    yield running
    assert running.stop() == 0
    assert "Traceback" not in running.log.read_text()


def encoded(rows: int) -> dict[str, Any]:
    data = base64.b64encode(np.ones((rows, 3), np.float32).tobytes()).decode()
    return {"dtype": "float32", "shape": [rows, 3], "data": data}


WRITTEN = {
    "lists": lambda rows: {"inputs": [[1, 2.5, 3]] * rows},
    "lists with a word": lambda rows: {"inputs": [["NaN", 2, 3]] * rows},
    "before": lambda rows: {"deployment": "scaler", "inputs": [[1, 2, 3]] * rows},
    "behind": lambda rows: {"inputs": [[1, 2, 3]] * rows, "deployment": "scaler"},
    "object": lambda rows: {"inputs": encoded(rows)},
}


@pytest.mark.parametrize("written", WRITTEN)
@pytest.mark.parametrize("indent", [None, 2])
def test_a_tensor_of_too_many_elements_is_refused_by_name(narrow, written, indent):
    with narrow.client() as client:
        content = json.dumps(WRITTEN[written](MOST // 3), indent=indent)
        assert client.post(SCALE, content=content).status_code == 200
        content = json.dumps(WRITTEN[written](MOST // 3 + 1), indent=indent)
        answer = client.post(SCALE, content=content)
        assert (answer.status_code, answer.json()["error_code"]) == (422, "INVALID_ARGUMENT")
        assert answer.json()["details"] == [{"field": "inputs", "message": "has more than 1001 elements"}]


def test_so_is_one_whose_name_is_written_with_escapes(narrow):
    content = json.dumps(WRITTEN["lists"](MOST)).replace("inputs", "\\u0069nputs")
    with narrow.client() as client:
        assert client.post(SCALE, content=content).json()["details"][0]["field"] == "inputs"


def test_so_is_one_in_a_message(narrow, pb):
    stubs = importlib.import_module("toy_service.toy_pb2_grpc")

    def tensor(*shape: int) -> Any:
        data = np.ones(shape if 0 not in shape else 0, np.float32).tobytes()
        return pb.ScaleRequest(x=pb.Tensor(dtype="float32", shape=shape, data=data))

    with grpc.insecure_channel(narrow.grpc) as channel:
        stub = stubs.ScalerServiceStub(channel)
        assert stub.Run(tensor(333, 3), timeout=30).result.shape == [333, 3]
        for shape in ((334, 3), (0, 1002)):
            with pytest.raises(grpc.RpcError) as caught:
                stub.Run(tensor(*shape), timeout=30)
            assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
            assert caught.value.details() == "`inputs` has more than 1001 elements"


@pytest.mark.parametrize(
    "shape", [[1 << 62, 3], [1 << 32, 1 << 32], [0, 1 << 40], [1 << 63, 0], [10**30], [2] * 64, [0] * 33, [-1], [1.5]]
)
def test_an_absurd_shape_is_refused_by_name(client, toy, pb, shape):
    answer = client.post(SCALE, json={"inputs": {"dtype": "uint8", "shape": shape, "data": ""}})
    assert (answer.status_code, answer.json()["details"][0]["field"]) == (422, "inputs")
    if all(isinstance(size, int) and size < 1 << 63 for size in shape):
        stubs = importlib.import_module("toy_service.toy_pb2_grpc")
        with grpc.insecure_channel(toy.grpc) as channel, pytest.raises(grpc.RpcError) as caught:
            stubs.ScalerServiceStub(channel).Run(pb.ScaleRequest(x=pb.Tensor(dtype="uint8", shape=shape)), timeout=30)
        assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        assert caught.value.details().startswith("`inputs` ")


def most_memory(service: Running) -> int:
    """Bytes that the process took at its largest."""
    lines = Path(f"/proc/{service.process.pid}/status").read_text().splitlines()
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def test_no_memory_is_taken_for_the_numbers_of_a_tensor_that_is_too_large(narrow):
    content = b'{"inputs": [[0,0,0]' + b",[0,0,0]" * 5_000_000 + b"]}"
    before = most_memory(narrow)
    answer = httpx.post(narrow.http + SCALE, content=content, timeout=60)
    assert answer.json()["error"] == "`inputs` has more than 1001 elements"
    assert most_memory(narrow) - before < 3.5 * len(content)  # parsed, it is 15 times as large


TENSOR = Annotated[np.ndarray, TensorType("float64")]
Two = create_model("Two", __base__=Schema, left=(TENSOR, ...), right=(TENSOR | None, None), words=(list[str], []))
Request = create_model("Request", __base__=Schema, inputs=(Two, ...), numbers=(list[float], []))
Alone = create_model("Alone", __base__=RootModel[TENSOR])
NUMBERS = st.integers(0, 40).map(lambda size: [0.5] * size)
TENSORS = NUMBERS | st.tuples(st.integers(1, 9), st.integers(1, 6)).map(lambda size: [[1] * size[1]] * size[0])


def test_tensors_are_found_wherever_they_are_fields():
    assert elements._tensors(Request) == {"inputs.left", "inputs.right"}
    assert elements._tensors(Alone) == {""}


@settings(deadline=None)
@given(
    left=TENSORS,
    right=st.none() | TENSORS,
    words=st.lists(st.text(st.sampled_from(',[]{}a"\\')), max_size=3),
    numbers=NUMBERS,
    indent=st.sampled_from([None, 1]),
    shuffled=st.booleans(),
)
def test_what_is_counted_in_text_is_what_tensors_have(left, right, words, numbers, indent, shuffled):
    inputs = {"left": left, "right": right, "words": words}
    sent: dict[str, Any] = {"inputs": inputs, "numbers": numbers}
    if shuffled:
        sent = {"numbers": numbers, "inputs": dict(reversed(inputs.items()))}
    found = {name: np.array(value).size for name, value in inputs.items() if value is not None and name != "words"}
    large = [name for name, size in found.items() if size > 20]
    text = json.dumps(sent, indent=indent).encode()
    refused = ""
    try:
        assert not (elements.counted(Request, text, 20, "a[1]") and large)
    except InvalidArgument as error:
        refused = error.details[0].field
    assert refused in {"", *(f"a[1].inputs.{name}" for name in large)}
    if not words:
        assert bool(refused) == bool(large)
        assert elements.counted(Request, text, 1000)


@settings(deadline=None)
@given(text=st.text(st.sampled_from('[]{}":,1 \\')) | VALUES.map(json.dumps))
def test_any_text_can_be_counted(text):
    elements.counted(Request, text.encode(), 10**6)
    depth.check_json(text.encode(), 10**6)

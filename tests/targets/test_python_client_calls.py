"""Calls of the generated client to running services: the local answers, one error tree, streams, jobs."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import enum
import inspect
import queue
import socket
import uuid
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from tests.targets.conftest import Served

TRANSPORTS = ("http", "grpc")
PATIENCE = 60.0


def plain(value: Any) -> Any:
    """A value of either package without its classes, so that both can be compared."""
    match value:
        case enum.Enum():
            return ("enum", value.name, value.value)
        case tuple():
            return ("tuple", [plain(item) for item in value])
        case list():
            return [plain(item) for item in value]
        case set() | frozenset():
            return (type(value).__name__, sorted(value))
        case dict():
            return {key: plain(item) for key, item in value.items()}
        case np.ndarray():
            return (str(value.dtype), value.shape, value.tolist())
        case np.generic():
            return value.item()
    if dataclasses.is_dataclass(value):
        return {one.name: plain(getattr(value, one.name)) for one in dataclasses.fields(value)}
    if hasattr(value, "model_dump"):
        return {name: plain(getattr(value, name)) for name in type(value).model_fields}
    return vars(value) if type(value).__name__ == "Plain" else value


def called(model: object, method: str, arguments: dict[str, Any]) -> Any:
    """A method's answer, as a list where it streams."""
    found = getattr(model, method)
    parameters = inspect.signature(found).parameters.values()
    positional = [
        arguments.pop(one.name) for one in parameters if one.kind is one.POSITIONAL_ONLY and one.name in arguments
    ]
    answer = found(*positional, **arguments)
    if inspect.iscoroutine(answer):
        return asyncio.run(answer)
    return list(answer) if hasattr(answer, "__next__") else answer


Arguments = Callable[[Any], dict[str, Any]]
UTC = dt.timezone.utc
NAME = uuid.UUID("12345678-1234-5678-1234-567812345678")
CALLS: list[tuple[str, Arguments]] = [
    ("run", lambda p: {"text": "a"}),
    ("run", lambda p: {"text": "", "times": 0, "loud": True}),
    ("run_scalars", lambda p: {"whole": -(2**63), "real": 1e300, "yes": True, "raw": b"\x00\xff"}),
    ("run_scalars", lambda p: {"whole": 0, "real": 0.0, "yes": False, "raw": b"", "text": "ü\u2028\U0001f600"}),
    ("run_numpy_scalars", lambda p: {"small": np.float32(1.5), "big": np.int64(3)}),
    (
        "run_times",
        lambda p: {
            "when": dt.datetime(2024, 1, 31, 12, 30, 0, 123456, tzinfo=UTC),
            "day": dt.date(2024, 2, 29),
            "hour": dt.time(1, 2, 3, 4),
            "span": dt.timedelta(days=-1, seconds=1, microseconds=5),
            "amount": Decimal("1.50"),
            "name": NAME,
        },
    ),
    (
        "run_times",
        lambda p: {
            "when": dt.datetime(1960, 1, 31, tzinfo=UTC),
            "day": dt.date(1, 1, 1),
            "hour": dt.time(0),
            "span": dt.timedelta(days=400, microseconds=1),
            "amount": Decimal("-1E+3"),
            "name": NAME,
        },
    ),
    (
        "run_collections",
        lambda p: {
            "names": ["a"],
            "grid": [[1.0], []],
            "unique": {3, 1},
            "frozen": frozenset("ab"),
            "many": (1, 2),
            "series": [1.5],
            "pair": ("x", 1),
            "pairs": [("a", 1.0)],
        },
    ),
    (
        "run_collections",
        lambda p: {
            "names": [],
            "grid": [],
            "unique": set(),
            "frozen": frozenset(),
            "many": (),
            "series": [],
            "pair": ("", 0),
            "pairs": [],
        },
    ),
    (
        "run_maps",
        lambda p: {
            "scores": {"a": 1.0},
            "by_number": {1: "x", -2: "y"},
            "nested": {"p": [p.Point(1.0)]},
            "by_colour": {p.Colour.RED: 1, p.Colour.NONE: 2},
            "lists": {"l": [1], "": []},
            "open": {"o": {"p": [1, None]}},
            "anything": [1, 2.5, "x", None, {"a": True}],
        },
    ),
    *(("run_json", lambda p, v=v: {"anything": v}) for v in (None, 1, 2.5, "x", [1, [2]], {"a": None}, True)),
    ("run_optional", lambda p: {"maybe": None}),
    (
        "run_optional",
        lambda p: {
            "maybe": 0,
            "text": "",
            "number": None,
            "numbers": [],
            "holes": [None, 1],
            "tags": (),
            "point": p.Point(1.0),
        },
    ),
    ("run_marked", lambda p: {"marked": p.Marked("a")}),
    ("run_marked", lambda p: {"marked": p.Marked("a", "b")}),
    ("run_union", lambda p: {"key": 1, "flag": True, "number": 1, "text": "t"}),
    (
        "run_union",
        lambda p: {
            "key": "x",
            "flag": 3,
            "number": 2.5,
            "text": ["a"],
            "shape": p.Config(rate=0.5),
            "items": [1, "a"],
            "choice": 0.5,
        },
    ),
    *(("run_union_answer", lambda p, w=w: {"which": w}) for w in ("number", "text", "point", "list", "none")),
    ("run_enums", lambda p: {"colour": p.Colour.DARK_BLUE}),
    (
        "run_enums",
        lambda p: {
            "colour": p.Colour.NONE,
            "level": p.Level.HIGH,
            "permission": p.Permission.READ | p.Permission.WRITE,
            "shape": p.Shape.SQUARE,
        },
    ),
    ("run_literals", lambda p: {}),
    ("run_literals", lambda p: {"mode": "brute force", "size": 4}),
    (
        "run_models",
        lambda p: {
            "point": p.Point(1.0, 2.0, "l", p.Colour.NONE, ["t"]),
            "pair": p.Pair(1),
            "options": {"verbose": False},
            "config": p.Config(class_name="c", created=dt.datetime(2024, 1, 1, tzinfo=UTC)),
            "plain": p.Plain("n", {"a": 1.0}),
            "tree": p.Node(1, [p.Node(2)], p.Node(3)),
        },
    ),
    (
        "run_models",
        lambda p: {
            "point": p.Point(1.0),
            "pair": p.Pair(1, 2),
            "options": {},
            "config": p.Config(),
            "plain": p.Plain("n"),
            "tree": p.Node(1),
        },
    ),
    ("run_limits", lambda p: {"count": 1, "rate": 0.25, "name": "ab", "values": [1, 2], "maybe": 3}),
    (
        "run_arrays",
        lambda p: {
            "values": np.arange(6, dtype=np.float32).reshape(2, 3),
            "whole": np.arange(3),
            "mask": np.array([True, False]),
        },
    ),
    ("run_array_list", lambda p: {"values": [np.zeros((2, 2)), np.ones(3)]}),
    ("run_nested", lambda p: {"deep": {"a": [1, "x", p.Point(1.0), None], "b": []}, "matrix": [{"k": (1, "x")}]}),
    ("run_lines", lambda p: {}),
    ("run_lines", lambda p: {"count": 0}),
    ("run_points", lambda p: {"points": iter([p.Point(1.0), p.Point(2.0, 1.0)]), "scale": 2.0}),
    ("run_both", lambda p: {"numbers": iter([1, 2, 3])}),
    ("run_both", lambda p: {"numbers": [], "add": 0}),
    ("run_async", lambda p: {"text": "x"}),
    ("run_nothing", lambda p: {"text": ""}),
    ("run_keywords", lambda p: {"import_": 2, "self_": False}),
]


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_every_type_comes_back_as_it_does_from_the_local_class(zoo: Served, transport: str) -> None:
    local = zoo.local.Echo()
    with zoo.remote.Echo.connect(zoo.url(transport)) as remote:
        for method, arguments in CALLS:
            expected = plain(called(local, method, arguments(zoo.local)))
            assert plain(called(remote, method, arguments(zoo.remote))) == expected, method


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_values_of_the_package_itself_are_taken_too(zoo: Served, transport: str) -> None:
    with zoo.remote.Echo.connect(zoo.url(transport)) as remote:
        colour, *_, shape = remote.run_enums(zoo.local.Colour.NONE, shape=zoo.local.Shape.SQUARE)
        assert (colour, shape) == (zoo.remote.Colour.NONE, zoo.remote.Shape.SQUARE)
        nested = remote.run_nested({"a": [zoo.local.Point(1.0, colour=zoo.local.Colour.NONE)]})
        assert nested == {"a": [zoo.remote.Point(1.0, colour=zoo.remote.Colour.NONE)]}


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_answers_are_the_clients_own_classes(zoo: Served, transport: str) -> None:
    with zoo.remote.Echo.connect(zoo.url(transport)) as remote:
        box = remote.run_generic(zoo.remote.BoxPoint(zoo.remote.Point(1.0)), zoo.remote.BoxStr("s"))
        assert box == zoo.remote.BoxPoint(zoo.remote.Point(1.0), count=1)
        array = remote.run_arrays([[1.0, float("nan")]], [1])
        assert isinstance(array, np.ndarray)
        assert array.dtype == np.float32
        np.testing.assert_array_equal(array, np.array([[2.0, np.nan]], dtype=np.float32))
        assert list(remote.run_async_both(["a", "b"])) == ["A", "B"]


# Errors


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"count": 0}, "inputs"),
        ({"count": 1, "rate": 1.0}, "parameters.rate"),
        ({"count": 1, "values": []}, "parameters.values"),
    ],
)
def test_what_is_wrong_with_which_argument(zoo: Served, transport: str, arguments: dict[str, Any], field: str) -> None:
    with zoo.remote.Echo.connect(zoo.url(transport)) as remote, pytest.raises(zoo.remote.InvalidInput) as caught:
        remote.run_limits(**arguments)
    assert [one.field for one in caught.value.violations] == [field]
    assert caught.value.code == "INVALID_ARGUMENT"
    assert caught.value.request_id
    assert not caught.value.retryable


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("run_limits", {"count": "many"}),
        ("run_collections", dict.fromkeys(("names", "grid", "unique", "frozen", "many", "series", "pair", "pairs"))),
        ("run_enums", {"colour": "red"}),
        ("run_literals", {"mode": "other"}),
        ("run_models", dict.fromkeys(("point", "pair", "options", "config", "plain", "tree"), 1)),
        ("run_union", {"key": 1.5, "flag": True, "number": 1, "text": 3}),
        ("run_scalars", {"whole": 1, "real": 1.0, "yes": True, "raw": 5}),
        ("run_json", {"anything": object()}),
        ("run_points", {"points": [3]}),
    ],
)
def test_values_of_the_wrong_type_are_invalid_input(
    zoo: Served, transport: str, method: str, arguments: dict[str, Any]
) -> None:
    with zoo.remote.Echo.connect(zoo.url(transport)) as remote, pytest.raises(zoo.remote.InvalidInput):
        called(remote, method, arguments)


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize(
    ("method", "arguments", "name"),
    [
        ("run_limits", {"count": 1, "rate": "fast"}, "rate"),
        ("run_numpy_scalars", {"small": "x", "big": 1}, "small"),
        ("run_numpy_scalars", {"small": 1e39, "big": 1}, "small"),
        ("run_numpy_scalars", {"small": -1e39, "big": 1}, "small"),
        ("run_numpy_scalars", {"small": 1.0, "big": 1.5}, "big"),
        ("run_arrays", {"values": [1e39], "whole": [1]}, "values"),
        ("run_times", {"when": 1, **dict.fromkeys(("day", "hour", "span", "amount", "name"))}, "when"),
        ("run_enums", {"colour": "red"}, "colour"),
        ("run_scalars", {"whole": 1, "real": 1.0, "yes": True, "raw": 5}, "raw"),
        ("run_union", {"key": 1.5, "flag": True, "number": 1, "text": "a"}, "key"),
        ("run_points", {"points": [3]}, "points"),
    ],
)
def test_the_argument_that_is_wrong_is_named(
    zoo: Served, transport: str, method: str, arguments: dict[str, Any], name: str
) -> None:
    with zoo.remote.Echo.connect(zoo.url(transport)) as remote, pytest.raises(zoo.remote.InvalidInput) as caught:
        called(remote, method, dict(arguments))
    assert [one.field.rpartition(".")[2] for one in caught.value.violations] == [name]
    assert f"{name}`" in str(caught.value)


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize(
    "value",
    [
        True,
        False,
        0,
        1,
        2**62,
        1.0,
        0.0,
        [],
        [1, 2],
        [1.5],
        dt.date(2024, 2, 29),
        dt.datetime(2024, 1, 1, tzinfo=UTC),
        None,
    ],
)
def test_a_unions_value_comes_back_as_the_type_it_was(zoo: Served, transport: str, value: object) -> None:
    with zoo.remote.Echo.connect(zoo.url(transport)) as remote:
        answer = remote.run_narrowest(value)
    assert (type(answer), answer) == (type(value), value)


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_the_models_own_errors(quickstart: Served, transport: str) -> None:
    client = quickstart.remote
    with client.BinaryClassifier.connect(quickstart.url(transport)) as model:
        with pytest.raises(ValueError, match="point 0 has 3 features") as caught:
            model.run([1.0, 2.0, 3.0])
        assert isinstance(caught.value, client.InvalidInput)
        with pytest.raises(client.NotFound, match="no deployment `other`"):
            model.with_options(deployment="other").run([1.0, 2.0])
        assert model.run([1.0, 2.0]).label in client.Label


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_an_answer_that_never_comes_exceeds_the_deadline(quickstart: Served, transport: str) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"{transport}://127.0.0.1:{silent.getsockname()[1]}"
        model = quickstart.remote.BinaryClassifier.connect(url)
        with model, pytest.raises(TimeoutError) as caught:
            model.with_options(timeout=0.2).run([1.0, 2.0])
    assert isinstance(caught.value, quickstart.remote.DeadlineExceeded)


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_nobody_there_is_unavailable(quickstart: Served, transport: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"{transport}://127.0.0.1:{taken.getsockname()[1]}"
        model = quickstart.remote.BinaryClassifier.connect(url)
        with model, pytest.raises(quickstart.remote.Unavailable) as caught:
            model.run([1.0, 2.0])
    assert caught.value.retryable


# Streams


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_streams_answer_as_the_local_class_does(textgen: Served, transport: str) -> None:
    local = textgen.local.TextGenerator()
    with textgen.remote.TextGenerator.connect(textgen.url(transport)) as remote:
        tokens = list(remote.run("The ", max_tokens=20, stop=["x", "."]))
        assert [token.text for token in tokens] == [
            one.text for one in local.run("The ", max_tokens=20, stop=["x", "."])
        ]
        assert tokens[-1].finish_reason in textgen.remote.FinishReason
        assert remote.run_perplexity(iter(["abc", "def"])) == pytest.approx(local.run_perplexity(["abc", "def"]))
        whole = remote.run_complete("The ", logprobs=True)
        assert whole.text == local.run_complete("The ").text
        assert whole.usage == textgen.remote.Usage(prompt_tokens=4, completion_tokens=100)


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_errors_of_streams(textgen: Served, transport: str) -> None:
    client = textgen.remote
    with client.TextGenerator.connect(textgen.url(transport)) as remote:
        with pytest.raises(client.InvalidInput) as caught:
            list(remote.run("x", max_tokens=0))
        assert caught.value.violations
        answers = remote.run_chat([client.Message("first"), client.Message(" ")])
        assert next(answers).turn == 0
        with pytest.raises(client.InvalidInput, match="a message cannot be empty"):
            next(answers)


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_what_fails_in_the_callers_own_iterable_comes_out_as_it_is(textgen: Served, transport: str) -> None:
    def pieces() -> Iterator[str]:
        yield "abc"
        raise LookupError("mine")

    remote = textgen.remote.TextGenerator.connect(textgen.url(transport))
    with remote, pytest.raises(LookupError, match="mine"):
        remote.run_perplexity(pieces())


def test_a_talk_over_grpc_goes_back_and_forth(textgen: Served) -> None:
    said: queue.Queue[Any] = queue.Queue()
    remote = textgen.remote.TextGenerator.connect(textgen.url("grpc"))
    with remote, remote.run_chat(iter(said.get, None)) as talk:
        for turn in range(3):
            said.put(textgen.remote.Message(f"turn {turn}"))
            assert next(talk).turn == turn
        said.put(None)
        assert list(talk) == []


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_closed_stream_yields_nothing_more(textgen: Served, transport: str) -> None:
    with textgen.remote.TextGenerator.connect(textgen.url(transport)) as remote:
        with remote.run("x", max_tokens=2048, temperature=1.0) as tokens:
            assert next(tokens).index == 0
        assert list(tokens) == []
        assert remote.run_complete("x", max_tokens=1).text


# Jobs


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_training_makes_a_model(quickstart: Served, transport: str) -> None:
    client, states = quickstart.remote, []
    url = quickstart.url(transport)
    with client.BinaryClassifier.connect(url) as untrained:
        job = client.BinaryClassifier.train(epochs=20, seed=3, target=untrained)
        assert job.created_at is not None
        job.wait(timeout=PATIENCE, on_progress=lambda one: states.append(one.state))
        assert states[-1] == "succeeded"
        assert job.refresh().finished
        answer = job.model().run([1.0, 2.0])
        expected = quickstart.local.BinaryClassifier.train(epochs=20, seed=3).run([1.0, 2.0])
        assert answer.probability == pytest.approx(expected.probability)
        assert untrained.run([1.0, 2.0]) != answer


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_jobs_that_fail_or_are_cancelled(quickstart: Served, transport: str) -> None:
    client, url = quickstart.remote, quickstart.url(transport)
    with client.QuadraticPredictor.connect(url) as predictor:
        points = [client.Point(x=float(x), y=x * x) for x in range(5)]
        long = client.QuadraticPredictor.train(points, steps=100_000, target=predictor)
        assert long.cancel().state == "cancelled"
        with pytest.raises(client.Cancelled):
            long.wait(timeout=PATIENCE)
        with pytest.raises(ValueError, match="wait for it to succeed"):
            long.model()
        same = client.QuadraticPredictor.train(points[:1] * 3, target=predictor)
        with pytest.raises(client.ApiError, match="three different x"):
            same.wait(timeout=PATIENCE)
        late = client.QuadraticPredictor.train(points, steps=100_000, target=predictor)
        with pytest.raises(client.DeadlineExceeded):
            late.wait(timeout=0.01)
        late.cancel()
        with pytest.raises(client.NotFound):
            client.Job(predictor, {"id": "none", "state": "queued"}).refresh()

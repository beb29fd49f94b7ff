"""The rules that real code needs, on the wire: the same over REST and through the client over gRPC."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from modelgen.runtime.testing import Running, running

HERE = Path(__file__).parents[2] / "fixtures/packages/rules"
ROUTE = "/api/v1/rules"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    sys.path[:0] = [str(HERE), str(HERE / "expected"), str(HERE / "expected/clients/python")]
    bindings = importlib.import_module("rules_zoo_service.bindings")
    with running(bindings.SERVICE, tmp_path_factory.mktemp("state")) as started:
        yield started


@pytest.fixture(scope="module")
def client() -> Any:
    return importlib.import_module("rules_zoo_client")


@pytest.fixture(params=["http", "grpc"])
def model(request: pytest.FixtureRequest, service: Running, client: Any) -> Iterator[Any]:
    """The generated client, over each transport."""
    url = service.http if request.param == "http" else f"grpc://{service.grpc}"
    with client.Rules.connect(url) as connected:
        yield connected


def post(service: Running, method: str, body: str) -> httpx.Response:
    return httpx.post(f"{service.http}{ROUTE}/{method}", content=body)


def told(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 422, answer.text
    return [detail["field"] for detail in answer.json()["details"]]


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ("{}", [7, "x", True, [1], "r"]),
        ('{"number": 0, "text": "", "flag": false, "items": [], "raw": ""}', [0, "", False, [], ""]),
        ('{"flag": false}', [7, "x", False, [1], "r"]),
    ],
)
def test_falsy_values_are_values_and_absent_ones_the_codes_defaults(
    service: Running, parameters: str, expected: list[Any]
) -> None:
    answer = post(service, "run", f'{{"parameters": {parameters}}}')
    assert json.loads(answer.json()["result"]) == expected


def test_falsy_values_through_the_client(model: Any) -> None:
    assert json.loads(model.run(number=0, text="", flag=False, items=[], raw=b"")) == [0, "", False, [], ""]
    assert json.loads(model.run()) == [7, "x", True, [1], "r"]


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [("{}", [0.5, None]), ('{"rate": null}', [None, None]), ('{"rate": 0, "note": ""}', [0, ""])],
)
def test_null_is_apart_from_absent(service: Running, parameters: str, expected: list[Any]) -> None:
    assert json.loads(post(service, "run-null", f'{{"parameters": {parameters}}}').json()["result"]) == expected


def test_null_through_the_client(model: Any) -> None:
    assert json.loads(model.run_null()) == [0.5, None]
    assert json.loads(model.run_null(rate=None)) == [None, None]
    assert json.loads(model.run_null(rate=0.0, note="")) == [0.0, ""]


def test_null_is_no_value_of_a_type_that_does_not_say_so(service: Running) -> None:
    assert told(post(service, "run", '{"parameters": {"number": null}}')) == ["parameters.number"]


def test_the_codes_default_wins_over_the_docstrings(model: Any) -> None:
    assert json.loads(model.run_docs()) == [3, "fast"]
    assert json.loads(model.run_docs(k=0, mode="slow")) == [0, "slow"]


@pytest.mark.parametrize(
    ("value", "other", "expected"),
    [(True, 1, "bool int"), (1, 1.0, "int float"), (0, 0, "int int"), (False, 0.5, "bool float")],
)
def test_bool_int_and_float_stay_apart(model: Any, service: Running, value: Any, other: Any, expected: str) -> None:
    assert model.run_bool(value, other=other) == expected
    body = json.dumps({"inputs": value, "parameters": {"other": other}})
    assert post(service, "run-bool", body).json()["result"] == expected


def test_branches_that_are_equal_on_the_wire_are_one(model: Any) -> None:
    assert model.run_merged([1.0, 2.0]) == "ndarray"


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"count": 0}, "parameters.count"),
        ({"count": 11}, "parameters.count"),
        ({"count": True}, "parameters.count"),
        ({"count": 1.0}, "parameters.count"),
        ({"count": "1"}, "parameters.count"),
        ({"name": "a"}, "parameters.name"),
        ({"name": "A b"}, "parameters.name"),
        ({"values": [1, 2, 3]}, "parameters.values"),
        ({"counts": 1}, "parameters.counts"),
    ],
)
def test_constraints_are_enforced_over_rest(service: Running, parameters: dict[str, Any], field: str) -> None:
    assert told(post(service, "run-limits", json.dumps({"parameters": parameters}))) == [field]


@pytest.mark.parametrize("given", [{"count": 0}, {"count": 11}, {"name": "a"}, {"name": "A"}, {"values": [1.0] * 3}])
def test_constraints_are_enforced_through_the_client(model: Any, client: Any, given: dict[str, Any]) -> None:
    with pytest.raises(client.InvalidInput) as refused:
        model.run_limits(**given)
    assert [one.field for one in refused.value.violations] == [f"parameters.{next(iter(given))}"]


@pytest.mark.parametrize(
    ("kind", "error", "words"),
    [
        ("value", "InvalidInput", "the value is not good"),
        ("type", "InvalidInput", "the type is not good"),
        ("overloaded", "ResourceExhausted", "come back later"),
        ("key", "Internal", ""),
        ("runtime", "Internal", ""),
    ],
)
def test_what_the_model_raises_has_one_meaning(model: Any, client: Any, kind: str, error: str, words: str) -> None:
    with pytest.raises(getattr(client, error)) as raised:
        model.run_error(kind)
    assert words in str(raised.value)
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize("kind", ["text", "none", "float", "list"])
def test_an_answer_that_contradicts_its_declaration_is_an_internal_error(
    service: Running, model: Any, client: Any, kind: str
) -> None:
    with pytest.raises(client.Internal):
        model.run_wrong(kind)
    answer = post(service, "run-wrong", json.dumps({"inputs": kind}))
    assert answer.status_code == 500
    assert "Rules.run_wrong" in answer.json()["error"]
    assert "int64" in answer.json()["error"]


def test_a_librarys_own_number_is_the_number(model: Any) -> None:
    assert model.run_wrong("numpy") == 4


def test_a_string_is_no_list_and_a_tuple_is_one(model: Any, client: Any) -> None:
    assert model.run_wrong_list("tuple") == ["a", "b"]
    for kind in ("text", "ints"):
        with pytest.raises(client.Internal):
            model.run_wrong_list(kind)


@pytest.mark.parametrize("value", [None, 0, "", [], {}, [1, {"a": None}], 2**53, -1.5, "ü"])
def test_any_json_travels(model: Any, value: Any) -> None:
    assert model.run_any(value) == {"given": value}


def test_what_cannot_be_sent_is_left_out(service: Running, model: Any) -> None:
    assert model.run_kwargs(1) == 1
    assert model.run_left_out(2) == 2
    assert told(post(service, "run-kwargs", '{"inputs": 1, "parameters": {"rest": 1}}')) == ["parameters"]


@pytest.mark.parametrize("body", ["", "{", "[]", "null", "1", '"x"', "{}", '{"inputs": 1, "more": 2}', "\ufeff{}"])
def test_a_wrong_body_is_told(service: Running, body: str) -> None:
    answer = post(service, "run-error", body)
    assert answer.status_code in (400, 422)
    assert answer.json()["error_code"] == "INVALID_ARGUMENT"


def test_deep_nesting_and_long_numbers_are_told(service: Running) -> None:
    for body in ('{"inputs": ' + "[" * 100_000 + "]" * 100_000 + "}", '{"inputs": ' + "9" * 5000 + "}"):
        answer = post(service, "run-bool", body)
        assert answer.status_code in (400, 422)
    assert httpx.get(f"{service.http}/ready").status_code == 200

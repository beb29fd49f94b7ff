"""The rules that real code needs, on the wire: the same over REST and through the client over gRPC."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator
from decimal import Decimal
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


INSIDE: list[tuple[str, dict[str, Any], str, str]] = [
    ("run_items", {"counts": [0, 1, 2, -1]}, "inputs[3]", "must be 0 or greater"),
    ("run_items", {"counts": [0], "more": [[0.5], [0.5, 2.0]]}, "parameters.more[1][1]", "must be 1 or less"),
    ("run_values", {"words": {"a": "ab", "b": "abcd"}}, "inputs.b", "must have at most 3 characters"),
    ("run_values", {"words": {"a": "AB"}}, "inputs.a", "must match the pattern ^[a-z]*$"),
    ("run_values", {"words": {}, "sizes": {"k": []}}, "parameters.sizes.k", "must have at least 1 items"),
    ("run_union", {"value": 0}, "inputs", "must be 1 or greater"),
    ("run_union", {"value": "abcd"}, "inputs", "must have at most 3 characters"),
    ("run_union", {"value": 1, "both": 0}, "parameters.both", "must be 1 or greater"),
    ("run_union", {"value": 1, "both": [1, 2, 3]}, "parameters.both", "must have at most 2 items"),
    ("run_union", {"value": 1, "both": "abc"}, "parameters.both", "must have at most 2 characters"),
    ("run_union", {"value": 1, "either": ["a", None, 0]}, "parameters.either[2]", "must be 1 or greater"),
    ("run_shares", {"shares": []}, "inputs", "must have at least 1 items"),
    ("run_shares", {"shares": [0.0, -0.5]}, "inputs[1]", "must be 0 or greater"),
    ("run_exact", {"raw": b"a"}, "parameters.raw", "must have at least 2 bytes"),
    ("run_exact", {"price": Decimal("0.5")}, "parameters.price", "must be 1 or greater"),
    ("run_widths", {"small": 256}, "parameters.small", "must be 255 or less"),
    ("run_widths", {"signed": -129}, "parameters.signed", "must be -128 or greater"),
]


@pytest.mark.parametrize(("method", "given", "field", "words"), INSIDE)
def test_constraints_hold_inside_types(
    model: Any, client: Any, method: str, given: dict[str, Any], field: str, words: str
) -> None:
    with pytest.raises(client.InvalidInput) as refused:
        getattr(model, method)(**given)
    assert [(one.field, one.message) for one in refused.value.violations] == [(field, words)]


@pytest.mark.parametrize(
    ("held", "pair", "field"),
    [
        (([0.5, 1.5], None), (0.0, ""), "inputs.shares[1]"),
        (([], {"k": ["a", "A"]}), (0.0, ""), "inputs.by_word.k[1]"),
        (([], None), (2.0, ""), "parameters.pair[0]"),
        (([], None), (0.0, "abcd"), "parameters.pair[1]"),
    ],
)
def test_constraints_hold_inside_models(model: Any, client: Any, held: Any, pair: Any, field: str) -> None:
    with pytest.raises(client.InvalidInput) as refused:
        model.run_held(client.Held(shares=held[0], by_word=held[1]), pair=pair)
    assert [one.field for one in refused.value.violations] == [field]


def test_what_satisfies_the_constraints_arrives(model: Any, client: Any) -> None:
    assert model.run_items([0, 7], more=[[0.0, 1.0]]) == [0, 7]
    assert model.run_values({"a": "abc"}, sizes={"k": [1, 2]}) == 1
    assert [model.run_union(1), model.run_union("ab", both="", either=[1, "b", None])] == ["1", "ab"]
    assert model.run_exact(b"abc", Decimal("1.5")) == 3
    held = client.Held(shares=[0.0, 1.0], by_word={"k": ["abc"]})
    assert model.run_held(held, pair=(1.0, "a")) == held


def test_an_answer_that_breaks_its_constraints_is_an_internal_error(service: Running, model: Any, client: Any) -> None:
    assert model.run_shares([0.1]) == [1.0]
    with pytest.raises(client.Internal):
        model.run_shares([0.5])
    answer = post(service, "run-shares", '{"inputs": [0.5]}')
    assert answer.status_code == 500
    assert "Rules.run_shares" in answer.json()["error"]


def test_pieces_of_a_stream_are_held_to_their_constraints(model: Any, client: Any) -> None:
    assert list(model.run_pieces([0.1, 0.3])) == ["a", "aaa"]
    with pytest.raises(client.InvalidInput):
        list(model.run_pieces([0.1, 1.5]))
    with pytest.raises(client.Internal):
        list(model.run_pieces([0.5]))


def test_constraints_inside_types_are_told_in_openapi() -> None:
    schemas = json.loads((HERE / "expected/openapi.json").read_text())["components"]["schemas"]
    share = {"type": "number", "format": "double", "minimum": 0, "maximum": 1}
    assert schemas["RulesRunSharesRequest"]["properties"]["inputs"]["items"] == share
    assert schemas["Held"]["properties"]["shares"]["items"] == share
    assert schemas["RulesRunSharesResponse"]["properties"]["result"]["maxItems"] == 3
    words = schemas["RulesRunValuesInputs" if "RulesRunValuesInputs" in schemas else "RulesRunValuesRequest"]
    assert words["properties"]["inputs"]["additionalProperties"]["maxLength"] == 3
    assert [
        arm.get("minimum", arm.get("maxLength"))
        for arm in schemas["RulesRunUnionRequest"]["properties"]["inputs"]["anyOf"]
    ] == [1, 3]


def test_the_lock_holds_constraints_inside_types() -> None:
    lock = (HERE / "expected/modelgen.lock").read_text()
    shares = 'name = "shares", type = "list<double>", repeated = true, min_length = 1, max_length = 3, inside = {'
    assert f"{shares} item = {{ ge = 0, le = 1 }} }}" in lock
    assert "inside = { int64 = { ge = 1 }, string = " in lock


BEYOND = {
    "whole": (2**63, "must be 9223372036854775807 or less"),
    "small": (-1, "must be 0 or greater"),
    "unsigned": (2**32, "must be 4294967295 or less"),
    "items": ([0, 2**31], "must be 2147483647 or less"),
}


@pytest.mark.parametrize("name", BEYOND)
def test_an_integer_that_a_message_cannot_carry_is_refused_over_rest(service: Running, name: str) -> None:
    value, words = BEYOND[name]
    answer = post(service, "run-widths", json.dumps({"parameters": {name: value}}))
    assert answer.status_code == 422, answer.text
    where = f"parameters.{name}" + ("[1]" if name == "items" else "")
    assert answer.json()["details"] == [{"field": where, "message": words}]


@pytest.mark.parametrize("name", BEYOND)
def test_an_integer_that_a_message_cannot_carry_is_refused_by_the_client(model: Any, client: Any, name: str) -> None:
    with pytest.raises(client.InvalidInput):
        model.run_widths(**{name: BEYOND[name][0]})


def test_integers_up_to_their_width_arrive(service: Running, model: Any) -> None:
    assert model.run_widths(whole=-(2**63), small=255, signed=-128, unsigned=2**32 - 1, items=[2**31 - 1]) == "uint8"
    assert model.run_wide(62) == 2**62


@pytest.mark.parametrize("power", [63, 70])
def test_an_answer_beyond_its_width_is_an_internal_error(service: Running, model: Any, client: Any, power: int) -> None:
    with pytest.raises(client.Internal):
        model.run_wide(power)
    answer = post(service, "run-wide", json.dumps({"inputs": power}))
    assert answer.status_code == 500
    assert "Rules.run_wide" in answer.json()["error"]
    assert "int64" in answer.json()["error"]


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

"""What KServe's own client says of a running service."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.runtime.clients import HERE, installed, run

pytestmark = pytest.mark.conformance


@pytest.fixture(scope="module")
def answers(instances_service) -> dict[str, Any]:
    printed = run([str(installed("kserve==0.21.0")), str(HERE / "ask_kserve.py")], instances_service.http)
    found: dict[str, Any] = json.loads(printed.splitlines()[-1])
    return found


def test_it_sees_who_lives_and_who_is_ready(answers):
    assert [answers[name] for name in ("live", "ready", "broken")] == [True, True, False]
    assert answers["missing"][0] == 404


def test_it_gets_predictions_in_order(answers):
    assert answers["predicted"] == {"predictions": ["a", "bb"]}
    assert answers["many"] == {"predictions": [[[number * 2.0] * 20] for number in range(200)]}
    assert answers["explained"] == {"explanations": [{"a": 0.5, "b": 0.5}]}


def test_it_reads_the_errors(answers):
    assert answers["wrong"][0] == 400
    assert answers["wrong"][1].startswith("`instances[1]` must be a string, '400 ")
    assert answers["failed"][1].startswith("`instances[1]`: `Words.run` failed, '500 ")
    assert answers["unanswered"][0] == 501

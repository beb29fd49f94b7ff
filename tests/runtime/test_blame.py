"""What the log is told of what a model raised."""

from __future__ import annotations

import pickle
from types import SimpleNamespace
from typing import Any

import pytest

from modelgen.runtime.blame import blamed, converted, elsewhere
from modelgen.runtime.errors import Internal, InvalidArgument, ResourceExhausted
from modelgen.runtime.logs import Json


def binding(**raises: str) -> Any:
    return SimpleNamespace(module="Module", name="run", raises=raises)


@pytest.mark.parametrize(
    ("error", "raises", "told", "logged"),
    [
        (ValueError("no"), {}, InvalidArgument, None),
        (TypeError("no"), {}, InvalidArgument, "WARNING"),
        (TypeError("no"), {"TypeError": "RESOURCE_EXHAUSTED"}, ResourceExhausted, None),
        (KeyError("no"), {}, Internal, "ERROR"),
    ],
)
def test_what_is_likely_the_models_own_fault_is_logged(error, raises, told, logged, caplog):
    assert type(blamed(error, binding(**raises), "an-id")) is told
    assert [record.levelname for record in caplog.records] == ([logged] if logged else [])
    assert all("an-id" in record.getMessage() and record.exc_info for record in caplog.records)


def test_what_is_raised_in_another_process_is_told_and_logged_where_the_request_is_known(caplog):
    for error, told, logged in ((KeyError("no"), Internal, "ERROR"), (TypeError("no"), InvalidArgument, "WARNING")):
        came = pickle.loads(pickle.dumps(elsewhere(error, binding())))
        assert not caplog.records
        assert type(blamed(came, binding(), "an-id")) is told
        (record,) = caplog.records
        assert (record.levelname, "an-id" in record.getMessage()) == (logged, True)
        assert f"{type(error).__name__}: " in Json().format(record)
        caplog.clear()
    assert type(blamed(elsewhere(ValueError("no"), binding()), binding())) is InvalidArgument
    assert not caplog.records


@pytest.mark.parametrize(("error", "told"), [(OverflowError("big"), InvalidArgument), (RuntimeError("no"), Internal)])
def test_what_a_host_type_raises_is_told(error, told):
    def convert(value: object) -> None:
        raise error

    with pytest.raises(told):
        converted(binding(), convert, 1)

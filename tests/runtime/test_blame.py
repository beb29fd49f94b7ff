"""What the log is told of what a model raised."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from modelgen.runtime.blame import blamed, converted
from modelgen.runtime.errors import Internal, InvalidArgument, ResourceExhausted


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


@pytest.mark.parametrize(("error", "told"), [(OverflowError("big"), InvalidArgument), (RuntimeError("no"), Internal)])
def test_what_a_host_type_raises_is_told(error, told):
    def convert(value: object) -> None:
        raise error

    with pytest.raises(told):
        converted(binding(), convert, 1)

"""Adapters and type overrides of settings, from the package to a service that is called over HTTP and gRPC."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from modelgen.finding import Finding
from modelgen.project.inspection import inspect
from tests.project.served import Served, served, written

FOREIGN = '''
"""A library that says nothing of its classes' fields."""


class Reading(dict):
    """Opaque on purpose."""


class Span:
    def __init__(self, *ends):
        self.low, self.high = ends
'''

MODEL = '''
"""Measures."""

from dataclasses import dataclass
from typing import Iterator, Optional, Union

from foreign_units import Reading, Span


@dataclass
class Sample:
    """One of many."""

    name: str
    reading: Reading
    before: Optional[Reading] = None


class Meter:
    """Measures."""

    def run(self, reading: Reading, factor: int = 1) -> Reading:
        """Multiply.

        Args:
            reading: What was read.
            factor: By what.
        """
        if not isinstance(reading, Reading):
            raise TypeError(f"not a Reading: {reading!r}")
        return Reading(value=reading["value"] * factor)

    def run_many(self, readings: list[Reading], last: Optional[Reading] = None) -> dict[str, list[Reading]]:
        """Collect."""
        return {"all": [*readings, *([last] if last is not None else [])]}

    def run_sample(self, sample: Sample) -> Sample:
        """Answer what was sent, the reading as the one before."""
        return Sample(sample.name, Reading(value=-sample.reading["value"]), sample.reading)

    def run_either(self, value: Union[Reading, str]) -> Union[Reading, str]:
        """Tell a reading from a text."""
        return Reading(value=0.5) if isinstance(value, str) else f"read {value['value']}"

    def run_span(self, span: Span) -> Span:
        """Turn a span around."""
        return Span(span.high, span.low)

    def run_stream(self, span: Span) -> Iterator[Reading]:
        """Each reading in a span."""
        yield from (Reading(value=float(at)) for at in range(span.low, span.high))

    def run_documented(self, reading):
        """Double.

        Args:
            reading (Reading): What was read.

        Returns:
            Reading: Twice that.
        """
        return Reading(value=2 * reading["value"])
'''

WIRE = '''
"""Readings as numbers, spans as pairs."""

from foreign_units import Reading, Span


def load_reading(value):
    return Reading(value=value)


def dump_reading(reading):
    return reading["value"]


def load_span(ends):
    return Span(*ends)


def dump_span(span):
    return (span.low, span.high)
'''

SETTINGS = """
[adapters."foreign_units.Reading"]
type = "float"
load = "meters.wire.load_reading"
dump = "meters.wire.dump_reading"

[adapters."foreign_units.Span"]
type = "tuple[int, int]"
load = "meters.wire.load_span"
dump = "meters.wire.dump_span"
"""

OVERRIDDEN = '''
"""Nothing here has a type."""


class First:
    """The first."""

    def run(self, image, callback=None):
        """Sum up."""
        return image.sum().item() if callback is None else None


class Second:
    """The second."""

    def run(self, image, callback=None):
        """Sum up, negatively."""
        return -image.sum().item() if callback is None else None
'''

OVERRIDES = """
[types]
"overridden.*.run.image" = "numpy.ndarray"
"overridden.*.run.callback" = "drop"
"overridden.*.run.return" = "float"
"overridden.Second.run.image" = "ndarray of shape (2, n), dtype=float32"
"""


@pytest.fixture(scope="module")
def meters(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("meters")
    (folder / "foreign_units.py").write_text(FOREIGN)
    package = written(folder, "meters", {"__init__.py": MODEL, "wire.py": WIRE}, SETTINGS)
    yield from served(package, tmp_path_factory.mktemp("state"))


@pytest.fixture(scope="module")
def overridden(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    package = written(tmp_path_factory.mktemp("overridden"), "overridden", {"__init__.py": OVERRIDDEN}, OVERRIDES)
    yield from served(package, tmp_path_factory.mktemp("state"))


@pytest.mark.parametrize(
    ("method", "body", "result"),
    [
        ("run", {"inputs": 1.5, "parameters": {"factor": 2}}, 3.0),
        ("run", {"inputs": 1.5}, 1.5),
        ("run-many", {"inputs": [1.0, 2.0]}, {"all": [1.0, 2.0]}),
        ("run-many", {"inputs": [1.0], "parameters": {"last": 0.0}}, {"all": [1.0, 0.0]}),
        ("run-many", {"inputs": [1.0], "parameters": {"last": None}}, {"all": [1.0]}),
        ("run-sample", {"inputs": {"name": "a", "reading": 1.0}}, {"name": "a", "reading": -1.0, "before": 1.0}),
        ("run-either", {"inputs": 1.25}, "read 1.25"),
        ("run-either", {"inputs": "x"}, 0.5),
        ("run-span", {"inputs": [1, 3]}, [3, 1]),
        ("run-documented", {"inputs": 4.0}, 8.0),
    ],
)
def test_adapted_values_over_http(meters: Served, method: str, body: dict[str, Any], result: Any) -> None:
    answer = meters.post(f"meter/{method}", body)
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"result": result}


def test_what_the_wire_type_refuses_never_reaches_the_function(meters: Served) -> None:
    answer = meters.post("meter/run", {"inputs": "much"})
    assert answer.status_code == 422
    assert [detail["field"] for detail in answer.json()["details"]] == ["inputs"]


@pytest.mark.parametrize("transport", ["http", "grpc"])
def test_the_client_speaks_of_the_wire_type(meters: Served, transport: str) -> None:
    with meters.remote.Meter.connect(meters.url(transport)) as meter:
        assert meter.run(1.5, factor=4) == 6.0
        assert meter.run_many([1.0, 2.0], last=3.0) == {"all": [1.0, 2.0, 3.0]}
        sample = meter.run_sample(meters.remote.Sample(name="a", reading=1.0))
        assert (sample.reading, sample.before) == (-1.0, 1.0)
        assert meter.run_either("x") == 0.5
        assert meter.run_span((1, 3)) == (3, 1)
        assert list(meter.run_stream((1, 3))) == [1.0, 2.0]
        assert meter.run_documented(4.0) == 8.0


@pytest.mark.parametrize("transport", ["http", "grpc"])
def test_overridden_types_and_dropped_parameters(overridden: Served, transport: str) -> None:
    import numpy as np

    with overridden.remote.First.connect(overridden.url(transport)) as first:
        assert first.run(np.arange(6)) == 15.0
    with overridden.remote.Second.connect(overridden.url(transport)) as second:
        assert second.run(np.ones((2, 3), np.float32)) == -6.0
        with pytest.raises(overridden.remote.InvalidInput):
            second.run(np.ones((3, 3), np.float32))


def test_a_dropped_parameter_is_unknown(overridden: Served) -> None:
    answer = overridden.post("first/run", {"inputs": [1.0], "parameters": {"callback": None}})
    assert answer.status_code == 422


def refused(folder: Path, type_: str) -> tuple[Finding, ...]:
    (folder / "foreign_units.py").write_text(FOREIGN)
    text = "from foreign_units import Span\n\n\nclass Meter:\n    def run(self, span: Span) -> int:\n        return 1\n"
    settings = f'[adapters."foreign_units.Span"]\ntype = "{type_}"\nload = "a.b"\ndump = "a.c"\n'
    return inspect(written(folder, "meters", {"__init__.py": text}, settings)).findings


@pytest.mark.parametrize(
    ("type_", "reason"),
    [
        ("int | str", "it must be one type"),
        ("iterator of int", "it must be one type"),
        ("foreign_units.Span", "`foreign_units.Span` is not defined here"),
        ("Spam", "`Spam` is not defined here"),
    ],
)
def test_an_adapter_of_a_type_that_cannot_be_is_told(tmp_path: Path, type_: str, reason: str) -> None:
    finding, *_ = refused(tmp_path, type_)
    assert f"the adapter of `foreign_units.Span` has the type `{type_}`" in finding.message
    assert reason in finding.message
    assert '[adapters."foreign_units.Span"]' in finding.hint


@pytest.mark.parametrize(
    ("load", "told", "hint"),
    [
        ("meters.wire.lod_span", '`load = "meters.wire.lod_span"`, which is not defined', "did you mean `load_span`?"),
        ("meters.wirre.load_span", '`load = "meters.wirre.load_span"`, which is not defined', "correct `load`"),
        ("nowhere_installed.load", "", ""),
    ],
)
def test_an_adapters_function_that_is_not_there_is_told(tmp_path: Path, load: str, told: str, hint: str) -> None:
    (tmp_path / "foreign_units.py").write_text(FOREIGN)
    text = "from foreign_units import Span\n\n\nclass Meter:\n    def run(self, span: Span) -> int:\n        return 1\n"
    settings = SETTINGS.replace("meters.wire.load_span", load)
    findings = inspect(written(tmp_path, "meters", {"__init__.py": text, "wire.py": WIRE}, settings)).findings
    assert bool(findings) == bool(told)
    assert all(told in one.message and hint in one.hint for one in findings)


FRAGILE = '''
"""Adapters that fail."""

from foreign_units import Span


class Meter:
    """Measures."""

    def run(self, span: Span) -> int:
        """Its length."""
        return span.high - span.low

    def run_back(self, kind: str) -> Span:
        """A span, or what is none."""
        return Span(kind, 1) if kind != "none" else None


def load_span(ends):
    if ends[0] > ends[1]:
        raise ValueError("the ends are the wrong way round")
    if ends[0] < 0:
        raise LookupError("a secret of the adapter")
    return Span(*ends)


def dump_span(span):
    if span.low == "raise":
        raise RuntimeError("a secret of the adapter")
    return ("one", "two") if span.low == "text" else (1, 2)
'''


@pytest.fixture(scope="module")
def fragile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("fragile")
    (folder / "foreign_units.py").write_text(FOREIGN)
    settings = '[adapters."foreign_units.Span"]\ntype = "tuple[int, int]"\n'
    settings += 'load = "fragile.load_span"\ndump = "fragile.dump_span"\n'
    yield from served(written(folder, "fragile", {"__init__.py": FRAGILE}, settings), tmp_path_factory.mktemp("state"))


@pytest.mark.parametrize("transport", ["http", "grpc"])
def test_a_loading_function_that_raises(fragile: Served, transport: str) -> None:
    with fragile.remote.Meter.connect(fragile.url(transport)) as meter:
        assert meter.run((1, 3)) == 2
        with pytest.raises(fragile.remote.InvalidInput, match="the wrong way round"):
            meter.run((3, 1))
        with pytest.raises(fragile.remote.Internal) as failed:
            meter.run((-3, 1))
        assert "secret" not in str(failed.value)


@pytest.mark.parametrize("transport", ["http", "grpc"])
@pytest.mark.parametrize("kind", ["raise", "text", "none"])
def test_a_dumping_function_that_fails_or_answers_another_type(fragile: Served, transport: str, kind: str) -> None:
    with fragile.remote.Meter.connect(fragile.url(transport)) as meter:
        assert meter.run_back("good") == (1, 2)
        with pytest.raises(fragile.remote.Internal) as failed:
            meter.run_back(kind)
        assert ("Meter.run_back" in str(failed.value)) == (kind != "raise")
        assert "secret" not in str(failed.value)


def test_the_lock_holds_the_type_that_travels(meters: Served) -> None:
    lock = (meters.service_folder / "modelgen.lock").read_text()
    assert 'name = "reading", type = "double"' in lock
    assert 'name = "span", type = "tuple<int64, int64>"' in lock
    assert "foreign_units" not in lock

"""Adapters and type overrides of settings, from the package to a service that is called over HTTP and gRPC."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

from modelgen.finding import Finding
from modelgen.project.generate import generate
from modelgen.project.inspection import inspect
from modelgen.runtime.testing import Running, running

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


@dataclass(frozen=True)
class Served:
    """A package, its client, and where it is served."""

    local: ModuleType
    remote: ModuleType
    service: Running

    def url(self, transport: str) -> str:
        return self.service.http if transport == "http" else f"grpc://{self.service.grpc}"

    def post(self, route: str, body: dict[str, Any]) -> httpx.Response:
        return httpx.post(f"{self.service.http}/api/v1/{route}", json=body)


def written(folder: Path, name: str, files: dict[str, str], settings: str) -> Path:
    (folder / "modelgen.toml").write_text(settings)
    for file, text in files.items():
        (folder / name / file).parent.mkdir(exist_ok=True)
        (folder / name / file).write_text(text)
    return folder / name


def served(package: Path, state: Path) -> Iterator[Served]:
    name, project = package.name, package.parent / "project"
    outcome = generate(package, project)
    assert not outcome.failed, outcome.findings
    folders = [str(project), str(project / "clients/python"), str(package.parent)]
    sys.path[:0] = folders
    try:
        service = importlib.import_module(f"{name}_service.bindings").SERVICE
        with running(service, state=state) as started:
            yield Served(importlib.import_module(name), importlib.import_module(f"{name}_client"), started)
    finally:
        for folder in folders:
            sys.path.remove(folder)
        for module in [one for one in sys.modules if one.split(".")[0] in (name, f"{name}_service", f"{name}_client")]:
            del sys.modules[module]


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

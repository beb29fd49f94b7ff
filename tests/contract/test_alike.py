"""Names that differ in Python and not in proto: who was published first keeps the name, and with it the number."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelgen.project.generate import generate

SOURCE = "class Fitter:\n    def run(self, {}) -> float:\n        return 0.0\n"


@pytest.mark.parametrize(("first", "second"), [("Y", "y"), ("y", "Y"), ("nTimes", "n_times"), ("n_times", "nTimes")])
@pytest.mark.parametrize("type_", ["int", "int | str"])
def test_a_name_that_comes_takes_no_number(first: str, second: str, type_: str, tmp_path: Path) -> None:
    module = tmp_path / "fitting.py"
    project = tmp_path / "project"
    for parameters in (first, f"{second}: {type_}, {first}"):
        module.write_text(SOURCE.format(f"{parameters}: {type_}"))
        outcome = generate(module, project)
        assert not outcome.failed, outcome.findings
    numbers = {}
    for line in (project / "modelgen.lock").read_text().splitlines():
        if line[:1].isdigit() and f'name = "{_wire(first)}' in line:
            numbers.setdefault(_source(line), []).append(int(line.split(" ")[0]))
    old, new = numbers[first], numbers[second]
    assert max(old) < min(new)


def _wire(name: str) -> str:
    return "n_times" if "imes" in name else "y"


def _source(line: str) -> str:
    name = line.split('name = "')[1].split('"')[0]
    return line.split(', of = "')[1].split('"')[0] if ', of = "' in line else name

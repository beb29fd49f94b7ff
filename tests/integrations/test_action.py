"""The composite action of `action.yml`: its scripts, run as written, with modelgen installed from a clone."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.integrations.conftest import ROOT, Repository
from tests.integrations.steps import EXPRESSION, Runner

FRESH, COMPATIBLE = "The project is what its package says", "Nothing breaks those who call it"


def action() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    return loaded


def test_every_input_is_used_and_none_is_pasted_into_a_script() -> None:
    """What a pull request may name must not become a part of a script: it goes by the environment."""
    steps = action()["runs"]["steps"]
    assert not any(EXPRESSION.search(step.get("run", "")) for step in steps)
    given = [str(value) for step in steps for value in {**step.get("env", {}), **step.get("with", {})}.values()]
    used = {match[1] for value in given for match in EXPRESSION.finditer(value)}
    assert {name for name in used if name.startswith("inputs.")} == {f"inputs.{name}" for name in action()["inputs"]}
    assert all(step["shell"] == "bash" for step in steps if "run" in step)


class Job:
    """A job that uses the action, again and again on the same machine."""

    def __init__(self, repository: Repository, clone: Path) -> None:
        self.repository = repository
        self.given = {
            "github.action_path": str(clone),
            "runner.temp": str(clone.parent / "temp"),
            "steps.python.outputs.python-path": sys.executable,
        }
        self.environment = {"PIP_CONSTRAINT": str(ROOT / "constraints.txt")} if sys.version_info >= (3, 11) else {}

    def run(self, **inputs: str) -> dict[str, subprocess.CompletedProcess[str]]:
        document = action()
        values = {f"inputs.{name}": what["default"] for name, what in document["inputs"].items()}
        values.update({f"inputs.{name.replace('_', '-')}": value for name, value in inputs.items()})
        runner = Runner(self.repository.folder, self.given | values, self.environment)
        return runner.run(document["runs"]["steps"])


@pytest.mark.conformance
@pytest.mark.timeout(900)  # pip may have much to fetch
def test_it_judges_a_repository(make: Callable[..., Repository], clone: tuple[Path, str]) -> None:
    job = Job(make(), clone[0])

    def codes(**inputs: str) -> tuple[int, int]:
        done = job.run(**inputs)
        return done[FRESH].returncode, done[COMPATIBLE].returncode

    assert codes(package="moods") == (0, 0)
    assert codes(package="moods", project="moods-service", against="main", fail_on="warning") == (0, 0)
    assert codes(package="moods; touch pasted") == (2, 2)
    assert not (job.repository.folder / "pasted").exists()

    job.repository.edit("Tell one mood", "Tell a single mood")
    stale = job.run(package="moods")
    assert stale[FRESH].returncode == 1
    assert "~ openapi.json" in stale[FRESH].stdout

    job.repository.edit("text: str, threshold", "text: str, language: str, threshold")
    job.repository.modelgen("generate", "moods")
    job.repository.commit("Ask for the language")
    done = job.run(package="moods")
    assert (done[FRESH].returncode, done[COMPATIBLE].returncode) == (0, 1)
    assert "::error file=moods/__init__.py" in done[COMPATIBLE].stdout
    assert codes(package="moods", fail_on="none") == (0, 0)
    assert codes(package="moods", against="work") == (0, 0)
    assert codes(package="moods", against="nowhere") == (0, 2)

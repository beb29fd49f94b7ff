"""The workflow that a generated project brings: its scripts, run as written."""

from __future__ import annotations

import os
import shutil
import site
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.integrations.conftest import ROOT, Repository
from tests.integrations.steps import Runner

INSTALL, FRESH, COMPATIBLE, LINT, TESTS = STEPS = (
    "Install",
    "The project is what its package says",
    "Nothing breaks those who call it",
    "The protos are in order",
    "Tests",
)


@pytest.fixture
def interpreter(tmp_path: Path) -> Path:
    """The folder of a Python that has what this one has, and into which the workflow may install."""
    place = tmp_path / "python"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(place)], check=True, timeout=120)
    (packages,) = place.glob("lib/python*/site-packages")
    (packages / "known.pth").write_text("\n".join([str(ROOT), *site.getsitepackages()]) + "\n")
    for name in ("pip", "modelgen"):
        script = place / "bin" / name
        script.write_text(f'#!/bin/sh\nexec "{place}/bin/python" -m {name} "$@"\n')
        script.chmod(0o755)
    return place / "bin"


def workflow(repository: Repository, interpreter: Path, *, buf: bool = False) -> dict[str, tuple[int, str]]:
    """Move the workflow to the top, as it says, and run it: each step's exit code and what it said."""
    project = repository.folder / "moods-service"
    document: dict[str, Any] = yaml.safe_load((project / ".github/workflows/ci.yml").read_text(encoding="utf-8"))
    environment = {
        **document["env"],
        "PATH": os.pathsep.join([str(interpreter), os.environ["PATH"]]),
        "PIP_NO_BUILD_ISOLATION": "0",  # pip's way of saying: use what is installed
        "PIP_NO_INDEX": "1",
        "PIP_NO_CACHE_DIR": "1",
    }
    runner = Runner(repository.folder, {"github.workspace": str(repository.folder)}, environment)
    (job,) = document["jobs"].values()
    steps = [step for step in job["steps"] if buf or step.get("name") != LINT]
    return {name: (result.returncode, result.stdout + result.stderr) for name, result in runner.run(steps).items()}


@pytest.mark.parametrize("distribution", [False, True])
def test_it_passes_on_a_fresh_project(make: Callable[..., Repository], interpreter: Path, distribution: bool) -> None:
    done = workflow(make(distribution), interpreter)
    assert {name: code for name, (code, _) in done.items()} == dict.fromkeys(set(STEPS) - {LINT}, 0), done
    assert "passed" in done[TESTS][1]


def test_it_fails_where_the_project_is_not_what_the_package_says(
    make: Callable[..., Repository], interpreter: Path
) -> None:
    repository = make()
    repository.edit("Tell one mood", "Tell a single mood")
    done = workflow(repository, interpreter)
    assert done[FRESH][0] == 1
    assert "openapi.json" in done[FRESH][1]


def test_it_fails_where_callers_break(make: Callable[..., Repository], interpreter: Path) -> None:
    repository = make()
    repository.edit("text: str, threshold", "text: str, language: str, threshold")
    repository.modelgen("generate", "moods")
    repository.commit("Ask for the language")
    done = workflow(repository, interpreter)
    assert done[FRESH][0] == 0
    assert done[COMPATIBLE][0] == 1
    assert "::error file=moods/__init__.py" in done[COMPATIBLE][1]


def test_it_fails_where_a_test_of_the_project_does(make: Callable[..., Repository], interpreter: Path) -> None:
    repository = make()
    with (repository.folder / "moods-service/tests/test_smoke.py").open("a") as file:
        file.write(
            "\n\ndef test_cheer(http: httpx.Client) -> None:\n"
            '    answer = http.post("/api/v1/classifier/run", json={"inputs": "Hello :("})\n'
            '    assert answer.json()["result"] == "happy"\n'
        )
    done = workflow(repository, interpreter)
    assert (done[FRESH][0], done[COMPATIBLE][0], done[TESTS][0]) == (0, 0, 1)
    assert "test_cheer" in done[TESTS][1]


def test_it_runs_what_the_project_has(make: Callable[..., Repository], interpreter: Path) -> None:
    repository = make()
    (repository.folder / "modelgen.toml").write_text("targets = []\n")
    shutil.rmtree(repository.folder / "moods-service")
    repository.modelgen("generate", "moods")
    repository.commit("Neither client nor tests")
    done = workflow(repository, interpreter)
    assert {name: code for name, (code, _) in done.items()} == {INSTALL: 0, FRESH: 0, COMPATIBLE: 0}, done


@pytest.mark.conformance
def test_buf_is_content(make: Callable[..., Repository], interpreter: Path) -> None:
    assert shutil.which("buf"), "buf is not installed: npm install @bufbuild/buf, or make conformance"
    done = workflow(make(), interpreter, buf=True)
    assert {name: code for name, (code, _) in done.items()} == dict.fromkeys(STEPS, 0), done

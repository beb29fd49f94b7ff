"""Published packages, unmodified: installed in environments of their own, read, generated, served and called."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
WHOLE = 280.0
"""Seconds that the calls of one package may take."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """A package, and what its user writes."""

    requirement: str
    package: str
    """As it is imported."""
    settings: str
    """The modelgen.toml."""
    service: str = ""
    """The service.toml."""
    calls: str
    """The file of `calls/` that says what to ask."""
    prepare: str = ""
    """Python that runs in the service's folder first, to make an artifact."""


@dataclass(frozen=True, kw_only=True)
class Environment:
    """Where the package is installed."""

    python: Path
    site: Path


Published = Callable[[Case], "list[dict[str, Any]]"]


@pytest.fixture
def published(tmp_path: Path) -> Published:
    """Generates and serves a case, and answers what its calls came to: one row per call and wire."""

    def ask(case: Case) -> list[dict[str, Any]]:
        environment = installed(case.requirement)
        project = generated(case, environment, tmp_path)
        with served(project, environment, tmp_path) as (http, grpc):
            command = [environment.python, HERE / "ask.py", project, HERE / "calls" / case.calls, http, grpc]
            done = run(command, project)
        return [json.loads(line) for line in done.splitlines() if line.startswith("{")]

    return ask


def agreeing(rows: list[dict[str, Any]]) -> int:
    """How many rows there are, if all answers were the local ones."""
    assert [f"{row['wire']} {row['method']}: {row['told']}" for row in rows if not row["same"]] == []
    return len(rows)


def installed(requirement: str) -> Environment:
    """An environment with a package, on top of the one that the tests run in; kept for the next run."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    folder = cache() / f"{requirement.replace('==', '-')}-py{version}"
    site = Path(sysconfig.get_path("purelib", vars={"base": str(folder), "platbase": str(folder)}))
    python = folder / "bin" / "python"
    if not (folder / "complete").is_file():
        venv.create(folder, clear=True, with_pip=False)
        below = sysconfig.get_path("purelib")
        (site / "below.pth").write_text(f"import site; site.addsitedir({below!r})\n")
        run([python, "-m", "pip", "install", "--quiet", requirement], folder)
        (folder / "complete").touch()
    return Environment(python=python, site=site)


def cache() -> Path:
    """Where environments are kept: in a checkout's `.tools`, which `make clean` removes."""
    return Path(os.environ.get("MODELGEN_PUBLISHED", HERE.parents[1] / ".tools" / "published"))


def generated(case: Case, environment: Environment, folder: Path) -> Path:
    """The project made of the package's files and a modelgen.toml beside them."""
    find = f"import importlib.util as u; print(u.find_spec({case.package!r}).submodule_search_locations[0])"
    source = Path(run([environment.python, "-c", find], folder).strip())
    shutil.copytree(source, folder / case.package, ignore=shutil.ignore_patterns("__pycache__", "*.so", "tests"))
    (folder / "modelgen.toml").write_text(case.settings)
    run([environment.python, "-m", "modelgen", "generate", case.package, "--out", "project"], folder)
    shutil.rmtree(folder / case.package)  # served is what is installed
    project = folder / "project"
    if case.service:
        (project / "service.toml").write_text(case.service)
    if case.prepare:
        run([environment.python, "-c", case.prepare], project)
    return project


@contextmanager
def served(project: Path, environment: Environment, folder: Path) -> Iterator[tuple[str, str]]:
    """The addresses of the project's service, while it runs."""
    command = [environment.python, "-m", "modelgen", "serve", project, "--http-port", "0", "--grpc-port", "0"]
    with (folder / "log.txt").open("w") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, cwd=project, env=quiet())
    try:
        found: dict[str, str] = {}
        for line in process.stdout or ():
            if not line.strip():
                break
            kind, _, address = line.strip().partition("  ")
            found[kind] = address
        assert "gRPC" in found, (folder / "log.txt").read_text()
        yield found["HTTP"], found["gRPC"]
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    assert process.returncode == 0, (folder / "log.txt").read_text()


def run(command: list[Any], folder: Path) -> str:
    """What a command prints; a failure is told with all of it."""
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=WHOLE, env=quiet())
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout


def quiet() -> dict[str, str]:
    """The environment of the processes: nothing is fetched, and lines come as they are printed."""
    return {**os.environ, "PYTHONUNBUFFERED": "1", "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}

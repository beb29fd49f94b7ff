"""`modelgen serve`: a generated project, really served."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from typer.testing import Result

from modelgen.cli.serve import find_project
from modelgen.finding import Finding

Modelgen = Callable[..., Result]

MODELGEN = str(Path(sys.executable).with_name("modelgen"))
"""The console script: `python -m` would find packages in the current folder."""


class Served:
    """A running `modelgen serve`."""

    def __init__(self, *arguments: str, cwd: Path) -> None:
        command = [MODELGEN, "serve", *arguments, "--http-port", "0"]
        self.process = subprocess.Popen(
            command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
        )
        self.lines: list[str] = []
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.append(line)
            if line.startswith("HTTP"):
                self.url = line.split()[1]
                return
        raise AssertionError("".join(self.lines))

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=30)
        return self.process.returncode


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    started: list[Served] = []

    def start(*arguments: str, cwd: Path = tmp_path) -> Served:
        started.append(Served(*arguments, cwd=cwd))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            os.killpg(one.process.pid, signal.SIGKILL)
            one.process.communicate(timeout=30)


@pytest.fixture
def project(modelgen: Modelgen, moods: Path, tmp_path: Path) -> Path:
    assert modelgen("generate", moods).exit_code == 0
    return tmp_path / "moods-service"


@pytest.mark.parametrize("given", ["moods-service", ".", ""])
def test_a_package_that_is_not_installed_is_served_from_beside_its_project(
    project: Path, serve: Callable[..., Served], tmp_path: Path, given: str
) -> None:
    served = serve(*filter(None, [given]), "--no-grpc", cwd=tmp_path if given else project)
    assert f"importing moods from {tmp_path}: it is not installed\n" in served.lines
    with httpx.Client(base_url=served.url, timeout=30) as client:
        answer = client.post("/api/v1/classifier/run", json={"inputs": "well :)", "parameters": {"threshold": 0.75}})
    assert answer.json() == {"result": {"mood": "happy", "score": 0.75}}
    assert served.stop() == 0


def test_the_flags_reach_the_service(project: Path, serve: Callable[..., Served]) -> None:
    served = serve(str(project), "--host", "127.0.0.1", "--grpc-port", "0")
    assert served.url.startswith("http://127.0.0.1:")
    assert served.process.stdout
    lines = iter(served.process.stdout.readline, "")
    assert next(line for line in lines if re.match(r"gRPC  127\.0\.0\.1:\d+$", line))
    assert served.stop() == 0


def test_a_project_is_the_folder_or_the_only_one_inside(modelgen: Modelgen, project: Path, tmp_path: Path) -> None:
    assert find_project(project) == project
    assert find_project(tmp_path) == project
    shutil.copytree(project, tmp_path / "second")
    several = find_project(tmp_path)
    assert isinstance(several, Finding)
    assert "moods-service, second" in several.message


def test_no_project_is_a_finding(modelgen: Modelgen, tmp_path: Path) -> None:
    result = modelgen("serve", tmp_path)
    assert result.exit_code == 2
    assert "[project-not-found]" in result.stderr
    assert "modelgen generate" in result.stderr


def test_a_package_that_is_nowhere_is_a_finding(modelgen: Modelgen, project: Path, moods: Path) -> None:
    shutil.rmtree(moods)
    command = [MODELGEN, "serve", str(project)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert "error [module-not-found] 'moods' is not installed" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_project_without_a_service_is_a_finding(modelgen: Modelgen, project: Path) -> None:
    shutil.rmtree(project / "moods_service")
    result = modelgen("serve", project)
    assert result.exit_code == 2
    assert "[project-incomplete]" in result.stderr

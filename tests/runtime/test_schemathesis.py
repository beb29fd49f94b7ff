"""What schemathesis says of running services: every answer is one that the document tells of, and none a fault.

All of its checks run; `schemathesis_hooks` says what of their complaints is not a service's fault. Not all requests can
be sent: a followed job's events come for as long as it runs, which is left to the tests of jobs, and a stream's pieces
are left to those of streams.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from modelgen.project.generate import generate
from tests.runtime import schemathesis_hooks

ROOT = Path(__file__).parents[2]
TOKEN = "t" * 32


@dataclass(frozen=True)
class Subject:
    """A package and what is asked of its service."""

    name: str
    folder: str
    project: str = ""
    """Committed, beside the package; empty: made for the test."""
    left_out: str = "/events$"
    """Paths that are not called."""
    fails: bool = False
    """Whether its models fail on purpose."""


SUBJECTS = (
    Subject("quickstart", "examples/quickstart", "quickstart-service"),
    Subject("digits", "examples/digits", "digits-service", left_out="/events$|/train$"),  # it would train for hours
    Subject("textgen", "examples/textgen", "textgen-service", left_out="/events$|/train$"),
    Subject("types_zoo", "fixtures/packages/types", "expected", fails=True),  # it repeats a text as often as it is told
    # its run_wide computes 2 to any power, which holds Python's lock until there is no memory
    Subject("rules_zoo", "fixtures/packages/rules", "expected", left_out="/events$|/run-wide$", fails=True),
    Subject("spoken", "fixtures/packages/docstrings", fails=True),  # its Scaler takes columns that are not there
    Subject("family", "fixtures/packages/inheritance"),
)
LONG = ("--phases", "coverage,fuzzing", "--max-examples", "60", "--seed", "1", "--generation-database", "none")
SHORT = ("--phases", "fuzzing", "--max-examples", "5", "--generation-deterministic")


@contextmanager
def served(subject: Subject, folder: Path, token: str = "") -> Iterator[tuple[str, Path]]:
    """Its service's address and project. What it logs afterwards must name no fault of its own."""
    home = ROOT / subject.folder
    project = home / subject.project if subject.project else folder / "project"
    if not subject.project:
        assert not generate(home / subject.name, project).failed
    settings = folder / "service.toml"
    settings.write_text('max_jobs = 1\nlog_format = "json"\nlog_level = "error"\n')
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONWARNINGS": "ignore::RuntimeWarning"}
    environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), str(home), str(project)])
    command = [sys.executable, "-m", f"{subject.name}_service", "serve", "--no-grpc", "--http-port", "0"]
    log = folder / "log"
    with (
        log.open("w") as errors,
        subprocess.Popen(
            [*command, "--settings", str(settings)],
            cwd=folder,
            env=(
                {**environment, "MODELGEN_TOKEN": token, "MODELGEN_MANAGE_TOKEN": token[::-1]} if token else environment
            ),
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as service,
    ):
        try:
            yield next(line.split()[1] for line in service.stdout or () if line.startswith("HTTP")), project
        finally:
            service.kill()
    for line in filter(str.strip, log.read_text().splitlines()):
        assert subject.fails, line
        assert re.search(r" failed \(request | is declared to return ", json.loads(line)["message"]), line


def judge(subject: Subject, document: str, address: str, *options: str, folder: Path) -> None:
    command = [str(Path(sys.executable).parent / "schemathesis"), "run", document, "--url", address, "--checks", "all"]
    command += ["--exclude-checks", ",".join(schemathesis_hooks.LEFT_OUT), "--exclude-path-regex", subject.left_out]
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": "tests.runtime.schemathesis_hooks", "PYTHONPATH": str(ROOT)}
    if subject.fails:
        environment[schemathesis_hooks.MODEL_FAILS] = "1"
    judged = subprocess.run(
        [*command, "--no-color", "--continue-on-failure", *options],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert judged.returncode == 0, judged.stdout + judged.stderr
    assert httpx.get(f"{address}/ready").status_code == 200


@pytest.mark.conformance
@pytest.mark.timeout(900)
@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.name)
def test_it_finds_nothing(subject: Subject, tmp_path: Path) -> None:
    with served(subject, tmp_path) as (address, project):
        judge(subject, str(project / "openapi.json"), address, *LONG, folder=tmp_path)


@pytest.mark.parametrize("name", ["quickstart", "types_zoo"])
def test_it_finds_nothing_soon(name: str, tmp_path: Path) -> None:
    subject = next(one for one in SUBJECTS if one.name == name)
    with served(subject, tmp_path) as (address, project):
        judge(subject, str(project / "openapi.json"), address, *SHORT, folder=tmp_path)


def test_it_finds_nothing_behind_tokens(tmp_path: Path) -> None:
    """The document that a guarded service answers says which operations need a token, and they all do."""
    subject = SUBJECTS[0]
    with served(subject, tmp_path, TOKEN) as (address, _):
        header = f"Authorization: Bearer {TOKEN}"
        judge(subject, f"{address}/openapi.json", address, "-H", header, *SHORT, folder=tmp_path)

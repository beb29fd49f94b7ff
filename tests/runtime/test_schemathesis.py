"""What schemathesis says of running services: every answer is one that the document tells of, and none a fault.

All of its checks run; `schemathesis_hooks` says what of their complaints is not a service's fault. Not all requests can
be sent: a followed job's events come for as long as it runs, which is left to the tests of jobs, and a stream's pieces
are left to those of streams.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.runtime import schemathesis_hooks
from tests.runtime.subjects import ROOT, SUBJECTS, Subject, served, subject

TOKEN = "t" * 32
PATIENT = ("--request-timeout", "300")
LONG = (*PATIENT, "--phases", "coverage,fuzzing", "--seed", "1", "--generation-database", "none")
SHORT = (*PATIENT, "--phases", "fuzzing", "--max-examples", "5", "--generation-deterministic")


def judge(judged: Subject, document: str, address: str, *options: str, folder: Path) -> None:
    command = [str(Path(sys.executable).parent / "schemathesis"), "run", document, "--url", address, "--checks", "all"]
    command += ["--exclude-checks", ",".join(schemathesis_hooks.LEFT_OUT), "--exclude-path-regex", judged.left_out]
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": "tests.runtime.schemathesis_hooks", "PYTHONPATH": str(ROOT)}
    if judged.fails:
        environment[schemathesis_hooks.MODEL_FAILS] = "1"
    found = subprocess.run(
        [*command, "--no-color", "--continue-on-failure", *options],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stdout + found.stderr


@pytest.mark.conformance
@pytest.mark.timeout(900)
@pytest.mark.parametrize("judged", SUBJECTS, ids=lambda judged: judged.name)
def test_it_finds_nothing(judged: Subject, tmp_path: Path) -> None:
    with served(judged, tmp_path) as service:
        judge(
            judged,
            str(service.project / "openapi.json"),
            service.http,
            *LONG,
            "--max-examples",
            judged.examples,
            folder=tmp_path,
        )


@pytest.mark.parametrize("name", ["quickstart", "types_zoo"])
def test_it_finds_nothing_soon(name: str, tmp_path: Path) -> None:
    with served(subject(name), tmp_path) as service:
        judge(subject(name), str(service.project / "openapi.json"), service.http, *SHORT, folder=tmp_path)


def test_it_finds_nothing_behind_tokens(tmp_path: Path) -> None:
    """The document that a guarded service answers says which operations need a token, and they all do."""
    with served(SUBJECTS[0], tmp_path, TOKEN) as service:
        header = f"Authorization: Bearer {TOKEN}"
        judge(SUBJECTS[0], f"{service.http}/openapi.json", service.http, "-H", header, *SHORT, folder=tmp_path)

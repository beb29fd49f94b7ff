"""Generated services that hostile requests are sent to, and how they are started."""

from __future__ import annotations

import json
import os
import re
import runpy
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import httpx

from modelgen.contract.names import kebab
from modelgen.project.generate import generate
from tests.runtime.conftest import wait_until

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Subject:
    """A package and what is asked of its service."""

    name: str
    folder: str
    project: str = ""
    """Committed, beside the package; empty: made for the test."""
    left_out: str = "/events$"
    """Paths that are not called."""
    examples: str = "60"
    """How many requests a long run sends to each of its methods."""
    fails: bool = False
    """Whether its models fail on purpose."""


SUBJECTS = (
    Subject("quickstart", "examples/quickstart", "quickstart-service"),
    # these two would train for hours, and to make up images takes long
    Subject("digits", "examples/digits", "digits-service", left_out="/events$|/train$", examples="5"),
    Subject("textgen", "examples/textgen", "textgen-service", left_out="/events$|/train$"),
    Subject("types_zoo", "fixtures/packages/types", "expected", fails=True),  # it repeats a text as often as it is told
    # its run_wide computes 2 to any power, which holds Python's lock until there is no memory
    Subject("rules_zoo", "fixtures/packages/rules", "expected", left_out="/events$|/run-wide$", fails=True),
    Subject("spoken", "fixtures/packages/docstrings", fails=True),  # its Scaler takes columns that are not there
    Subject("family", "fixtures/packages/inheritance"),
)


@dataclass(frozen=True)
class Served:
    """Where a service answers, and its project."""

    http: str
    grpc: str
    project: Path

    def samples(self) -> dict[str, dict[str, Any]]:
        """A request of each method that works, by path under /api/v1."""
        found = runpy.run_path(str(self.project / "tests/samples.py"))["REQUESTS"]
        return {f"{kebab(module)}/{kebab(method)}": request for (module, method), request in found.items()}


def subject(name: str) -> Subject:
    """The subject of that name."""
    return next(one for one in SUBJECTS if one.name == name)


@contextmanager
def served(subject: Subject, folder: Path, token: str = "") -> Iterator[Served]:
    """Its service, running. What it has logged at the end must name no fault of its own."""
    home = ROOT / subject.folder
    project = home / subject.project if subject.project else folder / "project"
    if not subject.project:
        assert not generate(home / subject.name, project).failed
    settings = folder / "service.toml"
    settings.write_text('max_jobs = 1\nlog_format = "json"\nlog_level = "error"\n')
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONWARNINGS": "ignore::RuntimeWarning"}
    environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), str(home), str(project)])
    if token:
        environment |= {"MODELGEN_TOKEN": token, "MODELGEN_MANAGE_TOKEN": token[::-1]}
    command = [sys.executable, "-m", f"{subject.name}_service", "serve", "--http-port", "0", "--grpc-port", "0"]
    log = folder / "log"
    with (
        log.open("w") as errors,
        subprocess.Popen(
            [*command, "--settings", str(settings)],
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as service,
    ):
        try:
            lines = map(str.split, service.stdout or ())
            found = dict(line for line in islice(lines, 4) if len(line) == 2)
            wait_until(lambda: httpx.get(f"{found['HTTP']}/ready").status_code == 200, "ready")
            yield Served(found["HTTP"], found["gRPC"], project)
            assert httpx.get(f"{found['HTTP']}/ready").status_code == 200
        finally:
            service.kill()
    for line in filter(str.strip, log.read_text().splitlines()):
        if re.match(r"[EWI]\d{4} ", line):  # gRPC's own library, of callers
            continue
        assert subject.fails, line
        assert re.search(r" failed \(request | is declared to return ", json.loads(line)["message"]), line

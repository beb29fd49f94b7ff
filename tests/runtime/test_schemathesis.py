"""What schemathesis says of running examples: every answer is one that the document tells of, and none a fault."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
LEFT_OUT = (
    "positive_data_acceptance",  # a model may refuse what its schema allows
    "negative_data_rejection",  # `null` counts as absent
    "response_schema_conformance",  # numbers that JSON cannot hold are answered as "Infinity"; events are not parsed
)
OPTIONS = (
    *("--checks", "all", "--exclude-checks", ",".join(LEFT_OUT)),
    *("--exclude-path-regex", "/train$|/events$"),  # each would start a training, or wait for one
    *("--phases", "coverage,fuzzing", "--max-examples", "20", "--seed", "1", "--no-color"),
)


@pytest.mark.conformance
@pytest.mark.parametrize("name", ["quickstart"])  # it cannot send lines of JSON, as streams of the others want
def test_it_finds_nothing(name: str, tmp_path: Path) -> None:
    project = EXAMPLES / name / f"{name}-service"
    settings = tmp_path / "service.toml"
    settings.write_text('max_jobs = 1\nlog_level = "error"\n')
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(EXAMPLES / name), str(project)])}
    command = [sys.executable, "-m", f"{name}_service", "serve", "--no-grpc", "--http-port", "0"]
    with subprocess.Popen(
        [*command, "--settings", str(settings)],
        cwd=tmp_path,
        env={**environment, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
    ) as service:
        try:
            address = next(line.split()[1] for line in service.stdout or () if line.startswith("HTTP"))
            tool = Path(sys.executable).parent / "schemathesis"
            judged = subprocess.run(
                [tool, "run", project / "openapi.json", "--url", address, *OPTIONS],
                cwd=tmp_path,
                capture_output=True,
                text=True,
                timeout=240,
                check=False,
            )
        finally:
            service.kill()
    assert judged.returncode == 0, judged.stdout

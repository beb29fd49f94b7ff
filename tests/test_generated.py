"""The golden projects as their reviewers and their CI see them: formatted, linted, typed, and their own tests pass."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.regenerate import Golden, goldens

BIN = Path(sys.executable).parent
GOLDENS = tuple(goldens())

pytestmark = pytest.mark.parametrize("golden", GOLDENS, ids=[golden.name for golden in GOLDENS])


def run(golden: Golden, *command: str, cwd: Path | None = None) -> None:
    """Run a tool in the project; its output is what a failure shows."""
    environment = {**os.environ, "PYTHONPATH": str(golden.package.parent), "NO_COLOR": "1"}
    done = subprocess.run(
        command, cwd=cwd or golden.project, env=environment, capture_output=True, text=True, timeout=280, check=False
    )
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"


def test_black_has_nothing_to_do(golden: Golden) -> None:
    run(golden, str(BIN / "black"), "--check", "--quiet", "--config", "pyproject.toml", ".")


def test_ruff_finds_nothing(golden: Golden) -> None:
    run(golden, str(BIN / "ruff"), "check", ".")


def test_mypy_finds_nothing(golden: Golden) -> None:
    run(golden, str(BIN / "mypy"), "--cache-dir", os.devnull)


def test_its_own_tests_pass(golden: Golden, tmp_path: Path) -> None:
    copy = tmp_path / "project"
    shutil.copytree(golden.project, copy)
    run(golden, sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=copy)


@pytest.mark.conformance
def test_buf_finds_nothing(golden: Golden) -> None:
    buf = shutil.which("buf")
    assert buf, "buf is not installed: npm install @bufbuild/buf, or make conformance"
    run(golden, buf, "lint")


@pytest.mark.conformance
def test_pyright_finds_nothing(golden: Golden) -> None:
    run(golden, str(BIN / "pyright"), "--pythonpath", sys.executable)


def test_openapi_is_valid_and_complete(golden: Golden) -> None:
    import json

    from openapi_spec_validator import validate

    document = json.loads((golden.project / "openapi.json").read_text(encoding="utf-8"))
    validate(document)
    operations = [
        operation
        for path in document["paths"].values()
        for method, operation in path.items()
        if method in ("get", "post", "put", "delete")
    ]
    assert len({operation["operationId"] for operation in operations}) == len(operations)
    assert all(operation["summary"] for operation in operations)
    assert all(any(status[0] in "45" for status in operation["responses"]) for operation in operations)
    assert set(references(document)) <= {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}


def references(part: object) -> list[str]:
    """Every `$ref` in a document."""
    if isinstance(part, dict):
        own = [part["$ref"]] if isinstance(part.get("$ref"), str) else []
        return own + [found for value in part.values() for found in references(value)]
    return [found for value in part for found in references(value)] if isinstance(part, list) else []

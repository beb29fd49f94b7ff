"""The hooks of `.pre-commit-hooks.yaml`, installed by pre-commit from a clone and run on commits."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.integrations.conftest import ROOT, Repository

FRESH, COMPATIBLE = "modelgen generate --check", "modelgen check"

CONFIG = """\
repos:
  - repo: {place}
    rev: {revision}
    hooks:
      - id: modelgen-generate-check
        args: [moods]
      - id: modelgen-check
        args: [moods]
"""


def fates(output: str) -> dict[str, str]:
    """What became of each hook, as pre-commit prints it."""
    lines = [line for line in output.splitlines() if line.endswith(("Passed", "Failed", "Skipped"))]
    return {line.partition(".")[0]: line.rpartition(".")[2] for line in lines}


def test_their_commands_are_there() -> None:
    from modelgen.cli.main import COMMANDS

    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert [hook["id"] for hook in hooks] == ["modelgen-generate-check", "modelgen-check"]
    assert {hook["entry"].split()[1] for hook in hooks} <= {name for name, _ in COMMANDS}


@pytest.mark.conformance
@pytest.mark.timeout(900)  # pip may have much to fetch
def test_they_guard_commits(
    make: Callable[..., Repository], clone: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRE_COMMIT_HOME", str(tmp_path / "pre-commit"))
    monkeypatch.setenv("PATH", os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    if sys.version_info >= (3, 11):  # constraints.txt names versions that need it
        monkeypatch.setenv("PIP_CONSTRAINT", str(ROOT / "constraints.txt"))
    repository = make()
    place, revision = clone
    (repository.folder / ".pre-commit-config.yaml").write_text(CONFIG.format(place=place, revision=revision))
    repository.commit("Guard commits")
    done = subprocess.run(
        ["pre-commit", "install", "--install-hooks"],
        cwd=repository.folder,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr

    def commit() -> tuple[int, dict[str, str], str]:
        repository.git("add", "--all")
        result = repository.git("commit", "--message", "A change", check=False)
        return result.returncode, fates(result.stdout + result.stderr), result.stdout + result.stderr

    repository.edit("Tell one mood", "Tell a single mood")
    code, hooks, output = commit()
    assert code == 1
    assert hooks[FRESH] == "Failed"
    assert "~ openapi.json" in output

    repository.modelgen("generate", "moods")
    code, hooks, output = commit()
    assert (code, hooks) == (0, {FRESH: "Passed", COMPATIBLE: "Passed"}), output

    repository.edit("text: str, threshold", "text: str, language: str, threshold")
    repository.modelgen("generate", "moods")
    code, hooks, output = commit()
    assert (code, hooks) == (1, {FRESH: "Passed", COMPATIBLE: "Failed"}), output
    assert "language" in output

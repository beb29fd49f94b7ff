"""Runs the steps of a workflow or of a composite action as the runner of GitHub does, those of other actions apart."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

EXPRESSION = re.compile(r"\$\{\{\s*([\w.-]+)\s*\}\}")
AFTER_A_FAILURE = "${{ !cancelled() && steps.install.outcome == 'success' }}"


@dataclass
class Runner:
    """One job."""

    folder: Path
    """The checkout."""
    values: dict[str, str] = field(default_factory=dict)
    """What expressions stand for: `inputs.package`, `steps.python.outputs.python-path`."""
    environment: dict[str, str] = field(default_factory=dict)

    def run(self, steps: list[dict[str, Any]]) -> dict[str, subprocess.CompletedProcess[str]]:
        """Each step that is a script, by its name, as it went."""
        done: dict[str, subprocess.CompletedProcess[str]] = {}
        failed = False
        for step in steps:
            if "uses" in step or (failed and step.get("if") != AFTER_A_FAILURE):
                continue
            done[step["name"]] = result = self._script(step)
            failed |= result.returncode != 0
        return done

    def _script(self, step: Mapping[str, Any]) -> subprocess.CompletedProcess[str]:
        output = self.folder.parent / "output"
        output.write_text("")
        given = {name: self._filled(value) for name, value in step.get("env", {}).items()}
        result = subprocess.run(
            ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", self._filled(step["run"])],
            cwd=self.folder,
            env={**os.environ, **self.environment, **given, "GITHUB_OUTPUT": str(output)},
            capture_output=True,
            text=True,
            timeout=600,
        )
        self.values.update(self._outputs(step.get("id", ""), output.read_text()))
        return result

    def _outputs(self, step: str, text: str) -> Iterator[tuple[str, str]]:
        for line in text.splitlines():
            name, _, value = line.partition("=")
            yield f"steps.{step}.outputs.{name}", value

    def _filled(self, text: str) -> str:
        return EXPRESSION.sub(lambda match: self.values[match[1]], text)

"""Environments of other servers, each of its own and outside the checkout, for their requirements do not agree."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path


class InstallError(Exception):
    """An environment that could not be made."""

    def __init__(self, name: str, output: str) -> None:
        lines = [line for line in output.splitlines() if line.startswith("ERROR")] or output.splitlines() or [""]
        self.reason = lines[-1][:300]
        super().__init__(f"{name} could not be installed: {self.reason}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """What is installed from PyPI beside torch, which is that of the checkout."""

    name: str
    requirements: tuple[str, ...]

    @property
    def folder(self) -> Path:
        """Where it is."""
        return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "modelgen-bench" / self.name

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / "bin" / "python"

    def install(self) -> None:
        """Make it, unless it is there with just these requirements.

        Raises:
            InstallError: something is not to be had, or does not go together.
        """
        wanted = "\n".join((_torch(), *self.requirements))
        ready = self.folder / "ready"
        if ready.exists() and ready.read_text() == wanted:
            return
        self._run(sys.executable, "-m", "venv", "--clear", str(self.folder))
        self._run(str(self.python), "-m", "pip", "install", "--quiet", *wanted.splitlines())
        ready.write_text(wanted)

    def _run(self, *command: str) -> None:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            raise InstallError(self.name, done.stdout)


def _torch() -> str:
    """The very build that the checkout has, for a release alone may be another one with gigabytes of CUDA."""
    return f"torch=={version('torch')}"

"""Other projects' clients, each in an environment of its own: their pins exclude one another."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).parent
CACHE = Path(os.environ.get("MODELGEN_CLIENTS", HERE.parents[2] / ".tools" / "clients"))
"""Where environments are kept: in a checkout's `.tools`, which `make clean` removes."""


def installed(requirement: str) -> Path:
    """The interpreter of an environment that has nothing but a package; kept for the next run."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    folder = CACHE / f"{requirement.replace('==', '-')}-py{version}"
    python = folder / "bin" / "python"
    if not (folder / "complete").is_file():
        venv.create(folder, clear=True, with_pip=False)
        run([sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", requirement])
        (folder / "complete").touch()
    return python


def run(command: list[str], given: str = "") -> str:
    """What a command prints, given a text on standard input; a failure is told with all of it."""
    done = subprocess.run(command, input=given, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout

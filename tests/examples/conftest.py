"""The examples, each served by `python -m <name>_service serve` in a process of its own."""

from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import httpx
import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
sys.path[:0] = [str(EXAMPLES / name) for name in ("quickstart", "digits", "textgen")]


@dataclass(frozen=True)
class Served:
    """A running example."""

    http: str
    grpc: str
    client: ModuleType
    """Its generated client."""
    state: Path


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Served]]:
    """Starts an example once, for all tests that ask for it."""
    running: dict[str, tuple[subprocess.Popen[str], Served]] = {}

    def start(name: str) -> Served:
        if name not in running:
            running[name] = _started(name, tmp_path_factory.mktemp(name))
        return running[name][1]

    yield start
    for process, _ in running.values():
        process.send_signal(signal.SIGTERM)
    for name, (process, _) in running.items():
        process.communicate(timeout=60)
        assert process.returncode == 0, name


def _started(name: str, folder: Path) -> tuple[subprocess.Popen[str], Served]:
    project = EXAMPLES / name / f"{name}-service"
    path = os.pathsep.join([str(project), str(EXAMPLES / name)])
    flags = ["--http-port", "0", "--grpc-port", "0", "--settings", str(folder / "service.toml")]
    log = (folder / "log.txt").open("w")
    process = subprocess.Popen(
        [sys.executable, "-m", f"{name}_service", "serve", *flags],
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1"},
    )
    log.close()
    addresses: dict[str, str] = {}
    for line in process.stdout or ():
        if not line.strip():
            break
        kind, _, address = line.strip().partition("  ")
        addresses[kind] = address
    assert "gRPC" in addresses, (folder / "log.txt").read_text()
    _wait_until_ready(addresses["HTTP"])
    sys.path.insert(0, str(project / "clients/python"))
    client = importlib.import_module(f"{name}_client")
    return process, Served(http=addresses["HTTP"], grpc=addresses["gRPC"], client=client, state=folder / "state")


def _wait_until_ready(address: str) -> None:
    with httpx.Client(base_url=address, timeout=60) as client:
        for _ in range(600):
            if client.get("/ready").status_code == 200:
                return
    raise AssertionError("not ready")

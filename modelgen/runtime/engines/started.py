"""A process with a model, as the service sees it: what it is told, how it starts, how it ends."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from modelgen.runtime.engines.accelerator import Placing
from modelgen.runtime.engines.wire import Connection
from modelgen.runtime.logs import manner
from modelgen.runtime.memory import resident
from modelgen.runtime.settings import Deployment

THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
"""Tell the libraries below numpy and torch how many threads to compute with."""
PATIENCE = 5.0
"""Seconds that a process has to end by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a process is to load: all that it is told."""

    service: str
    """The importable package of the service."""
    module: str
    deployment: Deployment
    placing: Placing
    trace_endpoint: str
    """As in the service's settings."""


class NotLoaded(Exception):
    """The process could not load its model; carries its sentence."""


def divided(parts: int) -> dict[str, str]:
    """The environment of one of so many processes that compute at once: their threads are divided among them."""
    if parts == 1:
        return dict(os.environ)
    threads = {name: os.environ.get(name, "") for name in THREADS}
    found = {name: int(given) if given.isdigit() else len(_processors()) for name, given in threads.items()}
    return {**os.environ, **{name: str(max(1, count // parts)) for name, count in found.items()}}


def _processors() -> range | set[int]:
    return os.sched_getaffinity(0) if sys.platform == "linux" else range(os.cpu_count() or 1)


def python_path() -> str:
    """What a new process finds the same modules with."""
    return os.pathsep.join(part or str(Path.cwd()) for part in sys.path)


class Started:
    """A process, with its model loaded. It ends with the thread that started it, at the latest."""

    def __init__(self, plan: Plan) -> None:
        """Start it and wait for its model. Raises NotLoaded."""
        here, there = socket.socketpair()
        deployment = plan.deployment
        with there:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "modelgen.runtime.engines.child", str(there.fileno())],
                pass_fds=[there.fileno()],
                stdin=subprocess.DEVNULL,
                env={**divided(deployment.replicas), "PYTHONPATH": python_path()},
            )
        self.connection = Connection(here)
        try:
            self.connection.send((plan, manner()))
            kind, value = self.connection.receive()
        except (EOFError, OSError) as error:
            self.connection.close()
            code = self.process.wait()
            raise NotLoaded(f"The process of `{deployment.name}` {ended(code)} while it loaded") from error
        except BaseException:
            self.end()
            raise
        if kind == "error":
            self.end()
            raise NotLoaded(value)
        self.device: str
        """Where the model is; empty for one that is no torch module."""
        self.size: int
        """Bytes that the process takes, once the model is loaded."""
        self.device, self.size = value

    @property
    def memory(self) -> int:
        """Bytes that it takes now; 0 where the system does not tell."""
        return resident(self.process.pid)

    def end(self) -> None:
        """Tell it to end, and see that it does."""
        self.connection.close()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def ended(code: int) -> str:
    """How a process ended, in words."""
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        return f"was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"was ended by signal {-code}"

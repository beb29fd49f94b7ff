"""Starts a server, waits for its first answer, and stops it in the end."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

import grpc

from benchmarks.serving.services.ports import free_port

SERVICES = Path(__file__).parent / "services"
PATIENCE = 120.0
"""Seconds that a server may take to answer for the first time."""


class StartError(Exception):
    """A server that did not answer."""

    def __init__(self, name: str, code: int | None, said: IO[bytes]) -> None:
        said.seek(0)
        last = said.read().decode(errors="replace").strip().rpartition("\n")[2][:300]
        super().__init__(f"{name} {'did not answer' if code is None else f'ended with {code}'}: {last}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrant:
    """A server of one kind."""

    name: str
    command: Callable[[str, int], tuple[str, ...]]
    """What starts it for a model on a port."""
    path: Callable[[str], str]
    """The route that answers for a model."""
    body: Callable[[str], bytes]
    """One request to a model."""
    protocol: str = "http"
    """Or `grpc`, where the path is a method and the body a message."""
    folder: Callable[[str], Path] = lambda model: SERVICES
    """Where it is started."""
    environment: Mapping[str, str] = field(default_factory=dict)
    optional: bool = False
    """Whether the others are measured all the same when it fails."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A server that answers."""

    url: str
    cold: float
    """Seconds from its start to its first right answer."""
    memory: float
    """MiB that its processes take, shared pages by their share."""
    pid: int

    def work(self) -> float:
        """Seconds of processor time that its processes have had."""
        return sum(map(_work, family(self.pid)))


@contextlib.contextmanager
def started(entrant: Entrant, model: str) -> Iterator[Started]:
    """Start a server, wait for its first answer, and stop it in the end.

    Raises:
        StartError: it ended, or did not answer in time.
    """
    port = free_port()
    url, body = f"http://127.0.0.1:{port}{entrant.path(model)}", entrant.body(model)
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", **entrant.environment}
    with tempfile.TemporaryFile() as said:
        begun = time.perf_counter()
        process = subprocess.Popen(
            entrant.command(model, port),
            cwd=entrant.folder(model),
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=said,
            start_new_session=True,
        )
        try:
            if not _first_answer(process, partial(PROTOCOLS[entrant.protocol], url, body)):
                raise StartError(entrant.name, process.poll(), said)
            cold = time.perf_counter() - begun
            yield Started(url=url, cold=cold, memory=sum(map(_memory, family(process.pid))), pid=process.pid)
        finally:
            _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(10)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _first_answer(process: subprocess.Popen[bytes], ask: Callable[[], None]) -> bool:
    """Whether it came before the process ended, or all patience did."""
    end = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < end:
        try:
            ask()
        except (OSError, http.client.HTTPException, grpc.RpcError):  # not yet
            time.sleep(0.01)
        else:
            return True
    return False


def _ask_http(url: str, body: bytes) -> None:
    request = urllib.request.Request(url, body, {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        answer.read()


def _ask_grpc(url: str, body: bytes) -> None:
    place = urlsplit(url)
    with grpc.insecure_channel(place.netloc) as channel:
        call: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(place.path)
        call(body, timeout=PATIENCE)


PROTOCOLS = {"http": _ask_http, "grpc": _ask_grpc}
"""How a server is asked once; what it raises says that the server is not ready."""


def family(pid: int) -> Iterator[int]:
    """A process and all below it."""
    yield pid
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield from family(int(child))


def _memory(pid: int) -> float:
    """Proportional set size, in MiB."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0


def _work(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

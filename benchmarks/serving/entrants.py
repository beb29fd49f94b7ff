"""The servers that are measured side by side, each with how it is started and what it is sent."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

SERVICES = Path(__file__).parent / "services"
PACKAGES = Path(__file__).parent / "packages"
CHECKOUT = Path(__file__).parents[2]
WIDTHS = {"tiny": 3, "wide": 512}
"""Numbers in a row of each model."""
PATIENCE = 120.0
"""Seconds that a server may take to answer for the first time."""


def row(model: str) -> list[float]:
    """The row that every server is sent."""
    numbers = random.Random(0)
    return [round(numbers.gauss(0, 1), 6) for _ in range(WIDTHS[model])]


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
    """`grpc` for a server that answers no HTTP: it is ready when its port is open."""
    folder: Callable[[str], Path] = lambda model: SERVICES
    """Where it is started."""
    environment: Mapping[str, str] = field(default_factory=dict)


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
        return sum(map(_work, _family(self.pid)))


@contextlib.contextmanager
def started(entrant: Entrant, model: str) -> Iterator[Started]:
    """Start a server, wait for its first answer, and stop it in the end."""
    port = free_port()
    url = f"http://127.0.0.1:{port}{entrant.path(model)}"
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", **entrant.environment}
    begun = time.perf_counter()
    process = subprocess.Popen(
        entrant.command(model, port),
        cwd=entrant.folder(model),
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        if entrant.protocol == "http":
            _first_answer(process, url, entrant.body(model))
        else:
            _open(process, port)
        cold = time.perf_counter() - begun
        yield Started(url=url, cold=cold, memory=sum(map(_memory, _family(process.pid))), pid=process.pid)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _first_answer(process: subprocess.Popen[bytes], url: str, body: bytes) -> None:
    end = time.monotonic() + PATIENCE
    request = urllib.request.Request(url, body, {"content-type": "application/json"})
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"{' '.join(map(str, process.args))} ended with {process.returncode}")  # type: ignore[arg-type]
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                answer.read()
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.01)
    raise RuntimeError(f"{url} did not answer")


def _open(process: subprocess.Popen[bytes], port: int) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.01)
        else:
            return
    raise RuntimeError(f"port {port} was not opened")


def _family(pid: int) -> Iterator[int]:
    """A process and all below it."""
    yield pid
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield from _family(int(child))


def _memory(pid: int) -> float:
    """Proportional set size, in MiB."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0


def _work(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _script(name: str) -> Callable[[str, int], tuple[str, ...]]:
    return lambda model, port: (sys.executable, str(SERVICES / f"{name}.py"), model, str(port))


def instances(model: str) -> bytes:
    """The request of a service that takes rows."""
    return json.dumps({"instances": [row(model)]}).encode()


def _inputs(model: str) -> bytes:
    if model == "tokens":
        return json.dumps({"inputs": 64, "parameters": {"seconds": 0.0}}).encode()
    return json.dumps({"inputs": row(model)}).encode()


BARE = Entrant(name="bare uvicorn", command=_script("bare"), path=lambda model: "/predict", body=instances)
PLAIN = Entrant(name="plain FastAPI", command=_script("plain"), path=lambda model: "/predict", body=instances)


ECHO = Entrant(
    name="bare grpc.aio",
    command=_script("echo"),
    path=lambda model: "/bench.Echo/Echo",
    body=lambda model: b"",
    protocol="grpc",
)


def _tokens(model: str) -> bytes:
    return json.dumps({"count": 64, "seconds": 0.0}).encode()


STREAMING = Entrant(name="plain FastAPI", command=_script("streaming"), path=lambda model: "/predict", body=_tokens)
NAME = "modelgen"


def generated(root: Path) -> Entrant:
    """The generated service over HTTP, with `root` as the folder of what was generated."""
    return Entrant(
        name=NAME,
        command=lambda model, port: _serve(model, "--http-port", str(port), "--no-grpc"),
        path=lambda model: f"/api/v1/{model}/run",
        body=_inputs,
        folder=lambda model: project(root, model),
        environment={"PYTHONPATH": f"{PACKAGES}:{CHECKOUT}"},
    )


def generated_grpc(root: Path) -> Entrant:
    """The same over gRPC."""
    return Entrant(
        name=NAME,
        command=lambda model, port: _serve(model, "--grpc-port", str(port), "--no-http"),
        path=lambda model: "/tiny.v1.TinyService/Run",
        body=lambda model: b"",
        protocol="grpc",
        folder=lambda model: project(root, model),
        environment={"PYTHONPATH": f"{PACKAGES}:{CHECKOUT}"},
    )


def _serve(model: str, *flags: str) -> tuple[str, ...]:
    return (sys.executable, "-m", f"{model}_service", "serve", *flags)


def project(root: Path, model: str) -> Path:
    """Where the generated service of a package is."""
    return root / f"{model}-service"


def generate(root: Path) -> None:
    """Generate the services of every package."""
    for package in sorted(PACKAGES.iterdir()):
        command = (sys.executable, "-m", "modelgen", "generate", str(package))
        subprocess.run((*command, "-o", str(project(root, package.name))), check=True, capture_output=True)

"""The toy service, compiled into a folder of its own and started for real."""

from __future__ import annotations

import importlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

from modelgen.project.generate import generate

from .collectors import OverHttp

HERE = Path(__file__).parent
PATIENCE = 120.0


@dataclass(frozen=True)
class Running:
    """A service in a process of its own."""

    process: subprocess.Popen[bytes]
    http: str
    grpc: str
    folder: Path
    log: Path
    management: str = ""

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.http, timeout=PATIENCE)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)


def wait_until(condition: Callable[[], object], what: str) -> None:
    """Until the condition holds; fails after PATIENCE seconds."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"timed out: {what}"
        time.sleep(0.01)


def opened(service: Running) -> socket.socket:
    host, port = service.http.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=30)


def memory(service: Running) -> int:
    """Bytes of the service's process."""
    return int(Path(f"/proc/{service.process.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.fixture(scope="session")
def toy_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project folder with the toy service and its compiled protos."""
    folder = tmp_path_factory.mktemp("toy")
    package = folder / "toy_service"
    shutil.copytree(HERE / "toy_service", package)
    protoc = [sys.executable, "-m", "grpc_tools.protoc", f"-I{package}", f"--python_out={package}"]
    subprocess.run([*protoc, f"--grpc_python_out={package}", "toy.proto"], check=True)
    stubs = package / "toy_pb2_grpc.py"
    stubs.write_text(re.sub(r"^import toy_pb2", "from . import toy_pb2", stubs.read_text(), flags=re.MULTILINE))
    (folder / "service.toml").write_text('[deployments.scaler]\nmodule = "Scaler"\narguments = {factor = 2.0}\n')
    return folder


def start(
    folder: Path,
    *flags: str,
    service: str = "toy_service",
    settings: str = "service.toml",
    ready: bool = True,
    hook: str = "",
    environment: Mapping[str, str] | None = None,
) -> Running:
    """Start the service in the folder and wait until it is ready."""
    log = folder / f"log-{time.monotonic_ns()}.txt"
    command = [sys.executable, "-m", service, "serve", "--http-port", "0", "--grpc-port", "0"]
    with log.open("w") as output:
        process = subprocess.Popen(
            [*command, "--settings", settings, *flags],
            cwd=folder,
            stdout=output,
            stderr=output,
            env={**os.environ, "PYTHONUNBUFFERED": "1", "TOY_HOOK": hook, **(environment or {})},
        )
    try:
        wait_until(lambda: "method" in log.read_text() or process.poll() is not None, "the table")
        assert process.poll() is None, log.read_text()
        lines = [line for line in log.read_text().splitlines() if line.startswith(("HTTP", "gRPC", "Management"))]
        found = dict(line.split("  ", 1) for line in lines)
        running = Running(
            process, found.get("HTTP", ""), found.get("gRPC", ""), folder, log, found.get("Management", "")
        )
        if ready and running.http:
            with running.client() as client:
                wait_until(lambda: client.get("/ready").status_code == 200, "ready")
        if ready and "--workers" in flags:  # each tells of itself alone
            count = int(flags[flags.index("--workers") + 1])
            wait_until(lambda: log.read_text().count('"message": "ready"') == count, "every worker")
    except BaseException:
        process.kill()
        raise
    return running


@pytest.fixture(scope="session")
def toy(toy_folder: Path) -> Iterator[Running]:
    """The toy service, running for the whole session."""
    running = start(toy_folder)
    yield running
    assert running.stop() == 0, running.log.read_text()


@pytest.fixture(scope="module")
def instances_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The package `instances`, generated and served."""
    folder = tmp_path_factory.mktemp("instances")
    shutil.copytree(HERE / "instances", folder / "instances")
    (folder / "instances" / "modelgen.toml").replace(folder / "modelgen.toml")
    project = folder / "project"
    outcome = generate(folder / "instances", project)
    assert not outcome.failed, outcome.findings
    (folder / "instances" / "service.toml").replace(project / "service.toml")
    path = os.pathsep.join([str(folder), str(HERE.parents[1])])
    running = start(project, service="instances_service", ready=False, environment={"PYTHONPATH": path})
    with running.client() as client:
        wait_until(lambda: set(client.get("/ready").json()["missing"]) == {"broken"}, "all but the broken one")
    yield running
    assert running.stop() == 0, running.log.read_text()


@pytest.fixture(name="wait_until")
def _wait_until() -> Callable[[Callable[[], object], str], None]:
    return wait_until


@pytest.fixture(name="start")
def _start(toy_folder: Path) -> Iterator[Callable[..., Running]]:
    """Starts services that the test stops; those that it leaves running are killed."""
    running: list[Running] = []

    def started(*flags: str, **options: Any) -> Running:
        running.append(start(options.pop("folder", toy_folder), *flags, **options))
        return running[-1]

    yield started
    for service in running:
        service.process.kill()
        service.process.wait()


@pytest.fixture(scope="module")
def running_with(toy_folder: Path) -> Iterator[Callable[[str], Running]]:
    """Starts the toy service with a hook; it runs to the end of the module."""
    running: list[Running] = []

    def started(hook: str) -> Running:
        running.append(start(toy_folder, "--no-grpc", hook=hook))
        return running[-1]

    yield started
    for service in running:
        assert service.stop() == 0, service.log.read_text()


@pytest.fixture(scope="session")
def pb(toy_folder: Path) -> Iterator[ModuleType]:
    """The toy service's messages."""
    sys.path.insert(0, str(toy_folder))
    yield importlib.import_module("toy_service.toy_pb2")
    sys.path.remove(str(toy_folder))


@pytest.fixture
def collector() -> Iterator[OverHttp]:
    """Of spans, over HTTP."""
    made = OverHttp()
    yield made
    made.stop()


@pytest.fixture
def client(toy: Running) -> Iterator[httpx.Client]:
    with toy.client() as client:
        yield client

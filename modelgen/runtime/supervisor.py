"""Several processes that serve one service on the same ports: started, started again when they end, stopped together.

HTTP has one listening socket that all of them have, so that what waits there outlives each of them; gRPC makes a
listening socket in each, and the system shares callers out among these. A process takes orders by a socket, and stops
when that ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import shutil
import signal
import socket
import sys
import tempfile
from dataclasses import asdict, replace
from typing import Any

from prometheus_client.multiprocess import mark_process_dead

from modelgen.runtime.banner import show
from modelgen.runtime.binding import ServiceBinding
from modelgen.runtime.engines.started import divided, ended, python_path
from modelgen.runtime.listening import listening, shown
from modelgen.runtime.server import WRONG, Source, signals
from modelgen.runtime.service import Service
from modelgen.runtime.settings import Settings

logger = logging.getLogger("modelgen.runtime")

STOP, RELOAD = b"s", b"r"
"""Orders to a worker."""
LISTENS = b"l"
"""What a worker answers once it takes calls."""
FIRST_PAUSE = 0.1
LONGEST_PAUSE = 30.0
"""Seconds before a worker is started again that ended without ever listening."""
SPARE = 10.0
"""Seconds beyond the grace that workers have to end."""


async def supervise(service: ServiceBinding, settings: Settings, source: Source) -> int:
    """Serve with several processes until SIGTERM or SIGINT. Raises OSError where a port cannot be had."""
    with contextlib.ExitStack() as stack:
        ports = _Ports(settings)
        stack.callback(ports.close)
        metrics = tempfile.mkdtemp(prefix="modelgen-metrics-")
        stack.callback(shutil.rmtree, metrics, ignore_errors=True)
        source = replace(source, flags={**source.flags, **ports.flags})
        workers = [_Worker(number, service, source, ports, metrics, settings) for number in range(settings.workers)]
        return await _Supervisor(workers, ports, settings.grace).run(Service(service, settings), ports.addresses)


class _Ports:
    """The sockets that the workers share."""

    def __init__(self, settings: Settings) -> None:
        self.descriptors: dict[str, int] = {}
        self.flags: dict[str, int] = {}
        """The ports as settings, now that they are known."""
        self.addresses: dict[str, str] = {}
        self._listeners: list[socket.socket] = []
        self._scheme = "https" if settings.tls_certificate else "http"
        if settings.http:
            self._listen("HTTP", "http", listening(settings.host, settings.http_port))
        if settings.grpc:
            reserved = _reserved(settings.host, settings.grpc_port)
            self._listeners.append(reserved)
            port: int = reserved.getsockname()[1]
            self.flags["grpc_port"] = port
            self.addresses["gRPC"] = f"{shown(settings.host)}:{port}"
        if settings.management_port is not None:
            listener = listening(settings.management_host, settings.management_port)
            self._listen("Management", "management", listener)

    def close(self) -> None:
        """Let nobody in any more but those whom the workers take."""
        for listener in self._listeners:
            listener.close()

    def _listen(self, shown_as: str, name: str, listener: socket.socket) -> None:
        self._listeners.append(listener)
        host, port = listener.getsockname()[:2]
        self.descriptors[name] = listener.fileno()
        self.flags[f"{name}_port"] = port
        self.addresses[shown_as] = f"{self._scheme}://{shown(host)}:{port}"


def _reserved(host: str, port: int) -> socket.socket:
    """A socket that keeps the port for those who share it, after a look whether anybody else has it."""
    listening(host, port).close() if port else None
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    reserved = socket.socket(family, socket.SOCK_STREAM)
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        reserved.bind((host, port))
    except OSError as error:
        reserved.close()
        raise OSError(error.errno, f"port {port} of {host} cannot be had: {error.strerror}") from error
    return reserved


class _Worker:
    """One place among the processes, and the process that has it."""

    def __init__(
        self, number: int, service: ServiceBinding, source: Source, ports: _Ports, metrics: str, settings: Settings
    ) -> None:
        self._number = number
        self._service = service
        self._source = source
        self._ports = ports
        self._metrics = metrics
        self._settings = settings
        self._orders: socket.socket | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._again = False
        self._stopping = False
        self.listens = asyncio.Event()
        """Set once it has taken calls, or never will."""
        self.code = 0
        """What its last process ended with."""

    async def kept(self) -> int:
        """Have a process in this place until it is stopped; answers what the last one ended with."""
        pause = FIRST_PAUSE
        while True:
            listened = await self._lived()
            if self._stopping or (not listened and self.code == WRONG):
                self.listens.set()
                return self.code
            logger.error("worker %d %s; starting another", self._number, ended(self.code))
            pause = FIRST_PAUSE if listened else min(2 * pause, LONGEST_PAUSE)
            self._again = True
            if not listened:
                await asyncio.sleep(pause)

    def order(self, what: bytes) -> None:
        """Tell the process; to stop also counts for those that would follow it."""
        self._stopping = self._stopping or what == STOP
        if self._orders is not None:
            with contextlib.suppress(OSError):  # it is ending by itself
                self._orders.send(what)

    def kill(self) -> None:
        """End the process without asking."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()

    async def _lived(self) -> bool:
        """Have one process, to its end; whether it came to listen."""
        here, there = socket.socketpair()
        descriptors = [there.fileno(), *self._ports.descriptors.values()]
        environment = {**divided(self._settings.workers), "PYTHONPATH": python_path()}
        with here, there:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "modelgen.runtime.workers", str(there.fileno())),
                pass_fds=descriptors,
                stdin=asyncio.subprocess.DEVNULL,
                env={**environment, "PROMETHEUS_MULTIPROC_DIR": self._metrics},
            )
            there.close()
            self._orders = here
            here.sendall(self._told())
            here.setblocking(False)
            if self._stopping:
                self.order(STOP)
            listened = await self._heard(here)
            self.code = await self._process.wait()
            self._orders = None
        mark_process_dead(self._process.pid, self._metrics)  # type: ignore[no-untyped-call]
        return listened

    async def _heard(self, orders: socket.socket) -> bool:
        loop = asyncio.get_running_loop()
        listened = False
        with contextlib.suppress(OSError):  # reset: it has ended
            while answer := await loop.sock_recv(orders, 1):
                if answer == LISTENS:
                    listened = True
                    self.listens.set()
        return listened

    def _told(self) -> bytes:
        told: dict[str, Any] = {
            "service": self._service.name,
            "source": asdict(self._source),
            "descriptors": self._ports.descriptors,
            "again": self._again,
        }
        return json.dumps(told).encode() + b"\n"


class _Supervisor:
    """All workers together."""

    def __init__(self, workers: list[_Worker], ports: _Ports, grace: float) -> None:
        self._workers = workers
        self._ports = ports
        self._grace = grace
        self._stopping = asyncio.Event()

    async def run(self, service: Service, addresses: dict[str, str]) -> int:
        """Keep the workers until it is stopped; 0 then, else what one of them could not start with."""
        actions = {signal.SIGTERM: self._stop, signal.SIGINT: self._stop, signal.SIGHUP: self._reload}
        with signals(actions):
            kept = [asyncio.create_task(worker.kept()) for worker in self._workers]
            await asyncio.gather(*(worker.listens.wait() for worker in self._workers))
            if all(not task.done() for task in kept):
                show(service, addresses)
            stopping = asyncio.create_task(self._stopping.wait())
            await asyncio.wait({stopping, *kept}, return_when=asyncio.FIRST_COMPLETED)
            self._stop_all()
            _, late = await asyncio.wait(kept, timeout=self._grace + SPARE)
            for worker in self._workers if late else ():
                worker.kill()
            codes = await asyncio.gather(*kept)
            stopping.cancel()
        return WRONG if WRONG in codes else 0

    def _stop(self) -> None:
        if self._stopping.is_set():
            self._stop_all()  # a second time: at once
        self._stopping.set()

    def _stop_all(self) -> None:
        self._ports.close()
        for worker in self._workers:
            worker.order(STOP)

    def _reload(self) -> None:
        for worker in self._workers:
            worker.order(RELOAD)

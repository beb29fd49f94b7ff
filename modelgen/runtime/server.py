"""Starts a service on HTTP and gRPC in one event loop, and stops it without losing what it accepted."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import logging
import signal
import socket
import sys
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelgen.finding import Finding, failed
from modelgen.runtime import tls
from modelgen.runtime.admission import Private
from modelgen.runtime.banner import show
from modelgen.runtime.binding import ServiceBinding
from modelgen.runtime.checks import check_batches, check_settings
from modelgen.runtime.connections import Patience
from modelgen.runtime.ending import ends
from modelgen.runtime.grpc import GrpcServer
from modelgen.runtime.http import Application, create_app
from modelgen.runtime.listening import HttpServer, http_server, listening, shown
from modelgen.runtime.logs import configure, outlast_readers
from modelgen.runtime.memory import begin, imported, settle
from modelgen.runtime.service import Service
from modelgen.runtime.settings import Settings, check_modules, read
from modelgen.runtime.tls import Certificates

if TYPE_CHECKING:
    import typer

logger = logging.getLogger("modelgen.runtime")

begin()  # before the served package is imported

SETTINGS_FILE = "service.toml"
LIVE = ("deployments", "log_level", "grace", "max_memory")
"""Settings that a running service follows when it reads them again."""
LOOK = 1.0
"""Seconds between two looks for models that do not come back from a call."""
WRONG = 2
"""Exit code for what the user has to put right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where settings come from, so that they can be read again."""

    file: str = SETTINGS_FILE
    flags: Mapping[str, Any] = field(default_factory=dict)
    stated: Sequence[str] = ()

    def read(self, service: ServiceBinding) -> tuple[Settings, tuple[Finding, ...]]:
        """The settings, and what is wrong with them."""
        file = Path(self.file)
        settings, findings = read(file, flags=self.flags, stated=self.stated)
        known = {module.name: module.path for module in service.modules}
        named = (*check_modules(settings, known, file.name), *check_batches(settings, service.modules, file.name))
        return settings, (*findings, *named, *check_settings(settings, file=file.name))


def serve(service: ServiceBinding, settings: Settings, source: Source | None = None) -> int:
    """Serve until SIGTERM or SIGINT; 0 after an orderly stop, 2 where a port cannot be had. With a source, SIGHUP
    reads the settings again."""
    outlast_readers()
    configure(settings.log_level, settings.log_format)
    if settings.workers > 1:
        from modelgen.runtime.supervisor import supervise

        work = supervise(service, settings, source or Source())
    else:
        work = _serve(service, settings, source)
    try:
        return run(work)
    except OSError as error:
        _complain(f"error: {error.strerror or error}")
        return WRONG


def run(main: Coroutine[Any, Any, int]) -> int:
    """Run on uvloop where there is one; all is imported by now."""
    imported()
    if importlib.util.find_spec("uvloop") is None:
        return asyncio.run(main)
    import uvloop

    return uvloop.run(main)


async def _serve(binding: ServiceBinding, settings: Settings, source: Source | None) -> int:
    app = create_app(binding, settings)
    running = Running(app, settings)
    actions = {signal.SIGTERM: running.stop, signal.SIGINT: running.stop}
    if source is not None:
        actions[signal.SIGHUP] = lambda: running.reload(source)
    with signals(actions):
        async with app.router.lifespan_context(app):
            await running.start()
            show(running.service, running.addresses)
            await running.finished()
    return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """What a process that is one of several listens on: sockets that all have."""

    http: socket.socket | None = None
    management: socket.socket | None = None
    shared: bool = False
    """Whether others listen on the gRPC port too."""


class Running:
    """The servers of a service between start and stop."""

    def __init__(self, app: Application, settings: Settings, ports: Ports | None = None) -> None:
        self.service: Service = app.state.service
        self._ports = ports or Ports()
        self.http_address = ""
        """`http://127.0.0.1:8080`; empty where HTTP is not served."""
        self.grpc_address = ""
        """`127.0.0.1:50051`; empty where gRPC is not served."""
        self._settings = settings
        self._stop = asyncio.Event()
        self.management_address = ""
        """`http://127.0.0.1:9090`; empty where management has no port of its own."""
        certificates = Certificates(tls.of(settings)) if settings.tls_certificate else None
        self._scheme = "http" if certificates is None else "https"
        credentials = certificates.credentials() if certificates is not None else None
        self._grpc = GrpcServer(self.service, credentials, shared=self._ports.shared) if settings.grpc else None
        self._http = http_server(app, settings, certificates) if settings.http else None
        own_port = settings.management_port is not None
        self._management = http_server(Private(app), settings, certificates) if own_port else None
        self._patience = Patience(settings.header_timeout, settings.body_timeout, streamed(app))
        self._serving: list[asyncio.Task[None]] = []
        self._watching: list[asyncio.Task[None]] = []
        self._forced = False
        self._ending: asyncio.Task[None] | None = None

    @property
    def addresses(self) -> dict[str, str]:
        """Where it listens, by what is served there."""
        found = {"HTTP": self.http_address, "gRPC": self.grpc_address, "Management": self.management_address}
        return {name: address for name, address in found.items() if address}

    async def start(self) -> None:
        """Open the ports. Raises OSError where one cannot be had."""
        settings, ports = self._settings, self._ports
        host = settings.host
        if self._http is not None:
            self.http_address = self._open(self._http, ports.http or listening(host, settings.http_port))
        if self._management is not None and settings.management_port is not None:
            listener = ports.management or listening(settings.management_host, settings.management_port)
            self.management_address = self._open(self._management, listener)
        if self._grpc is not None:
            port = await self._grpc.start(host, self._settings.grpc_port)
            self.grpc_address = f"{shown(host)}:{port}"

    def reload(self, source: Source) -> None:
        """Read the settings again and follow them, as far as that needs no restart. Where they are wrong, nothing
        changes."""
        settings, findings = source.read(self.service.binding)
        for finding in findings:
            logger.error("settings: %s", finding)
        if failed(findings):
            logger.error("the settings are wrong: all stays as it was")
            return
        before, self._settings = self._settings, settings
        logging.getLogger().setLevel(settings.log_level.upper())
        told = self.service.reload(settings)
        names = [item.name for item in fields(settings) if getattr(settings, item.name) != getattr(before, item.name)]
        if late := [name for name in names if name not in LIVE]:
            logger.warning("settings: %s: not before the next start", ", ".join(late))
        logger.info("settings: %s", "; ".join(told) or "no deployment changes")

    def stop(self) -> None:
        """Begin to stop; a second time, stop at once."""
        self._forced = self._stop.is_set()
        self._stop.set()
        for server in self._servers:
            server.force_exit = self._forced
        if self._forced and self._grpc is not None:
            self._ending = asyncio.create_task(self._grpc.end())

    @property
    def stopping(self) -> bool:
        """Whether `stop` was called."""
        return self._stop.is_set()

    async def finished(self) -> None:
        """Report readiness while the models load, wait for `stop`, then drain both servers."""
        followed = asyncio.create_task(self._followed())
        await self._stop.wait()
        followed.cancel()
        self.service.draining = True
        logger.info("stopping: waiting up to %g s for running calls", self._settings.grace)
        await asyncio.gather(self._stop_http(), self._stop_grpc())

    @property
    def _servers(self) -> list[HttpServer]:
        return [server for server in (self._http, self._management) if server is not None]

    def _open(self, server: HttpServer, listener: socket.socket) -> str:
        host, port = listener.getsockname()[:2]
        self._serving.append(asyncio.create_task(server.serve([listener])))
        self._watching.append(asyncio.create_task(self._patience.watch(server.server_state.connections)))
        return f"{self._scheme}://{shown(host)}:{port}"

    async def _followed(self) -> None:
        """Say whenever the service becomes ready, or is so no more."""
        changed = asyncio.Event()
        self.service.deployments.watchers.append(changed.set)
        told: dict[str, str] | None = None
        await self.service.settled()
        settle()
        while True:
            changed.clear()
            missing = self.service.missing
            if missing != told:
                told = missing
                await self._tell(missing)
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(changed.wait(), LOOK)
            self.service.deployments.look()

    async def _tell(self, missing: Mapping[str, str]) -> None:
        for name, reason in missing.items():
            logger.error("not ready: %s: %s", name, reason)
        if not missing:
            logger.info("ready")
        if self._grpc is not None:
            await self._grpc.serving(not missing)

    async def _stop_http(self) -> None:
        for server in self._servers:
            server.should_exit = True
        await asyncio.gather(*self._serving)
        for task in self._watching:
            task.cancel()

    async def _stop_grpc(self) -> None:
        if self._grpc is not None:
            await self._grpc.drain(self._settings.grace)
        if self._ending is not None:
            await self._ending


@contextlib.contextmanager
def signals(actions: Mapping[signal.Signals, Callable[[], object]]) -> Iterator[None]:
    """Act on signals inside it."""
    loop = asyncio.get_running_loop()
    for number, action in actions.items():
        loop.add_signal_handler(number, action)
    try:
        yield
    finally:
        for number in actions:
            loop.remove_signal_handler(number)


def streamed(app: Application) -> frozenset[str]:
    """The paths whose bodies come piece by piece."""
    methods = app.generated.methods()
    return frozenset(path for path, binding in methods.items() if binding.stream is not None)


# The command line


def command_line(service: ServiceBinding) -> typer.Typer:
    """The commands of `python -m <name>_service`."""
    import typer

    app = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,  # which may show the values of variables, and so a token
        context_settings={"help_option_names": ["-h", "--help"]},
        help=f"The service of {service.package}.",
    )

    @app.callback()
    def root() -> None:
        """Keep `serve` a command of its own, so that others can stand beside it."""

    @app.command("serve")
    def serve_command(
        host: str = typer.Option(None, help="Address to listen on; 0.0.0.0 for every interface."),
        http_port: int = typer.Option(None, min=0, max=65535, help="HTTP port; 0: a free one."),
        grpc_port: int = typer.Option(None, min=0, max=65535, help="gRPC port; 0: a free one."),
        no_http: bool = typer.Option(False, "--no-http", help="Serve gRPC only."),
        no_grpc: bool = typer.Option(False, "--no-grpc", help="Serve HTTP only."),
        workers: int = typer.Option(None, min=1, help="Processes that share the ports."),
        management_port: int = typer.Option(
            None, min=0, max=65535, help="A port of its own for management and metrics; 0: a free one."
        ),
        access_log: bool = typer.Option(None, "--access-log", help="Log every request."),
        stated: list[str] = typer.Option(None, "--set", metavar="NAME=VALUE", help="Any other setting."),  # noqa: B008
        settings: str = typer.Option(SETTINGS_FILE, help="The settings file."),
    ) -> None:
        """Serve over HTTP and gRPC until SIGTERM or Ctrl-C."""
        flags = {
            "host": host,
            "http_port": http_port,
            "grpc_port": grpc_port,
            "http": False if no_http else None,
            "grpc": False if no_grpc else None,
            "workers": workers,
            "management_port": management_port,
            "access_log": access_log,
        }
        raise typer.Exit(ends(main(service, Path(settings), flags, stated or ())))

    return app


def main(
    service: ServiceBinding,
    file: Path = Path(SETTINGS_FILE),
    flags: dict[str, Any] | None = None,
    stated: Sequence[str] = (),
) -> int:
    """Read the settings and serve; 2, with every finding told, where they are wrong."""
    source = Source(file=str(file.absolute()), flags=flags or {}, stated=stated)  # a model may go to another folder
    settings, findings = source.read(service)
    for finding in findings:
        _complain(str(finding))
    if failed(findings):
        return WRONG
    if not settings.http and not settings.grpc:
        _complain("error: neither HTTP nor gRPC is left to serve")
        return WRONG
    return serve(service, settings, source)


def _complain(finding: str | Finding) -> None:
    sys.stderr.write(f"{finding}\n")

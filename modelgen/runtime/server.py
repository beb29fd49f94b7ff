"""Starts a service on HTTP and gRPC in one event loop, and stops it without losing what it accepted."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import importlib.util
import logging
import signal
import socket
import sys
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn

from modelgen.finding import Finding, failed
from modelgen.runtime.banner import show
from modelgen.runtime.binding import ServiceBinding
from modelgen.runtime.grpc import GrpcServer
from modelgen.runtime.http import create_app
from modelgen.runtime.joining import JoiningProtocol
from modelgen.runtime.service import Service
from modelgen.runtime.settings import Settings, check_modules, read

if TYPE_CHECKING:
    import typer
    from fastapi import FastAPI

logger = logging.getLogger("modelgen.runtime")

SETTINGS_FILE = "service.toml"
WRONG = 2
"""Exit code for what the user has to put right."""


def serve(service: ServiceBinding, settings: Settings) -> int:
    """Serve until SIGTERM or SIGINT; 0 after an orderly stop, 2 where a port cannot be had."""
    logging.basicConfig(level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("uvicorn").setLevel(logging.WARNING)  # this file says when the service starts and stops
    try:
        return _run(_serve(service, settings))
    except OSError as error:
        _complain(f"error: {error.strerror or error}")
        return WRONG


def _run(main: Coroutine[Any, Any, int]) -> int:
    """Run on uvloop where there is one."""
    if importlib.util.find_spec("uvloop") is None:
        return asyncio.run(main)
    import uvloop

    return uvloop.run(main)


async def _serve(binding: ServiceBinding, settings: Settings) -> int:
    app = create_app(binding, settings)
    running = Running(app, settings)
    with _signals(running):
        async with app.router.lifespan_context(app):
            await running.start()
            show(running.service, http=running.http_address, grpc=running.grpc_address)
            await running.finished()
    return 0


class Running:
    """The servers of a service between start and stop."""

    def __init__(self, app: FastAPI, settings: Settings) -> None:
        self.service: Service = app.state.service
        self.http_address = ""
        """`http://127.0.0.1:8080`; empty where HTTP is not served."""
        self.grpc_address = ""
        """`127.0.0.1:50051`; empty where gRPC is not served."""
        self._settings = settings
        self._stop = asyncio.Event()
        self._grpc = GrpcServer(self.service) if settings.grpc else None
        config = uvicorn.Config(
            app,
            http=JoiningProtocol,
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=max(1, round(settings.grace)),
        )
        self._http = _Http(config) if settings.http else None
        self._serving: asyncio.Task[None] | None = None
        self._forced = False

    async def start(self) -> None:
        """Open the ports. Raises OSError where one cannot be had."""
        host = self._settings.host
        if self._http is not None:
            listener = _listening(host, self._settings.http_port)
            self.http_address = f"http://{_shown(host)}:{listener.getsockname()[1]}"
            self._serving = asyncio.create_task(self._http.serve([listener]))
        if self._grpc is not None:
            port = await self._grpc.start(host, self._settings.grpc_port)
            self.grpc_address = f"{_shown(host)}:{port}"

    def stop(self) -> None:
        """Begin to stop; a second time, stop at once."""
        self._forced = self._stop.is_set()
        self._stop.set()
        if self._forced and self._http is not None:
            self._http.force_exit = True

    async def finished(self) -> None:
        """Report readiness while the models load, wait for `stop`, then drain both servers."""
        loaded = asyncio.create_task(self._loaded())
        await self._stop.wait()
        loaded.cancel()
        self.service.draining = True
        logger.info("stopping: waiting up to %g s for running calls", self._settings.grace)
        await asyncio.gather(self._stop_http(), self._stop_grpc())

    async def _loaded(self) -> None:
        await self.service.settled()
        gc.collect()
        gc.freeze()  # a full collection over what torch has loaded costs more than 100 ms
        missing = self.service.missing
        for name, reason in missing.items():
            logger.error("not ready: %s: %s", name, reason)
        if not missing:
            logger.info("ready")
        if self._grpc is not None:
            await self._grpc.serving(self.service.ready)

    async def _stop_http(self) -> None:
        if self._http is not None and self._serving is not None:
            self._http.should_exit = True
            await self._serving

    async def _stop_grpc(self) -> None:
        if self._grpc is not None:
            await self._grpc.drain(0 if self._forced else self._settings.grace)


class _Http(uvicorn.Server):
    """uvicorn without its own signal handlers."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen()  # from here on callers wait and are not refused
    except OSError as error:
        listener.close()
        raise OSError(error.errno, f"port {port} of {host} cannot be had: {error.strerror}") from error
    return listener


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host


@contextlib.contextmanager
def _signals(running: Running) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, running.stop)
    try:
        yield
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)


# The command line


def command_line(service: ServiceBinding) -> typer.Typer:
    """The commands of `python -m <name>_service`."""
    import typer

    app = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
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
        settings: str = typer.Option(SETTINGS_FILE, help="The settings file."),
    ) -> None:
        """Serve over HTTP and gRPC until SIGTERM or Ctrl-C."""
        flags = {
            "host": host,
            "http_port": http_port,
            "grpc_port": grpc_port,
            "http": False if no_http else None,
            "grpc": False if no_grpc else None,
        }
        raise typer.Exit(main(service, Path(settings), flags))

    return app


def main(service: ServiceBinding, file: Path = Path(SETTINGS_FILE), flags: dict[str, Any] | None = None) -> int:
    """Read the settings and serve; 2, with every finding told, where they are wrong."""
    settings, findings = read(file, flags=flags)
    known = {module.name: module.path for module in service.modules}
    findings = (*findings, *check_modules(settings, known, file.name))
    for finding in findings:
        _complain(str(finding))
    if failed(findings):
        return WRONG
    if not settings.http and not settings.grpc:
        _complain("error: neither HTTP nor gRPC is left to serve")
        return WRONG
    return serve(service, settings)


def _complain(finding: str | Finding) -> None:
    sys.stderr.write(f"{finding}\n")

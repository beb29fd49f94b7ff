"""Who listens for HTTP: a socket that is open early, and a server that loses nobody whom the system has let in."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from typing import Any

import uvicorn

from modelgen.runtime.connections import Connection
from modelgen.runtime.settings import Settings
from modelgen.runtime.tls import Certificates


class HttpServer(uvicorn.Server):
    """uvicorn without its own signal handlers, and without losing callers when it stops."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """None."""
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take in those whom the system has let in already, and answer them; then nobody more."""
        self.server_state.default_headers.append((b"connection", b"close"))
        loop = asyncio.get_running_loop()
        listeners = [listener.dup() for listener in sockets or ()]
        for server in self.servers:
            server.close()
        for _ in range(3):  # turns of the loop, in which it gives its own hold of the listeners up
            await asyncio.sleep(0)
        for listener in listeners:
            callers = _let_in(listener)
            listener.close()
            for caller in callers:
                with contextlib.suppress(OSError):  # gone again, or its TLS failed
                    await loop.connect_accepted_socket(self._connection, caller, ssl=self.config.ssl)
        await super().shutdown(sockets)

    def _connection(self) -> Connection:
        return Connection(config=self.config, server_state=self.server_state, app_state={})


def _let_in(listener: socket.socket) -> list[socket.socket]:
    """Those who wait at a socket that does not block."""
    found = []
    with contextlib.suppress(OSError):
        while True:
            found.append(listener.accept()[0])
            found[-1].setblocking(False)
    return found


def http_server(app: Any, settings: Settings, certificates: Certificates | None) -> HttpServer:
    """A server of the application."""
    config = uvicorn.Config(
        app,
        http=Connection,
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=max(1, round(settings.grace)),
    )
    config.load()
    config.ssl = certificates.context() if certificates is not None else None
    return HttpServer(config)


def listening(host: str, port: int) -> socket.socket:
    """A socket that takes callers from now on. Raises OSError where the port cannot be had."""
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


def shown(host: str) -> str:
    """The host as it stands in addresses."""
    return f"[{host}]" if ":" in host else host

"""One of several processes that serve: `python -m modelgen.runtime.workers DESCRIPTOR`, started by the supervisor."""

from __future__ import annotations

import asyncio
import importlib
import json
import signal
import socket
import sys
from typing import Any

from modelgen.finding import failed
from modelgen.runtime.binding import ServiceBinding
from modelgen.runtime.ending import ends
from modelgen.runtime.http import create_app
from modelgen.runtime.logs import configure, outlast_readers
from modelgen.runtime.server import WRONG, Ports, Running, Source, run
from modelgen.runtime.settings import Settings
from modelgen.runtime.supervisor import LISTENS, RELOAD, STOP


def main(descriptor: int) -> int:
    """Serve until the supervisor says otherwise, or has gone."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # they are the supervisor's to act on
        signal.signal(number, signal.SIG_IGN)
    orders = socket.socket(fileno=descriptor)
    told = json.loads(_line(orders))
    source = Source(**told["source"])
    service: ServiceBinding = importlib.import_module(f"{told['service']}.bindings").SERVICE
    settings, findings = source.read(service)
    outlast_readers()
    configure(settings.log_level, settings.log_format)
    if failed(findings):  # they have changed since the supervisor read them, and it told what is wrong
        return WRONG
    ports = {name: socket.socket(fileno=number) for name, number in told["descriptors"].items()}
    return run(_serve(service, settings, source, Ports(**ports, shared=True), orders, again=told["again"]))


async def _serve(
    service: ServiceBinding, settings: Settings, source: Source, ports: Ports, orders: socket.socket, *, again: bool
) -> int:
    app = create_app(service, settings)
    running = Running(app, settings, ports)

    async def follow() -> None:
        loop = asyncio.get_running_loop()
        while order := await _order(loop, orders):
            if order == RELOAD:
                running.reload(source)
            elif order == STOP:
                running.stop()
        if not running.stopping:
            running.stop()

    following = asyncio.create_task(follow())
    async with app.router.lifespan_context(app):
        if again:  # the others serve meanwhile
            await running.service.settled()
        await running.start()
        orders.send(LISTENS)
        await running.finished()
    following.cancel()
    return 0


async def _order(loop: asyncio.AbstractEventLoop, orders: socket.socket) -> bytes:
    """The next order; empty: the supervisor has gone."""
    try:
        return await loop.sock_recv(orders, 1)
    except OSError:
        return b""


def _line(orders: socket.socket) -> bytes:
    found = bytearray()
    while not found.endswith(b"\n"):
        part: Any = orders.recv(1)
        if not part:
            raise SystemExit("the supervisor has gone")
        found += part
    orders.setblocking(False)
    return bytes(found)


if __name__ == "__main__":
    sys.exit(ends(main(int(sys.argv[1]))))

"""Callers that do not stop: what each of them got, counted."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import grpc

REFUSED = "refused"
"""The connection was not taken, or closed before the request: nothing was accepted."""
LOST = "lost"
"""The request was on its way, and no whole answer came."""
IDLE = 1.0
"""Seconds after which a connection is not used again: the service closes those that are idle for long, and a caller who
gets no time on a busy machine cannot tell."""


class Callers:
    """Threads that call one method over connections that they keep, until they are told to stop."""

    def __init__(self, base: str, path: str, body: bytes, *, callers: int = 8) -> None:
        self._address = urlsplit(base).netloc
        self._path = path
        self._body = body
        self._over = threading.Event()
        self.outcomes: Counter[int | str] = Counter()
        """HTTP statuses, REFUSED and LOST, and how often."""
        self.errors: Counter[str] = Counter()
        """What was said where it was not 200."""
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._call) for _ in range(callers)]

    def start(self) -> None:
        """Begin to call."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> Counter[int | str]:
        """End the calls; what came of all."""
        self._over.set()
        for thread in self._threads:
            thread.join(60)
        return self.outcomes

    def answered(self) -> int:
        """How many have been answered so far."""
        return sum(count for outcome, count in self.outcomes.items() if isinstance(outcome, int))

    def _call(self) -> None:
        connection: http.client.HTTPConnection | None = None
        answered = 0.0
        while not self._over.is_set():
            if connection is not None and time.monotonic() > answered + IDLE:
                connection.close()
                connection = None
            if connection is None:
                connection = http.client.HTTPConnection(self._address, timeout=60)
                try:
                    connection.connect()
                except OSError:
                    connection = None
                    self._count(REFUSED)
                    self._over.wait(0.02)
                    continue
            outcome, open_ = self._one(connection)
            self._count(outcome)
            answered = time.monotonic()
            if not open_:
                connection.close()
                connection = None
        if connection is not None:
            connection.close()

    def _one(self, connection: http.client.HTTPConnection) -> tuple[int | str, bool]:
        try:
            connection.request("POST", self._path, self._body)
            answer = connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException):
            return LOST, False
        if answer.status != 200:
            self.errors[json.loads(content)["error"]] += 1
        return answer.status, not answer.will_close

    def _count(self, outcome: int | str) -> None:
        with self._lock:
            self.outcomes[outcome] += 1


class RpcCallers(Callers):
    """The same over gRPC, each with a channel of its own: outcomes are 200, and names of status codes."""

    def __init__(self, address: str, method: str, request: Any, *, callers: int = 8) -> None:
        super().__init__("", method, b"", callers=callers)
        self._server = address
        self._request = request

    def _call(self) -> None:
        options = [("grpc.enable_retries", 0), ("grpc.use_local_subchannel_pool", 1)]
        with grpc.insecure_channel(self._server, options=options) as channel:
            method = channel.unary_unary(self._path, type(self._request).SerializeToString)
            while not self._over.is_set():
                try:
                    method(self._request, timeout=60)
                except grpc.RpcError as error:
                    self._count(error.code().name)
                    self._over.wait(0.02)
                else:
                    self._count(200)


@contextmanager
def calling(base: str, path: str, body: bytes, *, callers: int = 8) -> Iterator[Callers]:
    """Calls while the block runs."""
    with _running(Callers(base, path, body, callers=callers)) as load:
        yield load


@contextmanager
def rpc_calling(address: str, method: str, request: Any, *, callers: int = 8) -> Iterator[Callers]:
    """Calls over gRPC while the block runs."""
    with _running(RpcCallers(address, method, request, callers=callers)) as load:
        yield load


@contextmanager
def _running(load: Callers) -> Iterator[Callers]:
    load.start()
    try:
        yield load
    finally:
        load.stop()


Condition = Callable[[Callable[[], object], str], None]
"""The fixture `wait_until`."""

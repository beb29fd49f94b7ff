"""A model in a process of its own: started, called, ended where it hangs, and started again when it has ended."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelgen.runtime.binding import MethodBinding
from modelgen.runtime.engines.accelerator import Placing
from modelgen.runtime.engines.channels import Inlet
from modelgen.runtime.engines.host import Died, Hung, Sink
from modelgen.runtime.engines.wire import Connection
from modelgen.runtime.engines.worker import Runner
from modelgen.runtime.errors import Internal, ServiceError
from modelgen.runtime.settings import Deployment

logger = logging.getLogger("modelgen.runtime")

THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
"""Tell the libraries below numpy and torch how many threads to compute with."""
FIRST_PAUSE = 0.1
LONGEST_PAUSE = 30.0
"""Seconds between attempts to start a process that does not load its model."""
SPARE = 0.5
"""Seconds beyond its time that a call has to end by itself, before its process is ended."""
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


class ProcessHost:
    """A replica's process, as its worker's thread sees it."""

    def __init__(self, plan: Plan, changed: Callable[[], object]) -> None:
        """Start it and wait for its model; `changed` is called, on another thread, when it has gone or is back.
        Raises NotLoaded."""
        self._plan = plan
        self._tell = changed
        self._changed = threading.Condition()
        self._attempts = 0
        self._streams = 0
        self._closed = False
        self._connection: Connection | None = None
        self._process: subprocess.Popen[bytes]
        self.device = ""
        """Where the model is; empty for one that is no torch module."""
        self.size = 0
        """Bytes that the process takes, once the model is loaded."""
        self._begin()
        threading.Thread(target=self._watch, name=f"{plan.deployment.name}-watch", daemon=True).start()

    @property
    def up(self) -> bool:
        """Whether the process is there, with its model."""
        return self._connection is not None

    def await_up(self) -> None:
        """Wait until it is there, or one more attempt to start it has failed."""
        with self._changed:
            before = self._attempts
            self._changed.wait_for(lambda: self.up or self._closed or self._attempts != before)

    def invoke(self, runner: Runner, method: str, positional: tuple[str, ...], arguments: dict[str, Any]) -> Any:
        """What a method answers. Raises ServiceError, Died or Hung among them."""
        connection = self._sent(("call", method, positional, arguments))
        kind, value = self._received(connection)
        if kind == "error":
            raise value
        return value

    def produce(self, runner: Runner, binding: MethodBinding, arguments: dict[str, Any], outlet: Sink) -> None:
        """Send the outlet what a method answers, or yields."""
        inlet = arguments.pop(binding.stream.parameter) if binding.stream is not None else None
        self._streams += 1
        number = self._streams
        connection = self._sent(("stream", binding.name, arguments, number))
        outlet.on_close(lambda: _told(connection, ("stop", None, number)))
        with _Feeder(connection, inlet, number) as feeder:
            while (message := self._received(connection))[0] != "end":
                kind, value = message
                if kind == "error":
                    raise value
                if kind == "pull":
                    feeder.pull()
                else:
                    outlet.send(value)  # where the reader has gone, the process has been told so
        outlet.finish()

    def close(self) -> None:
        """End the process."""
        with self._changed:
            self._closed = True
            connection, self._connection = self._connection, None
            self._changed.notify_all()
        if connection is not None:
            connection.close()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _sent(self, message: Any) -> Connection:
        """Send a message; where the process has ended before it could be taken, to the next one."""
        for _ in range(2):
            connection = self._connection
            if connection is not None:
                try:
                    connection.send(message)
                except OSError:
                    self._lose(connection)
                except Exception as error:
                    name = self._plan.deployment.name
                    logger.error("a call of deployment %s cannot be handed to its process", name, exc_info=error)
                    raise Internal(f"A call of `{name}` cannot be handed to its process") from error
                else:
                    return connection
            self.await_up()
        raise self._died()

    def _received(self, connection: Connection) -> tuple[str, Any]:
        try:
            timeout = self._plan.deployment.timeout
            found: tuple[str, Any] = connection.receive(timeout + SPARE if timeout else None)
        except TimeoutError:
            self._process.kill()
            self._lose(connection)
            text = "deployment %s: a call took longer than %g s; its process was ended"
            logger.error(text, self._plan.deployment.name, self._plan.deployment.timeout)
            raise Hung("The call was not answered in time") from None
        except (EOFError, OSError):
            self._lose(connection)
            raise self._died() from None
        return found

    def _died(self) -> Died:
        return Died(f"A process of `{self._plan.deployment.name}` has ended", retry_after=1.0)

    def _lose(self, connection: Connection) -> None:
        with self._changed:
            if self._connection is connection:
                self._connection = None
                self._changed.notify_all()

    def _begin(self) -> None:
        here, there = socket.socketpair()
        deployment = self._plan.deployment
        with there:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "modelgen.runtime.engines.child", str(there.fileno())],
                pass_fds=[there.fileno()],
                stdin=subprocess.DEVNULL,
                env={**divided(deployment.replicas), "PYTHONPATH": python_path()},
            )
        connection = Connection(here)
        try:
            connection.send(self._plan)
            kind, value = connection.receive()
        except (EOFError, OSError) as error:
            connection.close()
            code = self._process.wait()
            raise NotLoaded(f"The process of `{deployment.name}` {ended(code)} while it loaded") from error
        except BaseException:
            connection.close()
            self._process.wait()
            raise
        if kind == "error":
            connection.close()
            self._process.wait()
            raise NotLoaded(value)
        self.device, self.size = value
        with self._changed:
            self._connection = connection
            self._changed.notify_all()

    def _watch(self) -> None:
        """Start the process again whenever it has ended (a thread of its own)."""
        while True:
            code = self._process.wait()
            with self._changed:
                if self._closed:
                    return
                lost, self._connection = self._connection, None
            if lost is not None:
                lost.close()
            logger.error("deployment %s: a process %s; starting another", self._plan.deployment.name, ended(code))
            self._tell()
            if not self._begun_again():
                return

    def _begun_again(self) -> bool:
        """Try until it has started; False where it is not wanted any more."""
        pause = FIRST_PAUSE
        while True:
            try:
                self._begin()
            except (NotLoaded, OSError) as error:
                logger.error("deployment %s: %s", self._plan.deployment.name, error)
                with self._changed:
                    self._attempts += 1
                    self._changed.notify_all()
                    if self._changed.wait_for(lambda: self._closed, pause):
                        return False
                pause = min(2 * pause, LONGEST_PAUSE)
                continue
            if self._closed:
                self.close()
                return False
            self._tell()
            logger.info("deployment %s: a process has been started again", self._plan.deployment.name)
            return True


def ended(code: int) -> str:
    """How a process ended, in words."""
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        return f"was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"was ended by signal {-code}"


def _told(connection: Connection, message: tuple[str, Any, int]) -> None:
    try:
        connection.send(message)
    except OSError:
        pass  # the process has ended: whoever receives sees it
    except Exception as error:
        logger.error("a piece of a stream cannot be handed to its process", exc_info=error)
        _told(connection, ("broken", Internal("A piece of the stream cannot be handed on"), message[2]))


class _Feeder:
    """Hands on the pieces of a streamed argument, as the process asks for them, on a thread of its own: results go
    on while the caller is silent."""

    def __init__(self, connection: Connection, inlet: Inlet | None, number: int) -> None:
        self._connection = connection
        self._number = number
        self._inlet = inlet
        self._asked = threading.Semaphore(0)
        self._over = False
        self._thread: threading.Thread | None = None

    def __enter__(self) -> _Feeder:
        if self._inlet is not None:
            self._thread = threading.Thread(target=self._feed, args=(self._inlet,), daemon=True)
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over = True
        self._asked.release()

    def pull(self) -> None:
        """The process asks for one more."""
        self._asked.release()

    def _feed(self, inlet: Iterator[Any]) -> None:
        while self._asked.acquire() and not self._over:
            kind, value = _piece(inlet)
            if not self._over:
                _told(self._connection, (kind, value, self._number))


def _piece(inlet: Iterator[Any]) -> tuple[str, Any]:
    try:
        return "piece", next(inlet)
    except StopIteration:
        return "over", None
    except (ServiceError, asyncio.CancelledError) as error:
        return "broken", error
    except Exception as error:
        logger.error("a stream broke off", exc_info=error)
        return "broken", Internal("The stream broke off")

"""A model in a process of its own: called, ended where it hangs, started again when it has ended, and replaced by
another when it has taken too much memory or answered enough calls."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import subprocess
import threading
from collections.abc import Iterator
from typing import Any

from modelgen.runtime.binding import MethodBinding
from modelgen.runtime.engines.channels import Inlet
from modelgen.runtime.engines.host import Died, Hung, Sink, Watcher
from modelgen.runtime.engines.started import NotLoaded, Plan, Started, ended
from modelgen.runtime.engines.wire import Connection
from modelgen.runtime.engines.worker import Runner
from modelgen.runtime.errors import Internal, ServiceError
from modelgen.runtime.origin import told

logger = logging.getLogger("modelgen.runtime")

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 30.0
"""Seconds between attempts to start a process that does not load its model."""
SPARE = 0.5
"""Seconds beyond its time that a call has to end by itself, before its process is ended."""
LOOK = 0.5
"""Seconds between two looks at what a process takes, where that is limited."""


class ProcessHost:
    """A replica's process, as its worker's thread sees it."""

    def __init__(self, plan: Plan, watcher: Watcher) -> None:
        """Start it and wait for its model. Raises NotLoaded."""
        self._plan = plan
        self._watcher = watcher
        self._changed = threading.Condition()
        self._attempts = 0
        self._streams = 0
        self._calls = 0
        self._busy = False
        self._hung = False
        self._closed = False
        started = Started(plan)
        self._present: Started | None = started
        self.device = started.device
        """Where the model is; empty for one that is no torch module."""
        self.size = started.size
        """Bytes that the process takes, once the model is loaded."""
        name = f"{plan.deployment.name}-watch"
        threading.Thread(target=self._watch, args=(started,), name=name, daemon=True).start()

    @property
    def up(self) -> bool:
        """Whether the process is there, with its model."""
        return self._present is not None

    @property
    def memory(self) -> int:
        """Bytes that the process takes now; 0 where there is none, or the system does not tell."""
        present = self._present
        return present.memory if present is not None else 0

    def await_up(self) -> None:
        """Wait until it is there, or one more attempt to start it has failed."""
        with self._changed:
            before = self._attempts
            self._changed.wait_for(lambda: self.up or self._closed or self._attempts != before)

    def invoke(self, runner: Runner, method: str, positional: tuple[str, ...], arguments: dict[str, Any]) -> Any:
        """What a method answers. Raises Elsewhere for what the model raised; Died, Hung and other ServiceErrors."""
        with self._call():
            started = self._sent(("call", method, positional, arguments, told()))
            kind, value = self._received(started)
        if kind == "error":
            raise value
        return value

    def produce(self, runner: Runner, binding: MethodBinding, arguments: dict[str, Any], outlet: Sink) -> None:
        """Send the outlet what a method answers, or yields."""
        inlet = arguments.pop(binding.stream.parameter) if binding.stream is not None else None
        self._streams += 1
        number = self._streams
        with self._call():
            started = self._sent(("stream", binding.name, arguments, told(), number))
            outlet.on_close(lambda: _told(started.connection, ("stop", None, number)))
            with _Feeder(started.connection, inlet, number) as feeder:
                while (message := self._received(started))[0] != "end":
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
            present, self._present = self._present, None
            self._changed.notify_all()
        if present is not None:
            present.end()

    @contextlib.contextmanager
    def _call(self) -> Iterator[None]:
        """Inside it, the process is not replaced."""
        with self._changed:
            self._busy = True
        try:
            yield
        finally:
            with self._changed:
                self._busy = False
                self._calls += 1
                self._changed.notify_all()

    def _sent(self, message: Any) -> Started:
        """Send a message; where the process has ended before it could be taken, to the next one."""
        for _ in range(2):
            present = self._present
            if present is not None:
                try:
                    present.connection.send(message)
                except OSError:
                    self._lose(present)
                except Exception as error:
                    name = self._plan.deployment.name
                    logger.error("a call of deployment %s cannot be handed to its process", name, exc_info=error)
                    raise Internal(f"A call of `{name}` cannot be handed to its process") from error
                else:
                    return present
            self.await_up()
        raise self._died()

    def _received(self, started: Started) -> tuple[str, Any]:
        try:
            timeout = self._plan.deployment.timeout
            found: tuple[str, Any] = started.connection.receive(timeout + SPARE if timeout else None)
        except TimeoutError:
            self._hung = True
            started.process.kill()
            self._lose(started)
            text = "deployment %s: a call took longer than %g s; its process was ended"
            logger.error(text, self._plan.deployment.name, self._plan.deployment.timeout)
            raise Hung("The call was not answered in time") from None
        except (EOFError, OSError):
            self._lose(started)
            raise self._died() from None
        return found

    def _died(self) -> Died:
        return Died(f"A process of `{self._plan.deployment.name}` has ended", retry_after=1.0)

    def _lose(self, started: Started) -> None:
        with self._changed:
            if self._present is started:
                self._present = None
                self._changed.notify_all()

    def _watch(self, present: Started) -> None:
        """Have a process, and never one that is beyond its limits (a thread of its own)."""
        name = self._plan.deployment.name
        while True:
            reason = self._over(present)
            if self._closed:
                return
            if reason in ("ended", "hung"):
                self._lose(present)
                present.connection.close()
                code = present.process.returncode
                logger.error("deployment %s: a process %s; starting another", name, ended(code))
                self._watcher.changed()
            another = self._another()
            if another is None:
                return
            logger.info("deployment %s: another process has loaded (the one before: %s)", name, reason)
            if not self._put(present, another):
                another.end()
                return
            present.end()
            present = another
            self._watcher.changed()
            self._watcher.replaced(reason)

    def _over(self, present: Started) -> str:
        """Wait until another process is needed; why."""
        limits = self._plan.deployment
        limited = limits.max_process_memory or limits.max_process_calls
        while True:
            try:
                present.process.wait(LOOK if limited else None)
            except subprocess.TimeoutExpired:
                taken = present.memory
                if 0 < limits.max_process_memory < taken:
                    logger.warning("deployment %s: a process takes %d bytes; starting another", limits.name, taken)
                    return "memory"
                if 0 < limits.max_process_calls <= self._calls:
                    return "calls"
            else:
                hung, self._hung = self._hung, False
                return "hung" if hung else "ended"

    def _another(self) -> Started | None:
        """Try until one has started; None where it is not wanted any more."""
        pause = FIRST_PAUSE
        while True:
            try:
                return Started(self._plan)
            except (NotLoaded, OSError) as error:
                logger.error("deployment %s: %s", self._plan.deployment.name, error)
            with self._changed:
                self._attempts += 1
                self._changed.notify_all()
                if self._changed.wait_for(lambda: self._closed, pause):
                    return None
            pause = min(2 * pause, LONGEST_PAUSE)

    def _put(self, present: Started, another: Started) -> bool:
        """Put another in the place of the present one, between two calls; False where none is wanted any more."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or not self._busy or self._present is not present)
            if self._closed:
                return False
            self._present = another
            self._calls = 0
            self._changed.notify_all()
            return True


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

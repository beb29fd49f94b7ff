"""What a model can do wrong, by name."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import os
import re
import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NoReturn

LEAKED: list[bytes] = []
OPENED: list[int] = []


class Busy(Exception):
    """Mapped to RESOURCE_EXHAUSTED by the binding."""


class Odd(BaseException):
    """No Exception."""


class Unwell:
    """Cannot be let go of."""

    def __del__(self) -> None:
        raise RuntimeError("it hurts")


def raising(error: BaseException) -> Callable[[], NoReturn]:
    def fail() -> NoReturn:
        raise error

    return fail


def leak(size: int) -> str:
    LEAKED.append(bytes(range(256)) * (size // 256))
    return "leak"


def open_files() -> NoReturn:
    """Open as many as the system allows, and keep them."""
    while True:
        OPENED.append(os.open(os.devnull, os.O_RDONLY))


def close_files() -> str:
    while OPENED:
        os.close(OPENED.pop())
    return "closed"


def start_threads() -> NoReturn:
    """Start as many as the system allows; they end with the call."""
    over = threading.Event()
    try:
        while True:
            threading.Thread(target=over.wait, daemon=True).start()
    finally:
        over.set()


def recurse() -> Any:
    return recurse()


def unfinished_threads() -> str:
    for _ in range(3):
        threading.Thread(target=threading.Event().wait, name="unfinished", daemon=False).start()
    return "started"


def processors() -> str:
    """Where this thread may run, and one that it starts."""
    with ThreadPoolExecutor(1) as pool:
        found = [os.sched_getaffinity(0), pool.submit(os.sched_getaffinity, 0).result()]
    return str([sorted(one) for one in found])


def exiting_thread() -> str:
    thread = threading.Thread(target=sys.exit)
    thread.start()
    thread.join()
    return "exited"


def close_stdout() -> str:
    sys.stdout.close()
    sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115 - it stays open
    return "closed"


def hold(file: str) -> str:
    """Hang, until a file is there."""
    while not Path(f"{file}.go").exists():
        threading.Event().wait(0.01)
    return "held"


def spin() -> NoReturn:
    """Hang, and work."""
    while True:
        pass


def grip(file: str) -> None:
    """Hang in native code that does not let go of the interpreter."""
    Path(file).write_text(str(os.getpid()))
    re.match(r"(a+)+$", "a" * 60 + "b")


def other_signals() -> str:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        try:
            signal.signal(number, signal.SIG_IGN)
        except ValueError:  # not on the main thread
            return "refused"
    return "ignored"


MOODS: dict[str, Callable[[], Any]] = {
    "runtime": raising(RuntimeError("/secret/path in a message")),
    "busy": raising(Busy("come back later")),
    "exit": raising(SystemExit(3)),
    "keyboard": raising(KeyboardInterrupt()),
    "generator": raising(GeneratorExit()),
    "stop": raising(StopIteration("over")),
    "cancelled": raising(asyncio.CancelledError()),
    "odd": raising(Odd()),
    "recursion": recurse,
    "wrong": object,
    "unpicklable": lambda: lambda: None,
    "unwell": Unwell,
    "process": lambda: str(os.getpid()),
    "threads": lambda: os.environ.get("OMP_NUM_THREADS", ""),
    "processors": processors,
    "collector": lambda: str(gc.get_threshold()),
    "leak": lambda: leak(10_000_000),
    "leak a little": lambda: leak(1_000_000),
    "files": open_files,
    "no files": close_files,
    "threads without end": start_threads,
    "unfinished threads": unfinished_threads,
    "exiting thread": exiting_thread,
    "stdout": close_stdout,
    "elsewhere": lambda: os.chdir("/") or "elsewhere",
    "signals": other_signals,
    "spin": spin,
    "die": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "leave": lambda: os._exit(7),
    "crash": lambda: ctypes.string_at(0),
    "nan": lambda: float("nan"),
    "text": lambda: "ok",
}

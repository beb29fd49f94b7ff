"""Tells what is going on, once it has taken a second: a spinner on a terminal, lines elsewhere."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from types import TracebackType

    from rich.status import Status

PATIENCE = 1.0
"""Seconds of silence."""


class Progress:
    """Call it with each step that begins."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._timer = threading.Timer(PATIENCE, self._speak_up)
        self._timer.daemon = True
        self._step = ""
        self._speaking = False
        self._status: Status | None = None

    def __call__(self, step: str) -> None:
        """A step begins."""
        with self._lock:
            self._step = step
            if self._speaking:
                self._say()

    def __enter__(self) -> Progress:
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        with self._lock:
            self._speaking = False
            if self._status is not None:
                self._status.stop()

    def _speak_up(self) -> None:
        with self._lock:
            self._speaking = True
            if self._step:
                self._say()

    def _say(self) -> None:
        if not sys.stderr.isatty():
            typer.echo(f"{self._step} ...", err=True)
            return
        if self._status is None:
            from rich.console import Console

            self._status = Console(stderr=True).status(self._step)
            self._status.start()
        self._status.update(self._step)

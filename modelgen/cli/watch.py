"""`modelgen generate --watch`: generate, and again whenever what the project is made of changes."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from modelgen.cli.options import DONE, WRONG

if TYPE_CHECKING:
    from modelgen.project.generate import Outcome


def watch(package: Path, templates: Path | None, run: Callable[[], Outcome]) -> None:
    """Run, and again after each change, until Ctrl-C or SIGTERM. A run that has begun is completed."""
    from modelgen.cli.report import shown
    from modelgen.project.watch import Watcher

    stop = threading.Event()
    with _ending(stop):
        watcher = Watcher(package, templates)
        outcome = run()
        if not outcome.package:
            raise typer.Exit(WRONG)
        while not stop.is_set():
            watcher.after(outcome.sources)
            typer.echo(f"watching {shown(package)}, until Ctrl-C")
            if changed := watcher.wait(stop):
                typer.echo(f"\nchanged: {_named([shown(path) for path in changed])}")
                try:
                    outcome = run()
                except OSError as error:  # a file went while it was read: the next look sees that
                    typer.echo(f"error: {error}", err=True)
        typer.echo("stopped watching")
    raise typer.Exit(DONE)


def _named(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


@contextlib.contextmanager
def _ending(stop: threading.Event) -> Iterator[None]:
    """Let the first signal ask for the end, and the second one force it."""

    def ask(number: int, frame: Any) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

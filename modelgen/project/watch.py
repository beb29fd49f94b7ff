"""Sees when what a project is made of changes: the package's sources, its settings, templates, what else was read.

It looks at the files' times and sizes, again and again: that works on every file system, shared and mounted ones too.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from threading import Event
from typing import TypeAlias

from modelgen.project import folder, settings
from modelgen.project.found import found
from modelgen.project.memo import sources

PAUSE = 0.2
"""Seconds between two looks, at least."""
SHARE = 50
"""A look is followed by a pause this many times as long: what watching costs is bounded, however large the package."""
CALM = 0.1
"""Seconds in which nothing more must change before a change is told: editors and git write many files at once."""
PATIENCE = 2.0
"""Seconds after which it is told although something is still changing."""

Stamps: TypeAlias = Mapping[Path, "tuple[int, int, int] | None"]


class Watcher:
    """Watches the package at a path. Make it before the first run, and tell it after each run what was read."""

    def __init__(self, path: Path, templates: Path | None = None) -> None:
        """`templates` is the folder of templates that the user gave; one that the settings name is found."""
        self._path = path
        self._given = templates
        self._package = path
        self._templates = templates
        self._further: tuple[Path, ...] = ()
        self._locate()
        self._seen = dict(_stamps(self._watched()))

    def after(self, read: Iterable[Path]) -> None:
        """A run has ended and has read these files outside of the package. What changed meanwhile is told next."""
        known = set(self._watched())
        self._further = tuple(read)
        self._locate()
        watched = set(self._watched())
        self._seen = {path: stamp for path, stamp in self._seen.items() if path in watched or path not in known}
        self._seen.update(_stamps(watched - known))

    def wait(self, stop: Event) -> tuple[Path, ...]:
        """The files that changed, appeared or went, as soon as some have; none when stopped."""
        pause = PAUSE
        while not stop.wait(pause):
            began = time.monotonic()
            now = _stamps(self._watched())
            pause = max(PAUSE, SHARE * (time.monotonic() - began))
            if now != self._seen:
                now = self._calm(now, stop)
                changed = _differing(self._seen, now)
                self._seen = dict(now)
                if changed:
                    return changed
        return ()

    def _calm(self, now: Stamps, stop: Event) -> Stamps:
        """What there is once it stops changing."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and not stop.wait(CALM):
            before, now = now, _stamps(self._watched())
            if now == before:
                break
        return now

    def _locate(self) -> None:
        """Find the package and its settings, which may move; where there is none now, look at where it was."""
        package, decided, _ = found(self._path)
        if package is not None:
            self._package = package.root
        self._templates = self._given or decided.templates

    def _watched(self) -> Iterator[Path]:
        yield from sources(self._package)
        yield from settings.looked_at(self._package)
        if self._templates is not None:
            yield from folder.walk(self._templates)
        yield from self._further


def _stamps(paths: Iterable[Path]) -> Stamps:
    return {path: _stamp(path) for path in paths}


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        stat = os.stat(path)  # noqa: PTH116 - the cheaper spelling, thousands of times
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size, stat.st_ino


def _differing(before: Stamps, now: Stamps) -> tuple[Path, ...]:
    paths = sorted({*before, *now})
    return tuple(path for path in paths if before.get(path) != now.get(path))

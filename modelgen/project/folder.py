"""Reads and looks at a project's folder, and follows no symlink in it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

SPARED = frozenset({"LICENSE", "LICENCE", "LICENSE.txt", "LICENSE.md"})
"""What may lie in a folder, beside names that begin with a dot, before modelgen writes into it for the first time."""


class PathError(Exception):
    """A file's place is taken by something else. Says by what, as the end of a sentence that begins with the path."""


class Sight:
    """Reads many files of one project at one time: each folder on the way is looked at once.

    Every method raises PathError where a symlink lies on the way or at the end, or a file where a folder should be.
    """

    def __init__(self, root: Path) -> None:
        self._root = str(root)
        self._folders = {""}

    def read(self, path: str) -> bytes | None:
        """What the project's file holds; None where there is none. PathError also where it is a folder or a device."""
        place = self.locate(path)
        mode = _mode(place)
        if mode is None:
            return None
        if not stat.S_ISREG(mode):
            raise PathError("is not a file")
        return Path(place).read_bytes()

    def locate(self, path: str) -> str:
        """Where the project's file is or would be."""
        self._enter(path.rpartition("/")[0])
        place = f"{self._root}/{path}"
        mode = _mode(place)
        if mode is not None and stat.S_ISLNK(mode):
            raise PathError(f"is a symlink at {path}, and modelgen follows none")
        return place

    def _enter(self, folder: str) -> None:
        """Make sure that a folder is one, or not there."""
        if folder in self._folders:
            return
        mode = _mode(self.locate(folder))
        if mode is not None and not stat.S_ISDIR(mode):
            raise PathError(f"would lie in {folder}, which is a file")
        self._folders.add(folder)


def read(root: Path, path: str) -> bytes | None:
    """What one file of a project holds; None where there is none. Raises PathError as `Sight` does."""
    return Sight(root).read(path)


def locate(root: Path, path: str) -> Path:
    """Where one file of a project is or would be. Raises PathError as `Sight` does."""
    return Path(Sight(root).locate(path))


def _mode(place: str) -> int | None:
    try:
        return os.lstat(place).st_mode
    except FileNotFoundError:
        return None


def walk(root: Path) -> Iterator[Path]:
    """Every file in a folder, in order, but for what begins with a dot."""
    for place, inside, names in os.walk(root):
        inside[:] = sorted(name for name in inside if not name.startswith("."))
        yield from (Path(place, name) for name in sorted(names) if not name.startswith("."))


def shown(path: Path) -> str:
    """The path as the user would type it from here."""
    here = Path.cwd()
    return (path.relative_to(here) if path.is_relative_to(here) else path).as_posix()


def strangers(root: Path) -> tuple[str, ...]:
    """The names in a folder that someone put there to be kept: all but dotted ones and licences."""
    if not root.is_dir():
        return ()
    names = (entry.name for entry in root.iterdir())
    return tuple(sorted(name for name in names if not name.startswith(".") and name not in SPARED))


def prune(root: Path, path: str) -> None:
    """Remove the folders that a removed file leaves empty."""
    for parent in (root / path).parents:
        if parent == root or parent.is_symlink() or (parent.is_dir() and any(parent.iterdir())):
            return
        if parent.is_dir():
            parent.rmdir()

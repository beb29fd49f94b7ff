"""Replaces many files as if they were one.

Everything new is first written to a staging folder inside the project; then a journal that says where each file goes;
then each is renamed into its place, the manifest last; then the journal is removed. A process that dies before the
journal stands has changed nothing; one that dies later leaves a journal that `recover` follows to its end. A step is
taken only while the file holds what it held when the step was planned: none is taken twice, no edit in between is lost.

A failure that the process survives, as of a full disk, is undone by a second journal in place of the first.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import stat
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict

from modelgen.finding import Finding, Level, Location
from modelgen.project import folder
from modelgen.project.manifest import FOLDER, MANIFEST, digest, stays_inside

if sys.platform != "win32":
    import fcntl

STAGING = f"{FOLDER}/staging"
JOURNAL = "journal.json"

_STAGED = re.compile(r"[0-9]{5,}\.(new|old)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One file's change: None is no file."""

    path: str
    before: bytes | None
    after: bytes | None


class ApplyError(Exception):
    """The project's files could not be replaced. Carries the finding that says why and how the project was left."""

    def __init__(self, message: str, hint: str = "") -> None:
        self.finding = Finding(
            level=Level.ERROR, code="project-unwritable", message=message, where=Location(path=FOLDER), hint=hint
        )
        super().__init__(message)


class _Line(TypedDict):
    """A journal's line: where a staged file goes, and what must lie there for it to go."""

    path: str
    staged: str | None
    before: str | None
    after: str | None


@contextlib.contextmanager
def exclusive(root: Path) -> Iterator[None]:
    """Hold the project for one process. ApplyError if another holds it, or if there can be no such folder."""
    new = not root.exists()
    try:
        (root / FOLDER).mkdir(parents=True, exist_ok=True)
        folder.locate(root, MANIFEST)
    except OSError as error:
        raise ApplyError(f"{root} cannot be written to: {error.strerror or error}") from error
    except folder.PathError as error:
        raise ApplyError(f"{MANIFEST} {error}") from error
    if sys.platform == "win32":
        yield
        return
    handle = os.open(root / FOLDER, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(handle)
        raise ApplyError(f"another modelgen is writing to {root}", "wait for it to end") from error
    try:
        yield
    finally:
        os.close(handle)
        with contextlib.suppress(OSError):  # not empty: something was written
            (root / FOLDER).rmdir()
            if new:
                root.rmdir()


def apply(root: Path, steps: Sequence[Step]) -> None:
    """Take all steps, or none.

    Raises:
        ApplyError: the files could not be written; the project is as it was, or `recover` completes it.
    """
    try:
        _stage(root, steps, "new")
    except (OSError, folder.PathError) as error:
        with contextlib.suppress(OSError):  # without a journal it means nothing; the next run sweeps
            _discard(root)
        raise ApplyError(_reason(error), "nothing was changed") from error
    try:
        _follow(root)
    except OSError as error:
        _undo(root, steps, error)


def interrupted(root: Path) -> bool:
    """Whether an earlier process died while it replaced files."""
    return (root / STAGING / JOURNAL).is_file()


def recover(root: Path) -> None:
    """Complete what an earlier process began, or sweep up where it had not begun.

    Raises:
        ApplyError: the journal is not one that modelgen wrote, or the files cannot be written.
    """
    staging = root / STAGING
    if staging.is_symlink():
        raise ApplyError(f"{STAGING} is a symlink, and modelgen follows none", "remove it")
    try:
        if interrupted(root):
            _follow(root)
        _discard(root)
    except OSError as error:
        raise ApplyError(_reason(error), 'run "modelgen generate" again to complete it') from error


# Staging


def _stage(root: Path, steps: Sequence[Step], suffix: str) -> None:
    staging = root / STAGING
    staging.mkdir(parents=True, exist_ok=True)
    (staging / ".gitignore").write_text("*\n", encoding="utf-8")
    lines = [_stage_one(root, step, f"{number:05}.{suffix}") for number, step in enumerate(steps)]
    _commit(staging, lines)


def _stage_one(root: Path, step: Step, name: str) -> _Line:
    place = folder.locate(root, step.path)
    if step.after is not None:
        staged = root / STAGING / name
        staged.write_bytes(step.after)
        if place.is_file():
            staged.chmod(stat.S_IMODE(place.stat().st_mode))
    return _Line(
        path=step.path,
        staged=None if step.after is None else name,
        before=None if step.before is None else digest(step.before),
        after=None if step.after is None else digest(step.after),
    )


def _commit(staging: Path, lines: list[_Line]) -> None:
    """Let the journal appear, whole or not at all, and on the disk."""
    draft = staging / f"{JOURNAL}.draft"
    with draft.open("w", encoding="utf-8") as file:
        json.dump({"steps": lines}, file)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(staging / JOURNAL)


# Following


def _follow(root: Path) -> None:
    lines = _read_journal(root)
    whole = True
    for line in lines:
        if whole or line["path"] != MANIFEST:  # the manifest vouches for all that went before it
            whole &= _take(root, line)
    for line in lines:
        if line["staged"] is None:
            folder.prune(root, line["path"])
    _discard(root)


def _take(root: Path, line: _Line) -> bool:
    """Take one step, if it is still to take. False where what was staged is lost, as by a power failure."""
    try:
        found = folder.read(root, line["path"])
    except folder.PathError:
        return True  # something else took its place since: it is not modelgen's to move
    if line["before"] != (None if found is None else digest(found)):
        return True
    place = folder.locate(root, line["path"])
    if line["staged"] is None:
        place.unlink(missing_ok=True)
        return True
    staged = root / STAGING / line["staged"]
    if staged.is_symlink() or not staged.is_file() or digest(staged.read_bytes()) != line["after"]:
        return False
    place.parent.mkdir(parents=True, exist_ok=True)
    staged.replace(place)
    return True


def _read_journal(root: Path) -> list[_Line]:
    """The journal's lines. Anyone may have committed one, so it is believed as little as the manifest."""
    try:
        data = json.loads((root / STAGING / JOURNAL).read_text(encoding="utf-8"))
        return [_checked(line) for line in data["steps"]]
    except (ValueError, KeyError, TypeError) as error:
        raise ApplyError(f"{STAGING}/{JOURNAL} is not a journal of modelgen", f"remove {STAGING}") from error


def _checked(line: Any) -> _Line:
    path, staged, before, after = (line[key] for key in ("path", "staged", "before", "after"))
    if not isinstance(path, str) or not stays_inside(path):
        raise ValueError(path)
    if staged is not None and not _STAGED.fullmatch(staged):
        raise ValueError(staged)
    return _Line(path=path, staged=staged, before=before, after=after)


# After a failure


def _undo(root: Path, steps: Sequence[Step], cause: OSError) -> None:
    """Put back what was replaced, by a journal of its own, so that this too can be interrupted."""
    back = [Step(path=step.path, before=step.after, after=step.before) for step in reversed(steps)]
    try:
        _stage(root, back, "old")
        _follow(root)
    except (OSError, folder.PathError) as error:
        raise ApplyError(_reason(cause), 'make room, then run "modelgen generate" again to complete it') from error
    raise ApplyError(_reason(cause), "the project was put back as it was") from cause


def _discard(root: Path) -> None:
    """Remove the staging folder, the journal first: without it the rest means nothing."""
    staging = root / STAGING
    (staging / JOURNAL).unlink(missing_ok=True)
    if staging.is_dir() and not staging.is_symlink():
        shutil.rmtree(staging)


def _reason(error: OSError | folder.PathError) -> str:
    if isinstance(error, folder.PathError):
        return f"a file of the project {error}"
    name = f": {error.filename}" if error.filename else ""
    return f"the project's files could not be replaced: {error.strerror or error}{name}"

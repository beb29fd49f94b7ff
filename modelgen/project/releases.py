"""What changed since the last release: the project's CHANGELOG, and the version that the client must have.

A release is what the project holds when its version is set to another one. Its lock is kept beside the living one, so
that both are functions of what is committed, and writing them twice writes the same.
"""

from __future__ import annotations

import contextlib
import datetime
import re
from dataclasses import dataclass, replace
from pathlib import Path

from modelgen.check.changelog import grouped, markdown
from modelgen.check.join import pairs
from modelgen.check.judge import Judged, changes, judge, next_version
from modelgen.check.pairs import Sources
from modelgen.check.policy import Policy
from modelgen.check.renames import Renames
from modelgen.contract import codec, edition
from modelgen.contract.codec import Lock
from modelgen.contract.repair import by_marker
from modelgen.finding import Finding, Level, Location
from modelgen.project import folder
from modelgen.project.numbers import LOCK, lock_text
from modelgen.targets.target import File

CHANGELOG = "CHANGELOG.md"
RELEASED = "released.lock"
"""The lock of the last release."""

_RELEASE = re.compile(r'^release = ".*"$', re.MULTILINE)
_HEADING = re.compile(r"^## (\S+)$", re.MULTILINE)
_VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)(-[0-9A-Za-z.-]+)?(\+.*)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What a contract comes to beside what was released."""

    files: tuple[File, ...]
    version: str
    """Of the client: the stated one, or a higher one that the changes ask for."""


def settle(root: Path, project: str, fresh: str, policy: Policy) -> Settled:
    """The CHANGELOG and the client's version, for a project whose lock is to be `fresh`.

    Raises:
        LockError: what is kept of the last release cannot be read.
    """
    new = codec.load(fresh, LOCK)
    base_text = _base(root, new, fresh, policy)
    base = codec.load(base_text, RELEASED)
    judged = differences(base, new, policy)
    version = bumped(base.release, new.release, judged)
    section = "\n\n".join((f"## {_core(version)}", *markdown(grouped(judged)))) if judged else ""
    parts = (_head(project), section, _older(root, base.release))
    text = "\n\n".join(part for part in parts if part) + "\n"
    return Settled(
        files=(File(path=RELEASED, text=base_text), File(path=CHANGELOG, text=text)),
        version=version,
    )


def differences(old: Lock, new: Lock, policy: Policy) -> tuple[Judged, ...]:
    """What changed between two locks, as the policy weighs it: today's date counts for nothing, nor who accepted.

    Raises:
        LockError: one of them speaks of what it does not hold.
    """
    try:
        sides = [edition.read(one) for one in (old, new)]
    except (KeyError, ValueError, TypeError) as error:
        raise codec.LockError((_inconsistent(error),)) from error
    renames = dict(one for one in new.pins.renamed if one not in old.pins.renamed)
    found = changes(pairs(sides[0], sides[1], Renames(renames), Sources()))
    return judge(found, replace(policy, accept=()), old.release, datetime.date.min).changes


def bumped(release: str, stated: str, judged: tuple[Judged, ...]) -> str:
    """The client's version: as stated, unless the changes since a release ask for a higher one."""
    if not judged:
        return max(stated, release, key=_order)
    before_final = "-" in release.partition("+")[0]
    asked = _core(release) if before_final else next_version(release, judged)
    return stated if _core(stated) == asked else max(stated, asked, key=_order)


def _base(root: Path, new: Lock, fresh: str, policy: Policy) -> str:
    """The lock of the last release: the kept one, or the one on disk where another version is stated since."""
    kept, disk = _text(root), _disk(root)
    if kept is None:
        return fresh if disk is None else disk
    if disk is None:
        return kept
    held = codec.load(disk, LOCK)
    if held.release == new.release:
        return kept
    before = codec.load(kept, RELEASED)
    version = bumped(before.release, held.release, differences(before, held, policy))
    return _RELEASE.sub(f'release = "{version}"', disk, count=1)


def _inconsistent(error: Exception) -> Finding:
    return Finding(
        level=Level.ERROR,
        code="lock-corrupt",
        message=f"{RELEASED} speaks of what it does not hold: {error}",
        where=Location(path=RELEASED),
        hint="restore it from version control",
    )


def _text(root: Path) -> str | None:
    try:
        data = folder.read(root, RELEASED)
    except folder.PathError:
        return None
    return None if data is None else _later(data.decode("utf-8", "replace").replace("\r\n", "\n"))


def _later(text: str) -> str:
    """Of a text in which two branches that both released met, the later release."""
    (ours, theirs, _), _ = by_marker(text)
    if ours == theirs:
        return text
    sides = ["\n".join(lines) + "\n" for lines in (ours, theirs)]
    with contextlib.suppress(codec.LockError):
        return max(sides, key=lambda side: _order(codec.load(side, RELEASED).release))
    return text


def _disk(root: Path) -> str | None:
    """The text of the lock on disk; None where there is none that can be read, as in a merge that is repaired."""
    try:
        text = lock_text(root)
        if text is not None:
            codec.load(text, LOCK)
    except codec.LockError:
        return None
    return None if text is None else text.replace("\r\n", "\n")


def _older(root: Path, release: str) -> str:
    """The sections on a release and those before it, as they are."""
    try:
        data = folder.read(root, CHANGELOG) or b""
    except folder.PathError:
        data = b""
    text = data.decode("utf-8", "replace").replace("\r\n", "\n")
    start = next((one.start() for one in _HEADING.finditer(text) if _order(one[1]) <= _order(release)), None)
    return f"## {release}\n\nThe first version that this file tells of." if start is None else text[start:].rstrip()


def _head(project: str) -> str:
    return (
        '<!-- Generated by modelgen. Do not edit: run "modelgen generate". -->\n'
        "# Changelog\n\n"
        f"What changes for those who call {project}: over gRPC, over REST, with the Python client.\n"
        "Versions are those of the client."
    )


def _core(version: str) -> str:
    return version.partition("+")[0].partition("-")[0]


def _order(version: str) -> tuple[int, int, int, bool, str]:
    """Where a version stands among others; what is none comes first."""
    match = _VERSION.fullmatch(version)
    if not match:
        return (0, 0, 0, False, "")
    major, minor, patch = (int(part) for part in match.groups()[:3])
    return (major, minor, patch, not match[4], match[4] or "")

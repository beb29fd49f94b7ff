"""Says in the settings that a new name is an old thing, once both are known to be there."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from modelgen.contract.codec import LockError
from modelgen.contract.pins import Pins
from modelgen.contract.renames import alive, follow, has, published, symbols
from modelgen.finding import Finding, Level, Location, failed
from modelgen.project import numbers, reading, settings_file
from modelgen.project.found import found, place


@dataclass(frozen=True, slots=True, kw_only=True)
class Renaming:
    """What became of a rename."""

    old: str
    new: str
    file: Path | None = None
    """The settings that say so now; None where an error stood in the way."""
    kept: tuple[str, ...] = ()
    """What keeps its number or name on the wire, each in a line."""
    findings: tuple[Finding, ...] = ()


def rename(old: str, new: str, path: Path, out: Path | None = None) -> Renaming:
    """Write into the settings of the package at `path` that `new` is what `old` was, so that its numbers stay.

    Symbols are dotted, with or without the package's name. Its project is in `out`, or where it usually is.
    """
    package, decided, findings = found(path)
    if package is None or failed(findings):
        return Renaming(old=old, new=new, findings=findings)
    old, new = (name if name.split(".")[0] == package.name else f"{package.name}.{name}" for name in (old, new))
    read = reading.inspect(package, decided)
    errors = tuple(finding for finding in (*findings, *read.findings) if finding.level is Level.ERROR)
    if errors:
        return Renaming(old=old, new=new, findings=errors)
    try:
        given = numbers.published(place(package, decided, out))
    except LockError as error:
        return Renaming(old=old, new=new, findings=error.findings)
    before = follow(given, decided.renames, read.contract).pins
    problems = tuple(_problems(old, new, before, symbols(read.contract)))
    if problems:
        return Renaming(old=old, new=new, findings=problems)
    followed = follow(before, {old: new}, read.contract)
    if followed.findings:
        refused = tuple(replace(one, level=Level.ERROR, code="rename-impossible") for one in followed.findings)
        return Renaming(old=old, new=new, findings=refused)
    if followed.pins.pins == before.pins and followed.pins.owners == before.owners:
        return Renaming(old=old, new=new, findings=(_late(old, new),))
    file = settings_file.home(package.root)
    try:
        settings_file.edit(file, lambda table: _entry(table, old, new))
    except settings_file.EditError as error:
        return Renaming(old=old, new=new, findings=(error.finding,))
    return Renaming(old=old, new=new, file=file, kept=tuple(_kept(before, followed.pins)))


def _entry(table: Any, old: str, new: str) -> None:
    """The rename as a line of the table; a rename back replaces the one there."""
    renames = settings_file.subtable(table, "renames")
    if renames.get(new) == old:
        del renames[new]
    renames[old] = new


def _kept(before: Pins, after: Pins) -> Iterator[str]:
    """What is under another name in the same place."""
    for was, now in zip(before.owners, after.owners, strict=True):
        if was.source != now.source and not now.retired:
            yield f"{now.kind} {now.name} stays: {was.source} -> {now.source}"
    for one, other in zip(before.pins, after.pins, strict=True):
        if one.name != other.name:
            yield f"number {other.number} of {other.owner} stays: {one.name} -> {other.name}"


def _problems(old: str, new: str, pins: Pins, names: Iterable[str]) -> Iterator[Finding]:
    if not pins.owners:
        yield _error(f"there is no {numbers.LOCK} yet", "generate first; a number must be given before it can be kept")
        return
    if not alive(pins, old):
        yield _error(f"{old} is not in {numbers.LOCK}", _nearest(old, published(pins)))
    elif has(names, old):
        yield _error(f"{old} is in the source still", f"rename it to {new} there first")
    if not has(names, new):
        yield _error(f"{new} is not in the source", _nearest(new, names))


def _late(old: str, new: str) -> Finding:
    hint = "restore modelgen.lock as it was before that, and rename again"
    return _error(f"{new} has numbers of its own already, {old} cannot give it others", hint)


def _nearest(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, sorted(set(known)), n=3, cutoff=0.5)
    return f"the nearest: {', '.join(near)}" if near else "see what there is: modelgen inspect"


def _error(message: str, hint: str) -> Finding:
    return Finding(
        level=Level.ERROR, code="rename-impossible", message=message, where=Location(path=numbers.LOCK), hint=hint
    )

"""Gives a project that has no lock the numbers of protos that are out already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import modelgen
from modelgen.contract import codec
from modelgen.contract.adoption import adopt
from modelgen.finding import Finding, Level, Location, failed
from modelgen.project import descriptors, folder, manifest, reading, transaction, tree
from modelgen.project.found import found, place
from modelgen.project.manifest import MANIFEST, Entry, Manifest, ManifestError, digest
from modelgen.project.numbers import LOCK
from modelgen.project.transaction import Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoption:
    """What became of it."""

    root: Path
    """The project's folder."""
    lock: str = ""
    """The text of the lock; empty where an error stood in the way."""
    matched: tuple[str, ...] = ()
    """Message by message, how much of it was found."""
    findings: tuple[Finding, ...] = ()


def pin(
    protos: Path, path: Path, out: Path | None = None, *, imports: Sequence[Path] = (), write: bool = True
) -> Adoption:
    """Write the lock of the package at `path`, with the numbers that the .proto files in the folder `protos` give.

    `imports` are folders to look for imports in. With `write` False nothing is written.
    """
    package, decided, findings = found(path)
    if package is None or failed(findings):
        return Adoption(root=out or path, findings=findings)
    root = place(package, decided, out)
    read = reading.inspect(package, decided)
    if failed(read.findings):
        return Adoption(root=root, findings=(*findings, *read.findings))
    try:
        adopted = adopt(read.contract, descriptors.read(protos, imports))
        lock = codec.dump(read.contract, adopted.wire, adopted.pins)
        codec.load(lock, LOCK)  # what the next run could not read is not written
        _vacant(root)
        if write:
            with tree.opened(root):
                transaction.apply(root, _steps(root, lock.encode()))
    except codec.LockError as error:
        return Adoption(root=root, findings=(*findings, *error.findings))
    except (descriptors.ProtoError, transaction.ApplyError, ManifestError) as error:
        return Adoption(root=root, findings=(*findings, error.finding))
    return Adoption(root=root, lock=lock, matched=adopted.matched, findings=(*findings, *adopted.findings))


def _vacant(root: Path) -> None:
    """Raise LockError where a project has a lock."""
    if (root / LOCK).exists():
        raise codec.LockError(
            (
                Finding(
                    level=Level.ERROR,
                    code="lock-exists",
                    message=f"{folder.shown(root / LOCK)} is there, and its numbers stay",
                    where=Location(path=LOCK),
                    hint="if it is lost or broken and no revision has it, remove it first",
                ),
            )
        )


def _steps(root: Path, lock: bytes) -> tuple[Step, Step]:
    """The lock, and the manifest that knows it as modelgen's.

    Raises:
        ManifestError: the manifest cannot be read.
    """
    try:
        text = folder.read(root, MANIFEST)
    except folder.PathError as error:
        raise ManifestError(f"the manifest {error}") from error
    known = manifest.load(text.decode("utf-8", errors="replace")) if text is not None else Manifest()
    files = {**known.files, LOCK: Entry(state="generated", sha256=digest(lock))}
    record = manifest.dump(replace(known, generator=modelgen.__version__, files=files)).encode()
    return Step(path=LOCK, before=None, after=lock), Step(path=MANIFEST, before=text, after=record)

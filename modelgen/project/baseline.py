"""The contract that a check compares with: as of a git revision, or in a folder."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from modelgen.contract import codec
from modelgen.contract.pins import Pins
from modelgen.finding import Finding, Level, Location, failed
from modelgen.project.found import found, place
from modelgen.project.history import HistoryError, Repository, Revision
from modelgen.project.numbers import LOCK, number
from modelgen.project.reading import inspect

if TYPE_CHECKING:
    from modelgen.source.package import Package


@dataclass(frozen=True, slots=True, kw_only=True)
class Against:
    """What was compared with."""

    ref: str = ""
    """A git revision, or a path."""
    commit: str = ""
    """Of a git revision."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """The published contract, and where other files of that time can be read."""

    against: Against
    lock: codec.Lock | None
    """None where there was no lock yet."""
    repository: Repository | None = None
    revision: Revision | None = None
    folder: Path | None = None
    """Of the project that it was found in."""
    package: Path | None = None
    """Of a package that it was found in."""

    def read(self, path: Path) -> bytes | None:
        """A file of that time, by its place today."""
        if self.repository and self.revision:
            return self.repository.read(self.revision, path)
        beside = self.folder / path.name if self.folder else None
        return beside.read_bytes() if beside and beside.is_file() else None


def find(package: Package, root: Path, against: str) -> Baseline:
    """The published contract.

    Raises:
        HistoryError: the revision cannot be read.
        LockError: what was published cannot be read.
    """
    place = Path(against)
    if against and place.exists() and not _is_revision(package.root, against):
        return _on_disk(place, against)
    repository = Repository.around(package.root)
    revision = repository.baseline(against)
    text = repository.read(revision, root / LOCK)
    if text is None and (moved := _sole_lock(repository, revision, package, root)):
        text = moved
    return Baseline(
        against=Against(ref=revision.ref, commit=revision.commit),
        lock=None if text is None else load(text, f"{revision.ref}:{LOCK}"),
        repository=repository,
        revision=revision,
    )


def _is_revision(near: Path, name: str) -> bool:
    try:
        Repository.around(near).revision(name)
    except HistoryError:
        return False
    return True


def _sole_lock(repository: Repository, revision: Revision, package: Package, root: Path) -> bytes | None:
    """The lock of this package's project where that was in another folder then."""
    locks = repository.files(revision, repository.top, (f"/{LOCK}", LOCK))
    wanted = f'package = "{package.name.lower()}.v'.encode()
    mine = [text for text in locks.values() if wanted in text]
    return mine[0] if len(mine) == 1 else None


def _on_disk(path: Path, said: str) -> Baseline:
    """A lock, the project that has one, or a package whose source is read."""
    file = path / LOCK if path.is_dir() else path
    if file.is_file():
        return Baseline(against=Against(ref=said), lock=load(file.read_bytes(), str(file)), folder=file.parent)
    package, decided, findings = found(path)
    if package is None or failed(findings):
        raise HistoryError(
            "no-lock", f"{said} holds no {LOCK} and no package", "give a project's folder, a lock, or a git revision"
        )
    project = place(package, decided, None)
    if (project / LOCK).is_file():
        lock = load((project / LOCK).read_bytes(), str(project / LOCK))
        return Baseline(against=Against(ref=said), lock=lock, folder=project, package=package.root)
    reading = inspect(package, replace(decided, refused="warning"))
    text = number(reading.contract, Pins(), decided).lock
    return Baseline(against=Against(ref=said), lock=codec.load(text, said), folder=project, package=package.root)


def load(data: bytes, path: str) -> codec.Lock:
    """The lock that a file holds; raises as `codec.load` does."""
    try:
        return codec.load(data.decode("utf-8"), path)
    except UnicodeDecodeError:
        finding = Finding(
            level=Level.ERROR,
            code="lock-invalid",
            message=f"{path} is not UTF-8",
            where=Location(path=path),
            hint="restore it from version control",
        )
        raise codec.LockError((finding,)) from None

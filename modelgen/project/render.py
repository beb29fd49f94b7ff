"""A package's files, in memory: read it, take the numbers that are out already, number the rest, emit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import modelgen
from modelgen.contract import codec
from modelgen.contract.lowering import lower
from modelgen.contract.model import Contract
from modelgen.contract.pins import Pins, pin
from modelgen.contract.renames import rename
from modelgen.finding import Finding, Level, Location, failed
from modelgen.project import cache, folder
from modelgen.project.reading import inspect
from modelgen.project.settings import Settings
from modelgen.targets.target import Blueprint, Cache, File

if TYPE_CHECKING:
    from modelgen.source.package import Package

LOCK = "modelgen.lock"

Announce: TypeAlias = Callable[[str], None]
"""Told what begins, for progress."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendering:
    """The files, unless an error stopped it."""

    files: tuple[File, ...] = ()
    contract: Contract | None = None
    findings: tuple[Finding, ...] = ()
    sources: tuple[Path, ...] = ()
    """What was read."""


def render(package: Package, settings: Settings, root: Path, store: Cache, announce: Announce) -> Rendering:
    """Every file of the package's project, which is in the folder `root`. No files where a finding is an error."""
    announce(f"Reading {package.name}")
    reading = inspect(package, settings)
    if failed(reading.findings):
        return Rendering(contract=reading.contract, findings=reading.findings)
    try:
        old = rename(_published(root), settings.renames)
    except codec.LockError as error:
        return Rendering(findings=reading.findings + error.findings)
    contract = reading.contract
    wire = lower(contract, old.known())
    pins, more = pin(wire, old, contract.version)
    lock = codec.dump(contract, wire, pins)
    service = settings.service.replace("-", "_") or f"{package.name}_service"
    blueprint = Blueprint(
        contract=contract,
        wire=wire,
        pins=pins,
        lock=lock,
        service=service,
        client=f"{package.name}_client",
        distribution=settings.distribution,
        requires=_compatible(modelgen.__version__),
        contract_hash=cache.hash_of(lock),
        cache=store,
    )
    announce("Writing the project's text")
    from modelgen.targets import emit  # brings protoc and the formatter

    return Rendering(
        files=tuple(emit(blueprint)), contract=contract, findings=reading.findings + more, sources=reading.files
    )


def _published(root: Path) -> Pins:
    """The numbers that the project has given already."""
    try:
        text = folder.read(root, LOCK)
    except folder.PathError as error:
        raise codec.LockError((_unreadable(str(error)),)) from error
    if text is None:
        return Pins()
    try:
        return codec.load(text.decode("utf-8"), LOCK).pins
    except UnicodeDecodeError as error:
        raise codec.LockError((_unreadable("is not UTF-8"),)) from error


def _unreadable(why: str) -> Finding:
    return Finding(
        level=Level.ERROR,
        code="lock-invalid",
        message=f"{LOCK} {why}",
        where=Location(path=LOCK),
        hint="restore it from version control",
    )


def _compatible(version: str) -> str:
    """The range of modelgen versions that can serve what this one generates."""
    major, minor = (int(part) for part in version.split(".")[:2])
    ceiling = f"0.{minor + 1}" if major == 0 else f"{major + 1}"
    return f">={major}.{minor},<{ceiling}"

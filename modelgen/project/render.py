"""A package's files, in memory: read it, take the numbers that are out already, number the rest, emit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import modelgen
from modelgen.contract import codec
from modelgen.contract.model import Contract
from modelgen.contract.names import kebab
from modelgen.finding import Finding, failed
from modelgen.project import cache, releases, serving
from modelgen.project.distributions import distribution_of
from modelgen.project.numbers import Numbering, number, published
from modelgen.project.reading import inspect
from modelgen.project.settings import Settings
from modelgen.targets.target import Blueprint, Cache, File

if TYPE_CHECKING:
    from modelgen.source.package import Package

_BY_THE_LOCK = Numbering()

Announce: TypeAlias = Callable[[str], None]
"""Told what begins, for progress."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendering:
    """The files, unless an error stopped it."""

    files: tuple[File, ...] = ()
    contract: Contract | None = None
    findings: tuple[Finding, ...] = ()
    news: tuple[Finding, ...] = ()
    """Those of the findings that are told once."""
    sources: tuple[Path, ...] = ()
    """What was read."""
    overriding: Mapping[str, Path] = field(default_factory=dict)
    """The user's templates that stand in the place of modelgen's, by name."""


def render(
    package: Package,
    settings: Settings,
    root: Path,
    store: Cache,
    announce: Announce,
    numbering: Numbering = _BY_THE_LOCK,
) -> Rendering:
    """Every file of the package's project, which is in the folder `root`. No files where a finding is an error."""
    announce(f"Reading {package.name}")
    reading = inspect(package, settings)
    if failed(reading.findings):
        return Rendering(contract=reading.contract, findings=reading.findings, sources=reading.files)
    contract = reading.contract
    try:
        given = published(root) if numbering.given is None else numbering.given
        numbered = number(contract, given, settings, numbering.keep)
    except codec.LockError as error:
        return Rendering(findings=reading.findings + error.findings, sources=reading.files)
    told = reading.findings + numbered.findings + numbered.news
    if failed(told):
        return Rendering(contract=contract, findings=told, sources=reading.files)
    service = settings.service.replace("-", "_") or f"{package.name}_service"
    try:
        settled = releases.settle(root, kebab(service), numbered.lock, settings.check)
    except codec.LockError as error:
        return Rendering(contract=contract, findings=told + error.findings, sources=reading.files)
    blueprint = Blueprint(
        contract=contract,
        wire=numbered.wire,
        pins=numbered.pins,
        lock=numbered.lock,
        service=service,
        client=f"{package.name}_client",
        client_version=settled.version,
        distribution=settings.distribution or distribution_of(package.root),
        requires=_compatible(modelgen.__version__),
        contract_hash=cache.hash_of(numbered.lock),
        cache=store,
        outputs=settings.targets,
        batching=serving.batching(contract, settings),
        deployments=serving.deployments(contract, settings),
    )
    announce("Writing the project's text")
    from modelgen.project.overrides import emitted, overrides  # brings protoc and the formatter

    own, problems = overrides(settings.templates) if settings.templates else (None, ())
    files: tuple[File, ...] = ()
    if not problems:
        files, problems = emitted(blueprint, own)
    return Rendering(
        files=(*files, *settled.files) if files else (),
        contract=contract,
        findings=told + problems,
        news=numbered.news,
        sources=reading.files,
        overriding=own.files if own else {},
    )


def _compatible(version: str) -> str:
    """The range of modelgen versions that can serve what this one generates."""
    major, minor = (int(part) for part in version.split(".")[:2])
    ceiling = f"0.{minor + 1}" if major == 0 else f"{major + 1}"
    return f">={major}.{minor},<{ceiling}"

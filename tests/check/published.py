"""The protos and the OpenAPI document of a package, before a change and after it, for other projects' tools to compare."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from modelgen.contract import codec
from modelgen.contract.pins import Pins
from modelgen.contract.renames import rename
from modelgen.project import settings
from modelgen.project.numbers import LOCK, number
from modelgen.project.reading import inspect
from modelgen.source.package import locate
from modelgen.targets.openapi import OPENAPI
from modelgen.targets.protos import PROTOS
from modelgen.targets.target import Blueprint, File, Forgetful


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """What a package publishes."""

    package: str
    pins: Pins
    files: tuple[File, ...]

    def write(self, root: Path) -> Path:
        """Write the files into a folder, as a buf module with an openapi.json beside it."""
        for file in self.files:
            path = root / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(file.text, encoding="utf-8")
        return root


def publish(folder: Path, given: Pins) -> Publication:
    """The protos and openapi.json of the package in a folder, numbered by its lock, else after the given numbers."""
    package = locate(folder)
    decided, _ = settings.load(package.root)
    contract = inspect(package, replace(decided, refused="warning")).contract
    locks = sorted(folder.glob(f"*/{LOCK}"))
    pins = codec.load(locks[0].read_text(encoding="utf-8"), LOCK).pins if locks else given
    old = next((owner.source.partition(".")[0] for owner in pins.owners if owner.kind == "service"), package.name)
    numbered = number(contract, rename(pins, {old: package.name} if old != package.name else {}), decided)
    blueprint = Blueprint(
        contract=contract,
        wire=numbered.wire,
        pins=numbered.pins,
        lock=numbered.lock,
        service=f"{package.name}_service",
        client=f"{package.name}_client",
        distribution=package.name,
        requires="",
        contract_hash="",
        cache=Forgetful(),
    )
    return Publication(package=package.name, pins=numbered.pins, files=tuple(_emitted(blueprint)))


def _emitted(blueprint: Blueprint) -> Iterable[File]:
    for target in (PROTOS, OPENAPI):
        yield from target.emit(blueprint)

"""From a generated project back to the package that it was made of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from modelgen.contract import codec
from modelgen.finding import Finding, Level, Location, failed
from modelgen.project import cache
from modelgen.project.found import found
from modelgen.project.numbers import LOCK, lock_text
from modelgen.project.render import Rendering, render

HEIGHT = 4
"""So many folders up from a project its package is looked for, but not out of the git repository around it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What would be written to a project today."""

    rendering: Rendering
    findings: tuple[Finding, ...]
    """All of them, those of the rendering included."""


def offer(root: Path, package: Path | None = None, templates: Path | None = None) -> Offer:
    """Every file of a project as it would be written today, of the package at a path or of the one that is found."""
    place = package or _package_of(root)
    if isinstance(place, Finding):
        return Offer(rendering=Rendering(), findings=(place,))
    read, decided, findings = found(place)
    if read is None or failed(findings):
        return Offer(rendering=Rendering(), findings=findings)
    if templates is not None:
        decided = replace(decided, templates=templates)
    rendering = render(read, decided, root, cache.of_project(root, decided.templates), lambda step: None)
    return Offer(rendering=rendering, findings=findings + rendering.findings)


def _package_of(root: Path) -> Path | Finding:
    """Where the package lies that a project was made of: by its name, in the folders around the project."""
    try:
        lock = codec.load(lock_text(root) or "", LOCK)
    except codec.LockError as error:
        return error.findings[0]
    name = next((owner.source.partition(".")[0] for owner in lock.pins.owners if owner.kind == "service"), "")
    for place in _around(root):
        for package in (place / name, place / f"{name}.py"):
            if name and (package.is_file() or (package / "__init__.py").is_file()):
                return package
    return _error("package-not-found", f"the package {name!r} is not near {root}", "give it with --package", root)


def _around(root: Path) -> Iterator[Path]:
    for place in list(root.parents)[:HEIGHT]:
        yield from (place, place / "src")
        if (place / ".git").exists():
            return


def _error(code: str, message: str, hint: str, where: Path) -> Finding:
    return Finding(level=Level.ERROR, code=code, message=message, where=Location(path=str(where)), hint=hint)

"""Generating, from the first look at the package to the last file in its place."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import modelgen
from modelgen.finding import Finding, Level, Location, failed
from modelgen.project import cache, tree
from modelgen.project.found import found
from modelgen.project.memo import Memo

if TYPE_CHECKING:
    from modelgen.contract.model import Contract
    from modelgen.project.render import Announce
    from modelgen.project.settings import Settings
    from modelgen.project.tree import Changes
    from modelgen.source.package import Package


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What generating came to."""

    package: str = ""
    """The package's name; empty where none was found."""
    root: Path
    """The project's folder."""
    changes: Changes | None = None
    """What was done, or would be; None where an error came before."""
    contract: Contract | None = None
    """What was read; None where that was not needed."""
    findings: tuple[Finding, ...] = ()
    """All of them, those of the changes included."""

    @property
    def failed(self) -> bool:
        """Whether an error stood in the way. Nothing was written then."""
        return failed(self.findings)


def generate(
    path: Path,
    out: Path | None = None,
    *,
    write: bool = True,
    force: bool = False,
    announce: Announce = lambda step: None,
) -> Outcome:
    """Make the project of the package at `path`, in `out` or where the settings or custom put it.

    With `write` False nothing is written, and the outcome says what would be. With `force` hand edits are overwritten.
    `announce` is told what begins.
    """
    package, decided, findings = found(path)
    if package is None or failed(findings):
        return Outcome(package=package.name if package else "", root=out or path, findings=findings)
    root = Path(os.path.normpath((out or decided.output or _usual_place(package, decided)).absolute()))
    findings += tuple(_misplaced(package, root, decided))
    if failed(findings):
        return Outcome(package=package.name, root=root, findings=findings)
    run = _Run(package=package, settings=decided, root=root, force=force, announce=announce)
    try:
        if not write:
            outcome = run.outcome(write=False)
        else:
            with tree.opened(root):
                outcome = run.outcome(write=True)
    except tree.ApplyError as error:
        outcome = Outcome(package=package.name, root=root, findings=(error.finding,))
    return replace(outcome, findings=findings + outcome.findings)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """One run over one package."""

    package: Package
    settings: Settings
    root: Path
    force: bool
    announce: Announce

    def outcome(self, *, write: bool) -> Outcome:
        """Every step, unless it is known that there is nothing to do or an error ends it.

        Raises:
            ApplyError: the files could not be written.
        """
        store = cache.of_project(self.root)
        memo = Memo(self.package.root, self.root, store)
        if known := memo.recall():
            changes, findings = known
            return Outcome(package=self.package.name, root=self.root, changes=changes, findings=findings)
        from modelgen.project.render import render

        rendering = render(self.package, self.settings, self.root, store, self.announce)
        outcome = Outcome(
            package=self.package.name, root=self.root, contract=rendering.contract, findings=rendering.findings
        )
        if outcome.failed:
            return outcome
        self.announce("Comparing with what is there")
        changes = tree.plan(self.root, rendering.files, generator=modelgen.__version__, force=self.force)
        if write:
            tree.apply(changes)
        outcome = replace(outcome, changes=changes, findings=outcome.findings + changes.findings)
        if not outcome.failed and (write or changes.empty):
            memo.remember(outcome.findings, rendering.sources)
            store.sweep()
        return outcome


def _usual_place(package: Package, decided: Settings) -> Path:
    """`<service>` beside the package, or beside the `src` that it lies in."""
    beside = package.parent.parent if package.parent.name == "src" else package.parent
    service = decided.service or f"{package.name}_service"
    return beside / service.replace("_", "-")


def _misplaced(package: Package, root: Path, decided: Settings) -> Iterator[Finding]:
    """Why a project cannot be where it is asked to be, or be called so."""
    if package.root.is_dir() and root.is_relative_to(package.root):
        yield Finding(
            level=Level.ERROR,
            code="output-in-package",
            message=f"the project would be written into the package, to {root}",
            where=Location(path=str(root)),
            hint="choose a folder outside of it with -o",
        )
    if decided.service.replace("-", "_") == package.name:
        yield Finding(
            level=Level.ERROR,
            code="service-shadows-package",
            message=f"the service cannot be called {decided.service!r}: the package {package.name} is called so",
            hint=f'choose another name in the settings, such as "{package.name}-service"',
        )

"""Generating, from the first look at the package to the last file in its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import modelgen
from modelgen.finding import Finding, Level, Location, failed
from modelgen.project import cache, remarks, tree
from modelgen.project.found import found, place
from modelgen.project.memo import Memo

if TYPE_CHECKING:
    from modelgen.contract.model import Contract
    from modelgen.project.merging import Repaired
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
    sources: tuple[Path, ...] = ()
    """What was read outside of the package."""

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
    repair: bool = False,
    keep: tuple[str, ...] = (),
    templates: Path | None = None,
    announce: Announce = lambda step: None,
) -> Outcome:
    """Make the project of the package at `path`, in `out` or where the settings or custom put it.

    With `write` False nothing is written, and the outcome says what would be. With `force` hand edits are overwritten.
    With `repair` what a merge left of the project is put right. `keep` are symbols whose types changed and whose
    numbers are to stay. `templates` is a folder of templates that stand in the place of modelgen's; the settings may
    name one as well. `announce` is told what begins.
    """
    package, decided, findings = found(path)
    if package is None or failed(findings):
        return Outcome(package=package.name if package else "", root=out or path, findings=findings)
    root = place(package, decided, out)
    findings += tuple(_misplaced(package, root, decided))
    if failed(findings):
        return Outcome(package=package.name, root=root, findings=findings)
    if templates is not None:
        decided = replace(decided, templates=templates)
    run = _Run(package=package, settings=decided, root=root, force=force, repair=repair, keep=keep, announce=announce)
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
    repair: bool
    keep: tuple[str, ...]
    announce: Announce

    def outcome(self, *, write: bool) -> Outcome:
        """Every step, unless it is known that there is nothing to do or an error ends it.

        Raises:
            ApplyError: the files could not be written.
        """
        store = cache.of_project(self.root, self.settings.templates)
        memo = Memo(self.package.root, self.root, store)
        if not self.repair and (known := memo.recall()):
            changes, findings, sources = known
            return Outcome(
                package=self.package.name, root=self.root, changes=changes, findings=findings, sources=sources
            )
        from modelgen.project.numbers import Numbering
        from modelgen.project.render import render

        repaired = self._repaired()
        if repaired and failed(repaired.findings):
            return Outcome(package=self.package.name, root=self.root, findings=repaired.findings)
        numbering = Numbering(keep=self.keep, given=repaired.pins if repaired else None)
        rendering = render(self.package, self.settings, self.root, store, self.announce, numbering)
        outcome = Outcome(
            package=self.package.name,
            root=self.root,
            contract=rendering.contract,
            findings=rendering.findings,
            sources=rendering.sources,
        )
        if outcome.failed:
            return outcome
        self.announce("Comparing with what is there")
        changes = tree.plan(
            self.root,
            rendering.files,
            generator=modelgen.__version__,
            force=self.force,
            overriding=rendering.overriding,
            known=repaired.manifest if repaired else None,
        )
        if write:
            tree.apply(changes)
        outcome = replace(outcome, changes=changes, findings=outcome.findings + changes.findings)
        if not outcome.failed and (write or changes.empty):
            lasting = tuple(finding for finding in outcome.findings if finding not in rendering.news)
            memo.remember(lasting, (*rendering.sources, *(self.root / path for path in changes.ejected)))
            store.sweep()
        if changes.left_out:  # told once: the manifest forgets them with this run
            outcome = replace(outcome, findings=(*outcome.findings, remarks.reverted(changes.left_out)))
        return replace(outcome, findings=(repaired.findings if repaired else ()) + outcome.findings)

    def _repaired(self) -> Repaired | None:
        """What a merge left, put right; None where that is not asked."""
        if not self.repair:
            return None
        from modelgen.project.merging import repair

        return repair(self.root, self.settings.version, self.settings.check.baseline)


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

"""Checking: the contract as the source gives it now, against the one that was published."""

from __future__ import annotations

import datetime
import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelgen.check.change import Surface
from modelgen.check.join import pairs
from modelgen.check.judge import Judgement, changes, judge
from modelgen.check.pairs import LockPair, PackagePair
from modelgen.check.policy import FailOn, Policy
from modelgen.check.renames import Renames
from modelgen.contract import codec, edition
from modelgen.contract.edition import Edition
from modelgen.contract.model import Contract
from modelgen.contract.pins import Pins
from modelgen.contract.renames import rename
from modelgen.finding import Finding, Level, Location, failed
from modelgen.project import folder, manifest
from modelgen.project.baseline import Against, Baseline, find, load
from modelgen.project.found import found, place
from modelgen.project.history import HistoryError
from modelgen.project.numbers import LOCK, Numbered, lost, number
from modelgen.project.reading import inspect
from modelgen.project.settings import Settings
from modelgen.project.surroundings import SERVICE, descriptions, limits, sources

if sys.version_info >= (3, 11):
    pass
else:  # the standard library has it from 3.11 on
    pass

if TYPE_CHECKING:
    from modelgen.source import Reading
    from modelgen.source.package import Package

_UNREAD = frozenset(("syntax-error", "file-unreadable"))
"""Findings on a file that could not be read."""

_NUMBER = re.compile(r"^(\d+)\s*=")
_SECTION = re.compile(r'^\[\w+\."?(.+?)"?\]\s*$')


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a check came to."""

    package: str = ""
    version: str = ""
    """The published one."""
    against: Against = field(default_factory=Against)
    judgement: Judgement = field(default_factory=Judgement)
    findings: tuple[Finding, ...] = ()
    """On the source, the settings, the history; with an error among them not all could be judged."""
    source: Path = Path()
    """The package's folder, or its module's file."""
    root: Path = Path()
    """The project's folder."""
    settings: Settings = field(default_factory=Settings)
    policy: Policy = field(default_factory=Policy)
    """The settings' one, with what the command line said."""
    old: Edition = edition.NOTHING
    new: Edition = edition.NOTHING

    new_to_all: bool = False
    """Whether nothing was published to compare with."""

    @property
    def failed(self) -> bool:
        """Whether something could not be judged."""
        return failed(self.findings)

    @property
    def unsettled(self) -> bool:
        """Whether the project on disk is stale, or was edited by hand."""
        return any(one.change.rule in ("contract-stale", "contract-edited") for one in self.judgement.open)


def check(
    path: Path,
    against: str = "",
    out: Path | None = None,
    *,
    surfaces: tuple[Surface, ...] = (),
    fail_on: FailOn | None = None,
) -> Report:
    """Judge what changed in the package at `path` since `against`: a git revision, a project's folder, or a lock.

    Without one: the settings' baseline, else where the branch left the default one. `surfaces` and `fail_on` count more
    than the settings'. User code is never imported, and nothing is written.
    """
    package, decided, findings = found(path)
    if package is None or failed(findings):
        return Report(package=package.name if package else "", findings=findings)
    root = place(package, decided, out)
    policy = decided.check
    policy = replace(policy, surfaces=surfaces or policy.surfaces, fail_on=fail_on or policy.fail_on)
    report = Report(
        package=package.name, findings=findings, source=package.root, root=root, policy=policy, settings=decided
    )
    try:
        baseline = find(package, root, against or policy.baseline)
    except HistoryError as error:
        return replace(report, findings=(*findings, error.finding))
    except codec.LockError as error:
        return replace(report, findings=findings + error.findings)
    return _Check(package=package, settings=decided, root=root, policy=policy, baseline=baseline).run(report)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Check:
    """One check."""

    package: Package
    settings: Settings
    root: Path
    policy: Policy
    baseline: Baseline

    def run(self, report: Report) -> Report:
        old_lock = self.baseline.lock
        published = old_lock.pins if old_lock else Pins()
        try:
            disk, broken, text = self._disk()
        except codec.LockError as error:
            return replace(report, against=self.baseline.against, findings=report.findings + error.findings)
        reading = inspect(self.package, replace(self.settings, refused="warning"))
        told = tuple(one for one in reading.findings if one.level is Level.ERROR and one.code != "nothing-servable")
        if disk is None and not broken and (gone := lost(self.root)):
            told = (gone, *told)
        given = disk.pins if disk else published
        moved = _renamed_package(given, reading.contract, self.settings)
        numbered = number(reading.contract, rename(given, moved), self.settings)
        try:
            old = edition.read(old_lock) if old_lock else edition.NOTHING
            fresh = codec.load(numbered.lock, LOCK)
            new = old if fresh is old_lock else edition.read(fresh)
        except (KeyError, ValueError, TypeError) as error:
            finding = Finding(
                level=Level.ERROR,
                code="lock-corrupt",
                message=f"{LOCK} of {self.baseline.against.ref} speaks of what it does not hold: {error}",
                hint="restore it from version control",
            )
            return replace(report, against=self.baseline.against, findings=(*report.findings, finding))
        renames = moved | dict(one for one in numbered.pins.renamed if one not in published.renamed)
        wanted = frozenset(code for code, severity in self.policy.severity.items() if severity != "off")
        old, unread = self._judgeable(old, new, reading, Renames(renames))
        told = (*told, *(one for one in unread if one not in told))
        pair = self._locks(published, disk, broken, numbered, text)
        joined = pairs(old, new, Renames(renames), sources(reading, self.package))
        walked = (self._described(one, wanted) for one in joined)
        found_ = changes((pair, *walked), wanted)
        judgement = judge(found_, self.policy, old_lock.release if old_lock else "", today())
        return replace(
            report,
            version=old_lock.release if old_lock else "",
            against=self.baseline.against,
            judgement=judgement,
            findings=report.findings + told + judgement.findings,
            old=old,
            new=new,
            new_to_all=old_lock is None,
        )

    def _disk(self) -> tuple[codec.Lock | None, tuple[Finding, ...], str]:
        """The lock on disk; why its numbers are broken; its text."""
        try:
            data = folder.read(self.root, LOCK)
        except folder.PathError as error:
            raise codec.LockError((_unreadable(f"{LOCK} {error}"),)) from error
        if data is None:
            return None, (), ""
        path = folder.shown(self.root / LOCK)
        text = data.decode("utf-8", "replace")
        try:
            return load(data, path), (), text
        except codec.LockError as error:
            if all(one.code in ("pin-duplicate-number", "pin-out-of-range") for one in error.findings):
                return None, error.findings, text
            raise

    def _locks(
        self, published: Pins, disk: codec.Lock | None, broken: tuple[Finding, ...], numbered: Numbered, text: str
    ) -> LockPair:
        followed = dict(one for one in disk.pins.renamed if one not in published.renamed) if disk else {}
        return LockPair(
            old=rename(published, followed),
            new=disk.pins if disk else Pins(),
            fresh=numbered.pins,
            path=folder.shown(self.root / LOCK),
            package=self.package.name,
            package_path=folder.shown(self.package.root),
            lines=_lines(text),
            broken=broken,
            edited=dict(self._edited()),
            stale=text.replace("\r\n", "\n") != numbered.lock if disk else self._lost(broken),
        )

    def _lost(self, broken: tuple[Finding, ...]) -> bool:
        """Whether a lock was published where there is none now."""
        return (
            not broken
            and self.root.is_dir()
            and self.baseline.repository is not None
            and self.baseline.lock is not None
        )

    def _edited(self) -> Iterator[tuple[str, str]]:
        """The lock and the protos that do not hold what modelgen wrote last."""
        try:
            text = folder.read(self.root, manifest.MANIFEST)
            if text is None:
                return
            known = manifest.load(text.decode("utf-8", "replace"))
            sight = folder.Sight(self.root)
            for path, entry in sorted(known.files.items()):
                if entry.state == "generated" and (path == LOCK or path.endswith(".proto")):
                    data = sight.read(path)
                    if data is not None and manifest.digest(data) != entry.sha256:
                        yield path, folder.shown(self.root / path)
        except (folder.PathError, manifest.ManifestError):
            return

    def _judgeable(
        self, old: Edition, new: Edition, reading: Reading, renames: Renames
    ) -> tuple[Edition, tuple[Finding, ...]]:
        """The old edition without what files that could not be read may still hold, and what is wrong with those."""
        modules = {symbol: one for symbol, one in old.modules.items() if renames.now(symbol) in new.modules}
        unread = tuple(one for one in reading.findings if one.code in _UNREAD and self._owns(one.where))
        if not unread or len(modules) == len(old.modules):
            return old, ()
        return replace(old, modules=modules), tuple(replace(one, level=Level.ERROR) for one in unread)

    def _owns(self, where: Location | None) -> bool:
        """Whether a place is in the package itself."""
        return where is not None and where.path.partition("/")[0] == self.package.root.name

    def _described(self, pair: Any, wanted: frozenset[str]) -> Any:
        """The pair of packages, with what no lock holds."""
        if not isinstance(pair, PackagePair):
            return pair
        return replace(
            pair,
            limits=limits(self.baseline, self.root / SERVICE),
            limits_place=Location(path=folder.shown(self.root / SERVICE)),
            descriptions=(
                descriptions(self.baseline, self.package, self.settings) if "description-changed" in wanted else {}
            ),
        )


def _renamed_package(given: Pins, contract: Contract, settings: Settings) -> dict[str, str]:
    """The package's old name and its new one, where the numbers are another package's and no setting renames it."""
    served = {owner.source.partition(".")[0] for owner in given.owners if owner.kind == "service"}
    old = served.pop() if len(served) == 1 else contract.package
    return {} if old == contract.package or old in settings.renames else {old: contract.package}


def _lines(text: str) -> Mapping[tuple[str, int], int]:
    """(owner, number) -> line of a lock."""
    found_: dict[tuple[str, int], int] = {}
    section = ""
    for number_, line in enumerate(text.splitlines(), start=1):
        if match := _SECTION.match(line):
            section = match[1]
        elif match := _NUMBER.match(line):
            found_.setdefault((section, int(match[1])), number_)
    return found_


def _unreadable(message: str) -> Finding:
    return Finding(
        level=Level.ERROR,
        code="lock-invalid",
        message=message,
        where=Location(path=LOCK),
        hint="restore it from version control",
    )


def today() -> datetime.date:
    """Today, or the day that SOURCE_DATE_EPOCH states."""
    stated = os.environ.get("SOURCE_DATE_EPOCH", "")
    if stated.isdigit():
        return datetime.datetime.fromtimestamp(int(stated), datetime.timezone.utc).date()
    return datetime.date.today()

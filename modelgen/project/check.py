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
from modelgen.check.pairs import LockPair, PackagePair, Refusal, Sources
from modelgen.check.policy import FailOn, Policy
from modelgen.check.renames import Renames
from modelgen.contract import codec, edition
from modelgen.contract.edition import Edition
from modelgen.contract.model import Contract
from modelgen.contract.pins import Pins
from modelgen.contract.renames import rename
from modelgen.finding import Finding, Level, Location, failed
from modelgen.project import folder, manifest
from modelgen.project.found import found, place
from modelgen.project.history import HistoryError, Repository, Revision
from modelgen.project.numbers import LOCK, Numbered, number
from modelgen.project.reading import inspect
from modelgen.project.settings import Settings

if sys.version_info >= (3, 11):
    import tomllib
else:  # the standard library has it from 3.11 on
    import tomli as tomllib

if TYPE_CHECKING:
    from modelgen.source import Reading
    from modelgen.source.package import Package

SERVICE = "service.toml"

_LIMIT = re.compile(r"(timeout|grace|max_\w+)")
_NUMBER = re.compile(r"^(\d+)\s*=")
_SECTION = re.compile(r'^\[\w+\."?(.+?)"?\]\s*$')


@dataclass(frozen=True, slots=True, kw_only=True)
class Against:
    """What was compared with."""

    ref: str = ""
    """A git revision, or a path."""
    commit: str = ""
    """Of a git revision."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a check came to."""

    package: str = ""
    version: str = ""
    """The published one."""
    against: Against = Against()
    judgement: Judgement = field(default_factory=Judgement)
    findings: tuple[Finding, ...] = ()
    """On the source, the settings, the history; with an error among them not all could be judged."""
    root: Path = Path()
    """The project's folder."""
    settings: Settings = field(default_factory=Settings)
    policy: Policy = field(default_factory=Policy)
    """The settings' one, with what the command line said."""
    old: Edition = edition.NOTHING
    new: Edition = edition.NOTHING

    @property
    def failed(self) -> bool:
        """Whether something could not be judged."""
        return failed(self.findings)

    @property
    def unsettled(self) -> bool:
        """Whether the project on disk is stale, or was edited by hand."""
        return any(one.change.rule in ("contract-stale", "contract-edited") for one in self.judgement.open)


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """The published contract, and where other files of that time can be read."""

    against: Against
    lock: codec.Lock | None
    """None where there was no lock yet."""
    repository: Repository | None = None
    revision: Revision | None = None
    folder: Path | None = None

    def read(self, path: Path) -> bytes | None:
        """A file of that time, by its place today."""
        if self.repository and self.revision:
            return self.repository.read(self.revision, path)
        beside = self.folder / path.name if self.folder else None
        return beside.read_bytes() if beside and beside.is_file() else None


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
    report = Report(package=package.name, findings=findings, root=root, policy=policy, settings=decided)
    try:
        baseline = find(package, root, against or policy.baseline)
    except HistoryError as error:
        return replace(report, findings=(*findings, error.finding))
    except codec.LockError as error:
        return replace(report, findings=findings + error.findings)
    return _Check(package=package, settings=decided, root=root, policy=policy, baseline=baseline).run(report)


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
        lock=None if text is None else _load(text, f"{revision.ref}:{LOCK}"),
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
        return Baseline(against=Against(ref=said), lock=_load(file.read_bytes(), str(file)), folder=file.parent)
    package, decided, findings = found(path)
    if package is None or failed(findings):
        raise HistoryError(
            "no-lock", f"{said} holds no {LOCK} and no package", "give a project's folder, a lock, or a git revision"
        )
    project = place(package, decided, None)
    if (project / LOCK).is_file():
        lock = _load((project / LOCK).read_bytes(), str(project / LOCK))
        return Baseline(against=Against(ref=said), lock=lock, folder=project)
    reading = inspect(package, replace(decided, refused="warning"))
    text = number(reading.contract, Pins(), decided).lock
    return Baseline(against=Against(ref=said), lock=codec.load(text, said), folder=project)


def _load(data: bytes, path: str) -> codec.Lock:
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
        given = disk.pins if disk else published
        moved = _renamed_package(given, reading.contract, self.settings)
        numbered = number(reading.contract, rename(given, moved), self.settings)
        try:
            old = edition.read(old_lock) if old_lock else edition.NOTHING
            new = edition.read(codec.load(numbered.lock, LOCK))
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
        old = self._judgeable(old, new, reading, Renames(renames))
        pair = self._locks(published, disk, broken, numbered, text)
        joined = pairs(old, new, Renames(renames), _sources(reading, self.package))
        walked = (self._described(one, wanted) for one in joined)
        found_ = changes((pair, *walked), wanted)
        judgement = judge(found_, self.policy, old_lock.release if old_lock else "", _today())
        return replace(
            report,
            version=old_lock.release if old_lock else "",
            against=self.baseline.against,
            judgement=judgement,
            findings=report.findings + told + judgement.findings,
            old=old,
            new=new,
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
            return _load(data, path), (), text
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
            edited=tuple(self._edited()),
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

    def _edited(self) -> Iterator[str]:
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
                        yield folder.shown(self.root / path)
        except (folder.PathError, manifest.ManifestError):
            return

    def _judgeable(self, old: Edition, new: Edition, reading: Reading, renames: Renames) -> Edition:
        """The old edition without what files that could not be read may still hold."""
        if not any(one.code in ("syntax-error", "file-unreadable") for one in reading.findings if _is_error(one)):
            return old
        modules = {symbol: one for symbol, one in old.modules.items() if renames.now(symbol) in new.modules}
        return replace(old, modules=modules)

    def _described(self, pair: Any, wanted: frozenset[str]) -> Any:
        """The pair of packages, with what no lock holds."""
        if not isinstance(pair, PackagePair):
            return pair
        return replace(
            pair,
            limits=self._limits(),
            limits_place=Location(path=folder.shown(self.root / SERVICE)),
            descriptions=dict(self._descriptions()) if "description-changed" in wanted else {},
        )

    def _limits(self) -> dict[str, tuple[float | None, float | None]]:
        file = self.root / SERVICE
        try:
            before = self.baseline.read(file)
        except HistoryError:
            before = None
        if before is None or not file.is_file():
            return {}
        old, new = (_toml_limits(data) for data in (before, file.read_bytes()))
        return {name: (old.get(name), new.get(name)) for name in (*old, *(one for one in new if one not in old))}

    def _descriptions(self) -> Iterator[tuple[str, tuple[str, str]]]:
        """What is described in other words than in the source of the baseline's revision."""
        import tempfile

        repository, revision = self.baseline.repository, self.baseline.revision
        if repository is None or revision is None:
            return
        with tempfile.TemporaryDirectory(prefix="modelgen-") as place:
            root = self.package.root
            target = Path(place) / root.name
            source = repository.files(revision, root, (".py",)) if root.is_dir() else {}
            if not root.is_dir():
                data = repository.read(revision, root)
                source = {} if data is None else {"": data}
            for name, data in source.items():
                file = target / name if name else target
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(data)
            if not source:
                return
            package, _, findings = found(target)
            if package is None or failed(findings):
                return
            before = _words(inspect(package, replace(self.settings, refused="warning")).contract)
        now = _words(inspect(self.package, replace(self.settings, refused="warning")).contract)
        for symbol, words in before.items():
            if symbol in now and now[symbol] != words:
                yield symbol, (words, now[symbol])


def _renamed_package(given: Pins, contract: Contract, settings: Settings) -> dict[str, str]:
    """The package's old name and its new one, where the numbers are another package's and no setting renames it."""
    served = {owner.source.partition(".")[0] for owner in given.owners if owner.kind == "service"}
    old = served.pop() if len(served) == 1 else contract.package
    return {} if old == contract.package or old in settings.renames else {old: contract.package}


def _sources(reading: Reading, package: Package) -> Sources:
    contract = reading.contract
    refused = {
        f"{module.symbol}.{one.name.rpartition('.')[2]}": Refusal(reason=one.reason, where=one.where)
        for module in contract.modules
        for one in module.refused
    }
    return Sources(places=dict(_places(contract, package)), refused=refused)


def _places(contract: Contract, package: Package) -> Iterator[tuple[str, Location]]:
    home = package.root / "__init__.py"
    yield package.name, Location(path=folder.shown(home if home.is_file() else package.root), line=1)
    for symbol, element in _elements(contract):
        if element.where:
            yield symbol, element.where


def _words(contract: Contract) -> dict[str, str]:
    return {symbol: element.doc for symbol, element in _elements(contract)}


def _elements(contract: Contract) -> Iterator[tuple[str, Any]]:
    for module in contract.modules:
        yield module.symbol, module
        for method in module.methods:
            symbol = f"{module.symbol}.{method.name}"
            yield symbol, method
            yield from ((f"{symbol}.{one.name}", one) for one in method.parameters)
    for model in contract.models:
        yield model.symbol, model
        yield from ((f"{model.symbol}.{one.name}", one) for one in model.fields)
    for enum in contract.enums:
        yield enum.symbol, enum
        yield from ((f"{enum.symbol}.{one.name}", one) for one in enum.members)


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


def _toml_limits(data: bytes) -> dict[str, float]:
    """Every limit that a service's settings state, by its dotted key."""
    found_: dict[str, float] = {}

    def walk(table: Mapping[str, Any], prefix: str) -> None:
        for key, value in table.items():
            name = f"{prefix}{key}"
            if isinstance(value, dict):
                walk(value, f"{name}.")
            elif _LIMIT.fullmatch(key) and isinstance(value, int | float) and not isinstance(value, bool) and value:
                found_[name] = value

    try:
        walk(tomllib.loads(data.decode("utf-8")), "")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        return {}
    return found_


def _is_error(finding: Finding) -> bool:
    return finding.level is Level.ERROR


def _unreadable(message: str) -> Finding:
    return Finding(
        level=Level.ERROR,
        code="lock-invalid",
        message=message,
        where=Location(path=LOCK),
        hint="restore it from version control",
    )


def _today() -> datetime.date:
    """Today, or the day that SOURCE_DATE_EPOCH states."""
    stated = os.environ.get("SOURCE_DATE_EPOCH", "")
    if stated.isdigit():
        return datetime.datetime.fromtimestamp(int(stated), datetime.timezone.utc).date()
    return datetime.date.today()

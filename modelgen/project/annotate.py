"""Writes the types that docstrings state into the source as annotations, where the contract stays what it is.

A type is left where it is if one of its alternatives cannot be sent: an annotation without it would be wrong.

Each annotation is tried: the package is read again with it, in memory. One that would say less than the docstring, as
no annotation says a tensor's shape inside a list, gives way to a weaker one that the docstring refines, or to none.
"""

from __future__ import annotations

import contextlib
import difflib
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from modelgen.finding import Finding, Level, Location, failed
from modelgen.project import codemod, places, settings
from modelgen.project.imports import Names, Unspellable
from modelgen.project.places import RETURN, Key, Place, Wanted
from modelgen.project.reading import options as reading_options
from modelgen.project.settings import Settings
from modelgen.project.spelling import Speller, Spelling
from modelgen.source import read
from modelgen.source.ancestry import ancestors
from modelgen.source.package import Package, PackageNotFound, SourceFile, locate, parse
from modelgen.source.reader import ModuleScope, read_module

if TYPE_CHECKING:
    from modelgen.source import Reading

UNREAD = frozenset({"package-not-found", "nothing-servable", "syntax-error", "file-unreadable"})
"""Errors of reading that end it; what stands in the way of serving alone, such as a name, does not."""

Texts: TypeAlias = Mapping[Path, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewrite:
    """One file with annotations."""

    path: Path
    shown: str
    before: bytes
    after: bytes
    count: int
    """How many annotations are new."""

    def diff(self) -> str:
        """What changes, as a unified diff."""
        old, new = (_lines(data) for data in (self.before, self.after))
        return "".join(difflib.unified_diff(old, new, f"a/{self.shown}", f"b/{self.shown}"))


def _lines(data: bytes) -> list[str]:
    return data.decode("utf-8", errors="replace").splitlines(keepends=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotated:
    """What annotating came to."""

    rewrites: tuple[Rewrite, ...] = ()
    kept: int = 0
    """How many types stay in docstrings, because no annotation says them."""
    findings: tuple[Finding, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether an error stood in the way. Nothing was written then."""
        return failed(self.findings)


def annotate(path: Path, *, write: bool = True) -> Annotated:
    """Annotate the package at a path by its docstrings; with `write` False only say what would be written.

    What is annotated already is never touched, nor a function with type comments, nor what settings give a type.
    """
    try:
        package = locate(path)
    except PackageNotFound as error:
        return Annotated(findings=(error.finding,))
    decided, findings = settings.load(package.root)
    if failed(findings):
        return Annotated(findings=findings)
    before = {file.path: data for file in package.files.values() if (data := _content(file)) is not None}
    first = _read(package, decided, before)
    errors = tuple(one for one in first.findings if one.level is Level.ERROR and one.code in UNREAD)
    if errors:
        return Annotated(findings=findings + errors)
    trial = _Trial(package=package, settings=decided, before=before, first=first)
    trial.settle()
    result = replace(trial.result(), findings=findings + tuple(trial.findings()))
    if write and not result.failed:
        result = replace(result, findings=result.findings + tuple(_write(result.rewrites)))
    return result


def _content(file: SourceFile) -> bytes | None:
    try:
        return file.path.read_bytes()
    except OSError:
        return None


def _read(package: Package, decided: Settings, texts: Texts) -> Reading:
    options = reading_options(decided)
    return read(package.root, replace(options, refused="warning", texts=texts))


@dataclass(slots=True, kw_only=True)
class _Choice:
    """An annotation to be found."""

    wanted: Wanted
    file: SourceFile
    place: Place
    spellings: list[Spelling]
    """What is still to be tried; the first is what is written now."""


@dataclass(slots=True, kw_only=True)
class _Trial:
    """The search for annotations that leave the contract as it is."""

    package: Package
    settings: Settings
    before: Texts
    first: Reading
    choices: list[_Choice] = field(default_factory=list)
    scopes: dict[Path, ModuleScope] = field(default_factory=dict)
    rewrites: tuple[Rewrite, ...] = ()
    known: dict[Path, tuple[Mapping[Place, str], Rewrite | None]] = field(default_factory=dict)
    """What annotations made of a file, in the round before."""
    ancestries: dict[str, frozenset[tuple[str, str]]] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)
    """File -> why libcst does not take it."""

    def settle(self) -> None:
        """Try until nothing of the contract changes. Every round takes a spelling away, so that there is an end."""
        self.choices = list(self._choices())
        expected = places.stated(self.first.contract)
        while True:
            self.rewrites = tuple(self._rewritten())
            if not self.rewrites:
                return
            texts = {**self.before, **{one.path: one.after for one in self.rewrites}}
            wrong = set(_wrong(expected, _read(self.package, self.settings, texts), self.first))
            if not wrong:
                return
            self._give_way(wrong)

    def _choices(self) -> Iterator[_Choice]:
        files = {file.shown: file for file in self.package.files.values()}
        speller = Speller(contract=self.first.contract, package=self.package)
        located: dict[str, Mapping[places.Spot, Place]] = {}
        narrowed = {_spot(one) for one in self.first.findings if one.code == "alternative-left-out"}
        for wanted in places.wanted(self.first.contract):
            file = files.get(wanted.spot[0])
            if file is None or file.path not in self.before:
                continue
            if file.shown not in located:
                located[file.shown] = places.located(self._scope(file))
            place = located[file.shown].get(wanted.spot)
            if place is not None:
                spellings = list(speller.spellings(wanted, place)) if wanted.spot not in narrowed else []
                yield _Choice(wanted=wanted, file=file, place=place, spellings=spellings)

    def _scope(self, file: SourceFile) -> ModuleScope:
        if file.path not in self.scopes:
            self.scopes[file.path] = read_module(file, parse(file, self.before[file.path]))
        return self.scopes[file.path]

    def _rewritten(self) -> Iterator[Rewrite]:
        for file in dict.fromkeys(choice.file for choice in self.choices):
            names = Names(self._scope(file))
            texts = dict(self._annotations(file, names))
            if texts and file.shown not in self.unreadable:
                known = self.known.get(file.path)
                if known is None or known[0] != texts:
                    known = self.known[file.path] = (texts, self._rewrite(file, texts, names))
                if known[1] is not None:
                    yield known[1]

    def _rewrite(self, file: SourceFile, texts: Mapping[Place, str], names: Names) -> Rewrite | None:
        before = self.before[file.path]
        try:
            after = codemod.rewritten(before, texts, names)
        except codemod.TextUnreadable as error:
            self.unreadable[file.shown] = str(error)
            return None
        return Rewrite(path=file.path, shown=file.shown, before=before, after=after, count=len(texts))

    def _annotations(self, file: SourceFile, names: Names) -> Iterator[tuple[Place, str]]:
        """What is written now; a spelling that the file has no names for is taken away."""
        for choice in self.choices:
            while choice.file is file and choice.spellings:
                tried = names.copy()
                with contextlib.suppress(Unspellable):
                    text = choice.spellings[0](tried)
                    names.take(tried, text)
                    yield choice.place, text
                    break
                choice.spellings.pop(0)

    def _give_way(self, wrong: set[Key]) -> None:
        """Take the spelling away from what went wrong; where no one knows what did, from all that could have."""
        open_ones = [choice for choice in self.choices if choice.spellings]
        guilty = [choice for choice in open_ones if choice.wanted.keys & wrong]
        inherited = [choice for choice in open_ones if not guilty and self._passes_on(choice, wrong)]
        for choice in guilty or inherited or open_ones:
            choice.spellings.pop(0)

    def _passes_on(self, choice: _Choice, wrong: set[Key]) -> bool:
        """Whether a class that went wrong inherits from the one that a choice stands in, in the part that is chosen."""
        parts = {key[1:] for key in choice.wanted.keys}
        heirs = {key[0] for key in wrong if key[1:] in parts}
        return any((choice.file.shown, choice.place.inside) in self._ancestry(heir) for heir in heirs)

    def _ancestry(self, symbol: str) -> frozenset[tuple[str, str]]:
        """The classes of a module's MRO, by their files and names."""
        if symbol not in self.ancestries:
            module = next((one for one in self.first.contract.modules if one.symbol == symbol), None)
            self.ancestries[symbol] = frozenset(ancestors(self.package, module) if module else ())
        return self.ancestries[symbol]

    def result(self) -> Annotated:
        """What came of it."""
        kept = sum(not choice.spellings for choice in self.choices)
        return Annotated(rewrites=self.rewrites, kept=kept)

    def findings(self) -> Iterator[Finding]:
        """The types that no annotation says, and the files that could not be rewritten."""
        for choice in self.choices:
            if not choice.spellings:
                yield _kept(choice.wanted)
        for shown, reason in self.unreadable.items():
            yield Finding(
                level=Level.WARNING,
                code="file-not-annotated",
                message=f"`{shown}` cannot be rewritten: {' '.join(reason.split())}",
                where=Location(path=shown),
                hint="annotate it by hand",
            )


def _spot(finding: Finding) -> places.Spot | None:
    where = finding.where
    return (where.path, where.line, where.column) if where else None


def _wrong(expected: Mapping[Key, object], reading: Reading, first: Reading) -> Iterator[Key]:
    """What a contract says otherwise than is expected, and what now disagrees with its docstring."""
    found = places.stated(reading.contract)
    gaps = {
        (module.symbol, refused.name.rpartition(".")[2]): {gap.name for gap in refused.gaps}
        for module in reading.contract.modules
        for refused in module.refused
    }
    for key in {**expected, **found}:
        blamed = gaps.get(key[:2]) or {key[2]}
        if expected.get(key) != found.get(key) and key[2] in blamed:
            yield key
    spots = places.spots(reading.contract)
    old = {finding.message for finding in first.findings}
    for finding in reading.findings:
        spot = _spot(finding)
        if finding.code == "type-disagrees" and finding.message not in old and spot in spots:
            yield spots[spot]


def _kept(wanted: Wanted) -> Finding:
    symbol, method, name = min(wanted.keys)
    owner = f"{symbol.rpartition('.')[2]}.{method}" if method else symbol
    what = f"the result of `{owner}`" if name == RETURN else f"`{name}` of `{owner}`"
    path, line, column = wanted.spot
    return Finding(
        level=Level.INFO,
        code="type-stays-in-docstring",
        message=f"{what} is not annotated: no annotation says all that its docstring says (`{wanted.text}`)",
        where=Location(path=path, line=line, column=column),
        hint="nothing needs to be done: the docstring counts",
    )


# Writing


def _write(rewrites: Iterable[Rewrite]) -> Iterator[Finding]:
    """Replace the files; none if one of them changed meanwhile."""
    rewrites = tuple(rewrites)
    changed = [one for one in rewrites if _now(one.path) != one.before]
    yield from map(_changed, changed)
    if changed:
        return
    for one in rewrites:
        try:
            _replace(one.path.resolve(), one.after)
        except OSError as error:
            yield _unwritable(one, error)
            return


def _now(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _replace(path: Path, data: bytes) -> None:
    """Put a file in the place of another in one step, with its rights."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(path.stat().st_mode)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


def _changed(one: Rewrite) -> Finding:
    return Finding(
        level=Level.ERROR,
        code="source-changed",
        message=f"`{one.shown}` changed while it was read: nothing was written",
        where=Location(path=one.shown),
        hint="run modelgen annotate again",
    )


def _unwritable(one: Rewrite, error: OSError) -> Finding:
    return Finding(
        level=Level.ERROR,
        code="source-unwritable",
        message=f"`{one.shown}` could not be written: {error.strerror or error}",
        where=Location(path=one.shown),
        hint="give the right to write it, and run modelgen annotate again",
    )

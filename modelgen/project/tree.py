"""What generating would do to the files on disk, and who owns each.

    generated   modelgen's: replaced while it holds what modelgen wrote last; a hand edit is refused, with its diff
    scaffold    written once, then the user's
    ejected     was generated, and is the user's since; told of when what would be generated changes
    stale       modelgen's and no longer planned: removed while it holds what modelgen wrote, else reported
    foreign     anything else: never touched

`plan` looks and writes nothing. `apply` does what was planned, as one transaction (`transaction.py`).
"""

from __future__ import annotations

import contextlib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, TypeAlias

from modelgen.finding import Finding, failed
from modelgen.project import folder, manifest, remarks, syntax, transaction
from modelgen.project.diffs import unified
from modelgen.project.manifest import MANIFEST, Entry, Manifest, ManifestError, digest
from modelgen.project.transaction import ApplyError, Step

if TYPE_CHECKING:
    from pathlib import Path

    from modelgen.targets.target import File

__all__ = ["ApplyError", "Change", "Changes", "Edit", "apply", "opened", "plan", "settled"]

Action: TypeAlias = Literal["create", "replace", "remove"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One file that would change."""

    path: str
    action: Action
    before: bytes | None
    after: bytes | None

    def diff(self) -> str:
        """What changes, as a unified diff."""
        return unified(self.before, self.after, f"a/{self.path}", f"b/{self.path}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A generated file that someone changed by hand."""

    path: str
    generated: bytes
    """What modelgen would write."""
    found: bytes

    def diff(self) -> str:
        """What the edit is, as a unified diff."""
        return unified(self.generated, self.found, f"{self.path} (generated)", f"{self.path} (yours)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What generating would do to a project."""

    root: Path
    changes: tuple[Change, ...] = ()
    """In the order of their paths; the manifest apart."""
    unchanged: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    """Scaffold and ejected files that are the user's."""
    edits: tuple[Edit, ...] = ()
    """Hand edits that stand in the way."""
    findings: tuple[Finding, ...] = ()
    manifest: Change | None = None
    """None where the manifest stays as it is."""
    ejected: tuple[str, ...] = ()
    """Those of the kept files that were generated once."""
    left_out: tuple[str, ...] = ()
    """Templates of the user's that the project was made with and is not made with now."""

    @property
    def refused(self) -> bool:
        """Whether something stands in the way, so that nothing may be written."""
        return failed(self.findings)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to do."""
        return not self.changes and self.manifest is None

    def count(self, action: Action) -> int:
        """How many files an action would befall."""
        return sum(change.action == action for change in self.changes)

    def steps(self) -> tuple[Step, ...]:
        """The changes as the steps of a transaction: what goes first, the manifest last."""
        ordered = sorted(self.changes, key=lambda change: (change.action != "remove", change.path))
        last = (self.manifest,) if self.manifest else ()
        return tuple(Step(path=c.path, before=c.before, after=c.after) for c in (*ordered, *last))


def plan(
    root: Path,
    files: Iterable[File],
    *,
    generator: str,
    force: bool = False,
    overriding: Mapping[str, Path] = MappingProxyType({}),
    known: Manifest | None = None,
) -> Changes:
    """What writing `files` to the project at `root` would do. Writes nothing.

    With `force`, hand edits of generated files do not stand in the way. Files that modelgen did not write always do.
    `overriding` are the user's templates by name, each with its file. `known` is believed in the manifest's place.
    """
    files = tuple(sorted(files, key=lambda file: file.path))
    if transaction.interrupted(root):
        return Changes(root=root, findings=(remarks.unfinished(),))
    try:
        text = folder.read(root, MANIFEST)
        if known is None and text is not None:
            known = manifest.load(text.decode("utf-8", errors="replace"))
    except ManifestError as error:
        return Changes(root=root, findings=(error.finding,))
    except folder.PathError as error:
        return Changes(root=root, findings=(remarks.blocked(MANIFEST, error),))
    planner = _Planner(
        root=root, sight=folder.Sight(root), known=known or Manifest(), force=force, overriding=overriding
    )
    for file in files:
        planner.place(file)
    planner.retire({file.path for file in files})
    if known is None and (names := folder.strangers(root)) and not planner.adopts_everything():
        return Changes(root=root, findings=(remarks.occupied(root, names),))
    return planner.result(generator, text)


@contextlib.contextmanager
def opened(root: Path) -> Iterator[None]:
    """Hold the project for this process, after completing what an interrupted run left behind.

    Raises:
        ApplyError: another process holds it, or it cannot be written to.
    """
    with transaction.exclusive(root):
        transaction.recover(root)
        yield


def apply(changes: Changes) -> None:
    """Write what was planned, all or nothing, to a project that is `opened`. Nothing where it was refused.

    Raises:
        ApplyError: the files could not be written.
    """
    if not changes.refused and not changes.empty:
        transaction.apply(changes.root, changes.steps())


def settled(root: Path, manifest_digest: str) -> Changes | None:
    """Nothing to do, if the project's manifest has that digest and each generated file is as it says; else None."""
    try:
        text = folder.read(root, MANIFEST)
        if text is None or digest(text) != manifest_digest or transaction.interrupted(root):
            return None
        known = manifest.load(text.decode("utf-8")).files
        generated = {path: entry for path, entry in known.items() if entry.state == "generated"}
        sight = folder.Sight(root)
        for path, entry in generated.items():
            found = sight.read(path)
            if found is None or digest(found) != entry.sha256:
                return None
    except (folder.PathError, ManifestError, OSError):
        return None
    kept = tuple(sorted(known.keys() - generated.keys()))
    ejected = tuple(path for path in kept if known[path].state == "ejected")
    return Changes(root=root, unchanged=tuple(generated), kept=kept, ejected=ejected)


@dataclass(slots=True, kw_only=True)
class _Planner:
    """Decides file by file, and collects."""

    root: Path
    sight: folder.Sight
    known: Manifest
    force: bool
    overriding: Mapping[str, Path]
    entries: dict[str, Entry] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    edits: list[Edit] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    placed: dict[str, str] = field(default_factory=dict)
    """The planned paths, by what a file system that ignores case calls them."""

    def place(self, file: File) -> None:
        """Decide on a planned file."""
        if problem := self._impossible(file):
            self.findings.append(problem)
            return
        entry = self.known.files.get(file.path)
        try:
            found = self.sight.read(file.path)
        except folder.PathError as error:
            if entry is not None and entry.state != "generated":
                self._keep(file.path, entry)  # the user's, who put something else there
            else:
                self.findings.append(remarks.blocked(file.path, error))
            return
        if entry is not None and entry.state == "ejected":
            self._place_ejected(file, entry, found)
        elif file.state == "scaffold":
            self._place_scaffold(file, entry, found)
        else:
            self._place_generated(file, entry, found)

    def retire(self, planned: set[str]) -> None:
        """Decide on the files that modelgen wrote and no longer plans."""
        for path, entry in sorted(self.known.files.items()):
            if path not in planned and entry.state == "ejected":
                self._keep(path, entry)  # should it be planned again, it is the user's still
            if path in planned or entry.state != "generated":
                continue
            try:
                found = self.sight.read(path)
            except folder.PathError as error:
                self.findings.append(remarks.stale_blocked(path, error))
                continue
            if found is None:
                continue
            if digest(found) == entry.sha256 or self.force:
                self.changes.append(Change(path=path, action="remove", before=found, after=None))
            else:
                self.entries[path] = entry
                self.findings.append(remarks.stale_edit(path))

    def adopts_everything(self) -> bool:
        """Whether a folder that lost its manifest holds this project: every generated file, as it would be written."""
        return bool(self.unchanged) and not (self.changes or self.findings)

    def result(self, generator: str, text: bytes | None) -> Changes:
        """All that was decided."""
        used = {entry.template for entry in self.entries.values() if entry.state == "generated"}
        overridden = tuple(sorted(self.overriding.keys() & used))
        written = Manifest(generator=generator, files=self.entries, overridden=overridden)
        after = manifest.dump(written).encode()
        same = text is not None and text.replace(b"\r\n", b"\n") == after
        record = Change(path=MANIFEST, action="create" if text is None else "replace", before=text, after=after)
        return Changes(
            root=self.root,
            changes=tuple(sorted(self.changes, key=lambda change: change.path)),
            unchanged=tuple(self.unchanged),
            kept=tuple(sorted(self.kept)),
            edits=tuple(self.edits),
            findings=tuple(self.findings),
            manifest=None if same else record,
            ejected=tuple(sorted(path for path, entry in self.entries.items() if entry.state == "ejected")),
            left_out=tuple(sorted(set(self.known.overridden) - self.overriding.keys())),
        )

    def _impossible(self, file: File) -> Finding | None:
        """Why a planned file cannot be a file of a project, which only a defect of modelgen can bring about."""
        key = unicodedata.normalize("NFC", file.path).casefold()
        twin = self.placed.setdefault(key, file.path)
        if not manifest.stays_inside(file.path) or file.path == MANIFEST:
            return remarks.outside(file.path)
        if twin is not file.path:
            return remarks.twice(file.path, twin)
        return None

    def _place_ejected(self, file: File, entry: Entry, found: bytes | None) -> None:
        new = digest(encoded(file))
        if found is not None and digest(found) == new:
            entry = replace(entry, sha256=new, seen="")
        elif (entry.seen or entry.sha256) != new:
            self.findings.append(remarks.behind(file.path, self.root))
        self._keep(file.path, entry)

    def _place_scaffold(self, file: File, entry: Entry | None, found: bytes | None) -> None:
        if entry is not None:
            self._keep(file.path, replace(entry, state="scaffold"))
        elif found is not None:
            self.kept.append(file.path)
        else:
            self._write(file, found)

    def _place_generated(self, file: File, entry: Entry | None, found: bytes | None) -> None:
        new = encoded(file)
        if found is None or digest(found) == digest(new):
            self._write(file, found)
        elif entry is None:
            self.findings.append(remarks.foreign(file.path))
        elif digest(found) == entry.sha256 or self.force:
            self._write(file, found)
        else:
            self.edits.append(Edit(path=file.path, generated=new, found=found))
            self.findings.append(remarks.edited(file.path, self.root))

    def _write(self, file: File, found: bytes | None) -> None:
        new = encoded(file)
        self.entries[file.path] = Entry(
            state=file.state, sha256=digest(new), source=file.source, template=file.template
        )
        if found is not None and digest(found) == digest(new):
            self.unchanged.append(file.path)
            return
        if wrong := syntax.problem(file.path, file.text):
            own = self.overriding.get(file.template)
            self.findings.append(remarks.invalid(file.path, file.source, wrong, own))
        action: Action = "create" if found is None else "replace"
        self.changes.append(Change(path=file.path, action=action, before=found, after=new))

    def _keep(self, path: str, entry: Entry) -> None:
        self.entries[path] = entry
        self.kept.append(path)


def encoded(file: File) -> bytes:
    """The file's bytes; what no file can hold is left to `syntax` to tell."""
    return file.text.encode(errors="surrogatepass")

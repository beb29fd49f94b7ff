"""What generating would do to the files on disk, and who owns each.

    generated   modelgen's: replaced while it holds what modelgen wrote last; a hand edit is refused, with its diff
    scaffold    written once, then the user's
    ejected     the user's
    stale       modelgen's and no longer planned: removed while it holds what modelgen wrote, else reported
    foreign     anything else: never touched

`plan` looks and writes nothing. `apply` does what was planned, as one transaction (`transaction.py`).
"""

from __future__ import annotations

import contextlib
import difflib
import io
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from modelgen.finding import Finding, Level, Location, failed
from modelgen.project import folder, manifest, syntax, transaction
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
        return _diff(self.before, self.after, f"a/{self.path}", f"b/{self.path}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A generated file that someone changed by hand."""

    path: str
    generated: bytes
    """What modelgen would write."""
    found: bytes

    def diff(self) -> str:
        """What the edit is, as a unified diff."""
        return _diff(self.generated, self.found, f"{self.path} (generated)", f"{self.path} (yours)")


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


def plan(root: Path, files: Iterable[File], *, generator: str, force: bool = False) -> Changes:
    """What writing `files` to the project at `root` would do. Writes nothing.

    With `force`, hand edits of generated files do not stand in the way. Files that modelgen did not write always do.
    """
    files = tuple(sorted(files, key=lambda file: file.path))
    if transaction.interrupted(root):
        return Changes(root=root, findings=(_unfinished(),))
    try:
        text = folder.read(root, MANIFEST)
        known = manifest.load(text.decode("utf-8", errors="replace")) if text is not None else None
    except ManifestError as error:
        return Changes(root=root, findings=(error.finding,))
    except folder.PathError as error:
        return Changes(root=root, findings=(_blocked(MANIFEST, error),))
    planner = _Planner(root=root, sight=folder.Sight(root), known=known.files if known else {}, force=force)
    for file in files:
        planner.place(file)
    planner.retire({file.path for file in files})
    if known is None and (names := folder.strangers(root)) and not planner.adopts_everything():
        return Changes(root=root, findings=(_occupied(root, names),))
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
    return Changes(root=root, unchanged=tuple(generated), kept=tuple(sorted(known.keys() - generated.keys())))


@dataclass(slots=True, kw_only=True)
class _Planner:
    """Decides file by file, and collects."""

    root: Path
    sight: folder.Sight
    known: Mapping[str, Entry]
    force: bool
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
        try:
            found = self.sight.read(file.path)
        except folder.PathError as error:
            self.findings.append(_blocked(file.path, error))
            return
        entry = self.known.get(file.path)
        if entry is not None and entry.state == "ejected":
            self._keep(file.path, entry)
        elif file.state == "scaffold":
            self._place_scaffold(file, entry, found)
        else:
            self._place_generated(file, entry, found)

    def retire(self, planned: set[str]) -> None:
        """Decide on the files that modelgen wrote and no longer plans."""
        for path, entry in sorted(self.known.items()):
            if path in planned or entry.state != "generated":
                continue
            try:
                found = self.sight.read(path)
            except folder.PathError as error:
                self.findings.append(_warning("file-stale", path, f"is no longer generated, and {error}"))
                continue
            if found is None:
                continue
            if digest(found) == entry.sha256 or self.force:
                self.changes.append(Change(path=path, action="remove", before=found, after=None))
            else:
                self.entries[path] = entry
                self.findings.append(_stale_edit(path))

    def adopts_everything(self) -> bool:
        """Whether a folder that lost its manifest holds this project: every generated file, as it would be written."""
        return bool(self.unchanged) and not (self.changes or self.findings)

    def result(self, generator: str, text: bytes | None) -> Changes:
        """All that was decided."""
        after = manifest.dump(Manifest(generator=generator, files=self.entries)).encode()
        same = text is not None and text.replace(b"\r\n", b"\n") == after
        record = Change(path=MANIFEST, action="create" if text is None else "replace", before=text, after=after)
        return Changes(
            root=self.root,
            changes=tuple(sorted(self.changes, key=lambda change: change.path)),
            unchanged=tuple(self.unchanged),
            kept=tuple(self.kept),
            edits=tuple(self.edits),
            findings=tuple(self.findings),
            manifest=None if same else record,
        )

    def _impossible(self, file: File) -> Finding | None:
        """Why a planned file cannot be a file of a project, which only a defect of modelgen can bring about."""
        key = unicodedata.normalize("NFC", file.path).casefold()
        twin = self.placed.setdefault(key, file.path)
        if not manifest.stays_inside(file.path) or file.path == MANIFEST:
            return _error("path-outside", file.path, "is not a path inside the project", _REPORT)
        if twin is not file.path:
            return _error("path-twice", file.path, f"and {twin} are one file where case does not count", _REPORT)
        return None

    def _place_scaffold(self, file: File, entry: Entry | None, found: bytes | None) -> None:
        if entry is not None:
            self._keep(file.path, replace(entry, state="scaffold"))
        elif found is not None:
            self.kept.append(file.path)
        else:
            self._write(file, found)

    def _place_generated(self, file: File, entry: Entry | None, found: bytes | None) -> None:
        new = _encode(file)
        if found is None or digest(found) == digest(new):
            self._write(file, found)
        elif entry is None:
            self.findings.append(_foreign(file.path))
        elif digest(found) == entry.sha256 or self.force:
            self._write(file, found)
        else:
            self.edits.append(Edit(path=file.path, generated=new, found=found))
            self.findings.append(_edited(file.path))

    def _write(self, file: File, found: bytes | None) -> None:
        new = _encode(file)
        self.entries[file.path] = Entry(
            state=file.state, sha256=digest(new), source=file.source, template=file.template
        )
        if found is not None and digest(found) == digest(new):
            self.unchanged.append(file.path)
            return
        if wrong := syntax.problem(file.path, file.text):
            self.findings.append(
                _error("file-invalid", file.path, f"(from {file.source}) is not valid: {wrong}", _REPORT)
            )
        action: Action = "create" if found is None else "replace"
        self.changes.append(Change(path=file.path, action=action, before=found, after=new))

    def _keep(self, path: str, entry: Entry) -> None:
        self.entries[path] = entry
        self.kept.append(path)


def _encode(file: File) -> bytes:
    """The file's bytes; what no file can hold is left to `syntax` to tell."""
    return file.text.encode(errors="surrogatepass")


def _diff(before: bytes | None, after: bytes | None, old: str, new: str) -> str:
    lines = difflib.unified_diff(
        _lines(before), _lines(after), "/dev/null" if before is None else old, "/dev/null" if after is None else new
    )
    return "".join(_closed(lines))


def _lines(data: bytes | None) -> list[str]:
    return list(io.StringIO((data or b"").decode("utf-8", errors="replace"), newline="\n"))


def _closed(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


# What the user is told

_REPORT = "this is a defect of modelgen: please report it, with the source"


def _error(code: str, path: str, message: str, hint: str = "") -> Finding:
    return Finding(level=Level.ERROR, code=code, message=f"{path} {message}", where=Location(path=path), hint=hint)


def _warning(code: str, path: str, message: str, hint: str = "") -> Finding:
    return replace(_error(code, path, message, hint), level=Level.WARNING)


def _edited(path: str) -> Finding:
    return _error(
        "file-edited",
        path,
        "was changed by hand",
        "put the change into the source or into hooks.py and restore the file, or overwrite it with --force",
    )


def _foreign(path: str) -> Finding:
    return _error(
        "file-foreign", path, "would be written, but is not modelgen's", "move it, or choose another folder with -o"
    )


def _blocked(path: str, error: folder.PathError) -> Finding:
    return _error("path-blocked", path, str(error), "remove it, or choose another folder with -o")


def _stale_edit(path: str) -> Finding:
    return _warning(
        "file-stale", path, "is no longer generated, but was changed by hand", "delete it, or let --force do so"
    )


def _occupied(root: Path, names: tuple[str, ...]) -> Finding:
    few = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return Finding(
        level=Level.ERROR,
        code="folder-foreign",
        message=f"{root} holds files that modelgen did not write: {few}",
        where=Location(path=str(root)),
        hint="choose an empty folder with -o",
    )


def _unfinished() -> Finding:
    return Finding(
        level=Level.ERROR,
        code="generation-interrupted",
        message="an earlier run was interrupted while it replaced files",
        where=Location(path=manifest.FOLDER),
        hint='run "modelgen generate" to complete it',
    )

"""Files that were generated and become the user's, or modelgen's again."""

from __future__ import annotations

import difflib
import functools
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from modelgen.finding import Finding, Level, Location, failed
from modelgen.project import folder, manifest, remarks, transaction, tree
from modelgen.project.manifest import MANIFEST, Entry, Manifest, ManifestError, digest
from modelgen.project.numbers import LOCK

Offered: TypeAlias = "Callable[[], tuple[Mapping[str, bytes], tuple[Finding, ...]]]"
"""Asks what would be written today, by path, and what is wrong with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ejection:
    """What became of the files that were named."""

    ejected: tuple[str, ...] = ()
    """The user's from now on."""
    seen: tuple[str, ...] = ()
    """The user's since before, who knows now what would be written there."""
    returned: tuple[str, ...] = ()
    """Generated again."""
    findings: tuple[Finding, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether an error stood in the way. Nothing was changed then."""
        return failed(self.findings)


def eject(root: Path, names: Sequence[str], offered: Offered, *, undo: bool = False) -> Ejection:
    """Make files of a project, or all that is generated in a folder of it, the user's; with `undo` modelgen's again.

    A name is a path from the project's folder, or from here. `offered` is asked only of files that are ejected already.
    """
    try:
        with tree.opened(root):
            text = folder.read(root, MANIFEST) or b""
            known = manifest.load(text.decode("utf-8", errors="replace"))
            ejector = _Ejector(root=root, known=known, offered=offered)
            for name in names:
                ejector.name(name, undo=undo)
            result = ejector.result()
            after = manifest.dump(replace(known, files=ejector.entries)).encode()
            if not result.failed and after != text:
                transaction.apply(root, [transaction.Step(path=MANIFEST, before=text, after=after)])
            return result
    except (tree.ApplyError, ManifestError) as error:
        return Ejection(findings=(error.finding,))
    except folder.PathError as error:
        return Ejection(findings=(remarks.blocked(MANIFEST, error),))


class _Ejector:
    """Takes the names one by one."""

    def __init__(self, root: Path, known: Manifest, offered: Offered) -> None:
        self.entries = dict(known.files)
        self._root = root
        self._offered = functools.cache(offered)
        self._changed: dict[str, list[str]] = {"ejected": [], "seen": [], "returned": []}
        self._findings: list[Finding] = []

    def name(self, given: str, *, undo: bool) -> None:
        """Eject, or return, what is named."""
        path = next((one for one in self._meant(given) if one in self.entries), None)
        if path is not None:
            self._file(path, undo=undo)
            return
        inside = next((found for one in self._meant(given) if (found := self._inside(one, undo=undo))), None)
        if inside is None:
            self._findings.append(self._unknown(given))
        for one in inside or ():
            self._file(one, undo=undo)

    def result(self) -> Ejection:
        """What came of all names."""
        changed = {what: tuple(dict.fromkeys(paths)) for what, paths in self._changed.items()}
        return Ejection(**changed, findings=tuple(self._findings))

    def _file(self, path: str, *, undo: bool) -> None:
        entry = self.entries[path]
        if path == LOCK:
            self._findings.append(_refused(path, "holds the numbers that were given: modelgen has to write it"))
        elif entry.state == "scaffold":
            self._findings.append(_yours(path, "was written once and is yours since"))
        elif undo and entry.state == "ejected":
            self._change(path, "returned", replace(entry, state="generated", seen=""))
        elif undo:
            self._findings.append(_yours(path, "is generated: nothing to undo"))
        elif entry.state == "ejected":
            self._see(path, entry)
        else:
            self._change(path, "ejected", replace(entry, state="ejected"))

    def _see(self, path: str, entry: Entry) -> None:
        files, findings = self._offered()
        self._findings += [finding for finding in findings if finding.level is Level.ERROR]
        if path in files:
            self._change(path, "seen", replace(entry, seen=digest(files[path])))

    def _change(self, path: str, what: str, entry: Entry) -> None:
        self._changed[what].append(path)
        self.entries[path] = entry

    def _meant(self, given: str) -> Iterator[str]:
        """The paths in the project that a name may mean."""
        yield os.path.normpath(given).replace(os.sep, "/")
        place = Path(os.path.normpath(Path(given).absolute()))
        if place.is_relative_to(self._root):
            yield place.relative_to(self._root).as_posix()

    def _inside(self, path: str, *, undo: bool) -> list[str]:
        """The files in a folder that can change hands."""
        wanted = "ejected" if undo else "generated"
        prefix = "" if path == "." else f"{path}/"
        return [
            one
            for one, entry in self.entries.items()
            if one.startswith(prefix) and entry.state == wanted and one != LOCK
        ]

    def _unknown(self, given: str) -> Finding:
        alike = [path for path in self.entries if path.rpartition("/")[2] == given.rpartition("/")[2]]
        near = alike or difflib.get_close_matches(given, self.entries, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]!r}?" if near else "give a path from the project's folder"
        return _refused(given, "is not a file that modelgen wrote, nor a folder of such", hint)


def _refused(path: str, why: str, hint: str = "") -> Finding:
    return Finding(
        level=Level.ERROR, code="file-not-ejectable", message=f"{path} {why}", where=Location(path=path), hint=hint
    )


def _yours(path: str, why: str) -> Finding:
    return Finding(level=Level.INFO, code="file-as-it-was", message=f"{path} {why}", where=Location(path=path))

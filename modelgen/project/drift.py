"""How the files that are the user's differ from what would be written today."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from modelgen.finding import Finding, Level, Location, failed
from modelgen.project import folder, manifest, remarks, transaction
from modelgen.project.diffs import unified
from modelgen.project.home import offer
from modelgen.project.manifest import MANIFEST, Entry, ManifestError, State, digest
from modelgen.project.tree import encoded
from modelgen.targets.target import File

Since: TypeAlias = Literal["you", "modelgen", "both", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """A file of the user's that is not as it would be written today."""

    path: str
    state: State
    since: Since
    """Who changed it since it was written: the user, what modelgen makes of the package, both; unknown for a file that
    modelgen found in its place."""
    found: bytes | None
    """None: the user removed it."""
    written: bytes
    """What would be written."""

    def diff(self) -> str:
        """What would change, as a patch from the project's folder."""
        return unified(self.found, self.written, f"a/{self.path}", f"b/{self.path}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Drifts:
    """What was found out of a project."""

    drifts: tuple[Drift, ...] = ()
    same: int = 0
    """Files of the user's that are as they would be written."""
    findings: tuple[Finding, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether it could not be found out."""
        return failed(self.findings)


def drifts(
    root: Path, names: Iterable[str] = (), *, package: Path | None = None, templates: Path | None = None
) -> Drifts:
    """What would be written to a project's scaffolds and ejected files today, against what they hold; writes nothing.

    `names` are paths from the project's folder; none are all. The package is looked for near the project.
    """
    if transaction.interrupted(root):
        return Drifts(findings=(remarks.unfinished(),))
    try:
        text = folder.read(root, MANIFEST) or b""
        known = manifest.load(text.decode("utf-8", errors="replace")).files
    except ManifestError as error:
        return Drifts(findings=(error.finding,))
    except folder.PathError as error:
        return Drifts(findings=(remarks.blocked(MANIFEST, error),))
    offered = offer(root, package, templates)
    if failed(offered.findings):
        return Drifts(findings=offered.findings)
    files = {file.path: file for file in offered.rendering.files if _is_users(file, known.get(file.path))}
    wanted = {os.path.normpath(name).replace(os.sep, "/") for name in names}
    if unknown := wanted - files.keys():
        return Drifts(findings=tuple(_unknown(name, files) for name in sorted(unknown)))
    compared = [_compared(root, files[path], known.get(path)) for path in sorted(wanted or files)]
    found = tuple(drift for drift in compared if drift is not None)
    return Drifts(drifts=found, same=len(compared) - len(found))


def _is_users(file: File, entry: Entry | None) -> bool:
    return file.state == "scaffold" if entry is None else entry.state != "generated"


def _compared(root: Path, file: File, entry: Entry | None) -> Drift | None:
    try:
        found = folder.read(root, file.path)
    except folder.PathError:
        found = None  # the user put something else there
    new = encoded(file)
    if (found is None and entry is None) or (found is not None and digest(found) == digest(new)):
        return None  # what is not there and never was, the next run writes
    state = entry.state if entry else "scaffold"
    return Drift(path=file.path, state=state, since=_since(found, new, entry), found=found, written=new)


def _since(found: bytes | None, new: bytes, entry: Entry | None) -> Since:
    if entry is None:
        return "unknown"
    if digest(new) == entry.sha256:
        return "you"
    return "modelgen" if found is not None and digest(found) == entry.sha256 else "both"


def _unknown(name: str, files: Mapping[str, File]) -> Finding:
    near = difflib.get_close_matches(name, files, n=1, cutoff=0.5)
    return Finding(
        level=Level.ERROR,
        code="file-not-yours",
        message=f"{name} is neither a scaffold of the project nor ejected",
        where=Location(path=name),
        hint=f"did you mean {near[0]!r}?" if near else '"modelgen generate --diff" compares generated files',
    )

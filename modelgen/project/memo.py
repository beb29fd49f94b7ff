"""Remembers that a project is what its source makes, so that the next run need not make it again to know."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from modelgen.finding import Finding, Level, Location
from modelgen.project import cache, folder, settings, tree
from modelgen.project.cache import FolderCache
from modelgen.project.manifest import MANIFEST, digest

SOURCES = (".py", ".pyi")


class Inputs:
    """What a reading of a package depends on, as of when this is made: make it before the source is read."""

    def __init__(self, package: Path, besides: str = "") -> None:
        """`besides` is a name beside the package that does not matter."""
        self._package = package
        self._now = cache.hash_of(
            cache.hash_of_files(sources(package)),
            cache.hash_of_files(settings.looked_at(package)),
            *(name for name in cache.importable(package.parent) if name != besides),
        )

    def record(self, files: Iterable[Path]) -> dict[str, Any]:
        """What to keep of a reading that read these files."""
        names = sorted(str(path) for path in files if not path.is_relative_to(self._package))
        return {"inputs": self._now, "files": names, "further": cache.hash_of_files(map(Path, names))}

    def match(self, record: dict[str, Any]) -> bool:
        """Whether a reading of now would read what that one did."""
        now = (self._now, cache.hash_of_files(map(Path, record["files"])))
        return now == (record["inputs"], record["further"])


class Memo:
    """What is known of one package and one project, as of when it is made: make it before the source is read."""

    def __init__(self, package: Path, root: Path, store: FolderCache) -> None:
        self._root = root
        self._store = store
        self._inputs = Inputs(package, besides=root.name)

    def recall(self) -> tuple[tree.Changes, tuple[Finding, ...], tuple[Path, ...]] | None:
        """Nothing to do, the findings of the run that found so and what it read; None where that is not known."""
        text = self._store.get("memo")
        if text is None:
            return None
        data = json.loads(text)
        if not self._inputs.match(data):
            return None
        changes = tree.settled(self._root, data["manifest"])
        return (changes, tuple(map(finding_of, data["findings"])), tuple(map(Path, data["files"]))) if changes else None

    def remember(self, findings: tuple[Finding, ...], files: Iterable[Path]) -> None:
        """Keep that the project is now what the source made, with these findings, after reading these files."""
        text = folder.read(self._root, MANIFEST)
        if text is None:
            return
        data = {**self._inputs.record(files), "manifest": digest(text), "findings": list(map(row_of, findings))}
        self._store.put("memo", json.dumps(data))


def sources(package: Path) -> Iterator[Path]:
    """The files of a package that its contract may be read from, in order."""
    if package.is_file():
        yield package
    for place, inside, names in os.walk(package):
        inside[:] = sorted(name for name in inside if not name.startswith(".") and name != "__pycache__")
        yield from (Path(place, name) for name in sorted(names) if name.endswith(SOURCES))


def row_of(finding: Finding) -> dict[str, Any]:
    """A finding as JSON can hold it."""
    return {**asdict(finding), "level": finding.level.value}


def finding_of(row: dict[str, Any]) -> Finding:
    """The finding of a row."""
    where = Location(**row["where"]) if row["where"] else None
    return Finding(**{**row, "level": Level(row["level"]), "where": where})

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


class Memo:
    """What is known of one package and one project, as of when it is made: make it before the source is read."""

    def __init__(self, package: Path, root: Path, store: FolderCache) -> None:
        self._package = package
        self._root = root
        self._store = store
        self._now = cache.hash_of(
            cache.hash_of_files(_sources(package)),
            cache.hash_of_files(settings.looked_at(package)),
            *(name for name in cache.importable(package.parent) if name != root.name),
        )

    def recall(self) -> tuple[tree.Changes, tuple[Finding, ...]] | None:
        """Nothing to do and the findings of the run that found so; None where that is not known."""
        text = self._store.get("memo")
        if text is None:
            return None
        data = json.loads(text)
        if data["inputs"] != self._now or data["further"] != cache.hash_of_files(map(Path, data["files"])):
            return None
        changes = tree.settled(self._root, data["manifest"])
        return (changes, tuple(_finding(row) for row in data["findings"])) if changes else None

    def remember(self, findings: tuple[Finding, ...], files: Iterable[Path]) -> None:
        """Keep that the project is now what the source made, with these findings, after reading these files."""
        text = folder.read(self._root, MANIFEST)
        if text is None:
            return
        names = sorted(str(path) for path in files if not path.is_relative_to(self._package))
        data = {
            "inputs": self._now,
            "files": names,
            "further": cache.hash_of_files(map(Path, names)),
            "manifest": digest(text),
            "findings": [_row(finding) for finding in findings],
        }
        self._store.put("memo", json.dumps(data))


def _sources(package: Path) -> Iterator[Path]:
    if package.is_file():
        yield package
    for place, inside, names in os.walk(package):
        inside[:] = sorted(name for name in inside if not name.startswith(".") and name != "__pycache__")
        yield from (Path(place, name) for name in sorted(names) if name.endswith(SOURCES))


def _row(finding: Finding) -> dict[str, Any]:
    return {**asdict(finding), "level": finding.level.value}


def _finding(row: dict[str, Any]) -> Finding:
    where = Location(**row["where"]) if row["where"] else None
    return Finding(**{**row, "level": Level(row["level"]), "where": where})

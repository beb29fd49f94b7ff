"""Which files of a package mention a name, told from their text in one pass: what is asked often is not parsed for."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property

from modelgen.source.lazy import SIGNS
from modelgen.source.package import SourceFile, stub_of
from modelgen.source.resolver import Resolver

IMPORT = re.compile(
    rb"^[ \t]*(?:from[ \t]+[\w.]+[ \t]+)?import[ \t]+(\([^)]*\)|[^\n]*(?:\\\r?\n[^\n]*)*)", re.MULTILINE
)
ALIAS = re.compile(rb"^\w+[ \t]*=[ \t]*(?:\w+\.)*(\w+)[ \t\r]*(?:#.*)?$", re.MULTILINE)
CLASS = re.compile(rb"^class[ \t]+(\w+)", re.MULTILINE)
STRING = re.compile(rb"""[\"']([A-Za-z_]\w*)[\"']""")
WORD = re.compile(rb"\w+")


class TextIndex:
    """Names that a package's files import, alias, or define as classes."""

    def __init__(self, resolver: Resolver) -> None:
        self._exporting: defaultdict[str, list[SourceFile]] = defaultdict(list)
        self._defining: defaultdict[str, list[SourceFile]] = defaultdict(list)
        self._starring: list[SourceFile] = []
        self._resolver = resolver
        for file in resolver.package.files.values():
            data = resolver.text_of(file)
            stub = stub_of(file) if file.is_package else None
            data += resolver.text_of(stub) if stub else b""
            if b"import *" in data:
                self._starring.append(file)
            for name in dict.fromkeys(_exported(data)):
                self._exporting[name].append(file)
            for name in dict.fromkeys(CLASS.findall(data)):
                self._defining[name.decode("utf-8", "replace")].append(file)

    def exporting(self, name: str, module: str) -> list[SourceFile]:
        """The files that may bind a name that a module defines: by mentioning it, or by a star that leads to it."""
        found = {file.name: file for file in self._exporting.get(name, ())}
        waiting = [module, *found]
        while waiting:
            for file in self._starred_by.get(waiting.pop(), ()):
                if file.name not in found:
                    found[file.name] = file
                    waiting.append(file.name)
        return list(found.values())

    @cached_property
    def _starred_by(self) -> dict[str, list[SourceFile]]:
        """Module -> the files that import everything from it."""
        found: defaultdict[str, list[SourceFile]] = defaultdict(list)
        for file in self._starring:
            module = self._resolver.module(file.name)
            for source in dict.fromkeys(module.stars if module is not None else ()):
                found[source].append(file)
        return found

    def defining(self, name: str) -> list[SourceFile]:
        """The files with a top-level class of that name."""
        return self._defining.get(name, [])


def is_excluded(name: str) -> bool:
    """Whether a module is of the package's tests, or its command line."""
    parts = name.split(".")[1:]
    return any(part in ("tests", "test", "conftest", "__main__") or part.startswith("test_") for part in parts)


def _exported(data: bytes) -> Iterator[str]:
    for statement in IMPORT.findall(data):
        yield from (word.decode("utf-8", "replace") for word in WORD.findall(statement))
    yield from (name.decode("utf-8", "replace") for name in ALIAS.findall(data))
    if any(sign in data for sign in SIGNS):
        yield from (name.decode() for name in STRING.findall(data))

"""Which files may define a servable class, told from their text, so that only those are parsed."""

from __future__ import annotations

import re
from collections.abc import Mapping

from modelgen.source.index import is_excluded
from modelgen.source.package import SourceFile
from modelgen.source.resolver import Resolver

CLASS = re.compile(rb"^[ \t]*class[ \t]+(\w+)[ \t]*(?:\[[^\]]*\])?[ \t]*(?:\(([^)]*)\))?", re.MULTILINE)
BASE = re.compile(rb"[\w.]+")
SAFE = frozenset(
    b"object ABC ABCMeta metaclass Enum IntEnum StrEnum Flag IntFlag Exception ValueError RuntimeError TypeError "
    b"KeyError str int NamedTuple TypedDict BaseModel Generic Protocol T K V Any".split()
)
"""Bases from outside that bring no inference method."""


_WILD = re.compile(r"(\*|\?|\[[^\]]+\])")


def patterns(methods: Mapping[str, tuple[str, ...]]) -> re.Pattern[bytes]:
    """What the text of a class with an inference method contains: a def, or an assignment, of one of the names."""
    globs = sorted({name for names in methods.values() for name in names})
    names = "|".join(map(_pattern, globs)) or r"(?!)"
    return re.compile(rf"(?:def[ \t]+|^[ \t]+)(?:{names})[ \t]*[\[(=:]".encode(), re.MULTILINE)


def _pattern(glob: str) -> str:
    """A glob on names as a pattern."""
    signs = {"*": r"\w*", "?": r"\w"}
    parts = [part for part in _WILD.split(glob) if part]
    return "".join(
        signs.get(part) or (part.replace("[!", "[^") if _WILD.fullmatch(part) else re.escape(part)) for part in parts
    )


def candidates(resolver: Resolver, methods: Mapping[str, tuple[str, ...]]) -> list[SourceFile]:
    """The files to look into: those that define an inference method, and those with a class that may inherit one."""
    wanted = patterns(methods)
    classes: dict[SourceFile, list[tuple[bytes, frozenset[bytes]]]] = {}
    own: set[SourceFile] = set()
    for file in resolver.package.files.values():
        data = resolver.text_of(file)
        classes[file] = [(m.group(1), _bases(m.group(2) or b"")) for m in CLASS.finditer(data)]
        if classes[file] and wanted.search(data):
            own.add(file)
    able = _inheriting(classes, own)
    chosen = [file for file, found in classes.items() if file in own or any(bases & able for _, bases in found)]
    return [file for file in chosen if not is_excluded(file.name)]


def _bases(text: bytes) -> frozenset[bytes]:
    return frozenset(base.rpartition(b".")[2] for base in BASE.findall(text))


def _inheriting(classes: Mapping[SourceFile, list[tuple[bytes, frozenset[bytes]]]], own: set[SourceFile]) -> set[bytes]:
    """Names that, as a base, may bring an inference method: classes of those files, subclasses, foreign ones."""
    defined = {name for found in classes.values() for name, _ in found}
    able = {name for file in own for name, _ in classes[file]}
    known = defined | SAFE
    able |= {base for found in classes.values() for _, bases in found for base in bases if base not in known}
    grown = True
    while grown:
        more = {name for found in classes.values() for name, bases in found if bases & able} - able
        able |= more
        grown = bool(more)
    return able

"""reST's field lists: `:param x: …`, `:rtype: …`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from modelgen.source.docfields import DocField, Docstring, bare_name, indent, joined

REST = re.compile(r"^\s*[:@](\w+)(?:\s+([^:]*?))?\s*:(?!\w+:`)\s*(.*)$")


def rest_fields(section: Sequence[str], first: int, found: Docstring) -> list[str]:
    """Read `:param x: …` and its kin; answers the lines that are none."""
    kept: list[str] = []
    lines = list(section)
    index = 0
    while index < len(lines):
        match = REST.match(lines[index])
        reader = FIELDS.get(match.group(1)) if match else None
        if match is None or reader is None:
            kept.append(lines[index])
            index += 1
            continue
        end = index + 1
        while end < len(lines) and (not lines[end].strip() or indent(lines[end]) > indent(lines[index])):
            end += 1
        body = [line.strip() for line in lines[index + 1 : end]]
        reader(found, (match.group(2) or "").strip(), joined(match.group(3), body), first + index)
        index = end
    return kept


def _param(found: Docstring, argument: str, doc: str, line: int) -> None:
    type_, _, name = argument.rpartition(" ")
    name = name.strip("`*\\ ")
    old = found.parameters.get(name, DocField(name=name))
    found.parameters[name] = replace(old, name=name, type=type_.strip() or old.type, doc=doc, line=line)


def _type(found: Docstring, name: str, text: str, line: int) -> None:
    name = name.strip("`*\\ ")
    old = found.parameters.get(name, DocField(name=name, line=line))
    found.parameters[name] = replace(old, type=text)


def _attribute(found: Docstring, argument: str, doc: str, line: int) -> None:
    type_, _, name = argument.rpartition(" ")
    old = found.attributes.get(name, DocField(name=name))
    found.attributes[name] = replace(old, type=type_.strip() or old.type, doc=doc, line=line)


def _vartype(found: Docstring, name: str, text: str, line: int) -> None:
    old = found.attributes.get(name, DocField(name=name, line=line))
    found.attributes[name] = replace(old, type=text)


def _returns(found: Docstring, argument: str, doc: str, line: int) -> None:
    old = found.returns[0] if found.returns else DocField()
    found.returns[:] = [replace(old, doc=doc, line=line)]


def _rtype(found: Docstring, argument: str, text: str, line: int) -> None:
    old = found.returns[0] if found.returns else DocField(line=line)
    found.returns[:] = [replace(old, type=text)]


def _yields(found: Docstring, argument: str, doc: str, line: int) -> None:
    found.yields[:] = [DocField(doc=doc, line=line)]


def _ytype(found: Docstring, argument: str, text: str, line: int) -> None:
    old = found.yields[0] if found.yields else DocField(line=line)
    found.yields[:] = [replace(old, type=text)]


def _raises(found: Docstring, argument: str, doc: str, line: int) -> None:
    found.raises.extend(
        DocField(name=bare_name(name), doc=doc, line=line) for name in argument.split(",") if name.strip()
    )


def _nothing(found: Docstring, argument: str, doc: str, line: int) -> None:
    """A field that says nothing of the contract: `:meta:`."""


FIELDS: Mapping[str, Callable[[Docstring, str, str, int], None]] = {
    **dict.fromkeys(("param", "parameter", "arg", "argument", "key", "keyword", "kwarg"), _param),
    "type": _type,
    "kwtype": _type,
    **dict.fromkeys(("var", "ivar", "cvar"), _attribute),
    "vartype": _vartype,
    **dict.fromkeys(("return", "returns"), _returns),
    "rtype": _rtype,
    **dict.fromkeys(("yield", "yields"), _yields),
    "ytype": _ytype,
    **dict.fromkeys(("raise", "raises", "except", "exception"), _raises),
    "meta": _nothing,
}

"""Google, NumPy and reST docstrings: the text, and what the sections say of parameters, results and exceptions."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, TypeAlias

from modelgen.source.docfields import NAME, DocField, Docstring, balanced, bare_name, indent, joined, typed_start
from modelgen.source.docresults import results
from modelgen.source.restfields import rest_fields

Kind: TypeAlias = Literal["parameters", "attributes", "returns", "yields", "raises", "prose", "drop"]

TITLES: Mapping[str, Kind] = {
    "args": "parameters",
    "arg": "parameters",
    "arguments": "parameters",
    "parameters": "parameters",
    "parameter": "parameters",
    "params": "parameters",
    "keyword args": "parameters",
    "keyword arguments": "parameters",
    "other parameters": "parameters",
    "other arguments": "parameters",
    "inputs": "parameters",
    "input": "parameters",
    "attributes": "attributes",
    "attribute": "attributes",
    "fields": "attributes",
    "returns": "returns",
    "return": "returns",
    "output": "returns",
    "outputs": "returns",
    "yields": "yields",
    "yield": "yields",
    "raises": "raises",
    "raise": "raises",
    "except": "raises",
    "exceptions": "raises",
    "warns": "drop",
    "methods": "drop",
    "example": "prose",
    "examples": "prose",
    "note": "prose",
    "notes": "prose",
    "references": "prose",
    "see also": "prose",
    "todo": "drop",
    "warning": "prose",
    "warnings": "prose",
}
"""Section titles in lower case -> what they hold."""


@dataclass(frozen=True, slots=True)
class _Section:
    kind: Kind
    lines: tuple[str, ...]
    first: int
    numpy: bool


@lru_cache(maxsize=4096)
def parse_docstring(text: str) -> Docstring:
    """Take a docstring apart, whichever style it is written in, mixed styles too."""
    found = Docstring()
    lines = inspect.cleandoc(text).expandtabs().split("\n")
    prose: list[str] = []
    for section in _sections(lines):
        if section.kind == "prose":
            prose.extend(rest_fields(section.lines, section.first, found))
        else:
            _read_section(section, found)
    if not found.parameters:
        prose = _headless(prose, found)
    found.text = _tidy(prose)
    return found


def _tidy(lines: list[str]) -> str:
    text = "\n".join(line.rstrip() for line in lines).strip()
    return re.sub(r"\n{3,}", "\n\n", text)


def _sections(lines: list[str]) -> Iterator[_Section]:
    """Cut a docstring at its section titles; what stands before the first, and after Google's, is prose."""
    kind: Kind = "prose"
    start, index, numpy = 0, 0, False
    while index < len(lines):
        heading = _heading(lines, index)
        if heading is not None:
            yield _Section(kind, tuple(lines[start:index]), start, numpy)
            kind, numpy, title = heading
            start = index if kind == "prose" else index + title
            index += title
            continue
        if kind != "prose" and not numpy and index > start and _is_outside(lines[index]):
            yield _Section(kind, tuple(lines[start:index]), start, numpy)
            kind, start = "prose", index
        index += 1
    yield _Section(kind, tuple(lines[start:]), start, numpy)


def _is_outside(line: str) -> bool:
    """A line at the left margin ends a Google section."""
    return bool(line) and not line[0].isspace()


def _heading(lines: list[str], index: int) -> tuple[Kind, bool, int] | None:
    """The section that a line begins: its kind, whether NumPy's, and how many lines the title takes."""
    line = lines[index]
    title = line.strip()
    following = lines[index + 1] if index + 1 < len(lines) else ""
    plain = title.rstrip(":").strip("*").rstrip(":").strip().lower()
    if line[:1].isspace() or not title:
        return None
    if len(following.strip()) >= 3 and set(following.strip()) <= {"-", "="} and title:
        return TITLES.get(plain, "prose"), True, 2
    if plain in TITLES and title.rstrip("*").endswith(":") and _has_content(lines, index):
        return TITLES[plain], False, 1
    return None


def _has_content(lines: list[str], index: int) -> bool:
    """Whether a title is followed by indented lines (or, oddly, by a list at the margin)."""
    for line in lines[index + 1 :]:
        if line.strip():
            return line[0].isspace()
    return False


def _read_section(section: _Section, found: Docstring) -> None:
    items = list(_items(section))
    match section.kind:
        case "parameters" | "attributes":
            target = found.parameters if section.kind == "parameters" else found.attributes
            for head, body, line in items:
                for item in _parameter(*_whole(head, body), line, section.numpy):
                    target.setdefault(item.name, item)
        case "returns" | "yields":
            target_list = found.returns if section.kind == "returns" else found.yields
            target_list.extend(results(items, section.lines, numpy=section.numpy))
        case "raises":
            for head, body, line in items:
                name, _, rest = head.partition(":")
                doc = joined(rest, body)
                for one in re.split(r",|\bor\b", name):
                    if re.fullmatch(r"[`~\w.:]+", one.strip()):
                        found.raises.append(DocField(name=bare_name(one), doc=doc, line=line))
        case _:
            return


def _items(section: _Section) -> Iterator[tuple[str, list[str], int]]:
    """The entries of a section: lines at its margin, each with the deeper lines under it."""
    margin = min((indent(line) for line in section.lines if line.strip()), default=0)
    head, first = "", 0
    body: list[str] = []
    for offset, line in enumerate(section.lines):
        if line.strip() and indent(line) <= margin and not line.lstrip().startswith(".. "):
            if head:
                yield head, body, first
            head, body, first = line.strip(), [], section.first + offset
        elif head:
            body.append(line[margin:])
    if head:
        yield head, body, first


CONTINUED = re.compile(r"(?:\bor|\|)$")


def _whole(head: str, body: list[str]) -> tuple[str, list[str]]:
    """An entry whose first line breaks off, inside brackets or after `or`, with the lines that complete it."""
    whole, rest = head, list(body)
    while rest and rest[0].strip() and (_is_open(whole) or CONTINUED.search(whole)):
        whole = f"{whole} {rest.pop(0).strip()}"
    return (head, body) if _is_open(whole) else (whole, rest)


def _is_open(text: str) -> bool:
    return sum((char in "([{") - (char in ")]}") for char in text) > 0


COLON = re.compile(r"\s*:(?!\w+:`)")
"""A colon that begins no role."""


def _parameter(head: str, body: list[str], line: int, numpy: bool) -> Iterator[DocField]:
    """The parameters that an entry's first line names: one, or several that share a type."""
    head = re.sub(r"^[-*+•]\s+", "", head)
    names, type_, rest = _split_numpy(head) if numpy else _split_google(head)
    if numpy and not names:
        names, type_, rest = _split_google(head)
    doc = joined(rest, body)
    if not type_:
        type_, doc = typed_start(doc)
    for name in names:
        yield DocField(name=name.strip("`* ").replace("\\", ""), type=type_.strip(), doc=doc, line=line)


def _split_numpy(head: str) -> tuple[list[str], str, str]:
    """`x1, x2 : float` -> names, type, nothing more."""
    colon = COLON.search(head)
    names, type_ = (head[: colon.start()], head[colon.end() :]) if colon else (head, "")
    parts = [part.strip() for part in names.split(",")]
    if not all(re.fullmatch(rf"[`*]*\\?\*?{NAME}`*|\.\.\.", part) for part in parts):
        return [], "", ""
    return [part for part in parts if part != "..."], type_, ""


def _split_google(head: str) -> tuple[list[str], str, str]:
    """`name (type): text`, `name: text`, `name -- text`."""
    match = re.match(rf"[`*]*\\?({NAME}(?:\s*,\s*{NAME})*)[`*]*\s*", head)
    if not match:
        return [], "", ""
    names = [name.strip() for name in match.group(1).split(",")]
    rest = head[match.end() :]
    if rest.startswith(("(", "[")):
        inside, rest = balanced(rest)
        return (
            (names, inside, re.sub(r"^\s*(:|--|-)\s*", "", rest))
            if not rest or rest.lstrip()[:1] in ":-"
            else ([], "", "")
        )
    split = re.match(r"\s*(:|--|-)\s*(.*)$", rest)
    if split:
        return names, "", split.group(2)
    return (names, "", "") if not rest and len(names) == 1 else ([], "", "")


HEADLESS = re.compile(rf"^\s*(?:[-*]\s+)?`{{0,2}}({NAME})`{{0,2}}\s*(\(.*)$")
PLAIN = re.compile(rf"^\s*(?:[-*]\s+)?`{{0,2}}({NAME})`{{0,2}}\s*:\s*(\S.*)$")


def _headless(lines: list[str], found: Docstring) -> list[str]:
    """`name (type): text` and `name: type` lines that stand under no title."""
    kept: list[str] = []
    for number, line in enumerate(lines):
        match = HEADLESS.match(line) if number else None
        if match:
            inside, rest = balanced(match.group(2))
            if rest.lstrip().startswith(":") and inside:
                doc = rest.lstrip()[1:].strip()
                found.parameters.setdefault(
                    match.group(1), DocField(name=match.group(1), type=inside, doc=doc, line=number)
                )
                continue
        plain = PLAIN.match(line) if number else None
        type_, doc = typed_start(plain.group(2).strip()) if plain else ("", "")
        if plain and (type_ or len(doc) <= 60):
            name = plain.group(1)
            found.parameters.setdefault(name, DocField(name=name, type=type_, doc=doc, line=number))
        kept.append(line)
    return kept

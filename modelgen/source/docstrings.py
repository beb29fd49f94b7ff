"""Google, NumPy and reST docstrings: the text, and what the sections say of parameters, results and exceptions."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal, TypeAlias

from modelgen.source.docfields import DocField, Docstring, bare_name, indent, joined
from modelgen.source.restfields import rest_fields
from modelgen.source.words import UNSENDABLE, WORDS

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
                for item in _parameter(head, body, line, section.numpy):
                    target.setdefault(item.name, item)
        case "returns" | "yields":
            target_list = found.returns if section.kind == "returns" else found.yields
            target_list.extend(_results(section, items))
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


NAME = r"\*{0,2}[A-Za-z_][\w.]*"
MAX_TYPE = 30
"""Length up to which what follows a result's name can be its type."""
COLON = re.compile(r"\s*:(?!\w+:`)")
"""A colon that begins no role."""


def _parameter(head: str, body: list[str], line: int, numpy: bool) -> Iterator[DocField]:
    """The parameters that an entry's first line names: one, or several that share a type."""
    head = head.lstrip("-").strip() if head.startswith("- ") else head
    names, type_, rest = _split_numpy(head) if numpy else _split_google(head)
    if numpy and not names:
        names, type_, rest = _split_google(head)
    doc = joined(rest, body)
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
        inside, rest = _balanced(rest)
        return (
            (names, inside, re.sub(r"^\s*(:|--|-)\s*", "", rest))
            if not rest or rest.lstrip()[:1] in ":-"
            else ([], "", "")
        )
    split = re.match(r"\s*(:|--|-)\s*(.*)$", rest)
    if split:
        return names, "", split.group(2)
    return (names, "", "") if not rest and len(names) == 1 else ([], "", "")


def _balanced(text: str) -> tuple[str, str]:
    """The text inside the first bracket, and what follows it; quotes are respected."""
    depth, quote = 0, ""
    for index, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            closes = char in text[index + 1 :]
            quote = char if closes else ""
        elif char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
            if depth == 0:
                return text[1:index], text[index + 1 :]
    return text[1:], ""


def _results(section: _Section, items: list[tuple[str, list[str], int]]) -> list[DocField]:
    """The results that a section describes: several entries are a tuple, in NumPy's style only."""
    if section.numpy:
        if len(items) > 1 and not any(body for _, body, _ in items) and any(len(head) > 60 for head, _, _ in items):
            return [DocField(type=" ".join(head for head, _, _ in items), line=items[0][2])]
        found = [one for head, body, line in items for one in _numpy_results(head, body, line)]
        return [_or_none(found[0])] if len(found) == 1 else found
    if not items:
        return []
    head, _, line = items[0]
    lines = [text for text in section.lines if text.strip()]
    return [_google_result(head, lines, line)]


def _numpy_results(head: str, body: list[str], line: int) -> Iterator[DocField]:
    """The results that an entry's first line names: `a, b : ndarray` are two, `a, b : tuple` is one."""
    several = re.match(rf"({NAME}(?:\s*,\s*{NAME})+)\s*:\s*(.+)$", head)
    if several is None:
        yield _numpy_result(head, body, line)
        return
    names = several.group(1) if "tuple" in several.group(2).lower() else several.group(1).split(",")
    for name in [names] if isinstance(names, str) else names:
        yield DocField(name=name.strip(), type=several.group(2).strip(), doc=joined("", body), line=line)


def _numpy_result(head: str, body: list[str], line: int) -> DocField:
    bracketed = re.match(rf"({NAME})\s*\(", head)
    if bracketed:
        inside, rest = _balanced(head[bracketed.end() - 1 :])
        if rest.startswith(":"):
            return DocField(name=bracketed.group(1), type=inside, doc=joined(rest[1:], body), line=line)
    named = re.match(r"([A-Za-z_][\w.-]*)\s*:(?!:)\s*(.*)$", head)
    if named and not head.startswith(":"):
        return DocField(name=named.group(1), type=named.group(2).strip(), doc=joined("", body), line=line)
    described, apart, type_ = head.partition(" : ")
    if apart and re.fullmatch(r"[\w' ()-]+", described):
        return DocField(name=described, type=type_.strip(), doc=joined("", body), line=line)
    return DocField(type=head.strip().rstrip(":"), doc=joined("", body), line=line)


def _or_none(found: DocField) -> DocField:
    """A result that is optional may be None."""
    sometimes = re.search(r"\boptional\b", found.type, re.IGNORECASE) and "None" not in found.type
    return replace(found, type=f"{found.type} or None") if sometimes else found


def _google_result(head: str, lines: list[str], line: int) -> DocField:
    """`type: text`, `name (type): text`, or text alone (which is then tried as a type)."""
    whole = joined("", [text.strip() for text in lines])
    bracketed = re.match(r"\s*\((.+?)\)\s*:\s*(.*)$", whole)
    if bracketed:
        return DocField(type=bracketed.group(1), doc=bracketed.group(2), line=line)
    named = re.match(rf"({NAME})\s*\(", whole)
    if named:
        inside, rest = _balanced(whole[named.end() - 1 :])
        if rest.lstrip().startswith(":"):
            return DocField(name=named.group(1), type=inside, doc=rest.lstrip()[1:].strip(), line=line)
    type_, text = _at_colon(whole)
    if (
        text is not None
        and re.fullmatch(r"[a-z_]\w*", type_)
        and type_ not in {**WORDS, **UNSENDABLE}
        and len(text) <= MAX_TYPE
    ):
        return DocField(name=type_, doc=text, line=line)
    if text is not None:
        return DocField(type=type_, doc=text, line=line)
    return DocField(type="", doc=whole, line=line)


def _is_plain_name(text: str) -> bool:
    """Whether a word before a result's colon names the result and no type."""
    return bool(re.fullmatch(r"[a-z_]\w*", text)) and text not in WORDS and text not in UNSENDABLE


def _at_colon(text: str) -> tuple[str, str | None]:
    """Cut a text at its first colon outside brackets, quotes and roles."""
    depth, tick = 0, False
    for index, char in enumerate(text):
        if char == "`":
            tick = not tick
        elif char in "([{":
            depth += 1
        elif char in ")]}":
            depth = max(depth - 1, 0)
        elif char == ":" and depth == 0 and not tick:
            if re.match(r":\w+:`", text[index:]) or re.search(r":\w+$", text[:index]):
                continue
            return text[:index].strip(), text[index + 1 :].strip()
    return text, None


HEADLESS = re.compile(rf"^\s*(?:[-*]\s+)?`{{0,2}}({NAME})`{{0,2}}\s*(\(.*)$")
PLAIN = re.compile(rf"^\s*(?:[-*]\s+)?`{{0,2}}({NAME})`{{0,2}}\s*:\s*(\S.*)$")


def _headless(lines: list[str], found: Docstring) -> list[str]:
    """`name (type): text` and `name: type` lines that stand under no title."""
    kept: list[str] = []
    for number, line in enumerate(lines):
        match = HEADLESS.match(line) if number else None
        if match:
            inside, rest = _balanced(match.group(2))
            if rest.lstrip().startswith(":") and inside:
                doc = rest.lstrip()[1:].strip()
                found.parameters.setdefault(
                    match.group(1), DocField(name=match.group(1), type=inside, doc=doc, line=number)
                )
                continue
        plain = PLAIN.match(line) if number else None
        if plain and len(plain.group(2)) <= 60:
            name = plain.group(1)
            found.parameters.setdefault(name, DocField(name=name, doc=plain.group(2).strip(), line=number))
        kept.append(line)
    return kept

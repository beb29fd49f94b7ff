"""What the section on results says: one result, or several that are a tuple."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TypeAlias

from modelgen.source.docfields import NAME, DocField, balanced, joined
from modelgen.source.words import UNSENDABLE, WORDS

Item: TypeAlias = tuple[str, list[str], int]
"""An entry of a section: its first line, the deeper lines under it, and where it is."""
MAX_TYPE = 48
"""Length up to which what follows a result's name can be its type."""


def results(items: Sequence[Item], lines: Sequence[str], *, numpy: bool) -> list[DocField]:
    """The results that a section describes."""
    if numpy:
        if len(items) > 1 and not any(body for _, body, _ in items) and any(len(head) > 60 for head, _, _ in items):
            return [DocField(type=" ".join(head for head, _, _ in items), line=items[0][2])]
        found = [one for head, body, line in items for one in _numpy_results(head, body, line)]
        return [_or_none(found[0])] if len(found) == 1 else found
    if not items:
        return []
    if len(items) > 1 and all(_typed(head) for head, _, _ in items):
        return [_google_result([head, *body], line) for head, body, line in items]
    head, body, line = items[0]
    name, stated = _at_colon(head)
    if len(items) == 1 and any(body) and stated and len(stated) <= MAX_TYPE and _is_plain_name(name):
        return [DocField(name=name, doc=stated, line=line)]
    return [_google_result([text for text in lines if text.strip()], line)]


def _typed(head: str) -> bool:
    """Whether a line begins with a result's type, or has it in brackets: `list[int]: text`, `name (type): text`."""
    if re.fullmatch(r"[\w.]+\[.+\]", _at_colon(head)[0]):
        return True
    start = re.match(rf"(?:{NAME})?\s*(?=\()", head)
    return start is not None and balanced(head[start.end() :])[1].lstrip().startswith(":")


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
        inside, rest = balanced(head[bracketed.end() - 1 :])
        if rest.startswith(":"):
            return DocField(name=bracketed.group(1), type=inside, doc=joined(rest[1:], body), line=line)
    named = re.match(r"([A-Za-z_][\w.-]*)\s*:(?!:)\s*(.*)$", head)
    if named and not head.startswith(":"):
        return DocField(name=named.group(1), type=named.group(2).strip(), doc=joined("", body), line=line)
    described = re.match(r"([\w'() -]+) : (.+)$", head) or re.match(r"([a-z]\w*(?: [\w'-]+)+):\s+(\S.*)$", head)
    if described and described.group(1).split()[0] not in WORDS:
        return DocField(name=described.group(1), type=described.group(2), doc=joined("", body), line=line)
    return DocField(type=head.strip().rstrip(":"), doc=joined("", body), line=line)


def _or_none(found: DocField) -> DocField:
    """A result that is optional may be None."""
    sometimes = re.search(r"\boptional\b", found.type, re.IGNORECASE) and "None" not in found.type
    return replace(found, type=f"{found.type} or None") if sometimes else found


def _google_result(lines: Sequence[str], line: int) -> DocField:
    """`type: text`, `name (type): text`, or text alone (which is then tried as a type)."""
    whole = joined("", [text.strip() for text in lines])
    bracketed = re.match(r"\s*\((.+?)\)\s*:\s*(.*)$", whole)
    if bracketed:
        return DocField(type=bracketed.group(1), doc=bracketed.group(2), line=line)
    named = re.match(rf"({NAME})\s*\(", whole)
    if named:
        inside, rest = balanced(whole[named.end() - 1 :])
        if rest.lstrip().startswith(":"):
            return DocField(name=named.group(1), type=inside, doc=rest.lstrip()[1:].strip(), line=line)
    type_, text = _at_colon(whole)
    if text is not None and len(text) <= MAX_TYPE and _is_plain_name(type_):
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

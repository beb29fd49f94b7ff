"""The text of a docstring's type, cleaned of decoration and cut into its parts. Its meaning is `phrases.py`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from modelgen.source.words import WORDS as WORDS_OF_TYPES

QUOTES = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "×": "x", "\u00a0": " ", "≥": ">=", "≤": "<="})

ROLE = re.compile(r":(?:py:)?\w+(?::\w+)?:\s?`~?!?([^`<]*?)(?:\s*<[^>]*>)?`")
LINK = re.compile(r"\[([^\]]+)\]\((?:http|#|\.)[^)]*\)|`([^`<]+)<[^>]+>`_*")
OF_TYPE = re.compile(r"\b(lists?|tuples?|sets?|sequences?|iterables?|generators?) of type ", re.IGNORECASE)
CALLED_ARRAY = re.compile(r"\b((?:np|numpy)\.(?:nd)?array)\(\)")
NONE_LAST = re.compile(r"\b(str|string|int|integer|float|bool|boolean|dict|list) None$")
TICKED_VALUES = re.compile(r"\{\s*``[A-Za-z][\w-]*``\s*(?:,\s*``[A-Za-z][\w-]*``\s*)*\}")
DEFAULT = re.compile(
    r"[\s,;(\[–—-]*\b(?:by\s+)?\(?(?:the\s+)?default(?:s|ed)?(?:\s+value)?(?:\s*(?:=|:|to\b|is\b|are\b)\s*|\s+|(?=\)?$)).*$",
    re.IGNORECASE | re.DOTALL,
)
WORDS = r"(?:optional|required|keyword[- ]only|positional[- ]only|read[- ]only)"
OPTIONAL = re.compile(
    rf"[,;]?\s*(?:[(\[]\s*[*_]*{WORDS}[*_]*\s*(?:[)\]]|$)|[*_]*\b{WORDS}\b[*_]*(?!\s*[\[(]))", re.IGNORECASE
)
RANGE = re.compile(
    r"\s*(?:,\s*)?(?:\b(?:in|on|between|from|within|values? in)\s*(?:the\s+)?"
    r"(?:range|interval|half-open interval)?\s*(?:of\s+)?"
    r"(?:[\[(\]]\s*[-+\w.∞]+\s*,\s*[-+\w.∞]+\s*[\])\[]|[-+\d.e]+\s*(?:and|to|-)\s*[-+\d.e]+)"
    r"|(?:[<>]=?|==?)\s*[-+\d.e]+(?:\s*(?:,|and)?\s*[<>]=?\s*[-+\d.e]+)*"
    r"|\b(?:at\s+least|at\s+most|greater\s+than|less\s+than|larger\s+than|smaller\s+than)(?:\s+or\s+equal(?:\s+to)?)?\s+[-+\d.e]+)\s*$",
    re.IGNORECASE,
)
BOUND = r"[-+]?(?:\d[\d.e+-]*|\.\d+|(?:np\.)?inf|∞)"
BARE_RANGE = re.compile(
    rf"^((?:positive |negative |non-negative )?(?:ints?|integers?|floats?|numbers?|scalars?|doubles?|reals?)),?\s*"
    rf"[\[(\]]\s*{BOUND}\s*,\s*{BOUND}\s*[\])\[]",
    re.IGNORECASE,
)
LENGTH = re.compile(
    r"\s+(?:(?:of|with) (?:the same |equal )?(?:length|len)\s*=?\s*\(?[\w.+-]+\)?"
    r"|of (?:varying|variable|arbitrary|any) (?:shape|size|length|dimension)s?\b.*)$"
)
TRAILING = re.compile(r"^[\s,;]+|[\s,;:.]+$")


def clean(text: str) -> str:
    """A type's text without roles, links, backticks, emphasis, defaults and remarks that say nothing of the type."""
    text = text.translate(QUOTES).strip()
    text = ROLE.sub(lambda match: match.group(1).strip(), text)
    text = LINK.sub(lambda match: (match.group(1) or match.group(2)).strip(), text)
    text = TICKED_VALUES.sub(_quoted, text)
    text = text.replace("`", "").replace("\\", "")
    text = re.sub(r"\*\*?(\w[\w ]*)\*\*?", r"\1", text)
    text = re.sub(r"(?<![\w.])~(?=\w)", "", text)
    text = OF_TYPE.sub(r"\1 of ", text)
    text = CALLED_ARRAY.sub(r"\1", text)
    text = NONE_LAST.sub(r"\1 or None", text)
    previous = ""
    while previous != text:
        previous = text
        text = _strip_once(text)
    return " ".join(text.split())


def _quoted(match: re.Match[str]) -> str:
    """Values in backticks as values in quotes, unless they are types."""
    inside = re.findall(r"``([^`]+)``", match.group(0))
    known = any(word.lower() in WORDS_OF_TYPES or word in ("None", "True", "False") for word in inside)
    return match.group(0) if known else "{" + ", ".join(f"'{word}'" for word in inside) + "}"


def _strip_once(text: str) -> str:
    text = DEFAULT.sub("", text) if not _inside_brackets(text, DEFAULT) else text
    text = OPTIONAL.sub("", text)
    text = RANGE.sub("", text)
    text = BARE_RANGE.sub(r"\1", text)
    text = LENGTH.sub("", text)
    text = TRAILING.sub("", text).strip()
    if text.startswith("(") and text.endswith(")") and _closes_at_end(text) and "," not in text:
        text = text[1:-1].strip()
    return text


def bare(text: str) -> str:
    """One alternative without a range or a remark at its end."""
    return TRAILING.sub("", LENGTH.sub("", RANGE.sub("", text))).strip() or text


def _inside_brackets(text: str, pattern: re.Pattern[str]) -> bool:
    """Whether a match begins inside square or curly brackets that close after it: part of a type."""
    match = pattern.search(text)
    if match is None:
        return False
    before = text[: match.start()]
    return before.count("[") > before.count("]") or before.count("{") > before.count("}")


def _closes_at_end(text: str) -> bool:
    depth = 0
    for index, char in enumerate(text):
        depth += (char in "([{") - (char in ")]}")
        if depth == 0:
            return index == len(text) - 1
    return False


def unwrap(text: str) -> str:
    """A text without the parentheses around all of it."""
    while text.startswith("(") and text.endswith(")") and _closes_at_end(text):
        text = text[1:-1].strip()
    return text


def split(text: str, separators: tuple[str, ...]) -> list[str]:
    """Cut a text at separators that stand outside brackets and quotes."""
    parts: list[str] = []
    start = 0
    for index in outside(text):
        if index < start:
            continue
        found = next((mark for mark in separators if text.startswith(mark, index)), "")
        if found:
            parts.append(text[start:index].strip())
            start = index + len(found)
    parts.append(text[start:].strip())
    return [part for part in parts if part]


def find(text: str, mark: str) -> int:
    """Where a mark first stands outside brackets and quotes; -1 if nowhere."""
    return next((index for index in outside(text) if text.startswith(mark, index)), -1)


def outside(text: str) -> Iterator[int]:
    """The positions outside brackets and quotes."""
    depth, quote = 0, ""
    for index, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
            continue
        opens = char in "'\"" and (index == 0 or not text[index - 1].isalnum()) and char in text[index + 1 :]
        if opens:
            quote = char
            if depth == 0:
                yield index
            continue
        if depth == 0:
            yield index
        depth = max(depth + (char in "([{") - (char in ")]}"), 0)


SHAPE = re.compile(
    r",?\s*\(?\s*\b(?:(?:of|with|has|having)\s+)?(?:the\s+)?(?:shape|size|dims?|dimensions?)\s*(?:of\s+)?\s*[=:]?\s*"
    r"(?P<shape>\((?:[^()]|\([^()]*\))*\)|\[[^\[\]]*\]|[\w]+(?:\s*,\s*[\w]+)+|\w+(?=$|\s*,|\)))",
    re.IGNORECASE,
)
DTYPE = re.compile(
    r",?\s*\(?\s*\b(?:(?:of|with)\s+)?(?:d|data[ -]?)?type\s*(?:of\s+)?[=:]?\s*"
    r"['\"]?(?P<dtype>(?:np\.|numpy\.|torch\.)?[A-Za-z]\w*)['\"]?\)?",
    re.IGNORECASE,
)
LEADING_SHAPE = re.compile(r"^(?P<shape>\([^()]*\)|\[[^\[\]]*\])\s+(?=[A-Za-z])")
TRAILING_SHAPE = re.compile(r"\s*(?:of\s+)?(?P<shape>\([^()]*\)|\[[^\[\]]*\])$")
OR_SHAPE = re.compile(r"\s*(?:or|/|,|\|)\s*(?:(?:of )?shape\s*)?(?P<shape>\([^()]*\)|\[[^\[\]]*\])(?=$|[\s,])")


def shape_of(text: str) -> tuple[int, ...] | None:
    """The shape that `(n_samples, 3)` says: numbers are fixed, words are free; `...` says nothing."""
    inner = text.strip().strip("()[]").strip()
    if not inner:
        return ()
    if "..." in inner or "*" in inner.replace("\\*", "*")[:1]:
        return None
    ranked = re.fullmatch(r"(\d)-?d", inner, re.IGNORECASE)
    if ranked:
        return (-1,) * int(ranked[1])
    if "[" in inner or " or " in inner:
        return None
    marks = split(inner, (",",)) if "," in inner else re.split(r"\s+x\s+|(?<=[\dA-Z])x(?=[\dA-Z])", inner)
    words = [word.strip() for word in marks]
    if words and not words[-1]:
        words.pop()
    return tuple(_dimension(word) for word in words)


def _dimension(word: str) -> int:
    number = word.rpartition("=")[2].strip()
    return int(number) if number.isdecimal() and len(number) < 10 else -1

"""The words around a docstring's type that say nothing of it: articles, adjectives, remarks."""

from __future__ import annotations

import re

ARTICLES = re.compile(
    r"^(?:an?|the|any|either|one of|some|type|of type|instance of|instances of|object of type|of)\s+", re.I
)
ADJECTIVES = re.compile(
    r"^(?:(?:c|f|fortran)[- ]contiguous|numpy|np|non-?\s?negative|strictly positive|positive|negative|"
    r"n-?d|non-?zero|nonempty|non-empty|optional|single|plain|python|native|"
    r"scalar|dense|contiguous|nested|ordered|unordered|sorted|flat|small|large|finite|valid|raw|unique|simple|standard|"
    r"fitted|short|long|unsigned|signed|odd|even|real|random|input|output|numeric|numerical|binary|square|symmetric|"
    r"variable[- ]length)\s+",
    re.I,
)
SUFFIXES = re.compile(
    r"\s+(?:objects?|instances?|values?|types?|literals?|flags?|class(?:es)?|variables?|numbers?)$", re.I
)


STRING = re.compile(r"(?!bytes?\b)[a-z]+[ -]string$")


REMARK = re.compile(
    r"\s+(?:of unique|with|where|which|that|whose|containing|representing|used|for|in|if|when|depending|per|as|"
    r"indicating)\s+"
)
CERTAIN = frozenset("str string int integer float bool boolean dict dictionary list tuple array tensor".split())
"""What a description that may be prose can begin with and still be a type: `Numbers in a point` is none."""
NUMBERS = {"two": 2, "three": 3, "four": 4}
COUNT = re.compile(r"^([2-9]|two|three|four)\s+(?=[A-Za-z])", re.IGNORECASE)
NAMED_ITEMS = re.compile(r"\s*\(([a-z_]\w*(?:\s*,\s*[a-z_]\w*)+)\)$")
COUNTED_TUPLE = re.compile(r"(?P<count>[2-9])-tuples?(?: of (?P<item>.+))?")
TUPLE_LAST = re.compile(r"(?P<items>\([^()]*\)) (?:tuples?|pairs?)")


def _plain_tuple(text: str) -> str:
    """`2-tuple of X` as `tuple of 2 X`, `(A, B) tuples` as `(A, B)`."""
    counted = COUNTED_TUPLE.fullmatch(text)
    if counted:
        return f"tuple of {counted['count']} {counted['item']}" if counted["item"] else "tuple"
    last = TUPLE_LAST.fullmatch(text)
    return last["items"] if last else text


VALUED = re.compile(
    r"(?:str|string|int|integer)s?,?(?: in| from| of| one of|:)? "
    r"(?P<values>[{\[]\s*(?:'[^']*'|\"[^\"]*\"|None|\d+)(?:\s*,\s*(?:'[^']*'|\"[^\"]*\"|None|\d+))*\s*[}\]])"
)
TYPED_TENSOR = re.compile(r"(long|int|float|double|half|bool|byte|short) (tensors?)", re.IGNORECASE)


def _valued(text: str) -> str:
    """`str in ['a', 'b']` as the values, `long tensor` as a tensor of its dtype."""
    valued = VALUED.fullmatch(text)
    if valued:
        return "{" + valued["values"][1:-1] + "}"
    typed = TYPED_TENSOR.fullmatch(text)
    return f"{typed[2]} of {typed[1].lower()}" if typed else text


def plainer(text: str, *, strict: bool = False) -> str:
    """A text without articles, adjectives and words that say nothing."""
    stripped = _valued(text)
    if stripped != text:
        return stripped
    if not (strict and text.lower().startswith("the ")):
        stripped = ARTICLES.sub("", text)
    stripped = ADJECTIVES.sub("", stripped)
    stripped = SUFFIXES.sub("", stripped)
    if STRING.fullmatch(stripped):
        return "string"
    if stripped == text:
        stripped = _plain_tuple(text)
    bracket = re.fullmatch(r"(.+?)\s*\([^()]*\)", stripped)
    if bracket and stripped == text:
        stripped = bracket.group(1)
    dtype_array = re.fullmatch(
        r"([A-Za-z][\w.]*)\s+(ndarrays?|arrays?|tensors?|array-likes?|matrix|vectors?|sequences?|lists?|tuples?)",
        stripped,
        re.I,
    )
    if dtype_array and stripped == text:
        return f"{dtype_array.group(2)} of {dtype_array.group(1)}"
    colon = re.fullmatch(r"([A-Za-z_][\w.\[\], ]*?)\s*(?::|--|—|\s-\s|\.\s).*", stripped)
    if colon and stripped == text:
        stripped = colon.group(1)
    where = REMARK.split(stripped)
    if len(where) > 1 and stripped == text and (not strict or where[0].lower() in CERTAIN):
        stripped = where[0]
    return stripped.strip()


def counted_items(text: str) -> tuple[int, str]:
    """How many items `3 floats` and `float (low, high)` are, and of which type; 0 where it is not said."""
    counted = COUNT.match(text)
    if counted:
        return NUMBERS.get(counted.group(1).lower()) or int(counted.group(1)), text[counted.end() :]
    named = NAMED_ITEMS.search(text)
    return (named.group(1).count(",") + 1, text[: named.start()]) if named else (0, text)

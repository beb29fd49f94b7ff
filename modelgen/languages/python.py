"""How Python spells names, literals and docstrings in generated code."""

from __future__ import annotations

import builtins
import keyword
import math
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass

from modelgen.languages.proto import printable

WIDTH = 120
"""Of generated lines, as black is told."""

_SCHEMA_ATTRIBUTES = frozenset(
    [
        "construct",
        "copy",
        "dict",
        "from_orm",
        "json",
        "parse_file",
        "parse_obj",
        "parse_raw",
        "schema",
        "schema_json",
        "update_forward_refs",
        "validate",
        "model_computed_fields",
        "model_config",
        "model_construct",
        "model_copy",
        "model_dump",
        "model_dump_json",
        "model_extra",
        "model_fields",
        "model_fields_set",
        "model_json_schema",
        "model_parametrized_name",
        "model_post_init",
        "model_rebuild",
        "model_validate",
        "model_validate_json",
        "model_validate_strings",
    ]
)
"""What pydantic's BaseModel has already."""

_BUILTINS = frozenset(dir(builtins))


def name(text: str) -> str:
    """A name that may stand where Python wants one: keywords get an underscore behind."""
    return f"{text}_" if keyword.iskeyword(text) else text


def attribute(field: str) -> str:
    """The attribute of a pydantic schema that holds a field."""
    bare = field.lstrip("_") or "underscore"
    if not (bare[0].isalpha()):
        bare = f"field_{bare}"
    taken = keyword.iskeyword(bare) or bare in _SCHEMA_ATTRIBUTES or bare.startswith("model_validate")
    # A field named like a type would hide it from the annotations of the fields below.
    return f"{bare}_" if taken or bare in _BUILTINS or bare in ("Any", "Annotated", "models") else bare


def literal(value: object) -> str:
    """A value as black writes it: double quotes, escapes for what cannot be seen."""
    match value:
        case str():
            return _quoted(value)
        case bytes():
            return "b" + _quoted(value.decode("latin-1"), limit=0x7E)
        case float() if not math.isfinite(value):
            return f'float("{value}")'
        case tuple():
            inner = ", ".join(literal(item) for item in value)
            return f"({inner},)" if len(value) == 1 else f"({inner})"
        case list():
            return "[" + ", ".join(literal(item) for item in value) + "]"
        case dict():
            return "{" + ", ".join(f"{literal(key)}: {literal(item)}" for key, item in value.items()) + "}"
        case _:
            return repr(value)


def _quoted(text: str, limit: int = 0x10FFFF) -> str:
    # Black prefers double quotes unless that costs more escapes.
    quote = "'" if '"' in text and "'" not in text else '"'
    escapes = {"\\": "\\\\", quote: f"\\{quote}", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    return quote + "".join(escapes.get(one) or _shown(one, limit) for one in text) + quote


def _shown(one: str, limit: int) -> str:
    if one.isprintable() and ord(one) <= limit:
        return one
    number = ord(one)
    if number <= 0xFF:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"


def sentence(text: str) -> str:
    """The first paragraph of a text, on one line."""
    return " ".join(printable(text).strip().split("\n\n")[0].split())


def docstring(text: str, indent: str = "    ") -> str:
    """A docstring, quotes and all, as black leaves it alone; without the indent of its first line."""
    body = printable(text).strip().replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    if body.endswith('"'):
        body = body[:-1] + '\\"'
    lines = [piece for line in textwrap.dedent(body).split("\n") for piece in _wrapped(line, WIDTH - len(indent))]
    if len(lines) == 1 and len(lines[0]) + len(indent) + 6 <= WIDTH:
        return f'"""{lines[0]}"""'
    first, *rest = _wrapped_first(lines, WIDTH - len(indent) - 3)
    return "\n".join([f'"""{first}', *(f"{indent}{line}".rstrip() for line in rest), f'{indent}"""'])


def _wrapped_first(lines: list[str], width: int) -> list[str]:
    first = textwrap.wrap(lines[0], width, break_long_words=False, break_on_hyphens=False) or [""]
    return [*first, *lines[1:]]


def _wrapped(line: str, width: int) -> list[str]:
    if len(line) <= width:
        return [line.rstrip()]
    lead = line[: len(line) - len(line.lstrip())]
    return textwrap.wrap(line, width, subsequent_indent=lead, break_long_words=False, break_on_hyphens=False) or [""]


def exploded(value: object, indent: str = "", reserved: int = 0) -> str:
    """A literal on one line where it fits, else an item a line. `reserved` is what else stands on its first line."""
    return _laid_out(_pieces(value), indent, reserved)


@dataclass(slots=True)
class _Piece:
    """A literal and those inside it; `key` is what stands before it in a dict."""

    inline: str
    key: str = ""
    brackets: str = ""
    items: tuple[_Piece, ...] = ()


def _pieces(value: object, key: str = "") -> _Piece:
    if isinstance(value, dict) and value:
        items = tuple(_pieces(item, f"{literal(name)}: ") for name, item in value.items())
        inline = "{" + ", ".join(item.key + item.inline for item in items) + "}"
        return _Piece(inline=inline, key=key, brackets="{}", items=items)
    if isinstance(value, list) and value:
        items = tuple(_pieces(item) for item in value)
        return _Piece(inline="[" + ", ".join(item.inline for item in items) + "]", key=key, brackets="[]", items=items)
    return _Piece(inline=literal(value), key=key)


def _laid_out(piece: _Piece, indent: str, reserved: int) -> str:
    if not piece.items or len(indent) + reserved + len(piece.inline) + 1 <= WIDTH:
        return piece.inline
    inner = indent + "    "
    lines = [f"{inner}{item.key}{_laid_out(item, inner, len(item.key))}," for item in piece.items]
    return "\n".join([piece.brackets[0], *lines, indent + piece.brackets[1]])


def bracketed(before: str, items: Iterable[str], after: str, indent: str = "") -> str:
    """Code with one pair of brackets as black lays it out: on one line, else its inside on the next, else item by item.

    `before` ends with the opening bracket, `after` begins with the closing one.
    """
    items = tuple(items)
    inside = ", ".join(items)
    if len(indent) + len(before) + len(inside) + len(after) <= WIDTH:
        return f"{before}{inside}{after}"
    inner = indent + "    "
    if len(inner) + len(inside) <= WIDTH and not (len(items) == 1 and after.startswith(") -> ")):
        return f"{before}\n{inner}{inside}\n{indent}{after}"
    return "\n".join([before, *(f"{inner}{item}," for item in items), f"{indent}{after}"])

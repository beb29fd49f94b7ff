"""How proto3 spells comments and names."""

from __future__ import annotations

import re
import textwrap

from modelgen.contract.wire import WireField

WELL_KNOWN = {
    "google.protobuf.Value": "google/protobuf/struct.proto",
    "google.protobuf.NullValue": "google/protobuf/struct.proto",
    "google.protobuf.Empty": "google/protobuf/empty.proto",
    "google.protobuf.Timestamp": "google/protobuf/timestamp.proto",
    "google.protobuf.Duration": "google/protobuf/duration.proto",
}
"""Well-known types and the files that declare them."""

_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


def comment(text: str, indent: str = "") -> str:
    """Text as `//` lines; characters that could hide or reorder code are shown by their number."""
    clean = printable(text).strip() or "Not described."
    lines = [piece for line in clean.split("\n") for piece in _wrapped(line, 117 - len(indent))]
    return "\n".join(f"{indent}// {line}".rstrip() for line in lines)


def printable(text: str) -> str:
    """Text without control and direction characters, lone surrogates and foreign line ends."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "backslashreplace").decode("utf-8")
    return _UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", text.expandtabs(4))


def _wrapped(line: str, width: int) -> list[str]:
    if len(line) <= width:
        return [line.rstrip()]
    lead = line[: len(line) - len(line.lstrip())]
    return textwrap.wrap(line, width, subsequent_indent=lead, break_long_words=False, break_on_hyphens=False) or [""]


def spelled(field: WireField) -> str:
    """A field's type as a message declares it: `optional int64`, `repeated Label`, `map<string, double>`."""
    if field.key:
        return f"map<{field.key}, {field.type}>"
    return f"{field.label} {field.type}" if field.label else field.type

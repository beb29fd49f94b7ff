"""Constraints anywhere in a schema's types, which datamodel-code-generator would make classes of.

It is given a union of a mark and the type instead, and of what it writes, `Mark0 | int` becomes
`Annotated[int, Field(ge=1)]`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from typing import Any

from modelgen.languages import python
from modelgen.languages.jsonschema import Schema

_HOME = "modelgen.runtime.schema"
_MARK = re.compile(r"\bMark(\d+) \| ")
_IMPORT = re.compile(r"^from ([\w.]+) import (\([^)]*\)|.+)$", re.MULTILINE)
_CONFIG = re.compile(r"^    model_config = ConfigDict\(\n        arbitrary_types_allowed=True,\n    \)\n", re.MULTILINE)


class Marks:
    """The constraints that were marked."""

    def __init__(self) -> None:
        self._marked: list[Mapping[str, Any]] = []

    def mark(self, constraints: Mapping[str, Any]) -> Schema:
        """The schema that stands before the constrained type: another one each time, since a union has none twice."""
        self._marked.append(constraints)
        return {"type": "string", "customTypePath": f"{_HOME}.Mark{len(self._marked) - 1}"}

    def written(self, text: str) -> str:
        """A module with the constraints in the place of their marks, and without what only the marks needed."""
        text = _CONFIG.sub("", text)  # the base class says so
        found = _MARK.search(text)
        while found:
            end = _end(text, found.end())
            given = ", ".join(f"{name}={python.literal(value)}" for name, value in self._marked[int(found[1])].items())
            before, type_, after = text[: found.start()], text[found.end() : end], text[end:]
            if before.endswith("Annotated[") and after.startswith(", Field("):
                text = f"{before}{type_}, Field({given}, {after.removeprefix(', Field(')}"
            else:
                text = f"{before}Annotated[{type_}, Field({given})]{after}"
            found = _MARK.search(text)
        return _imported(text)


def _end(text: str, start: int) -> int:
    """Where the type that begins there ends."""
    depth = 0
    for position in range(start, len(text)):
        one = text[position]
        if depth == 0 and one in " ,])\n":
            return position
        depth += {"[": 1, "]": -1}.get(one, 0)
    return len(text)


def _imported(text: str) -> str:
    """The imports that the annotations need now, and no others, in the order that import sorters want."""
    head, separator, body = text.partition("\n\n\n")
    names = {module: set(re.findall(r"\w+", listed)) for module, listed in _IMPORT.findall(head)}
    names[_HOME] = {name for name in names.get(_HOME, ()) if not _MARK.match(f"{name} | ")}
    for module, name in (("typing", "Annotated"), ("pydantic", "ConfigDict"), ("pydantic", "Field")):
        names.setdefault(module, set()).discard(name)
        if re.search(rf"\b{name}\b", body):
            names[module].add(name)
    blocks: list[list[str]] = [[], [], [], []]
    for module in sorted(module for module, listed in names.items() if listed):
        blocks[_block(module)].append(f"from {module} import {', '.join(sorted(names[module]))}")
    lead = head[: head.index("from ")]
    return lead + "\n\n".join("\n".join(block) for block in blocks if block) + separator + body


def _block(module: str) -> int:
    if module == "__future__":
        return 0
    if module.startswith("."):
        return 3
    return 1 if module.partition(".")[0] in sys.stdlib_module_names else 2

"""Functions of generated converters, laid out so that black leaves most of them alone."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, replace

from modelgen.languages import python


@dataclass(slots=True)
class Definition:
    """A function of a generated file, at its top level."""

    signature: str
    """`name(argument: Type) -> Type`."""
    doc: str
    lines: list[str]


def laid_out(definition: Definition) -> Definition:
    """A function whose signature and calls are broken where they are too long."""
    name, _, rest = definition.signature.partition("(")
    argument, _, returns = rest.partition(") -> ")
    signature = python.bracketed(f"def {name}(", [argument], f") -> {returns}:")
    return replace(definition, signature=signature, lines=[_call(line) for line in definition.lines])


def _call(line: str) -> str:
    """A statement that is one call, broken where it is too long."""
    body = line.lstrip()
    indent = "    " + " " * (len(line) - len(body))
    opening = body.find("(")
    if (
        len(indent) + len(body) <= python.WIDTH
        or not _ENDS_IN_CALL.match(body)
        or _closing(body, opening) != len(body) - 1
        or _takes_generator(body)
    ):
        return line
    return line[: len(line) - len(body)] + python.bracketed(body[: opening + 1], [body[opening + 1 : -1]], ")", indent)


_ENDS_IN_CALL = re.compile(r"(return )?[\w.]+\(.*\)$")


def _takes_generator(body: str) -> bool:
    """Whether a call's argument is a generator, behind which no comma may stand."""
    statement = ast.parse(body.removeprefix("return ")).body[0]
    call = statement.value if isinstance(statement, ast.Expr) else None
    return isinstance(call, ast.Call) and any(isinstance(argument, ast.GeneratorExp) for argument in call.args)


def _closing(text: str, opening: int) -> int:
    """Where the bracket that opens there closes; texts in quotes hold no brackets here."""
    depth = 0
    for position in range(opening, len(text)):
        depth += {"(": 1, ")": -1}.get(text[position], 0)
        if depth == 0:
            return position
    return -1


def stub_imports(stubs: set[str], name: str) -> list[str]:
    """What is imported of the stubs, in the order that import sorters want: the file's own as `pb`."""
    others = sorted(f"{stub}_pb2" for stub in stubs - {name})
    own = [f"{name}_pb2 as pb"] if name in stubs else []
    return sorted([*own, *([", ".join(others)] if others else [])])

"""How a type is written in a generic model's symbol and name."""

from __future__ import annotations

import re

from modelgen.contract.types import (
    Empty,
    Json,
    ListOf,
    Literals,
    MapOf,
    Named,
    OneOf,
    OptionalOf,
    Scalar,
    Tensor,
    TupleOf,
    TypeRef,
    assert_never,
    parts,
)

PYTHON = {
    "bool": "bool",
    "int32": "int",
    "int64": "int",
    "uint32": "int",
    "uint64": "int",
    "float": "float",
    "double": "float",
    "string": "str",
    "bytes": "bytes",
    "timestamp": "datetime.datetime",
    "date": "datetime.date",
    "time": "datetime.time",
    "duration": "datetime.timedelta",
    "decimal": "decimal.Decimal",
    "uuid": "uuid.UUID",
}


def python_text(type_: TypeRef) -> str:
    """The Python text of a type, dotted names written out."""
    match type_:
        case Scalar(kind=kind, host=host):
            return host.removeprefix("builtins.") or PYTHON[kind]
        case Json(object=is_object):
            return "dict" if is_object else "typing.Any"
        case Empty():
            return "None"
        case Named(symbol=symbol):
            return symbol
        case Literals(values=values):
            return f"typing.Literal[{', '.join(repr(value) for value in values)}]"
        case ListOf(item=item, host=host):
            return f"tuple[{python_text(item)}, ...]" if host == "tuple" else f"{host}[{python_text(item)}]"
        case TupleOf(items=items):
            return f"tuple[{', '.join(python_text(item) for item in items) or '()'}]"
        case MapOf(key=key, value=value):
            return f"dict[{python_text(key)}, {python_text(value)}]"
        case OptionalOf(item=item):
            return f"{python_text(item)} | None"
        case OneOf(arms=arms):
            return " | ".join(python_text(arm) for arm in arms)
        case Tensor(host=host):
            return "torch.Tensor" if host == "torch" else "numpy.ndarray"
        case _:
            assert_never(type_)


def short_name(type_: TypeRef) -> str:
    """The words that a type adds to a generic model's name: `Page[list[Doc]]` is `PageListDoc`."""
    inner = "".join(short_name(part) for part in parts(type_))
    match type_:
        case Named(symbol=symbol):
            return "".join(_pascal(word.rpartition(".")[2]) for word in re.split(r"[\[\], |]+", symbol) if word)
        case Scalar():
            return _pascal(python_text(type_).rpartition(".")[2])
        case Literals(values=values):
            return "".join(_pascal(str(value)) for value in values)
        case ListOf(host=host):
            return _pascal(host) + inner
        case MapOf():
            return "Dict" + inner
        case TupleOf():
            return "Tuple" + inner
        case OptionalOf():
            return "Optional" + inner
        case OneOf():
            return "Or".join(short_name(part) for part in parts(type_))
        case Tensor():
            return "Tensor"
        case Json():
            return "Json"
        case Empty():
            return "None"
        case _:
            assert_never(type_)


def _pascal(word: str) -> str:
    return "".join(piece[:1].upper() + piece[1:] for piece in re.findall(r"[A-Za-z0-9]+", word))

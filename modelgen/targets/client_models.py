"""The client's data models and enumerations: the package's classes, without the package."""

from __future__ import annotations

from typing import Any

from modelgen.contract.model import DataModel, Enumeration, Field
from modelgen.contract.types import ListOf, Named, TypeRef, walk
from modelgen.languages import python
from modelgen.targets.client_codecs import unknown_default
from modelgen.targets.client_names import ClientNames, Spelling, enum_bases, keyword_only
from modelgen.targets.formatting import tidy
from modelgen.targets.target import Blueprint, File
from modelgen.targets.templates import render


def emit(blueprint: Blueprint, names: ClientNames) -> File:
    """`models.py`."""
    spelling = Spelling(names)
    hashed = _in_sets(blueprint)
    models = [_model(model, spelling, frozen=model.symbol in hashed) for model in blueprint.contract.models]
    enums = [_enum(enum, names) for enum in blueprint.contract.enums]
    flavours = {model.flavour for model in blueprint.contract.models}
    optional = any(
        not field.required
        for model in blueprint.contract.models
        if model.flavour == "typeddict"
        for field in model.fields
    )
    arrays = "npt" in spelling.used
    typing = spelling.used & {"Any", "Literal"}
    typing |= {"NamedTuple"} & ({"NamedTuple"} if "namedtuple" in flavours else set())
    typing |= {"TypedDict"} if "typeddict" in flavours else set()
    typing |= {"TYPE_CHECKING"} if arrays or optional else set()
    fields = any("field(" in one["default"] for model in models for one in model["fields"])
    text = render(
        "python_client/models.py",
        source=blueprint.contract.package,
        standard=sorted(spelling.used & {"datetime", "decimal", "uuid"}),
        dataclasses=[
            *(["dataclass"] if any(model["decorator"] for model in models) else []),
            *(["field"] if fields else []),
        ],
        enum=sorted({base for enum in enums for base in enum["bases"]} - {"str"}),
        typing=sorted(typing, key=_isort),
        unset="UNSET" in spelling.used,
        arrays=arrays,
        np="np" in spelling.used,
        optional=optional,
        enums=enums,
        models=models,
    )
    path = f"clients/python/{blueprint.client}/models.py"
    return File(path=path, text=tidy(text, blueprint.cache), template="python_client/models.py")


def _isort(name: str) -> tuple[bool, str]:
    """Constants before classes, as isort has it."""
    return (not name.isupper(), name)


def _in_sets(blueprint: Blueprint) -> set[str]:
    """Data models that stand in sets, and must have a hash for that."""
    contract = blueprint.contract
    types: list[TypeRef] = [field.type for model in contract.models for field in model.fields]
    for module in contract.modules:
        for method in module.methods:
            types += [method.returns, *(parameter.type for parameter in method.parameters)]
    sets = [
        part
        for type_ in types
        for part in walk(type_)
        if isinstance(part, ListOf) and part.host in ("set", "frozenset")
    ]
    found = {inner.symbol for part in sets for inner in walk(part) if isinstance(inner, Named)}
    todo = list(found)
    while todo:
        symbol = todo.pop()
        for model in (one for one in contract.models if one.symbol == symbol):
            inner_symbols = {p.symbol for field in model.fields for p in walk(field.type) if isinstance(p, Named)}
            todo += inner_symbols - found
            found |= inner_symbols
    return found


def _enum(enum: Enumeration, names: ClientNames) -> dict[str, Any]:
    return {
        "name": names.classes[enum.symbol],
        "bases": enum_bases(enum),
        "doc": enum.doc or f"{enum.symbol}.",
        "members": [{"name": one.name, "value": one.value, "doc": one.doc} for one in enum.members],
    }


def _model(model: DataModel, spelling: Spelling, *, frozen: bool) -> dict[str, Any]:
    base = {"namedtuple": "NamedTuple", "typeddict": "TypedDict"}.get(model.flavour, "")
    options = [*(["frozen=True"] if frozen else []), *(["kw_only=True"] if keyword_only(model) else [])]
    decorator = "" if base else f"dataclass({', '.join(options)})" if options else "dataclass"
    return {
        "name": spelling.names.classes[model.symbol],
        "base": base,
        "decorator": decorator,
        "doc": model.doc or f"{model.symbol}.",
        "fields": [_field(field, spelling, base) for field in _ordered(model, spelling.names.blueprint)],
    }


def _ordered(model: DataModel, blueprint: Blueprint) -> list[Field]:
    """The fields in the order of their numbers, required ones first: callers pass them by position, so that one that
    moves in the source may not move here. A named tuple's places are its meaning."""
    if model.flavour == "namedtuple":
        return list(model.fields)
    message = blueprint.wire.message(blueprint.wire.names[model.symbol])

    def place(field: Field) -> tuple[bool, int]:
        numbers = [blueprint.pins.number(message.name, one.name) for one in message.field(field.name)]
        return not field.required, min(numbers)

    return sorted(model.fields, key=place)


def _field(field: Field, spelling: Spelling, base: str) -> dict[str, str]:
    annotation = spelling.spelled(field.type)
    if base == "TypedDict":
        return {
            "name": field.name,
            "annotation": annotation if field.required else f"NotRequired[{annotation}]",
            "default": "",
            "doc": field.doc,
        }
    default = _default(field, spelling, mutable=not base)
    if default == "UNSET":
        spelling.used.add("UNSET")
        annotation += " | Unset"
    elif default == "None" and not annotation.endswith(("None", "Any")):
        annotation += " | None"
    return {"name": field.name, "annotation": annotation, "default": default, "doc": field.doc}


def _default(field: Field, spelling: Spelling, *, mutable: bool) -> str:
    if field.default is None:
        return ""
    plain = spelling.default(field)
    if plain is not None:
        return plain
    if unknown_default(spelling.names, field) or not mutable:
        return "UNSET"
    return _factory(field)


def _factory(field: Field) -> str:
    """The default of a field that may be changed in place."""
    value = field.default.value if field.default else ()
    if isinstance(value, dict):
        return f"field(default_factory=lambda: {python.literal(value)})" if value else "field(default_factory=dict)"
    host = field.type.host if isinstance(field.type, ListOf) else "list"
    if not value:
        return f"field(default_factory={host})"
    items = python.literal(list(value))
    return f"field(default_factory=lambda: {items if host == 'list' else f'{host}({items})'})"

"""The client's codecs: straight-line code between its classes and JSON (`_json`), and messages (`_proto`)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from modelgen.contract.model import DataModel, Field
from modelgen.contract.names import snake, upper
from modelgen.contract.types import OptionalOf
from modelgen.contract.wire import WireEnum, WireField, WireService
from modelgen.languages import python
from modelgen.targets.client_conversions import Conversions, article, unless_none
from modelgen.targets.client_json import JsonConversions
from modelgen.targets.client_messages import MessageConversions
from modelgen.targets.client_methods import codec, functions
from modelgen.targets.client_names import ClientNames, Spelling, sent_and_received
from modelgen.targets.conversions import attr
from modelgen.targets.definitions import Definition, laid_out, stub_imports
from modelgen.targets.formatting import tidy
from modelgen.targets.target import Blueprint, File
from modelgen.targets.templates import render

_STANDARD = {"datetime", "decimal", "uuid"}
_STATICS = {"values", "tensors", "wellknown"}
_WELL_KNOWN = {"empty_pb2", "struct_pb2"}
_ANY = re.compile(r"\bAny\b")


def emit(blueprint: Blueprint, names: ClientNames) -> Iterator[File]:
    """Both codecs, a file for the data models and one for each module."""
    if blueprint.contract.models or any(enum.file == "models" for enum in blueprint.wire.enums):
        yield _models(blueprint, JsonConversions(names=names, file="models"))
        yield _models(blueprint, MessageConversions(names=names, file="models"))
    for service in blueprint.wire.services:
        for kind in (JsonConversions, MessageConversions):
            yield _of_module(blueprint, kind(names=names, file=service.file), service)


def _of_module(blueprint: Blueprint, conversions: JsonConversions | MessageConversions, service: WireService) -> File:
    part = f"client as {_form(conversions)}"
    text = blueprint.text(part, service, lambda: _module(blueprint, conversions, service))
    return _named(blueprint, conversions, service.module.symbol, text)


def _models(blueprint: Blueprint, conversions: JsonConversions | MessageConversions) -> File:
    sent, received = sent_and_received(blueprint.contract)
    definitions: list[Definition] = []
    for model in blueprint.contract.models:
        if model.symbol in sent:
            definitions.append(_model_there(conversions, model))
        if model.symbol in received:
            definitions.append(_model_back(conversions, model))
    doc = f"Data models as {_form(conversions)}."
    source = blueprint.contract.package
    return _named(blueprint, conversions, source, _text(blueprint, conversions, doc, source, definitions, []))


def _module(blueprint: Blueprint, conversions: JsonConversions | MessageConversions, service: WireService) -> str:
    definitions: list[Definition] = []
    codecs: list[dict[str, object]] = []
    for rpc in service.methods:
        found = list(functions(conversions, service, rpc))
        definitions += found
        codecs.append({"name": rpc.method.name, "parts": list(codec(conversions, rpc, found))})
    doc = f"What {service.module.name} is given and answers, as {_form(conversions)}."
    return _text(blueprint, conversions, doc, service.module.symbol, definitions, codecs)


def _form(conversions: Conversions) -> str:
    return "JSON" if isinstance(conversions, JsonConversions) else "messages"


def _named(blueprint: Blueprint, conversions: JsonConversions | MessageConversions, source: str, text: str) -> File:
    path = f"clients/python/{blueprint.client}/{_folder(conversions)}/{conversions.file}.py"
    return File(path=path, text=text, source=source, template="python_client/codec.py")


def _folder(conversions: Conversions) -> str:
    return "_json" if isinstance(conversions, JsonConversions) else "_proto"


def _text(
    blueprint: Blueprint,
    conversions: JsonConversions | MessageConversions,
    doc: str,
    source: str,
    definitions: list[Definition],
    codecs: list[dict[str, object]],
) -> str:
    stubs: set[str] = set()
    tables: list[dict[str, object]] = []
    if isinstance(conversions, MessageConversions):
        tables = [_table(conversions, enum) for enum in blueprint.wire.enums if enum.file == conversions.file]
        stubs = conversions.stubs
    written = [laid_out(one) for one in (*definitions, *conversions.functions.values())]
    text = render(
        "python_client/codec.py",
        source=source,
        doc=doc,
        standard=sorted(conversions.used & _STANDARD),
        well_known=sorted(conversions.used & _WELL_KNOWN),
        statics=sorted(conversions.used & _STATICS),
        models="models" in conversions.used,
        codecs="codecs" in conversions.used,
        jobs="jobs" in conversions.used,
        own=[*(["UNSET"] if "UNSET" in conversions.used else []), *(["Codec", "Given"] if codecs else [])],
        methods=codecs,
        proto=blueprint.wire.package,
        stubs=stub_imports(stubs, conversions.file),
        tables=tables,
        definitions=written,
        any=bool(tables) or any(_ANY.search("\n".join([one.signature, *one.lines])) for one in written),
    )
    return tidy(text, blueprint.cache)


def _table(conversions: MessageConversions, enum: WireEnum) -> dict[str, object]:
    """The values of an enumeration's members, or the literals, each with the name of its number."""
    home = conversions.stub(enum.name).split(".")[0]
    symbols = {one.symbol for one in conversions.blueprint.contract.enums}
    host = conversions.host(enum.source) if enum.source in symbols else ""
    pairs = [(python.literal(value.value), f"{home}.{value.name}") for value in enum.values]
    return {"name": upper(enum.name), "pairs": pairs, "host": host}


# Data models


def _model_there(conversions: JsonConversions | MessageConversions, model: DataModel) -> Definition:
    stem, host = snake(conversions.names.classes[model.symbol]), conversions.host(model.symbol)
    if isinstance(conversions, JsonConversions):
        return Definition(
            signature=f"{stem}_to_json(value: {host}) -> dict[str, Any]",
            doc=f"{article(model.name)} as JSON.",
            lines=list(_model_to_json(conversions, model)),
        )
    stub = conversions.stub(conversions.blueprint.wire.names[model.symbol])
    return Definition(
        signature=f"{stem}_to_proto(value: {host}) -> {stub}",
        doc=f"{article(model.name)} as its message.",
        lines=list(_model_to_proto(conversions, model)),
    )


def _model_back(conversions: JsonConversions | MessageConversions, model: DataModel) -> Definition:
    stem, host = snake(conversions.names.classes[model.symbol]), conversions.host(model.symbol)
    if isinstance(conversions, JsonConversions):
        return Definition(
            signature=f"{stem}_from_json(data: dict[str, Any]) -> {host}",
            doc=f"{article(model.name)} of JSON.",
            lines=list(_made(conversions, model, lambda field: _from_json(conversions, model, field))),
        )
    message = conversions.blueprint.wire.message(conversions.blueprint.wire.names[model.symbol])
    return Definition(
        signature=f"{stem}_from_proto(message: {conversions.stub(message.name)}) -> {host}",
        doc=f"{article(model.name)} of its message.",
        lines=list(
            _made(
                conversions,
                model,
                lambda field: conversions.taken(message, field.name, field.type, "message"),
                lambda field: _present(message.field(field.name)[0]),
            )
        ),
    )


def _present(wire: WireField) -> str:
    """Whether a message carries a field."""
    if wire.oneof:
        return f'message.WhichOneof("{wire.oneof}") is not None'
    return attr("message", wire.name) if wire.label == "repeated" or wire.key else f'message.HasField("{wire.name}")'


def _read(model: DataModel, field: Field) -> str:
    """An attribute of a data model, or the item of a dictionary."""
    return f"value[{python.literal(field.name)}]" if model.flavour == "typeddict" else attr("value", field.name)


def _left_out(conversions: Conversions, model: DataModel, field: Field) -> str:
    """The test that a field is there; empty where it always is."""
    if field.required:
        return ""
    if model.flavour == "typeddict":
        return f"if {python.literal(field.name)} in value:"
    default = Spelling(conversions.names).default(field)
    if default == "None" and not isinstance(field.type, OptionalOf):
        return f"if {_read(model, field)} is not None:"
    if unknown_default(conversions.names, field):
        conversions.used.add("UNSET")
        return f"if {_read(model, field)} is not UNSET:"
    return ""


def unknown_default(names: ClientNames, field: Field) -> bool:
    """Whether only the package knows the default, so that a field not given is not sent."""
    if field.default is None or Spelling(names).default(field) is not None:
        return False
    return not (field.default.known and isinstance(field.default.value, tuple | list | dict))


def _model_to_json(conversions: JsonConversions, model: DataModel) -> Iterator[str]:
    always: list[str] = []
    sometimes: list[str] = []
    for field in model.fields:
        converted = conversions.to_json(field.type, _read(model, field), f"{snake(model.name)}_{field.name}")
        if test := _left_out(conversions, model, field):
            sometimes += [test, f"    data[{python.literal(field.json_name)}] = {converted}"]
        else:
            always.append(f"    {python.literal(field.json_name)}: {converted},")
    body = ["{", *always, "}"] if always else ["{}"]
    if not sometimes:
        yield from (f"return {body[0]}", *body[1:])
        return
    yield from (f"data: dict[str, Any] = {body[0]}", *body[1:], *sometimes, "return data")


def _from_json(conversions: JsonConversions, model: DataModel, field: Field) -> str:
    item = f"data[{python.literal(field.json_name)}]"
    converted = conversions.from_json(field.type, item, f"{snake(model.name)}_{field.name}")
    nullable = not field.required and not isinstance(field.type, OptionalOf)
    plain = Spelling(conversions.names).default(field) == "None"
    return unless_none(item, converted) if nullable and plain else converted


def _made(
    conversions: Conversions,
    model: DataModel,
    value: Callable[[Field], str],
    present: Callable[[Field], str] = lambda field: f"data.get({python.literal(field.json_name)}) is not None",
) -> Iterator[str]:
    """Statements that answer a data model, each of its fields by `value`."""
    host = conversions.host(model.symbol)
    if model.flavour != "typeddict":
        body = [f"    {field.name}={value(field)}," for field in model.fields]
        yield from (f"return {host}(", *body, ")") if body else (f"return {host}()",)
        return
    entries = [f"    {python.literal(field.name)}: {value(field)}," for field in model.fields if field.required]
    yield from (f"fields: {host} = {{", *entries, "}") if entries else (f"fields: {host} = {{}}",)
    for field in model.fields:
        if not field.required:
            yield f"if {present(field)}:"
            yield f"    fields[{python.literal(field.name)}] = {value(field)}"
    yield "return fields"


def _model_to_proto(conversions: MessageConversions, model: DataModel) -> Iterator[str]:
    message = conversions.blueprint.wire.message(conversions.blueprint.wire.names[model.symbol])
    tests = [_left_out(conversions, model, field) for field in model.fields]
    if model.flavour != "typeddict" and not any(tests):
        yield from conversions.construct(
            message, [(field.name, field.type, attr("value", field.name)) for field in model.fields]
        )
        return
    yield "fields: dict[str, Any] = {}"
    for field, test in zip(model.fields, tests, strict=True):
        stored = list(conversions.store(message, field.name, field.type, _read(model, field)))
        yield from (test, *(f"    {line}" for line in stored)) if test else stored
    yield f"return {conversions.stub(message.name)}(**fields)"

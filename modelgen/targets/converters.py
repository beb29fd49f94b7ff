"""The converters: straight-line code between the package's values, the schemas and the messages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from modelgen.contract.model import DataModel, Default, Enumeration, Field, Method, Parameter
from modelgen.contract.names import snake, upper
from modelgen.contract.types import Empty, Json, ListOf, MapOf, OneOf, OptionalOf, TypeRef
from modelgen.contract.wire import NULL, WireEnum, WireField, WireMethod, WireService, arm_place
from modelgen.languages import python
from modelgen.languages.jsonschema import property_schema, shows_default
from modelgen.targets.components import piece_name, request_name, response_name
from modelgen.targets.conversions import Conversions, Function, attr
from modelgen.targets.definitions import Definition, laid_out, stub_imports
from modelgen.targets.formatting import tidy
from modelgen.targets.target import Blueprint, File, Target
from modelgen.targets.templates import render


def emit(blueprint: Blueprint) -> Iterable[File]:
    """The service's `converters` package."""
    folder = f"{blueprint.service}/converters"
    yield File(
        path=f"{folder}/__init__.py", text='"""Between the package\'s values, the schemas and the messages."""\n'
    )
    if blueprint.wire.trains:
        text = render("converters/jobs.py", source=blueprint.contract.package, proto=_proto_package(blueprint))
        yield File(path=f"{folder}/jobs.py", text=text, template="converters/jobs.py")
    if blueprint.contract.models or any(enum.file == "models" for enum in blueprint.wire.enums):
        source = blueprint.contract.package
        yield _named(blueprint, "models", source, _text(blueprint, "models", source, list(_models(blueprint))))
    for service in blueprint.wire.services:
        yield _of_module(blueprint, service)


def _of_module(blueprint: Blueprint, service: WireService) -> File:
    symbol = service.module.symbol
    text = blueprint.text("converters", service, lambda: _text(blueprint, service.file, symbol, [service]))
    return _named(blueprint, service.file, symbol, text)


def _proto_package(blueprint: Blueprint) -> str:
    return blueprint.wire.package


def _models(blueprint: Blueprint) -> Iterator[DataModel | Enumeration]:
    yield from (enum for enum in blueprint.contract.enums if not enum.flag)
    yield from blueprint.contract.models


def _named(blueprint: Blueprint, name: str, source: str, text: str) -> File:
    path = f"{blueprint.service}/converters/{name}.py"
    return File(path=path, text=text, source=source, template="converters/file.py")


def _text(
    blueprint: Blueprint, name: str, source: str, elements: list[DataModel | Enumeration] | list[WireService]
) -> str:
    conversions = Conversions(blueprint=blueprint, file=name)
    definitions: list[Definition] = []
    for element in elements:
        match element:
            case Enumeration():
                definitions.append(_enum_to_schema(conversions, element))
            case DataModel():
                definitions += _model(conversions, element)
            case WireService():
                for rpc in element.methods:
                    definitions += _method(conversions, element, rpc)
    helpers = [_helper(function) for function in conversions.functions.values()]
    tables = [_table(enum, blueprint) for enum in blueprint.wire.enums if enum.file == name]
    text = render(
        "converters/file.py",
        source=source,
        doc="Data models and enumerations." if name == "models" else f"What {source} is given and answers.",
        standard=sorted(conversions.used & {"datetime", "decimal", "io", "uuid"}),
        imports=sorted([*conversions.hosts.items(), *([("numpy", "np")] if "np" in conversions.used else [])]),
        well_known=sorted(conversions.used & {"empty_pb2", "struct_pb2"}),
        runtime=sorted((conversions.used | ({"hosts"} if tables else set())) & {"hosts", "tensors"}),
        torch="local" in conversions.used,
        absent="ABSENT" in conversions.used,
        proto=_proto_package(blueprint),
        stubs=stub_imports(conversions.stubs, name),
        file=name,
        schemas="schemas" in conversions.used or name != "models",
        models=sorted(conversions.used & {"models"}),
        jobs="jobs" in conversions.used,
        model_schemas="model_schemas" in conversions.used,
        tables=tables,
        definitions=[laid_out(definition) for definition in definitions + helpers],
    )
    return tidy(text, blueprint.cache)


def _helper(function: Function) -> Definition:
    return Definition(
        signature=f"{function.name}({function.argument}: Any) -> Any", doc=function.doc, lines=function.lines
    )


def _table(enum: WireEnum, blueprint: Blueprint) -> dict[str, object]:
    pairs = [(python.literal(value.json), blueprint.pins.number(enum.name, value.member)) for value in enum.values]
    return {"name": upper(enum.name), "pairs": pairs}


# Enumerations and data models


def _enum_to_schema(conversions: Conversions, enum: Enumeration) -> Definition:
    name = conversions.blueprint.wire.names[enum.symbol]
    host = conversions.host_class(enum.import_module, enum.qualname)
    schema = conversions.schema_class(name)
    conversions.used.add("hosts")
    key = "value.name" if any(isinstance(member.value, tuple) for member in enum.members) else "value.value"
    return Definition(
        signature=f"{snake(name)}_to_schema(value: {host}) -> {schema}",
        doc=f"A {enum.name} as its schema.",
        lines=[f"hosts.expect(value, {host})", f"return {schema}({key})"],
    )


def _model(conversions: Conversions, model: DataModel) -> list[Definition]:
    name = conversions.blueprint.wire.names[model.symbol]
    stem, schema = snake(name), conversions.schema_class(name)
    host = "dict[str, Any]" if model.flavour == "typeddict" else conversions.model_class(model)
    message = conversions.stub(name)
    return [
        Definition(
            signature=f"{stem}_to_host(value: {schema}) -> {host}",
            doc=f"A {model.name} of what was sent.",
            lines=_model_to_host(conversions, model),
        ),
        Definition(
            signature=f"{stem}_to_schema(value: {host}) -> {schema}",
            doc=f"A {model.name} as its schema.",
            lines=_model_to_schema(conversions, model, schema),
        ),
        Definition(
            signature=f"{stem}_from_proto(message: {message}) -> dict[str, Any]",
            doc=f"The fields of a {model.name} that a message carries.",
            lines=[
                "fields: dict[str, Any] = {}",
                *_plain_fields(conversions, name, model.symbol, model.fields, "fields"),
                "return fields",
            ],
        ),
        Definition(
            signature=f"{stem}_to_proto(value: {schema}) -> {message}",
            doc=f"A {model.name} as its message.",
            lines=[f"return {_construct(conversions, name, model.symbol, model.fields)}"],
        ),
    ]


def _constructor_name(model: DataModel, index: int) -> str:
    field = model.fields[index]
    if model.flavour == "pydantic":
        return field.json_name
    return (model.init[index] if index < len(model.init) else "") or field.name


def _model_to_host(conversions: Conversions, model: DataModel) -> list[str]:
    required: list[tuple[Field, str, str]] = []
    optional: list[tuple[Field, str, str]] = []
    for index, field in enumerate(model.fields):
        expression = attr("value", python.attribute(field.name))
        pair = (field, _constructor_name(model, index), expression)
        (required if field.required else optional).append(pair)
    values = {
        name: conversions.host(field.type, expression, f"{model.symbol}.{field.name}")
        for field, name, expression in (*required, *optional)
    }
    lines = [
        "fields: dict[str, Any] = {",
        *(f"    {python.literal(name)}: {values[name]}," for _, name, _ in required),
        "}",
    ]
    if not required:
        lines = ["fields: dict[str, Any] = {}"]
    if optional:
        lines.append("given = value.model_fields_set")
    for field, name, _ in optional:
        given = _given(conversions, field, f"{model.symbol}.{field.name}")
        lines += [f"if {given}:", f"    fields[{python.literal(name)}] = {values[name]}"]
    if model.flavour == "typeddict":
        return [*lines, "return fields"]
    host = conversions.model_class(model)
    build = f"{host}.model_validate(fields)" if model.flavour == "pydantic" else f"{host}(**fields)"
    return [*lines, f"return {build}"]


def _given(conversions: Conversions, field: Field, place: str, owner: str = "value") -> str:
    """Whether a field was sent. A default that the schema does not show makes it nullable there: null is left out."""
    name = python.attribute(field.name)
    shown = shows_default(property_schema(field, conversions.blueprint.wire, place))
    nullable = isinstance(field.type, OptionalOf | Empty | Json)
    return f'"{name}" in given' + ("" if nullable or shown else f" and {attr(owner, name)} is not None")


def _model_to_schema(conversions: Conversions, model: DataModel, schema: str) -> list[str]:
    place = model.symbol
    if model.flavour == "typeddict":
        lines = ["hosts.expect(value, dict)", "fields: dict[str, Any] = {}"]
        conversions.used.add("hosts")
        for field in model.fields:
            item = f"value[{python.literal(field.name)}]"
            converted = conversions.schema(field.type, item, f"{place}.{field.name}")
            store = f"fields[{python.literal(field.json_name)}] = {converted}"
            lines += [store] if field.required else [f"if {python.literal(field.name)} in value:", f"    {store}"]
        return [*lines, f"return {schema}.model_validate(fields)"]
    conversions.used.add("hosts")
    pairs = [
        (field, conversions.schema(field.type, attr("value", field.name), f"{place}.{field.name}"))
        for field in model.fields
    ]
    expect = f"hosts.expect(value, {conversions.model_class(model)})"
    if not pairs:
        return [expect, f"return {schema}()"]
    if all(field.json_name == python.attribute(field.name) for field, _ in pairs):
        body = [f"    {python.attribute(field.name)}={converted}," for field, converted in pairs]
        return [expect, f"return {schema}(", *body, ")"]
    body = [f"        {python.literal(field.json_name)}: {converted}," for field, converted in pairs]
    return [expect, f"return {schema}.model_validate(", "    {", *body, "    }", ")"]


# Fields of messages


def _plain_fields(
    conversions: Conversions, owner: str, place: str, fields: Iterable[Field], target: str
) -> Iterator[str]:
    """Statements that put into a dict what a message carries."""
    message = conversions.blueprint.wire.message(owner)
    for field in fields:
        wire = message.field(field.name)
        store = target if target.endswith("]") else f"{target}[{python.literal(field.json_name)}]"
        yield from _plain_field(conversions, wire, field, f"{place}.{field.name}", store)


def _plain_field(
    conversions: Conversions, wire: tuple[WireField, ...], field: Field, place: str, store: str
) -> Iterator[str]:
    first = wire[0]
    inner = field.type.item if isinstance(field.type, OptionalOf) else field.type
    if first.oneof:
        yield f'match message.WhichOneof("{first.oneof}"):'
        for one in wire:
            where = arm_place(place, one.ref) if isinstance(inner, OneOf) else place
            value = "None" if one.type == NULL else conversions.plain(one.ref, attr("message", one.name), where)
            yield f'    case "{one.name}":'
            yield f"        {store} = {value}"
        if field.required and isinstance(field.type, OptionalOf):
            yield "    case _:"
            yield f"        {store} = None"
        return
    source = attr("message", first.name)
    if isinstance(inner, ListOf | MapOf) and (first.label == "repeated" or first.key):
        value = conversions.plain_many(inner, source, place)
        yield from [f"{store} = {value}"] if field.required else [f"if {source}:", f"    {store} = {value}"]
        return
    yield f'if message.HasField("{first.name}"):'
    yield f"    {store} = {conversions.plain(inner, source, place)}"
    if field.required and isinstance(field.type, OptionalOf):
        yield "else:"
        yield f"    {store} = None"


def _construct(conversions: Conversions, owner: str, place: str, fields: Iterable[Field]) -> str:
    message = conversions.blueprint.wire.message(owner)
    values = [
        pair
        for field in fields
        for pair in conversions.field_values(
            message.field(field.name),
            _schema_type(field),
            attr("value", python.attribute(field.name)),
            f"{place}.{field.name}",
        )
    ]
    return conversions.construct(message, values)


def _schema_type(field: Field) -> TypeRef:
    """What the schema's attribute may be: None also where the field was left out and its default is not known there."""
    if field.required or isinstance(field.type, OptionalOf | ListOf | MapOf):
        return field.type
    return OptionalOf(item=field.type)


# Methods


def _method(conversions: Conversions, service: WireService, rpc: WireMethod) -> Iterator[Definition]:
    method, stem = rpc.method, python.name(rpc.method.name)
    label = f"{service.module.name}.{method.name}"
    place = f"{service.module.symbol}.{method.name}"
    yield Definition(
        signature=f"{stem}_arguments(request: schemas.{request_name(service, method)}) -> dict[str, Any]",
        doc=f"What was sent to {label}, as the values it declares.",
        lines=list(_arguments(conversions, method, place)),
    )
    yield Definition(
        signature=f"{stem}_from_proto(message: {conversions.stub(rpc.request.name)}) -> dict[str, Any]",
        doc=f"The request to {label} that a message carries.",
        lines=list(_request(conversions, rpc, place)),
    )
    if method.stream_parameter:
        yield from _pieces(conversions, service, rpc, method.stream_parameter, place)
    if method.kind == "train":
        conversions.used.add("jobs")
        yield Definition(
            signature=f"{stem}_to_proto(job: Mapping[str, Any]) -> {conversions.stub(rpc.response.name)}",
            doc="The submitted job as a message.",
            lines=[f"return {conversions.stub(rpc.response.name)}(job=jobs.job_to_proto(job))"],
        )
        return
    yield from _answer(conversions, service, rpc, place)


def _arguments(conversions: Conversions, method: Method, place: str) -> Iterator[str]:
    single = len(method.inputs) == 1
    sources = {
        one.name: "request.inputs" if single else attr("request.inputs", python.attribute(one.name))
        for one in method.inputs
    }
    values = {one.name: conversions.host(one.type, sources[one.name], f"{place}.{one.name}") for one in method.inputs}
    required = [f"    {python.literal(one.name)}: {values[one.name]}," for one in method.inputs if one.required]
    if required:
        yield from ("arguments: dict[str, Any] = {", *required, "}")
    else:
        yield "arguments: dict[str, Any] = {}"
    for one in (one for one in method.inputs if not one.required):
        given = "request" if single else "request.inputs"
        name = "inputs" if single else python.attribute(one.name)
        yield f'if "{name}" in {given}.model_fields_set:'
        yield f"    arguments[{python.literal(one.name)}] = {values[one.name]}"
    if method.options:
        yield "if (options := request.parameters) is not None:"
        yield "    given = options.model_fields_set"
        for one in method.options:
            source = attr("options", python.attribute(one.name))
            yield f"    if {_given(conversions, one, f'{place}.{one.name}', 'options')}:"
            converted = conversions.host(one.type, source, f"{place}.{one.name}")
            yield f"        arguments[{python.literal(one.name)}] = {converted}"
    yield "return arguments"


def _request(conversions: Conversions, rpc: WireMethod, place: str) -> Iterator[str]:
    method = rpc.method
    fields = (*method.inputs, *method.options)
    if not fields:
        yield "return {}"
        return
    single = len(method.inputs) == 1
    yield "request: dict[str, Any] = {}"
    if method.inputs and not single:
        yield "inputs: dict[str, Any] = {}"
    target = 'request["inputs"]' if single else "inputs"
    yield from _plain_fields(conversions, rpc.request.name, place, method.inputs, target)
    if method.inputs and not single:
        yield 'request["inputs"] = inputs'
    if method.options:
        yield "parameters: dict[str, Any] = {}"
        yield from _plain_fields(conversions, rpc.request.name, place, method.options, "parameters")
        yield 'request["parameters"] = parameters'
    yield "return request"


def _pieces(
    conversions: Conversions, service: WireService, rpc: WireMethod, parameter: Parameter, place: str
) -> Iterator[Definition]:
    stem = python.name(rpc.method.name)
    label = f"{service.module.name}.{rpc.method.name}({parameter.name})"
    where = f"{place}.{parameter.name}"
    yield Definition(
        signature=f"{stem}_piece(piece: schemas.{piece_name(service, rpc.method)}) -> Any",
        doc=f"One piece of {label}, as the value it declares.",
        lines=[f"return {conversions.host(parameter.type, 'piece.root', where)}"],
    )
    conversions.used.add("ABSENT")
    optional = replace(parameter, default=Default(text="", known=False))
    lines = list(_plain_field(conversions, rpc.request.field(parameter.name), optional, where, "item"))
    yield Definition(
        signature=f"{stem}_piece_from_proto(message: {conversions.stub(rpc.request.name)}) -> Any",
        doc=f"The piece of {label} that a message carries, if any.",
        lines=["item: Any = ABSENT", *lines, "return item"],
    )


def _answer(conversions: Conversions, service: WireService, rpc: WireMethod, place: str) -> Iterator[Definition]:
    method, stem = rpc.method, python.name(rpc.method.name)
    schema = f"schemas.{response_name(service, method)}"
    message = conversions.stub(rpc.response.name)
    what = "One item of what" if method.stream else "What"
    empty = isinstance(method.returns, Empty)
    value = "" if empty else f"result={conversions.schema(method.returns, 'value', f'{place}.result')}"
    yield Definition(
        signature=f"{stem}_result({'_value' if empty else 'value'}: Any) -> {schema}",
        doc=f"{what} {service.module.name}.{method.name} answered, checked against what it declares.",
        lines=[f"return {schema}({value})"],
    )
    fields = () if empty else (Field(name="result", type=method.returns),)
    yield Definition(
        signature=f"{stem}_to_proto({'_value' if empty else 'value'}: {schema}) -> {message}",
        doc=f"{what} {service.module.name}.{method.name} answered, as a message.",
        lines=[f"return {_construct(conversions, rpc.response.name, place, fields)}"],
    )


CONVERTERS = Target(name="converters", emit=emit)

"""The JSON schemas of data models, requests and responses, from which openapi.json and the Python schemas are made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from modelgen.contract.model import Field, Method, Parameter
from modelgen.contract.names import kebab, pascal
from modelgen.contract.types import Empty, Tensor, TupleOf, TypeRef, walk
from modelgen.contract.wire import Wire, WireMethod, WireService, placed
from modelgen.languages.jsonschema import Schema, property_schema, ref, tensor_name, tuple_schema
from modelgen.targets.target import Blueprint

Components = dict[str, tuple[str, Schema]]
"""Schema's name -> the module it belongs to (`models`, or a module's file) and the schema."""


def request_name(service: WireService, method: Method) -> str:
    """The schema of a request: `SentimentClassifierRunRequest`."""
    return _stem(service, method) + "Request"


def inputs_name(service: WireService, method: Method) -> str:
    """The schema of several inputs."""
    return _stem(service, method) + "Inputs"


def parameters_name(service: WireService, method: Method) -> str:
    """The schema of the parameters."""
    return _stem(service, method) + "Parameters"


def response_name(service: WireService, method: Method) -> str:
    """The schema of a response."""
    return _stem(service, method) + "Response"


def piece_name(service: WireService, method: Method) -> str:
    """The schema of one piece of a stream that comes in."""
    return _stem(service, method) + "Piece"


def _stem(service: WireService, method: Method) -> str:
    return service.base + pascal(method.name)


def components(blueprint: Blueprint) -> Components:
    """The schemas of all data models, requests and responses."""
    wire, contract = blueprint.wire, blueprint.contract
    found: Components = {}
    for enum in wire.enums:
        found[enum.name] = (enum.file, _enum_schema([value.json for value in enum.values], enum.doc))
        names = [value.member for value in enum.values]
        found[enum.name][1]["x-enum-varnames"] = names
    for model in contract.models:
        found[wire.names[model.symbol]] = ("models", object_schema(model.fields, model.symbol, wire, model.doc))
    for file, place, type_ in typed_places(blueprint):
        for where, part in placed(type_, place):
            if isinstance(part, TupleOf):
                found[wire.names[where]] = (file, tuple_schema(part, wire, where))
    for service in wire.services:
        for rpc in service.methods:
            for name, schema in _method_schemas(service, rpc, wire):
                found[name] = (service.file, schema)
    return found


def typed_places(blueprint: Blueprint) -> Iterator[tuple[str, str, TypeRef]]:
    """Every declared type: the file it belongs to, its place, and itself."""
    for model in blueprint.contract.models:
        for field in model.fields:
            yield "models", f"{model.symbol}.{field.name}", field.type
    for service in blueprint.wire.services:
        for rpc in service.methods:
            place = f"{service.module.symbol}.{rpc.method.name}"
            for parameter in rpc.method.parameters:
                yield service.file, f"{place}.{parameter.name}", parameter.type
            if rpc.method.kind != "train":
                yield service.file, f"{place}.result", rpc.method.returns


def _enum_schema(values: list[Any], doc: str) -> Schema:
    kinds = {bool: "boolean", int: "integer", float: "number"}
    types = sorted({kinds.get(type(value), "string") for value in values})
    found: Schema = {"enum": list(values), "type": types[0] if len(types) == 1 else types}
    return found | ({"description": doc} if doc else {})


def object_schema(fields: Iterable[Field], place: str, wire: Wire, doc: str) -> Schema:
    """The schema of some fields; `place` is the dotted place they stand at."""
    fields = tuple(fields)
    found: Schema = {"type": "object"}
    if doc:
        found["description"] = doc
    found["properties"] = {field.json_name: property_schema(field, wire, f"{place}.{field.name}") for field in fields}
    required = [field.json_name for field in fields if field.required]
    if required:
        found["required"] = required
    return found | {"additionalProperties": False}


def _method_schemas(service: WireService, rpc: WireMethod, wire: Wire) -> Iterable[tuple[str, Schema]]:
    method, place = rpc.method, f"{service.module.symbol}.{rpc.method.name}"
    label = f"{service.module.name}.{method.name}"
    if len(method.inputs) > 1:
        yield inputs_name(service, method), object_schema(method.inputs, place, wire, f"The inputs of {label}.")
    if method.options:
        doc = f"The parameters of {label}."
        yield parameters_name(service, method), object_schema(method.options, place, wire, doc)
    yield request_name(service, method), request_schema(service, method, wire)
    if method.stream_parameter:
        name = method.stream_parameter.name
        schema = {"description": method.stream_parameter.doc or f"One piece of {label}({name})."}
        schema |= property_schema(Field(name=name, type=method.stream_parameter.type), wire, f"{place}.{name}")
        yield piece_name(service, method), schema
    if method.kind != "train":
        yield response_name(service, method), _response_schema(method, place, wire, label)


def request_schema(service: WireService, method: Method, wire: Wire) -> Schema:
    """The body of a request."""
    place = f"{service.module.symbol}.{method.name}"
    properties: Schema = {}
    required = []
    if method.inputs:
        properties["inputs"] = _inputs_schema(service, method, wire, place)
        if any(parameter.required for parameter in method.inputs):
            required.append("inputs")
    if method.options:
        properties["parameters"] = ref(parameters_name(service, method))
    deployment = f"Which deployment answers; {kebab(service.base)} if left out."
    properties["deployment"] = {"type": "string", "description": deployment}
    found: Schema = {"type": "object", "description": f"What {service.module.name}.{method.name} is called with."}
    found["properties"] = properties
    if required:
        found["required"] = required
    return found | {"additionalProperties": False}


def _inputs_schema(service: WireService, method: Method, wire: Wire, place: str) -> Schema:
    if len(method.inputs) > 1:
        return ref(inputs_name(service, method))
    only: Parameter = method.inputs[0]
    return property_schema(only, wire, f"{place}.{only.name}")


def _response_schema(method: Method, place: str, wire: Wire, label: str) -> Schema:
    doc = f"One item of what {label} answers." if method.stream else f"What {label} answers."
    fields = (
        () if isinstance(method.returns, Empty) else (Field(name="result", type=method.returns, doc="The answer."),)
    )
    return object_schema(fields, place, wire, doc)


def _tensors(blueprint: Blueprint) -> set[Tensor]:
    return {
        part
        for message in blueprint.wire.messages
        for field in message.fields
        for part in walk(field.ref)
        if isinstance(part, Tensor)
    }


def tensors(blueprint: Blueprint) -> list[Tensor]:
    """Every kind of tensor that the contract speaks of, by name."""
    return sorted({tensor_name(one): one for one in _tensors(blueprint)}.values(), key=tensor_name)

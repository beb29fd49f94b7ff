"""The .proto files: what other languages build their clients from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from modelgen.contract.names import snake
from modelgen.contract.pins import Pins
from modelgen.contract.wire import (
    JOB,
    TENSOR,
    WireEnum,
    WireField,
    WireMessage,
    WireMethod,
    WireService,
)
from modelgen.languages import proto
from modelgen.targets.target import Blueprint, File, Target
from modelgen.targets.templates import render


def emit(blueprint: Blueprint) -> Iterable[File]:
    """The .proto files and buf's settings."""
    return blueprint.once("protos", lambda one: tuple(_files(one)))


def _files(blueprint: Blueprint) -> Iterator[File]:
    yield File(path="buf.yaml", text=render("protos/buf.yaml"), template="protos/buf.yaml")
    for name in files(blueprint):
        service = next((one for one in blueprint.wire.services if one.file == name), None)
        yield File(
            path=f"proto/{blueprint.proto_path}/{name}.proto",
            text=_file(blueprint, name, service),
            source=service.module.symbol if service else "",
            template=_template(name),
        )


def files(blueprint: Blueprint) -> tuple[str, ...]:
    """The protos' names without suffix, each after those it imports."""
    wire = blueprint.wire
    shared = wire.tensors or "models" in wire.homes.values()
    jobs = ("jobs",) if wire.trains else ()
    return (*(("models",) if shared else ()), *jobs, *(service.file for service in wire.services))


def _file(blueprint: Blueprint, name: str, service: WireService | None) -> str:
    wire, pins = blueprint.wire, blueprint.pins
    messages = [message for message in wire.messages if message.file == name]
    return render(
        _template(name),
        source=service.module.symbol if service else blueprint.contract.package,
        package=wire.package,
        imports=sorted(set(_imports(blueprint, messages, name))),
        services=[_service(service)] if service else [],
        messages=[_message(message, pins) for message in messages],
        enums=[_enum(enum, pins) for enum in wire.enums if enum.file == name],
        tensor=name == "models" and wire.tensors,
    )


def _template(name: str) -> str:
    return "protos/jobs.proto" if name == "jobs" else "protos/file.proto"


def _imports(blueprint: Blueprint, messages: list[WireMessage], name: str) -> Iterator[str]:
    wire = blueprint.wire
    homes = wire.homes | {TENSOR: "models", JOB: "jobs"}
    if name == "jobs":
        yield "google/protobuf/timestamp.proto"
    for field in (field for message in messages for field in message.fields):
        if field.type in proto.WELL_KNOWN:
            yield proto.WELL_KNOWN[field.type]
        elif homes.get(field.type, name) != name:
            yield f"{blueprint.proto_path}/{homes[field.type]}.proto"


def _service(service: WireService) -> dict[str, object]:
    doc = service.module.doc or f"Serves {service.module.symbol}."
    return {"name": service.name, "doc": doc, "methods": [_rpc(method) for method in service.methods]}


def _rpc(method: WireMethod) -> dict[str, object]:
    return {
        "name": method.name,
        "doc": method.method.doc or f"Calls {method.method.name}.",
        "request": f"{'stream ' if method.client_streaming else ''}{method.request.name}",
        "response": f"{'stream ' if method.server_streaming else ''}{method.response.name}",
    }


def _message(message: WireMessage, pins: Pins) -> dict[str, object]:
    reserved = pins.reserved(message.name)
    living = {field.name for field in message.fields}
    return {
        "name": message.name,
        "doc": message.doc or f"{message.source}.",
        "reserved": [(pin.number, pin.name, pin.retired) for pin in reserved],
        "reserved_names": list(dict.fromkeys(pin.name for pin in reserved if pin.name not in living)),
        "items": list(_items(message, pins)),
    }


def _items(message: WireMessage, pins: Pins) -> Iterator[dict[str, object]]:
    """Fields and oneofs, a oneof where its first arm stands."""
    done: set[str] = set()
    for field in message.fields:
        if not field.oneof:
            yield {"oneof": "", "doc": "", "fields": [_field(field, message, pins)]}
        elif field.oneof not in done:
            done.add(field.oneof)
            arms = [_field(arm, message, pins) for arm in message.fields if arm.oneof == field.oneof]
            yield {"oneof": field.oneof, "doc": _doc(field), "fields": arms}


def _field(field: WireField, message: WireMessage, pins: Pins) -> dict[str, object]:
    number = pins.number(message.name, field.name)
    return {"doc": _doc(field), "type": proto.spelled(field), "name": field.name, "number": number}


def _doc(field: WireField) -> str:
    words = field.name.replace("_", " ")
    return field.doc or f"{words[:1].upper()}{words[1:]}."


def _enum(enum: WireEnum, pins: Pins) -> dict[str, object]:
    values = [
        {
            "name": value.name,
            "number": pins.number(enum.name, value.member),
            "doc": value.doc or f"{value.value!r}.",
        }
        for value in enum.values
    ]
    reserved = pins.reserved(enum.name)
    living = {value.name for value in enum.values}
    names = [f"{enum.prefix}{snake(pin.name).upper()}" for pin in reserved]
    return {
        "name": enum.name,
        "doc": enum.doc or f"{enum.source}.",
        "zero": f"{enum.prefix}UNSPECIFIED",
        "values": values,
        "reserved": [(pin.number, pin.name, pin.retired) for pin in reserved],
        "reserved_names": [name for name in dict.fromkeys(names) if name not in living],
    }


PROTOS = Target(name="protos", emit=emit)

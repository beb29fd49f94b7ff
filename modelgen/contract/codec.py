"""The lock file's text: the whole contract with its wire numbers.

One line per number, in number order, sections sorted by kind and name: two branches that take the same number then
meet in one place, and git says so.
"""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from modelgen.contract.model import Contract, Default, Method, Parameter
from modelgen.contract.pins import FORBIDDEN, Owner, OwnerKind, Pin, Pins
from modelgen.contract.sections import tables
from modelgen.contract.texts import parse
from modelgen.contract.types import Empty, TypeRef, constraints_of, strip_optional
from modelgen.contract.wire import Wire, WireEnum, WireField, WireMessage, WireService, placed
from modelgen.finding import Finding, Level, Location

if sys.version_info >= (3, 11):
    import tomllib
else:  # the standard library has it from 3.11 on
    import tomli as tomllib

VERSION = 1
"""Of the lock's format. A lock of a newer one is refused."""

HEADER = (
    "# Written by modelgen: the contract and its wire numbers. Numbers are for ever: commit this file, never edit it.\n"
)
_KINDS: tuple[OwnerKind, ...] = ("service", "message", "enum")
_SECTION = re.compile(r"^\[(\w+)\.(.+)\]\s*$")
_MARKER = re.compile(r"^(<{7}|\|{7}|={7}|>{7})( |$)")
_NUMBER = re.compile(r"^(\d+)\s*=")


class LockError(Exception):
    """The lock file cannot be used; `findings` say why and what to do."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__("\n".join(str(finding) for finding in findings))
        self.findings = findings


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """A lock file as read."""

    package: str
    """`mylib.v1`."""
    release: str
    """The version of the service that it was written for."""
    pins: Pins
    data: Mapping[str, Any]
    """The whole document."""


def dump(contract: Contract, wire: Wire, pins: Pins) -> str:
    """The lock file of a contract."""
    head = f"{HEADER}\nversion = {VERSION}\npackage = {_value(wire.package)}\nrelease = {_value(contract.version)}\n"
    services = {service.base: service for service in wire.services}
    messages = {message.name: message for message in wire.messages}
    enums = {enum.name: enum for enum in wire.enums}
    sections = []
    for owner in pins.owners:
        lines = [f"[{owner.kind}.{_value(owner.name)}]", f"source = {_value(owner.source)}"]
        if owner.retired:
            lines.append(f"retired = {_value(owner.retired)}")
        if owner.name in services and owner.kind == "service":
            lines += _service(services[owner.name])
        lines += _pins(pins.of(owner.name), messages.get(owner.name), enums.get(owner.name))
        sections.append("\n".join(lines) + "\n")
    if pins.renamed:
        lines = [f"{_value(old)} = {_value(new)}" for old, new in sorted(pins.renamed)]
        sections.append("\n".join(["[renamed]", *lines]) + "\n")
    return "\n".join([head, *sections])


def load(text: str, path: str) -> Lock:
    """Read a lock file; `path` is for messages.

    Raises:
        LockError: it is not TOML, not a lock, of a newer version, holds a merge's conflict, or gives a number twice.
    """
    known = _LOADED.get(text)
    if known is None:
        doubled = tuple(_conflicts(text, path)) or tuple(_doubled(text, path))
        if doubled:
            raise LockError(doubled)
        known = _load(text, path)
        _LOADED.clear()
        _LOADED[text] = known
    return known


_LOADED: dict[str, Lock] = {}
"""The last text that was read: a check reads the published one, the one on disk and the one of the source."""


def _load(text: str, path: str) -> Lock:
    try:
        data = tables(text)
    except tomllib.TOMLDecodeError as error:
        raise LockError((_broken(path, f"is not TOML: {error}"),)) from error
    version = data.get("version")
    if not isinstance(version, int) or isinstance(version, bool):
        raise LockError((_broken(path, "has no version: it is not a lock file"),))
    if version > VERSION:
        raise LockError((_newer(path, version),))
    try:
        owners = tuple(read_owner(kind, name, body) for kind in _KINDS for name, body in data.get(kind, {}).items())
        pins = tuple(
            pin for kind in _KINDS[1:] for name, body in data.get(kind, {}).items() for pin in _read_pins(name, body)
        )
        renamed = tuple((str(old), str(new)) for old, new in data.get("renamed", {}).items())
        numbers = Pins(owners=owners, pins=pins, renamed=renamed)
        lock = Lock(package=data["package"], release=data["release"], pins=numbers, data=data)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise LockError((_broken(path, f"has a section that cannot be read: {error!r}"),)) from error
    wrong = tuple(_out_of_range(lock.pins, path))
    if wrong:
        raise LockError(wrong)
    return lock


# Writing


def _service(service: WireService) -> Iterator[str]:
    if service.module.task:
        yield f"task = {_value(service.module.task)}"
    for rpc in service.methods:
        facts: dict[str, Any] = {"method": rpc.method.name, "request": rpc.request.name, "response": rpc.response.name}
        if rpc.method.kind != "infer":
            facts["kind"] = rpc.method.kind
        if rpc.client_streaming or rpc.server_streaming:
            facts["stream"] = "both" if rpc.client_streaming and rpc.server_streaming else _direction(rpc.method)
        if rpc.method.asynchronous:
            facts["async"] = True
        facts["parameters"] = tuple(parameter.name for parameter in rpc.method.parameters)
        if rpc.method.raises:
            facts["raises"] = {raised.name: raised.code for raised in rpc.method.raises}
        yield f"{rpc.name} = {_value(facts)}"


def _direction(method: Method) -> str:
    return "in" if method.stream_parameter else "out"


def _pins(pins: Iterable[Pin], message: WireMessage | None, enum: WireEnum | None) -> Iterator[str]:
    for pin in pins:
        facts: dict[str, Any] = {"name": pin.name}
        if pin.type:
            facts["type"] = pin.type
        if pin.repeated:
            facts["repeated"] = True
        if pin.oneof:
            facts["oneof"] = pin.oneof
        if pin.retired:
            facts["retired"] = pin.retired
        elif message is not None:
            wire = next(field for field in message.fields if field.name == pin.name)
            facts |= _field(wire, first=wire is message.field(_source_name(wire))[0])
        elif enum is not None:
            facts["value"] = next(value.value for value in enum.values if value.member == pin.name)
        yield f"{pin.number} = {_value(facts)}"


def _source_name(wire: WireField) -> str:
    return wire.source.name if wire.source else wire.name


def _field(wire: WireField, *, first: bool) -> dict[str, Any]:
    """What else the contract says of a field; of a oneof, its first arm says it."""
    field = wire.source
    if field is None:
        return {}
    facts: dict[str, Any] = {"of": field.name} if field.name != wire.name else {}
    if not first:
        return facts
    if field.nullable and not isinstance(wire.ref, Empty) and wire.oneof:
        facts["nullable"] = True
    if field.alias:
        facts["json"] = field.alias
    if isinstance(field, Parameter):
        facts |= _parameter(field)
    if field.default is not None:
        facts["default"] = _default(field.default)
    facts |= field.constraints.stated()
    if within := inside(field.type):
        facts["inside"] = within
    return facts


def _parameter(parameter: Parameter) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    if parameter.stream:
        facts["stream"] = True
    if parameter.kind != "standard":
        facts["kind"] = parameter.kind
    if parameter.role != ("inputs" if parameter.required else "parameters"):
        facts["role"] = parameter.role
    return facts


def inside(type_: TypeRef) -> dict[str, Any]:
    """The constraints on what a type holds, by the place inside it: `item`, `value`, `item.value`, `string`."""
    found: dict[str, Any] = {}
    for place, part in placed(strip_optional(type_), ""):
        stated = constraints_of(part).stated()
        if place and stated:
            found[place.removeprefix(".")] = stated
    return found


def _default(default: Default) -> Any:
    """The value where TOML can say it, else the Python text."""
    return default.value if default.known and _sayable(default.value) else {"python": default.text}


def _sayable(value: object) -> bool:
    if isinstance(value, tuple | list):
        return all(_sayable(item) for item in value)
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, int):
        return -(2**63) <= value < 2**63
    return isinstance(value, str)


def _value(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return _string(value)
        case dict():
            return "{ " + ", ".join(f"{_key(key)} = {_value(item)}" for key, item in value.items()) + " }"
        case tuple() | list():
            return "[" + ", ".join(_value(item) for item in value) + "]"
        case float() if not math.isfinite(value):
            return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
        case _:
            return repr(value)


def _string(value: str) -> str:
    clean = value.encode("utf-8", "backslashreplace").decode("utf-8")
    return json.dumps(clean, ensure_ascii=False).replace("\x7f", "\\u007f")


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _string(key)


# Reading


def read_owner(kind: OwnerKind, name: str, body: Mapping[str, Any]) -> Owner:
    """The section of the lock that a table holds; raises as `read_pin` does."""
    return Owner(kind=kind, name=name, source=_text(body["source"]), retired=_text(body.get("retired", "")))


def _read_pins(owner: str, body: Mapping[str, Any]) -> Iterator[Pin]:
    for key, line in body.items():
        if key.isdigit():
            yield read_pin(owner, int(key), line)


def read_pin(owner: str, number: int, line: Mapping[str, Any]) -> Pin:
    """The pin that a line of the lock holds.

    Raises:
        KeyError, TypeError, AttributeError, ValueError: it is no such line.
    """
    pin = Pin(
        owner=owner,
        number=number,
        name=_text(line["name"]),
        type=_text(line.get("type", "")),
        repeated=bool(line.get("repeated", False)),
        oneof=_text(line.get("oneof", "")),
        retired=_text(line.get("retired", "")),
        of=_text(line.get("of", "")),
        value=line.get("value"),
    )
    if pin.type:
        parse(pin.type)
    return pin


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not a text")
    return value


def _conflicts(text: str, path: str) -> Iterator[Finding]:
    """What a merge that was not finished leaves: git's markers, or a section twice."""
    sections: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if _MARKER.match(line):
            yield _unmerged(path, number, f"holds the conflict markers of a merge, the first on line {number}")
            return
        if _SECTION.match(line):
            first = sections.setdefault(line.strip(), number)
            if first != number:
                yield _unmerged(path, number, f"has the section {line.strip()} twice, on lines {first} and {number}")


def _unmerged(path: str, line: int, what: str) -> Finding:
    return Finding(
        level=Level.ERROR,
        code="lock-conflict",
        message=f"{path} {what}",
        where=Location(path=path, line=line),
        hint="run modelgen generate --repair: it keeps the numbers of both branches, and moves what has a number twice",
    )


def _doubled(text: str, path: str) -> Iterator[Finding]:
    """Numbers given twice, which TOML would only call a key defined twice."""
    section, seen = "", dict[int, int]()
    for number, line in enumerate(text.splitlines(), start=1):
        if match := _SECTION.match(line):
            section, seen = match[2].strip('"'), {}
        elif match := _NUMBER.match(line):
            given = int(match[1])
            if given in seen:
                yield Finding(
                    level=Level.ERROR,
                    code="pin-duplicate-number",
                    message=f"{section} gives number {given} twice, on lines {seen[given]} and {number}",
                    where=Location(path=path, line=number),
                    hint="two branches took it: modelgen generate --repair gives one of them a new number",
                )
            seen[given] = number


def _out_of_range(pins: Pins, path: str) -> Iterator[Finding]:
    for pin in pins.pins:
        if pin.number < 1 or pin.number > 2**29 - 1 or pin.number in FORBIDDEN:
            yield Finding(
                level=Level.ERROR,
                code="pin-out-of-range",
                message=f"{pin.owner}.{pin.name} has number {pin.number}, which protobuf does not allow",
                where=Location(path=path),
                hint="numbers go from 1 to 536870911 without 19000 to 19999: restore the lock from version control",
            )


def _broken(path: str, what: str) -> Finding:
    return Finding(
        level=Level.ERROR,
        code="lock-corrupt",
        message=f"{path} {what}",
        where=Location(path=path),
        hint="restore it from version control: the wire numbers are in it",
    )


def _newer(path: str, version: int) -> Finding:
    return Finding(
        level=Level.ERROR,
        code="lock-newer",
        message=f"{path} is of format {version}, this modelgen knows format {VERSION} and older",
        where=Location(path=path),
        hint="upgrade modelgen: pip install --upgrade modelgen",
    )

"""The expressions that carry one value between host, schema and message. What converters are written with.

Four directions: schema -> host (`host`), host -> schema (`schema`), message -> plain value (`plain`), schema -> message
(`message`). Each method answers the text of an expression over the text it is given; the same text means that nothing
needs to be done. What an expression cannot say becomes a function of its own, in `functions`.
"""

from __future__ import annotations

import functools
import keyword
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from modelgen.contract.model import DataModel
from modelgen.contract.names import snake, upper
from modelgen.contract.types import (
    Adapter,
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
    text,
)
from modelgen.contract.wire import (
    JOB,
    NULL,
    TENSOR,
    WireField,
    WireMessage,
    arm_place,
    element_key,
)
from modelgen.targets.target import Blueprint

_ITEMS = ("item", "inner", "part", "piece", "bit")
_NUMBERS = ("bool", "int32", "int64", "uint32", "uint64", "float", "double")
_PIL = "PIL.Image.Image"


@dataclass(slots=True)
class Function:
    """A function that an expression calls."""

    name: str
    doc: str
    argument: str
    lines: list[str]


@dataclass
class Conversions:
    """The expressions of one converter file, and what that file must import for them."""

    blueprint: Blueprint
    file: str
    """`models`, or a module's file."""
    functions: dict[str, Function] = field(default_factory=dict)
    stubs: set[str] = field(default_factory=set)
    """Proto files whose stubs are used."""
    hosts: dict[str, str] = field(default_factory=dict)
    """What is imported of the served package: module -> the name it is imported as."""
    used: set[str] = field(default_factory=set)
    """Of `hosts`, `tensors`, `local`, `np`, `models`, `model_schemas`, `datetime` and so on: what is used."""

    # Names

    @functools.cached_property
    def _homes(self) -> dict[str, str]:
        return self.blueprint.wire.homes

    def stub(self, name: str) -> str:
        """A message or enum class."""
        home = {TENSOR: "models", JOB: "jobs"}.get(name) or self._homes[name]
        self.stubs.add(home)
        return f"pb.{name}" if home == self.file else f"{home}_pb2.{name}"

    def host_class(self, import_module: str, qualname: str) -> str:
        """A class of the served package."""
        top = import_module.split(".")[0]
        if top in _OWN_NAMES:
            self.hosts[import_module] = f"{import_module.replace('.', '_')}_package"
        else:
            self.hosts[import_module] = import_module
        return f"{self.hosts[import_module]}.{qualname}"

    def schema_class(self, name: str) -> str:
        """A class of the schemas."""
        home = self._homes.get(name, self.file)
        if home == self.file:
            self.used.add("schemas")
            return f"schemas.{name}"
        self.used.add("model_schemas")
        return f"model_schemas.{name}"

    def _function(self, symbol: str, suffix: str) -> str:
        """The function of a data model or enumeration, which stands in the models' file."""
        name = f"{snake(self.blueprint.wire.names[symbol])}_{suffix}"
        return self._shared(name)

    def _shared(self, name: str) -> str:
        if self.file == "models":
            return name
        self.used.add("models")
        return f"models.{name}"

    def table(self, enum: str, suffix: str) -> str:
        """The table between an enum's JSON values and its numbers."""
        name = f"{upper(enum)}_{suffix}"
        home = self._homes[enum]
        return name if home == self.file else self._shared(name)

    def _runtime(self, name: str) -> str:
        self.used.add(name.split(".")[0])
        return name

    def _many(self, expression: str, convert: Callable[[str], str], depth: int) -> str | None:
        """A list of converted items, or None where items stay as they are."""
        variable = _ITEMS[depth] if depth < len(_ITEMS) else f"item{depth}"
        converted = convert(variable)
        return None if converted == variable else f"[{converted} for {variable} in {expression}]"

    # Values of adapted classes

    def _author(self, dotted: str) -> str:
        """A function or a class that settings name."""
        module, _, name = dotted.rpartition(".")
        return self.host_class(module, name)

    def _loaded(self, adapter: Adapter, type_: TypeRef, sent: str, expression: str) -> str:
        call = f"{self._author(adapter.load)}({sent})"
        return _unless_none(expression, call) if isinstance(type_, Json) else call

    def _dumped(self, adapter: Adapter, type_: TypeRef, expression: str, place: str, depth: int) -> str:
        call = f"{self._author(adapter.dump)}({expression})"
        if isinstance(type_, Json):
            call = _unless_none(expression, call)
        plain = unadapted(type_)
        if not isinstance(plain, TupleOf):
            return self.schema(plain, call, place, depth)
        lines = [f"value = {call.replace(expression, 'value')}", f"return {self.schema(plain, 'value', place)}"]
        name = f"_{snake(self.blueprint.wire.names[place])}_of_{snake(adapter.host.rpartition('.')[2])}"
        doc = f"What {adapter.dump} makes of a {adapter.host}."
        self.functions[name] = Function(name=name, doc=doc, argument="value", lines=lines)
        return f"{name}({expression})"

    # Schema -> host

    def host(self, type_: TypeRef, expression: str, place: str, depth: int = 0) -> str:
        """A validated schema's value as what the method's signature declares."""
        adapter = adapter_of(type_)
        if adapter is None:
            return self._declared(type_, expression, place, depth)
        return self._loaded(adapter, type_, self.host(unadapted(type_), expression, place, depth), expression)

    def _declared(self, type_: TypeRef, expression: str, place: str, depth: int) -> str:
        match type_:
            case Scalar():
                return self._scalar_host(type_, expression)
            case Json() | Empty():
                return expression
            case Named(symbol=symbol, kind="message"):
                return f"{self._function(symbol, 'to_host')}({expression})"
            case Named(symbol=symbol):
                return self._enum_host(symbol, expression)
            case Literals():
                return f"{expression}.value"
            case ListOf(item=item, host=container):
                many = self._many(expression, lambda one: self.host(item, one, f"{place}.item", depth + 1), depth)
                if container == "list":
                    return many or expression
                return f"{container}({many or expression})"
            case TupleOf(items=items):
                each = [
                    self.host(item, f"{expression}.root[{i}]", f"{place}.item_{i}", depth)
                    for i, item in enumerate(items)
                ]
                if all(one == f"{expression}.root[{i}]" for i, one in enumerate(each)):
                    return f"{expression}.root"
                return f"({', '.join(each)}{',' if len(each) == 1 else ''})"
            case MapOf(key=key, value=value):
                changed = self.host(value, "value", f"{place}.value", depth + 1)
                found = self._key_host(key)
                if changed == "value" and found == "key":
                    return expression
                return f"{{{found}: {changed} for key, value in {expression}.items()}}"
            case OptionalOf(item=item):
                return _unless_none(expression, self.host(item, expression, place, depth))
            case OneOf(arms=arms):
                return self._union_host(arms, expression, place)
            case Tensor(host="torch"):
                return f"{self._runtime('local.to_torch')}({expression})"
            case Tensor():
                return expression
            case _:
                assert_never(type_)

    def _scalar_host(self, type_: Scalar, expression: str) -> str:
        match type_.host:
            case "" | "builtins.bytes":
                return expression
            case "PIL.Image.Image" | "PIL.Image":
                return f"{self._runtime('hosts.image')}({expression})"
            case "typing.BinaryIO" | "io.BytesIO" | "io.BufferedIOBase" | "typing.IO":
                return f"{self._runtime('io.BytesIO')}({expression})"
            case "builtins.bytearray" | "builtins.memoryview":
                return f"{type_.host.rsplit('.', 1)[1]}({expression})"
            case host if host.startswith("numpy."):
                return f"{self._runtime('np.' + host.split('.', 1)[1])}({expression})"
            case host if host.startswith("torch."):
                return expression
            case host:
                module, _, name = host.rpartition(".")
                return f"{self.host_class(module, name)}({expression})" if module else expression

    def _enum_host(self, symbol: str, expression: str) -> str:
        enum = self.blueprint.contract.enum(symbol)
        host = self.host_class(enum.import_module, enum.qualname)
        if enum.flag:
            return f"{host}({expression})"
        if any(isinstance(member.value, tuple) for member in enum.members):
            return f"{host}[{expression}.name]"
        return f"{host}({expression}.value)"

    def _key_host(self, key: TypeRef) -> str:
        match key:
            case Scalar(kind="bool"):
                return f"{self._runtime('hosts.key_bool')}(key)"
            case Scalar(kind="int32" | "int64" | "uint32" | "uint64"):
                return "int(key)"
            case Scalar(kind="float" | "double"):
                return "float(key)"
            case Named(symbol=symbol):
                enum = self.blueprint.contract.enum(symbol)
                cast = "int(key)" if isinstance(enum.members[0].value, int) else "key"
                return f"{self.host_class(enum.import_module, enum.qualname)}({cast})"
            case Literals(values=values) if all(type(value) is int for value in values):
                return "int(key)"
            case _:
                return "key"

    def _union_host(self, arms: tuple[TypeRef, ...], expression: str, place: str) -> str:
        cases = []
        for arm in ordered(arms):
            converted = self.host(arm, "value", arm_place(place, arm))
            if converted != "value":
                cases.append((self._schema_test(arm, arm_place(place, arm)), converted))
        if not cases:
            return expression
        lines = [line for test, converted in cases for line in (f"if {test}:", f"    return {converted}")]
        return f"{self._add(place, 'to_host', arms, 'The declared value of', [*lines, 'return value'])}({expression})"

    def _add(self, place: str, suffix: str, arms: tuple[TypeRef, ...], doc: str, lines: list[str]) -> str:
        local = place.split(".")
        words = [
            part for part in place.removeprefix(f"{self.blueprint.contract.package}.").split(".") if part.isidentifier()
        ]
        name = "_" + "_".join(snake(word) for word in words[1:] or local[-1:]) + f"_{suffix}"
        if self.file == "models":
            name = "_" + "_".join(snake(word) for word in words) + f"_{suffix}"
        doc = f"{doc} a {text(OneOf(arms=arms))}."
        self.functions[name] = Function(name=name, doc=doc, argument="value", lines=lines)
        return name

    def _schema_test(self, arm: TypeRef, place: str, name: str = "value") -> str:
        """Whether a schema's value is of an arm."""
        wire = self.blueprint.wire
        match arm:
            case Scalar(kind=kind):
                return self._scalar_test(kind, name)
            case Named(symbol=symbol) if symbol in wire.names:
                return f"isinstance({name}, {self.schema_class(wire.names[symbol])})"
            case Named():
                return self._scalar_test("int64", name)
            case Literals() | TupleOf():
                return f"isinstance({name}, schemas.{wire.names[place]})"
            case ListOf(item=item):
                inner = self._schema_test(item, f"{place}.item", "item")
                return f"isinstance({name}, list) and all({inner} for item in {name})"
            case MapOf():
                return f"isinstance({name}, dict)"
            case Tensor():
                return f"{self._runtime('hosts.is_array')}({name})"
            case Empty():
                return f"{name} is None"
            case Json(object=True):
                return f"isinstance({name}, dict)"
            case OptionalOf(item=item):
                return f"({name} is None or {self._schema_test(item, place, name)})"
            case OneOf(arms=arms):
                return "(" + " or ".join(self._schema_test(one, arm_place(place, one), name) for one in arms) + ")"
            case Json():
                return "True"
            case _:
                assert_never(arm)

    def _scalar_test(self, kind: str, name: str) -> str:
        match kind:
            case "bool":
                return f"isinstance({name}, bool)"
            case "int32" | "int64" | "uint32" | "uint64":
                return f"isinstance({name}, int) and not isinstance({name}, bool)"
            case "float" | "double":
                return f"isinstance({name}, float | int) and not isinstance({name}, bool)"
            case "string":
                return f"isinstance({name}, str)"
            case "bytes":
                return f"isinstance({name}, bytes)"
            case "decimal":
                return f"isinstance({name}, {self._runtime('decimal.Decimal')})"
            case "uuid":
                return f"isinstance({name}, {self._runtime('uuid.UUID')})"
            case _:
                kinds = {"timestamp": "datetime", "date": "date", "time": "time", "duration": "timedelta"}
                return f"isinstance({name}, {self._runtime('datetime.' + kinds[kind])})"

    # Host -> schema

    def schema(self, type_: TypeRef, expression: str, place: str, depth: int = 0) -> str:
        """What a method answered as what its schema takes."""
        adapter = adapter_of(type_)
        if adapter is None:
            return self._answered(type_, expression, place, depth)
        return self._dumped(adapter, type_, expression, place, depth)

    def _answered(self, type_: TypeRef, expression: str, place: str, depth: int) -> str:
        match type_:
            case Scalar():
                return self._scalar_schema(type_, expression)
            case Json():
                return f"{self._runtime('hosts.jsonable')}({expression})"
            case Empty():
                return "None"
            case Named(symbol=symbol, kind="enum") if symbol not in self.blueprint.wire.names:
                return f"{expression}.value"
            case Named(symbol=symbol):
                return f"{self._function(symbol, 'to_schema')}({expression})"
            case Literals():
                return f"{self._made(place)}({expression})"
            case ListOf(item=item):
                return self._list_schema(item, expression, place, depth)
            case TupleOf(items=items):
                each = [
                    self.schema(item, f"{expression}[{i}]", f"{place}.item_{i}", depth) for i, item in enumerate(items)
                ]
                return f"{self._made(place)}(({', '.join(each)}{',' if len(each) == 1 else ''}))"
            case MapOf(key=key, value=value):
                changed = self.schema(value, "value", f"{place}.value", depth + 1)
                named = (
                    "key"
                    if isinstance(key, Scalar) and key.kind == "string"
                    else f"{self._runtime('hosts.key_text')}(key)"
                )
                return f"{{{named}: {changed} for key, value in {expression}.items()}}"
            case OptionalOf(item=item):
                return _unless_none(expression, self.schema(item, expression, place, depth))
            case OneOf(arms=arms):
                return self._union_schema(arms, expression, place)
            case Tensor(host="torch"):
                return f"{self._runtime('local.from_torch')}({expression})"
            case Tensor():
                return f"{self._runtime('np.asarray')}({expression})"
            case _:
                assert_never(type_)

    def _made(self, place: str) -> str:
        return self.schema_class(self.blueprint.wire.names[place])

    def _scalar_schema(self, type_: Scalar, expression: str) -> str:
        if type_.kind in _NUMBERS:
            return f"{self._runtime('hosts.plain')}({expression})"
        if type_.host in ("PIL.Image.Image", "PIL.Image"):
            return f"{self._runtime('hosts.image_bytes')}({expression})"
        if type_.kind == "bytes" and type_.host not in ("", "builtins.bytes"):
            return f"{self._runtime('hosts.content')}({expression})"
        return expression

    def _list_schema(self, item: TypeRef, expression: str, place: str, depth: int) -> str:
        if isinstance(item, Scalar) and item.adapter is None and (item.kind in _NUMBERS or item.kind == "string"):
            return f"{self._runtime('hosts.numbers')}({expression})"
        given = f"{self._runtime('hosts.items')}({expression})"
        return self._many(given, lambda one: self.schema(item, one, f"{place}.item", depth + 1), depth) or given

    def _union_schema(self, arms: tuple[TypeRef, ...], expression: str, place: str) -> str:
        lines = []
        if any(isinstance(arm, Scalar) and arm.kind in _NUMBERS for arm in arms):
            lines.append(f"value = {self._runtime('hosts.plain')}(value)")
        for arm in ordered(arms):
            test = self._host_test(arm)
            converted = self.schema(arm, "value", arm_place(place, arm))
            lines += [f"if {test}:", f"    return {converted}"] if test != "True" else [f"return {converted}"]
        if lines[-1].startswith("    "):
            self.used.add("hosts")
            lines.append(f"raise hosts.mismatch({_quoted(text(OneOf(arms=arms)))}, value)")
        return f"{self._add(place, 'to_schema', arms, 'The schema of', lines)}({expression})"

    def _host_test(self, arm: TypeRef, name: str = "value") -> str:
        """Whether a value of the package is of an arm."""
        adapter = adapter_of(arm)
        return f"isinstance({name}, {self._author(adapter.host)})" if adapter else self._plain_test(arm, name)

    def _plain_test(self, arm: TypeRef, name: str) -> str:
        contract = self.blueprint.contract
        match arm:
            case Scalar(kind="bytes", host=host) if host in ("PIL.Image.Image", "PIL.Image"):
                return f"hasattr({name}, 'save')".replace("'", '"')
            case Scalar(kind="bytes", host=host) if host:
                return f'isinstance({name}, bytes | bytearray | memoryview) or hasattr({name}, "read")'
            case Scalar(kind=kind):
                return self._scalar_test(kind, name)
            case Named(symbol=symbol, kind="message"):
                model = contract.model(symbol)
                if model.flavour == "typeddict":
                    return f"isinstance({name}, dict)"
                return f"isinstance({name}, {self.model_class(model)})"
            case Named(symbol=symbol):
                enum = contract.enum(symbol)
                return f"isinstance({name}, {self.host_class(enum.import_module, enum.qualname)})"
            case Literals(values=values):
                choices = ", ".join(_quoted(value) if isinstance(value, str) else repr(value) for value in values)
                return f"{name} in ({choices}{',' if len(values) == 1 else ''})"
            case ListOf(item=item):
                each = self._host_test(item, "item")
                return f"isinstance({name}, list | tuple | set | frozenset) and all({each} for item in {name})"
            case TupleOf(items=items):
                return f"isinstance({name}, tuple) and len({name}) == {len(items)}"
            case MapOf() | Json(object=True):
                return f"isinstance({name}, dict)"
            case Tensor():
                return f"{self._runtime('hosts.is_array')}({name})"
            case Empty():
                return f"{name} is None"
            case OptionalOf(item=item):
                return f"({name} is None or {self._host_test(item, name)})"
            case OneOf(arms=arms):
                return "(" + " or ".join(self._host_test(one, name) for one in arms) + ")"
            case Json():
                return "True"
            case _:
                assert_never(arm)

    def model_class(self, model: DataModel) -> str:
        """The class of a data model."""
        return self.host_class(model.import_module, model.qualname)

    # Message -> plain value

    def plain(self, type_: TypeRef, expression: str, place: str, depth: int = 0) -> str:
        """One element of a message as the plain value that its schema validates."""
        match type_:
            case Scalar(kind="timestamp"):
                return f"{expression}.ToDatetime(tzinfo={self._runtime('datetime.timezone.utc')})"
            case Scalar(kind="duration"):
                return f"{expression}.ToTimedelta()"
            case Scalar():
                return expression
            case Json():
                return f"{self._runtime('hosts.json_from_proto')}({expression})"
            case Empty():
                return "None"
            case Named(symbol=symbol, kind="enum") if symbol not in self.blueprint.wire.names:
                return expression
            case Named(symbol=symbol, kind="message"):
                return f"{self._function(symbol, 'from_proto')}({expression})"
            case Named(symbol=symbol):
                return f"{self.table(self.blueprint.wire.names[symbol], 'FROM_PROTO')}.get({expression}, {expression})"
            case Literals():
                return f"{self.table(self.blueprint.wire.names[place], 'FROM_PROTO')}.get({expression}, {expression})"
            case Tensor():
                return f"{self._runtime('tensors.from_proto')}({expression})"
            case ListOf() | MapOf():
                return self.plain_many(type_, attr(expression, "values"), place, depth)
            case TupleOf(items=items):
                made = self._holding(type_, place)
                each = [
                    self._plain_item(item, expression, f"{place}.item_{i}", made.field(f"item_{i}"), depth)
                    for i, item in enumerate(items)
                ]
                return f"[{', '.join(each)}]"
            case OptionalOf():
                return self._plain_optional(type_, expression, place, depth)
            case OneOf(arms=arms):
                return self._union_plain(arms, expression, place, self._holding(type_, place).fields)
            case _:
                assert_never(type_)

    def plain_many(self, type_: ListOf | MapOf, expression: str, place: str, depth: int = 0) -> str:
        """A repeated field or a map."""
        if isinstance(type_, ListOf):
            item = type_.item
            many = self._many(expression, lambda one: self.plain(item, one, f"{place}.item", depth + 1), depth)
            return many or f"list({expression})"
        changed = self.plain(type_.value, "value", f"{place}.value", depth + 1)
        named = "key" if self.blueprint and _string_key(type_.key) else f"{self._runtime('hosts.key_text')}(key)"
        return f"{{{named}: {changed} for key, value in {expression}.items()}}"

    def _plain_item(self, item: TypeRef, expression: str, place: str, wire: tuple[WireField, ...], depth: int) -> str:
        """One position of a tuple's message."""
        inner = attr(expression, wire[0].name)
        if isinstance(item, ListOf | MapOf):
            return self.plain_many(item, inner, place, depth)
        type_ = item.item if isinstance(item, OptionalOf) else item
        if isinstance(type_, OneOf):
            return self._union_plain(type_.arms, expression, place, wire)
        return f'{self.plain(type_, inner, place, depth)} if {expression}.HasField("{wire[0].name}") else None'

    def _plain_optional(self, type_: OptionalOf, expression: str, place: str, depth: int) -> str:
        item = type_.item
        if isinstance(item, OneOf):
            return self._union_plain(item.arms, expression, place, self._holding(type_, place).fields)
        inner = self.plain(item, attr(expression, "value"), place, depth)
        return f'({inner} if {expression}.HasField("value") else None)'

    def _holding(self, type_: TypeRef, place: str) -> WireMessage:
        """The message made for a type that stands as one element."""
        wire = self.blueprint.wire
        return wire.message(wire.names[element_key(type_, place)])

    def _union_plain(
        self, arms: tuple[TypeRef, ...], expression: str, place: str, fields: tuple[WireField, ...]
    ) -> str:
        lines = [f'match value.WhichOneof("{fields[0].oneof}"):']
        for one in fields:
            lines.append(f'    case "{one.name}":')
            arm = (
                self.plain(one.ref, attr("value", one.name), arm_place(place, one.ref)) if one.type != NULL else "None"
            )
            lines.append(f"        return {arm}")
        lines.append("return None")
        return f"{self._add(place, 'from_proto', arms, 'The plain value of', lines)}({expression})"

    # Schema -> message

    def message(self, type_: TypeRef, expression: str, place: str, depth: int = 0) -> str:
        """A schema's value as one element of a message."""
        wire = self.blueprint.wire
        match type_:
            case Scalar(kind="timestamp"):
                return f"{self._runtime('hosts.timestamp')}({expression})"
            case Scalar(kind="duration"):
                return f"{self._runtime('hosts.duration')}({expression})"
            case Scalar(kind="date" | "time"):
                return f"{expression}.isoformat()"
            case Scalar(kind="decimal" | "uuid"):
                return f"str({expression})"
            case Scalar():
                return expression
            case Json():
                return f"{self._runtime('hosts.json_to_proto')}({expression})"
            case Empty():
                return f"{self._runtime('empty_pb2.Empty')}()"
            case Named(symbol=symbol, kind="enum") if symbol not in wire.names:
                return expression
            case Named(symbol=symbol, kind="message"):
                return f"{self._function(symbol, 'to_proto')}({expression})"
            case Named(symbol=symbol):
                return f"{self.table(wire.names[symbol], 'TO_PROTO')}[{expression}.value]"
            case Literals():
                return f"{self.table(wire.names[place], 'TO_PROTO')}[{expression}.value]"
            case Tensor(dtype=dtype):
                declared = f', "{dtype}"' if dtype == "bfloat16" else ""
                return f"{self._runtime('tensors.to_proto')}({expression}, {self.stub(TENSOR)}(){declared})"
            case ListOf() | MapOf():
                name = self.stub(wire.names[element_key(type_, place)])
                return f"{name}(values={self.message_many(type_, expression, place, depth)})"
            case TupleOf() | OptionalOf() | OneOf():
                return self._holder(type_, expression, place)
            case _:
                assert_never(type_)

    def message_many(self, type_: ListOf | MapOf, expression: str, place: str, depth: int = 0) -> str:
        """A repeated field or a map."""
        if isinstance(type_, ListOf):
            item = type_.item
            many = self._many(expression, lambda one: self.message(item, one, f"{place}.item", depth + 1), depth)
            return many or expression
        changed = self.message(type_.value, "value", f"{place}.value", depth + 1)
        named = self._key_message(type_.key)
        if changed == "value" and named == "key":
            return expression
        return f"{{{named}: {changed} for key, value in {expression}.items()}}"

    def _key_message(self, key: TypeRef) -> str:
        match key:
            case Scalar(kind="bool"):
                return f"{self._runtime('hosts.key_bool')}(key)"
            case _ if not _string_key(key) and not self._text_enum(key):
                return "int(key)"
            case _:
                return "key"

    def _text_enum(self, key: TypeRef) -> bool:
        if isinstance(key, Named):
            return not all(type(member.value) is int for member in self.blueprint.contract.enum(key.symbol).members)
        return False

    def _holder(self, type_: TupleOf | OptionalOf | OneOf, expression: str, place: str) -> str:
        """A message that holds one tuple, optional or union: built by a function, for it has a shape of its own."""
        made = self._holding(type_, place)
        name = f"_{snake(made.name)}_to_proto"
        shared = made.file == "models" and self.file != "models" and name in self._model_holders()
        if not shared and name not in self.functions:
            self.functions[name] = Function(name=name, doc=f"A {made.name}.", argument="value", lines=[])
            self.functions[name].lines = [f"return {self.construct(made, self._holder_values(type_, place, made))}"]
        return f"{name}({expression})"

    def _model_holders(self) -> frozenset[str]:
        return frozenset()

    def _holder_values(self, type_: TypeRef, place: str, made: WireMessage) -> list[tuple[str, str]]:
        if isinstance(type_, TupleOf):
            return [
                pair
                for index, item in enumerate(type_.items)
                for pair in self.field_values(
                    made.field(f"item_{index}"), item, f"value.root[{index}]", f"{place}.item_{index}"
                )
            ]
        return self.field_values(made.field("value"), type_, "value", place)

    def field_values(
        self, fields: tuple[WireField, ...], type_: TypeRef, expression: str, place: str
    ) -> list[tuple[str, str]]:
        """The keyword arguments that set one contract field of a message."""
        first = fields[0]
        if first.oneof:
            return self._arm_values(fields, type_, expression, place)
        optional = isinstance(type_, OptionalOf)
        inner = type_.item if isinstance(type_, OptionalOf) else type_
        if first.label == "repeated" or first.key:
            assert isinstance(inner, ListOf | MapOf)
            return [(first.name, self.message_many(inner, expression, place))]
        value = self.message(inner, expression, place)
        return [(first.name, _unless_none(expression, value) if optional and value != expression else value)]

    def _arm_values(
        self, fields: tuple[WireField, ...], type_: TypeRef, expression: str, place: str
    ) -> list[tuple[str, str]]:
        inner = type_.item if isinstance(type_, OptionalOf) else type_
        found = []
        arms = inner.arms if isinstance(inner, OneOf) else (inner,)
        tests: dict[str, str] = {}
        for arm in ordered(arms):
            where = arm_place(place, arm) if isinstance(inner, OneOf) else place
            test = (
                self._schema_test(arm, where, expression) if isinstance(inner, OneOf) else f"{expression} is not None"
            )
            tests[text(arm)] = test
        for one in fields:
            if one.type == NULL:
                self.used.add("struct_pb2")
                found.append((one.name, f"struct_pb2.NULL_VALUE if {expression} is None else None"))
                continue
            where = arm_place(place, one.ref) if isinstance(inner, OneOf) else place
            value = self.message(one.ref, expression, where)
            found.append((one.name, f"{value} if {tests[text(one.ref)]} else None"))
        return found

    def construct(self, message: WireMessage, values: list[tuple[str, str]]) -> str:
        """A call that builds a message; one keyword a line where there are several."""
        name = self.stub(message.name)
        if not values:
            return f"{name}()"
        if any(keyword.iskeyword(key) for key, _ in values):
            pairs = ", ".join(f'"{key}": {value}' for key, value in values)
            return f"{name}(**{{{pairs}}})"
        if len(values) == 1:
            return f"{name}({values[0][0]}={values[0][1]})"
        lines = "".join(f"        {key}={value},\n" for key, value in values)
        return f"{name}(\n{lines}    )"


def adapter_of(type_: TypeRef) -> Adapter | None:
    """The adapter that a type carries, if any."""
    return None if isinstance(type_, Empty | OptionalOf | OneOf) else type_.adapter


def unadapted(type_: TypeRef) -> TypeRef:
    """The type that an adapted class's values travel as."""
    return type_ if isinstance(type_, Empty | OptionalOf | OneOf) else replace(type_, adapter=None)


def ordered(arms: tuple[TypeRef, ...]) -> list[TypeRef]:
    """Arms with the narrower types first: bool before int, a literal before its string, JSON last."""

    def rank(arm: TypeRef) -> int:
        match arm:
            case Empty():
                return 0
            case Literals() | Named():
                return 1
            case Scalar(kind="bool"):
                return 2
            case Scalar(kind="timestamp"):
                return 3
            case Scalar(kind="int32" | "int64" | "uint32" | "uint64"):
                return 4
            case Json(object=True):
                return 8
            case Json():
                return 9
            case _:
                return 5

    return sorted(arms, key=rank)


def attr(expression: str, name: str) -> str:
    """Attribute access, also for names that are keywords."""
    return f'getattr({expression}, "{name}")' if keyword.iskeyword(name) else f"{expression}.{name}"


def presence(field: WireField) -> bool:
    """Whether HasField can be asked."""
    return not field.oneof and (field.label == "optional" or not (field.label or field.key))


def _unless_none(expression: str, converted: str) -> str:
    return expression if converted == expression else f"None if {expression} is None else {converted}"


def _string_key(key: TypeRef) -> bool:
    match key:
        case Scalar(kind=kind):
            return kind not in ("bool", "int32", "int64", "uint32", "uint64")
        case Literals(values=values):
            return not all(type(value) is int for value in values)
        case _:
            return False


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


_OWN_NAMES = frozenset(
    [
        "models",
        "schemas",
        "hosts",
        "tensors",
        "local",
        "np",
        "pb",
        "io",
        "datetime",
        "decimal",
        "uuid",
        "model_schemas",
        "numpy",
    ]
)

"""The contract as messages that proto can say.

Proto has no `repeated repeated`, no `optional repeated`, no union in a list and no null. `lower` turns every such type
into messages made for it, so that everything that follows (pins, .proto files, converters, clients) speaks of fields
that exist.

Rules: every scalar and enum field is `optional`, so that 0 is apart from absent. A list or map is `repeated` where
leaving it out means the empty one, else a message around it. A union is a oneof. A field that may be null but whose
default is another value is a oneof of the value and a null. Requests and responses bear their service's name, as
buf's STANDARD rules ask.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from dataclasses import replace

from modelgen.contract.model import Contract, DataModel, Default, Enumeration, Field, Member, Method, Module, Parameter
from modelgen.contract.names import Allocator, pascal, snake, upper
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
    shape,
    text,
)
from modelgen.contract.wire import (
    EMPTY,
    JOB,
    NOTHING_KNOWN,
    NULL,
    SCALARS,
    TENSOR,
    VALUE,
    Known,
    Label,
    Wire,
    WireEnum,
    WireField,
    WireMessage,
    WireMethod,
    WireService,
    WireValue,
    arm_place,
    element_key,
    is_plain,
    null_apart,
    plain_collection,
    proto_name,
    shareable,
)

RESERVED = (
    *("Tensor", "Models", "Jobs", "Job", "JobState", "JobsService", "GetJobRequest", "GetJobResponse"),
    *("CancelJobRequest", "CancelJobResponse", "ListJobsRequest", "ListJobsResponse"),
)
"""Names that every generated package may need for itself."""

SCHEMA_SUFFIXES = ("Inputs", "Parameters", "Request", "Response", "Piece")
"""What the JSON schemas of a method are called, behind the module's and the method's name."""

_DOTTED = re.compile(r"[^\W\d][\w.]*\w|\w")
"""A name in the arguments of a generic model, or a word of a literal."""

_OPEN = Default(text="", known=False)
"""Of a piece of a stream: a message may carry none."""


def lower(contract: Contract, known: Known = NOTHING_KNOWN) -> Wire:
    """The contract as messages, enums and services, under the names that earlier generations gave."""
    return _Lowering(contract, known).wire()


class _Lowering:
    def __init__(self, contract: Contract, known: Known) -> None:
        self._contract = contract
        self._known = known
        self._oneofs = known.oneofs
        self._allocator = Allocator((*RESERVED, *known.names.values()))
        self._names: dict[str, str] = {}
        self._models: list[WireMessage] = []
        self._local: list[WireMessage] = []
        self._enums: list[WireEnum] = []
        self._file = "models"
        self._value_names = Allocator()
        self._field_names: dict[tuple[str, str], str] = {}
        """(message, name) of fields that proto would have under one name: the name that each has there."""

    def wire(self) -> Wire:
        contract = self._contract
        modules = [module for module in contract.modules if module.methods]
        bases = {module.symbol: self._named(module.symbol, module.symbol) for module in modules}
        for module in modules:
            stems = [bases[module.symbol] + pascal(method.name) for method in module.methods]
            for stem, suffix in itertools.product(stems, SCHEMA_SUFFIXES):
                self._allocator.take(stem + suffix)
        for symbol in (*(m.symbol for m in contract.models), *(e.symbol for e in contract.enums if not e.flag)):
            self._named(symbol, symbol)
        for enum in contract.enums:
            if not enum.flag:
                self._enums.append(self._enumeration(enum))
        models = [self._model(model) for model in contract.models]
        services, own = [], []
        for module in modules:
            service = self._service(module, bases[module.symbol])
            services.append(service)
            own += [message for m in service.methods for message in (m.request, m.response)] + self._local
        return Wire(
            package=f"{snake(contract.package)}.v1",
            services=tuple(services),
            messages=(*models, *self._models, *own),
            enums=tuple(self._enums),
            names=self._names,
        )

    # Names

    def _named(self, source: str, symbol: str) -> str:
        """The wire name of a symbol: as pinned, else its last part, with as many parts before it as make it unique."""
        if source not in self._names:
            made, _, arguments = symbol.partition("[")
            parts = [pascal(part) for part in made.split(".")]
            tail = "".join(pascal(word.rpartition(".")[2]) for word in _DOTTED.findall(arguments))
            candidates = ["".join(parts[-count:]) + tail for count in range(1, len(parts) + 1)]
            self._names[source] = self._known.names.get(source) or self._allocator.take(*candidates)
        return self._names[source]

    def _made(self, source: str, candidate: str) -> str:
        """The wire name of something made here."""
        name = self._known.names.get(source)
        return name if name else self._allocator.take(candidate)

    # Elements of the contract

    def _enumeration(self, enum: Enumeration) -> WireEnum:
        name = self._names[enum.symbol]
        return WireEnum(
            name=name, source=enum.symbol, file="models", doc=enum.doc, values=self._values(name, enum.members)
        )

    def _model(self, model: DataModel) -> WireMessage:
        self._file = "models"
        name = self._names[model.symbol]
        local = self._local
        self._local = self._models
        fields = self._fields(name, model.symbol, name, model.fields)
        self._local = local
        return WireMessage(name=name, source=model.symbol, file="models", fields=fields, doc=model.doc)

    def _service(self, module: Module, base: str) -> WireService:
        self._file, self._local = snake(base), []
        return WireService(
            name=f"{base}Service",
            base=base,
            module=module,
            methods=tuple(self._method(module, base, method) for method in module.methods),
        )

    def _method(self, module: Module, base: str, method: Method) -> WireMethod:
        name, source = pascal(method.name), f"{module.symbol}.{method.name}"
        stem = f"{base}{name}"
        ordered = sorted(method.parameters, key=lambda parameter: not parameter.required)
        request_name = self._made(source, f"{base}Service{name}Request")
        self._distinguish(request_name, ordered)
        request = WireMessage(
            name=request_name,
            source=source,
            file=self._file,
            fields=tuple(
                wire for parameter in ordered for wire in self._parameter(request_name, source, stem, parameter)
            ),
            doc=f"What {module.name}.{method.name} is called with.",
        )
        response_name = self._made(f"{source}.return", f"{base}Service{name}Response")
        response = WireMessage(
            name=response_name,
            source=f"{source}.return",
            file=self._file,
            fields=self._result(response_name, source, stem, method),
            doc=f"{'One item of what' if method.stream else 'What'} {module.name}.{method.name} answers.",
        )
        return WireMethod(name=name, method=method, request=request, response=response)

    def _parameter(self, owner: str, source: str, stem: str, parameter: Parameter) -> tuple[WireField, ...]:
        if not parameter.stream:
            return self._field(owner, source, stem, parameter)
        piece = replace(parameter, default=_OPEN)
        return tuple(replace(wire, source=parameter) for wire in self._field(owner, source, stem, piece))

    def _result(self, owner: str, source: str, stem: str, method: Method) -> tuple[WireField, ...]:
        if method.kind == "train":
            return (WireField(name="job", type=JOB, ref=Empty(), doc="The job that trains."),)
        if isinstance(method.returns, Empty):
            return ()
        return self._field(owner, source, stem, Field(name="result", type=method.returns, doc="The answer."))

    # Fields

    def _distinguish(self, owner: str, fields: Iterable[Field]) -> None:
        """Give names to fields that differ in Python and not in proto: `y` and `Y`, `n_samples` and `nSamples`."""
        found: dict[str, list[str]] = {}
        for field in fields:
            found.setdefault(proto_name(field.name), []).append(field.name)
        for name, alike in found.items():
            published = self._known.sources.get((owner, name), name)  # who has the name already keeps it
            for count, one in enumerate(sorted(alike, key=lambda one: (one != published, one)), start=1):
                if count > 1:
                    self._field_names[owner, one] = f"{name}_{count}"

    def _fields(self, owner: str, source: str, stem: str, fields: Iterable[Field]) -> tuple[WireField, ...]:
        fields = tuple(fields)
        self._distinguish(owner, fields)
        return tuple(wire for field in fields for wire in self._field(owner, source, stem, field))

    def _field(self, owner: str, source: str, stem: str, field: Field) -> tuple[WireField, ...]:
        return self._placed(owner, f"{source}.{field.name}", f"{stem}{pascal(field.name)}", field)

    def _placed(self, owner: str, place: str, made: str, field: Field) -> tuple[WireField, ...]:
        name, inner = self._field_names.get((owner, field.name)) or proto_name(field.name), field.type
        if isinstance(inner, OptionalOf):
            inner = inner.item
        if isinstance(inner, OneOf) or null_apart(field) or self._was_union(owner, name):
            return self._oneof(owner, name, place, made, field, inner)
        if plain_collection(field):
            return (self._collection(name, place, made, field),)
        type_ = self._element(inner, place, made)
        label: Label = "optional" if is_plain(inner) else ""
        return (WireField(name=name, type=type_, label=label, ref=field.type, source=field, doc=field.doc),)

    def _collection(self, name: str, place: str, made: str, field: Field) -> WireField:
        match field.type:
            case ListOf(item=item):
                type_ = self._element(item, f"{place}.item", f"{made}Item")
                return WireField(name=name, type=type_, label="repeated", ref=field.type, source=field, doc=field.doc)
            case MapOf(key=key, value=value):
                type_ = self._element(value, f"{place}.value", f"{made}Value")
                return WireField(name=name, type=type_, key=self._key(key), ref=field.type, source=field, doc=field.doc)
        raise AssertionError(field)

    def _was_union(self, owner: str, name: str) -> bool:
        """A field that once was a union stays a oneof, of one arm if need be: leaving a oneof breaks generated code."""
        return (owner, name) in self._oneofs or (owner, f"{name}_oneof") in self._oneofs

    def _oneof(
        self, owner: str, name: str, place: str, made: str, field: Field, inner: TypeRef
    ) -> tuple[WireField, ...]:
        arms = inner.arms if isinstance(inner, OneOf) else (inner,)
        known, was = self._known.fields.get((owner, name), (None, ""))
        # What was a single field stays, under its name, as the arm of its type; the oneof then needs another name.
        single = next((arm for arm in arms if was == shape(arm)), None) if known is not None else None
        beside = f"{name}_oneof"
        was_single = known is not None and (owner, name) not in self._oneofs
        oneof = beside if was_single or (owner, beside) in self._oneofs else name
        apart = null_apart(field) or (owner, f"{name}_value") in self._known.fields
        fields, taken = [], Allocator()
        for index, arm in enumerate(arms):
            suffix = "value" if apart and len(arms) == 1 else self._arm_name(arm)
            arm_name = taken.take(name if arm is single else f"{name}_{suffix}")
            where = arm_place(place, arm) if isinstance(inner, OneOf) else place
            type_ = self._element(arm, where, f"{made}{pascal(suffix)}")
            doc = field.doc if index == 0 else ""
            fields.append(WireField(name=arm_name, type=type_, oneof=oneof, ref=arm, source=field, doc=doc))
        if null_apart(field):
            null = WireField(
                name=f"{name}_null", type=NULL, oneof=oneof, ref=Empty(), source=field, doc="Set for None."
            )
            fields.append(null)
        return tuple(fields)

    def _arm_name(self, arm: TypeRef) -> str:
        """A readable word for an arm: `string`, `string_list`, `label`."""
        match arm:
            case Named():
                return snake(self._structural(arm))
            case Literals():
                return "choice"
            case TupleOf():
                return "tuple"
            case _:
                return snake(self._structural(arm))

    # Types

    def _element(self, type_: TypeRef, place: str, made: str) -> str:
        """The proto type of one value; `place` and `made` name what must be made for it."""
        match type_:
            case Scalar(kind=kind):
                return SCALARS[kind]
            case Json():
                return VALUE
            case Empty():
                return EMPTY
            case Tensor():
                return TENSOR
            case Named(symbol=symbol, kind=kind):
                return "int64" if kind == "enum" and self._contract.enum(symbol).flag else self._names[symbol]
            case Literals(values=values):
                return self._literals(values, place, made)
            case TupleOf(items=items):
                return self._tuple(items, place, made, f"The values of a {text(type_)}.")
            case OneOf():
                return self._holder(place, place, made, Field(name="value", type=type_))
            case ListOf() | MapOf() | OptionalOf():
                return self._wrapper(type_, place, made)
            case _:
                assert_never(type_)

    def _wrapper(self, type_: ListOf | MapOf | OptionalOf, place: str, made: str) -> str:
        field = Field(name="value" if isinstance(type_, OptionalOf) else "values", type=type_)
        if not shareable(type_):
            suffix = type(type_).__name__.removesuffix("Of")
            return self._holder(element_key(type_, place), place, f"{made}{suffix}", field)
        source = element_key(type_, place)
        if source in self._names:
            return self._names[source]
        name = self._names[source] = self._made(source, self._structural(type_))
        file, self._file = self._file, "models"
        fields = self._field(name, source, name, field)
        self._file = file
        self._models.append(WireMessage(name=name, source=source, file="models", fields=fields, doc=f"A {source}."))
        return name

    def _tuple(self, items: tuple[TypeRef, ...], place: str, made: str, doc: str) -> str:
        name = self._names[place] = self._made(place, made)
        fields = [Field(name=f"item_{index}", type=item) for index, item in enumerate(items)]
        self._add(name, place, self._fields(name, place, name, fields), doc)
        return name

    def _holder(self, key: str, place: str, made: str, field: Field) -> str:
        """A message around one value that has no field of its own."""
        name = self._names[key] = self._made(key, made)
        self._add(name, key, self._placed(name, place, name, field), f"A {text(field.type)}.")
        return name

    def _add(self, name: str, source: str, fields: tuple[WireField, ...], doc: str) -> None:
        self._local.append(WireMessage(name=name, source=source, file=self._file, fields=fields, doc=doc))

    def _literals(self, values: tuple[str | int | bool, ...], place: str, made: str) -> str:
        name = self._names[place] = self._made(place, made)
        members = tuple(Member(name=_literal_name(value), value=value) for value in values)
        doc = f"One of {', '.join(repr(value) for value in values)}."
        self._enums.append(
            WireEnum(name=name, source=place, file=self._file, values=self._values(name, members), doc=doc)
        )
        return name

    def _values(self, enum: str, members: Iterable[Member]) -> tuple[WireValue, ...]:
        """Proto scopes an enum's values to the package, so that each needs a name that is unique there."""
        prefix = upper(enum)
        self._value_names.take(f"{prefix}_UNSPECIFIED")
        return tuple(
            WireValue(
                name=self._value_names.take(f"{prefix}_{upper(member.name)}"),
                member=member.name,
                value=member.value,
                doc=member.doc,
            )
            for member in members
        )

    def _structural(self, type_: TypeRef) -> str:
        """A name made of a type's parts: `DoubleListList`, `OptionalInt64`, `StringLabelMap`."""
        match type_:
            case Scalar(kind=kind):
                return pascal(kind)
            case Json():
                return "Json"
            case Empty():
                return "Empty"
            case Tensor():
                return TENSOR
            case Named(symbol=symbol):
                return self._names.get(symbol, "Int64")
            case ListOf(item=item):
                return f"{self._structural(item)}List"
            case MapOf(key=key, value=value):
                return f"{self._structural(key)}{self._structural(value)}Map"
            case OptionalOf(item=item):
                return f"Optional{self._structural(item)}"
            case Literals() | TupleOf() | OneOf():
                return type(type_).__name__.removesuffix("Of")
            case _:
                assert_never(type_)

    def _key(self, key: TypeRef) -> str:
        match key:
            case Scalar(kind=("bool" | "int32" | "int64" | "uint32" | "uint64") as kind):
                return kind
            case Named(symbol=symbol, kind="enum") if _integral(m.value for m in self._contract.enum(symbol).members):
                return "int64"
            case Literals(values=values) if _integral(values):
                return "int64"
            case _:
                return "string"


def _integral(values: Iterable[object]) -> bool:
    return all(isinstance(value, int) and not isinstance(value, bool) for value in values)


def _literal_name(value: str | int | bool) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return f"value_{'minus_' if value < 0 else ''}{abs(value)}"
    cleaned = "".join(c if c.isascii() and c.isalnum() else "_" for c in value).strip("_")
    return cleaned if cleaned and not cleaned[0].isdigit() else f"value_{cleaned}".rstrip("_")

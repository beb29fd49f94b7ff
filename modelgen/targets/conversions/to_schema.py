"""From what a method answered to what its schema takes."""

from __future__ import annotations

from modelgen.contract.model import DataModel
from modelgen.contract.names import snake
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
from modelgen.contract.wire import arm_place
from modelgen.targets.conversions.names import (
    NUMBERS,
    Function,
    Names,
    adapter_of,
    ordered,
    quoted,
    unadapted,
    unless_none,
)


class ToSchema(Names):
    """Host -> schema."""

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
                return unless_none(expression, self.schema(item, expression, place, depth))
            case OneOf(arms=arms):
                return self._union_schema(arms, expression, place)
            case Tensor(host="torch"):
                return f"{self._runtime('local.from_torch')}({expression})"
            case Tensor():
                return f"{self._runtime('np.asarray')}({expression})"
            case _:
                assert_never(type_)

    def _dumped(self, adapter: Adapter, type_: TypeRef, expression: str, place: str, depth: int) -> str:
        call = f"{self._author(adapter.dump)}({expression})"
        if isinstance(type_, Json):
            call = unless_none(expression, call)
        plain = unadapted(type_)
        if not isinstance(plain, TupleOf):
            return self.schema(plain, call, place, depth)
        lines = [f"value = {call.replace(expression, 'value')}", f"return {self.schema(plain, 'value', place)}"]
        name = f"_{snake(self.blueprint.wire.names[place])}_of_{snake(adapter.host.rpartition('.')[2])}"
        doc = f"What {adapter.dump} makes of a {adapter.host}."
        self.functions[name] = Function(name=name, doc=doc, argument="value", lines=lines)
        return f"{name}({expression})"

    def _made(self, place: str) -> str:
        return self.schema_class(self.blueprint.wire.names[place])

    def _scalar_schema(self, type_: Scalar, expression: str) -> str:
        if type_.kind in NUMBERS:
            return f"{self._runtime('hosts.plain')}({expression})"
        if type_.host in ("PIL.Image.Image", "PIL.Image"):
            return f"{self._runtime('hosts.image_bytes')}({expression})"
        if type_.kind == "bytes" and type_.host not in ("", "builtins.bytes"):
            return f"{self._runtime('hosts.content')}({expression})"
        return expression

    def _list_schema(self, item: TypeRef, expression: str, place: str, depth: int) -> str:
        if isinstance(item, Scalar) and item.adapter is None and (item.kind in NUMBERS or item.kind == "string"):
            return f"{self._runtime('hosts.numbers')}({expression})"
        given = f"{self._runtime('hosts.items')}({expression})"
        return self._many(given, lambda one: self.schema(item, one, f"{place}.item", depth + 1), depth) or given

    def _union_schema(self, arms: tuple[TypeRef, ...], expression: str, place: str) -> str:
        lines = []
        if any(isinstance(arm, Scalar) and arm.kind in NUMBERS for arm in arms):
            lines.append(f"value = {self._runtime('hosts.plain')}(value)")
        for arm in ordered(arms):
            test = self._host_test(arm)
            converted = self.schema(arm, "value", arm_place(place, arm))
            lines += [f"if {test}:", f"    return {converted}"] if test != "True" else [f"return {converted}"]
        if lines[-1].startswith("    "):
            self.used.add("hosts")
            lines.append(f"raise hosts.mismatch({quoted(text(OneOf(arms=arms)))}, value)")
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
                choices = ", ".join(quoted(value) if isinstance(value, str) else repr(value) for value in values)
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

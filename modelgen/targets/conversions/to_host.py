"""From a validated schema to what the method's signature declares."""

from __future__ import annotations

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
)
from modelgen.contract.wire import arm_place
from modelgen.targets.conversions.names import (
    Names,
    adapter_of,
    ordered,
    unadapted,
    unless_none,
)


class ToHost(Names):
    """Schema -> host."""

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
                return unless_none(expression, self.host(item, expression, place, depth))
            case OneOf(arms=arms):
                return self._union_host(arms, expression, place)
            case Tensor(host="torch"):
                return f"{self._runtime('local.to_torch')}({expression})"
            case Tensor():
                return expression
            case _:
                assert_never(type_)

    def _loaded(self, adapter: Adapter, type_: TypeRef, sent: str, expression: str) -> str:
        call = f"{self._author(adapter.load)}({sent})"
        return unless_none(expression, call) if isinstance(type_, Json) else call

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
            case Scalar(kind="int32" | "int64" | "uint32" | "uint64" as kind):
                return f'{self._runtime("hosts.key_int")}(key, "{kind}")'
            case Scalar(kind="float" | "double"):
                return "float(key)"
            case Named(symbol=symbol):
                enum = self.blueprint.contract.enum(symbol)
                cast = "int(key)" if isinstance(enum.members[0].value, int) else "key"
                return f"{self.host_class(enum.import_module, enum.qualname)}({cast})"
            case Literals(values=values):
                return f"{self._runtime('hosts.key_literal')}(key, {values!r})"
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

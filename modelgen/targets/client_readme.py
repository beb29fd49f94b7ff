"""The client's README: a sample for every method."""

from __future__ import annotations

import re
from typing import Any

from modelgen.contract.model import Field, Method
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
)
from modelgen.contract.wire import WireMethod, WireService
from modelgen.languages import python
from modelgen.targets.client_names import ClientNames, method_name, target_name
from modelgen.targets.samples import sample
from modelgen.targets.target import Blueprint

_MADE = {
    "timestamp": "datetime.datetime(2024, 1, 31, 12, 30, tzinfo=datetime.timezone.utc)",
    "date": "datetime.date(2024, 1, 31)",
    "time": "datetime.time(12, 30)",
    "duration": "datetime.timedelta(seconds=90)",
    "decimal": 'decimal.Decimal("1.5")',
    "uuid": 'uuid.UUID("12345678-1234-5678-1234-567812345678")',
    "bytes": 'b"bytes"',
}


def view(blueprint: Blueprint, names: ClientNames) -> dict[str, Any]:
    """What the README's template is given beside the project's names."""
    modules = [_module(blueprint, names, service) for service in blueprint.wire.services]
    return {
        "modules": modules,
        "streams": any(rpc.server_streaming for one in blueprint.wire.services for rpc in one.methods),
    }


def calls(blueprint: Blueprint) -> dict[tuple[str, str], list[str]]:
    """File of the module and method -> lines that connect to the service and make a call."""
    found = {}
    modules = view(blueprint, ClientNames(blueprint))["modules"]
    for service, module in zip(blueprint.wire.services, modules, strict=True):
        connect = f'model = {module["name"]}.connect("http://127.0.0.1:8080")'
        for rpc, method in zip(service.methods, module["methods"], strict=True):
            lines = [connect, *method["lines"]]
            words = set(re.findall(r"\w+", "\n".join(lines)))
            imports = [line for line in module["modules"] if line.split()[-1] in words]
            classes = ", ".join(name for name in module["classes"] if name in words)
            head = [*imports, f"from {blueprint.client} import {classes}", ""]
            found[service.file, rpc.method.name] = head + lines
    return found


def _module(blueprint: Blueprint, names: ClientNames, service: WireService) -> dict[str, Any]:
    samples = _Samples(names)
    methods = [_method(samples, service, rpc) for rpc in service.methods]
    return {
        "name": names.client(service),
        "doc": python.sentence(service.module.doc),
        "classes": sorted({names.client(service), *samples.classes}),
        "modules": sorted(samples.modules),
        "methods": methods,
    }


def _method(samples: _Samples, service: WireService, rpc: WireMethod) -> dict[str, Any]:
    method = rpc.method
    arguments = [
        _passed(parameter.name, parameter.kind, samples.field(parameter))
        for parameter in method.parameters
        if parameter.required and not parameter.stream
    ]
    stream = method.stream_parameter
    if stream:
        value = samples.value(stream.type)
        arguments.insert(0, _passed(stream.name, stream.kind, f"[{value}]"))
    name = method_name(method)
    if method.kind == "train":
        lines = _train(samples, service, method, arguments)
    elif method.stream:
        lines = [
            f"with model.{name}({', '.join(arguments)}) as answers:",
            "    for answer in answers:",
            "        print(answer)",
        ]
    elif isinstance(method.returns, Empty):
        lines = [f"model.{name}({', '.join(arguments)})"]
    else:
        lines = [f"answer = model.{name}({', '.join(arguments)})"]
    return {"name": name, "doc": python.sentence(method.doc), "lines": lines}


def _train(samples: _Samples, service: WireService, method: Method, arguments: list[str]) -> list[str]:
    name = method_name(method)
    if method.receiver == "instance":
        call = f"model.{name}({', '.join(arguments)})"
    else:
        call = f"{samples.names.client(service)}.{name}({', '.join([*arguments, f'{target_name(method)}=model'])})"
    return [f"job = {call}", "trained = job.wait(on_progress=print).model()"]


def _passed(name: str, kind: str, value: str) -> str:
    return value if kind == "positional" else f"{name}={value}"


class _Samples:
    """Writes values as Python, and remembers what must be imported for them."""

    def __init__(self, names: ClientNames) -> None:
        self.names = names
        self.classes: set[str] = set()
        self.modules: set[str] = set()

    def field(self, field: Field, seen: tuple[str, ...] = ()) -> str:
        """A value that a field takes."""
        return self.value(field.type, seen)

    def value(self, type_: TypeRef, seen: tuple[str, ...] = ()) -> str:
        """A value of a type; models inside themselves end where they may."""
        contract = self.names.blueprint.contract
        match type_:
            case Scalar(kind=kind) if kind in _MADE:
                if "." in _MADE[kind]:
                    self.modules.add(f"import {_MADE[kind].split('.')[0]}")
                return _MADE[kind]
            case Scalar() | Json() | Literals():
                return python.literal(sample(type_, contract))
            case Empty():
                return "None"
            case Named(symbol=symbol, kind="enum"):
                self.classes.add(self.names.classes[symbol])
                return f"{self.names.classes[symbol]}.{contract.enum(symbol).members[0].name}"
            case Named(symbol=symbol):
                return self._model(symbol, seen)
            case ListOf(item=item, host=host, constraints=limits):
                each = ", ".join([self.value(item, seen)] * max(1, limits.min_length or 0))
                return f"[{each}]" if host == "list" else f"{host}([{each}])"
            case TupleOf(items=items):
                each = ", ".join(self.value(item, seen) for item in items)
                return f"({each}{',' if len(items) == 1 else ''})"
            case MapOf(key=key, value=value):
                return f"{{{self.value(key)}: {self.value(value, seen)}}}"
            case OptionalOf(item=item):
                ends = isinstance(item, Named) and item.symbol in seen
                return "None" if ends else self.value(item, seen)
            case OneOf(arms=arms):
                return self.value(arms[0], seen)
            case Tensor(dtype=dtype, shape=shape):
                self.modules.add("import numpy as np")
                sizes = tuple(1 if size < 0 else size for size in shape) if shape is not None else (1,)
                plain = {"any": "float64", "bfloat16": "float32", "bool": "bool_"}.get(dtype, dtype)
                return f"np.zeros({python.literal(sizes)}, dtype=np.{plain})"
            case _:
                assert_never(type_)

    def _model(self, symbol: str, seen: tuple[str, ...]) -> str:
        model = self.names.blueprint.contract.model(symbol)
        required = [field for field in model.fields if field.required]
        if symbol in seen:
            required = []
        values = [(field.name, self.field(field, (*seen, symbol))) for field in required]
        if model.flavour == "typeddict":
            return "{" + ", ".join(f"{python.literal(name)}: {value}" for name, value in values) + "}"
        self.classes.add(self.names.classes[symbol])
        return f"{self.names.classes[symbol]}({', '.join(f'{name}={value}' for name, value in values)})"

"""What makes the project a service: bindings, routers, servicers and the application."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import Any

from modelgen.contract.model import Method, Module
from modelgen.contract.names import kebab, upper
from modelgen.contract.types import text
from modelgen.contract.wire import WireMethod, WireService
from modelgen.languages import python
from modelgen.targets.components import piece_name, request_name, response_name
from modelgen.targets.conversions import Conversions
from modelgen.targets.formatting import tidy
from modelgen.targets.openapi import operation_id
from modelgen.targets.target import Blueprint, File, Target
from modelgen.targets.templates import render

_ROUTER_NAMES = ("router", "native", "bindings", "APIRouter", "Request", "Response")


def emit(blueprint: Blueprint) -> Iterable[File]:
    """The service package without its schemas, stubs and converters."""
    folder = blueprint.service
    common = shared_view(blueprint)
    for name in ("__init__.py", "__main__.py", "app.py"):
        yield File(path=f"{folder}/{name}", text=render(f"service/{name}", **common), template=f"service/{name}")
    yield File(path=f"{folder}/py.typed", text="")
    hooks = render("service/hooks.py", **common)
    yield File(path=f"{folder}/hooks.py", text=hooks, state="scaffold", template="service/hooks.py")
    for kind in ("bindings", "routers", "servicers"):
        index = f"service/{kind}_index.py"
        yield File(
            path=f"{folder}/{kind}/__init__.py", text=tidy(render(index, **common), blueprint.cache), template=index
        )
        for service, module in zip(blueprint.wire.services, common["modules"], strict=True):
            rendered = tidy(render(f"service/{kind}.py", **common, module=module), blueprint.cache)
            path, symbol = f"{folder}/{kind}/{service.file}.py", service.module.symbol
            yield File(path=path, text=rendered, source=symbol, template=f"service/{kind}.py")
    if blueprint.wire.trains:
        rendered = render("service/jobs_servicer.py", **common)
        yield File(path=f"{folder}/servicers/jobs.py", text=rendered, template="service/jobs_servicer.py")


def shared_view(blueprint: Blueprint) -> dict[str, Any]:
    """What every template of the service is given."""
    return {
        "source": blueprint.contract.package,
        "package": blueprint.contract.package,
        "service": blueprint.service,
        "project": blueprint.project,
        "client": blueprint.client,
        "version": blueprint.contract.version,
        "contract_hash": blueprint.contract_hash,
        "proto": blueprint.wire.package,
        "proto_path": blueprint.proto_path,
        "trains": blueprint.wire.trains,
        "deployments": blueprint.deployments,
        "modules": [module_view(blueprint, service) for service in blueprint.wire.services],
    }


def module_view(blueprint: Blueprint, service: WireService) -> dict[str, Any]:
    """One module, as templates speak of it."""
    module = service.module
    names = Conversions(blueprint=blueprint, file=service.file)
    host = names.host_class(module.import_module, module.qualname)
    methods = [
        method_view(service, rpc) | {"batching": blueprint.batching.get(f"{module.symbol}.{rpc.method.name}")}
        for rpc in service.methods
    ]
    train = next((rpc.method for rpc in service.methods if rpc.method.kind == "train"), None)
    return {
        "name": module.name,
        "base": service.base,
        "symbol": module.symbol,
        "service": service.name,
        "file": service.file,
        "path": kebab(service.base),
        "route": blueprint.route(service),
        "doc": module.doc,
        "task": module.task,
        "host": host,
        "imports": sorted(names.hosts.items()),
        "required": tuple(one.name for one in module.construct.parameters if one.required) if module.construct else (),
        "load": _receiver(module.load),
        "save": module.save is not None,
        "train": _receiver(train),
        "methods": methods,
        "batches": any(method["batch"] for method in methods),
        "streams_in": any(method["stream_in"] for method in methods),
        "streams_out": any(method["stream_out"] for method in methods),
        "positional_load": _first(module),
    }


def _receiver(method: Method | None) -> str:
    return method.receiver if method else ""


def _first(module: Module) -> str:
    return module.load.parameters[0].name if module.load and module.load.parameters else ""


def _positional(method: Method) -> tuple[str, ...]:
    return tuple(one.name for one in method.parameters if one.kind == "positional")


def _batch_view(service: WireService, method: Method) -> dict[str, Any] | None:
    """The sibling that takes many inputs; a coroutine is not batched."""
    plural = next((rpc.method for rpc in service.methods if rpc.method.name == method.batch), None)
    if plural is None or method.asynchronous or plural.asynchronous:
        return None
    inputs = tuple(one.name for one in plural.inputs)
    return {"name": plural.name, "inputs": inputs, "positional": _positional(plural)}


def method_view(service: WireService, rpc: WireMethod) -> dict[str, Any]:
    """One method, as templates speak of it."""
    method = rpc.method
    stream = method.stream_parameter
    function = python.name(method.name)
    return {
        "name": method.name,
        "function": function,
        "handler": f"{function}_" if function in _ROUTER_NAMES else function,
        "constant": upper(method.name),
        "kind": method.kind,
        "rpc": rpc.name,
        "path": kebab(method.name),
        "operation": operation_id(service, method),
        "doc": method.doc or f"Call {service.module.name}.{method.name}.",
        "summary": python.sentence(method.doc) or f"Call {service.module.name}.{method.name}.",
        "request": request_name(service, method),
        "response": "" if method.kind == "train" else response_name(service, method),
        "piece": piece_name(service, method) if stream else "",
        "request_message": rpc.request.name,
        "response_message": rpc.response.name,
        "returns": textwrap.shorten(text(method.returns), 80, placeholder=" …"),
        "positional": _positional(method),
        "inputs": tuple(one.name for one in method.inputs) if method.kind == "infer" else (),
        "batch": _batch_view(service, method),
        "stream_in": stream is not None,
        "stream_name": stream.name if stream else "",
        "stream_asynchronous": bool(stream and stream.asynchronous),
        "stream_out": method.stream,
        "asynchronous": method.asynchronous,
        "raises": {one.name: one.code for one in method.raises if one.code},
    }


SERVICE = Target(name="service", emit=emit)

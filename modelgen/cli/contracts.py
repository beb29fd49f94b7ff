"""A contract, for people as tables and for programs as data, in the text form that the lock uses for types."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import typer

from modelgen.cli.report import count, finding_data, location_data, write_table
from modelgen.contract.types import text as type_text

if TYPE_CHECKING:
    from modelgen.contract.model import Contract, DataModel, Enumeration, Method, Module, Parameter
    from modelgen.finding import Finding, Location


def write_contract(contract: Contract) -> None:
    """The contract as tables: a row for each method, data model and enumeration."""
    write_methods(contract)
    shapes = [*map(_model_row, contract.models), *map(_enum_row, contract.enums)]
    write_table(("type", "where", "holds"), shapes)


def write_methods(contract: Contract) -> None:
    """What became of each method, as a table, and how many there are of each fate."""
    methods = [method for module in contract.modules for method in module.methods]
    refused = sum(len(module.refused) for module in contract.modules)
    partly = sum(bool(method.left_out) for method in methods)
    found = count(len(methods) + refused, "method")
    fates = f"{len(methods)} served ({partly} without some parameters), {refused} refused"
    typer.echo(f"{contract.package} {contract.version}: {found} found, {fates}")
    rows = [row for module in contract.modules for row in _method_rows(module)]
    write_table(("method", "status", "where", "answers", "takes"), rows)


def contract_data(contract: Contract | None, findings: Iterable[Finding]) -> dict[str, Any]:
    """A contract and the findings on it, for programs."""
    data: dict[str, Any] = {"modules": [], "models": [], "enums": []}
    if contract is not None:
        data = {
            "package": contract.package,
            "version": contract.version,
            "modules": [_module_data(module) for module in contract.modules],
            "models": [_model_data(model) for model in contract.models],
            "enums": [_enum_data(enum) for enum in contract.enums],
        }
    return {**data, "findings": [finding_data(finding) for finding in findings]}


def _method_rows(module: Module) -> Iterator[tuple[str, ...]]:
    extras = [method for method in (module.construct, module.load, module.save) if method is not None]
    for method in (*module.methods, *extras):
        served = method in module.methods
        left_out = ", ".join(f"without {one.name} ({one.reason})" for one in method.left_out)
        status = "served" if served else method.kind
        yield (
            f"{module.name}.{method.name}",
            f"{status}, {left_out}" if left_out else status,
            str(method.where or ""),
            f"{'stream of ' * method.stream}{type_text(method.returns)}" if served else "",
            ", ".join(_takes(parameter) for parameter in method.parameters),
        )
    for refused in module.refused:
        yield (refused.name, f"refused: {refused.reason}", str(refused.where or ""), "", "")


def _takes(parameter: Parameter) -> str:
    default = f" = {parameter.default.text}" if parameter.default else ""
    return f"{parameter.name}: {'stream of ' * parameter.stream}{type_text(parameter.type)}{default}"


def _model_row(model: DataModel) -> tuple[str, ...]:
    holds = ", ".join(f"{field.name}: {type_text(field.type)}" for field in model.fields)
    return (f"message {model.symbol}", str(model.where or ""), holds)


def _enum_row(enum: Enumeration) -> tuple[str, ...]:
    return (f"enum {enum.symbol}", str(enum.where or ""), ", ".join(member.name for member in enum.members))


def _module_data(module: Module) -> dict[str, Any]:
    methods = [{**_method_data(method), "served": True} for method in module.methods]
    refused = [
        {"name": one.name.rpartition(".")[2], "served": False, "reason": one.reason, **_placed(one.where)}
        for one in module.refused
    ]
    return {
        "name": module.name,
        "path": module.symbol,
        "doc": module.doc,
        "methods": methods + refused,
        "construct": _method_data(module.construct) if module.construct else None,
        "load": _method_data(module.load) if module.load else None,
        "save": _method_data(module.save) if module.save else None,
        **_placed(module.where),
    }


def _method_data(method: Method) -> dict[str, Any]:
    left_out = [{"name": one.name, "type": one.text, "left_out": True, "reason": one.reason} for one in method.left_out]
    return {
        "name": method.name,
        "kind": method.kind,
        "stream": method.stream,
        "doc": method.doc,
        "parameters": [*map(_parameter_data, method.parameters), *left_out],
        "returns": type_text(method.returns),
        **_placed(method.where),
    }


def _parameter_data(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "type": type_text(parameter.type),
        "required": parameter.required,
        **({"default": parameter.default.text} if parameter.default else {}),
        "stream": parameter.stream,
        "role": parameter.role,
    }


def _model_data(model: DataModel) -> dict[str, Any]:
    fields = [
        {
            "name": field.name,
            "type": type_text(field.type),
            "required": field.required,
            **({"default": field.default.text} if field.default else {}),
        }
        for field in model.fields
    ]
    return {"name": model.name, "path": model.symbol, "doc": model.doc, "fields": fields, **_placed(model.where)}


def _enum_data(enum: Enumeration) -> dict[str, Any]:
    members = [{"name": member.name, "value": member.value} for member in enum.members]
    return {"name": enum.name, "path": enum.symbol, "doc": enum.doc, "members": members, **_placed(enum.where)}


def _placed(where: Location | None) -> dict[str, Any]:
    return {"location": location_data(where)} if where else {}

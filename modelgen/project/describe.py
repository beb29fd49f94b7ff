"""A contract as plain data, in the text form that the lock uses for types: what programs are given and what is kept."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from modelgen.contract.codec import inside
from modelgen.contract.types import text as type_text

if TYPE_CHECKING:
    from modelgen.contract.model import Contract, DataModel, Enumeration, Field, LeftOut, Method, Module, Parameter
    from modelgen.finding import Location


def describe(contract: Contract) -> dict[str, Any]:
    """The contract, its refused methods and left-out parameters too, as JSON can hold it."""
    return {
        "package": contract.package,
        "version": contract.version,
        "modules": [_module_data(module) for module in contract.modules],
        "models": [_model_data(model) for model in contract.models],
        "enums": [_enum_data(enum) for enum in contract.enums],
    }


def _module_data(module: Module) -> dict[str, Any]:
    methods = [{**_method_data(method), "served": True} for method in module.methods]
    refused = [
        {
            "name": one.name.rpartition(".")[2],
            "served": False,
            "reason": one.reason,
            "parameters": list(map(_gap_data, one.gaps)),
            **_placed(one.where),
        }
        for one in module.refused
    ]
    return {
        "name": module.name,
        "path": module.symbol,
        **({"task": module.task} if module.task else {}),
        "doc": module.doc,
        "methods": methods + refused,
        "construct": _method_data(module.construct) if module.construct else None,
        "load": _method_data(module.load) if module.load else None,
        "save": _method_data(module.save) if module.save else None,
        **_placed(module.where),
    }


def _method_data(method: Method) -> dict[str, Any]:
    left_out = map(_gap_data, method.left_out)
    return {
        "name": method.name,
        "kind": method.kind,
        "stream": method.stream,
        "doc": method.doc,
        "parameters": [*map(_parameter_data, method.parameters), *left_out],
        "returns": type_text(method.returns),
        **_placed(method.where),
    }


def _gap_data(gap: LeftOut) -> dict[str, Any]:
    """What could not be read, with the text that was: a parameter, or the result as `return`."""
    return {"name": gap.name, "type": gap.text, "left_out": True, "reason": gap.reason, **_placed(gap.where)}


def _constraints(field: Field) -> dict[str, Any]:
    """The constraints on a field's value and on what is inside it, as the lock has them."""
    within = inside(field.type)
    stated = field.constraints.stated() | ({"inside": within} if within else {})
    return {"constraints": stated} if stated else {}


def _parameter_data(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "type": type_text(parameter.type),
        "required": parameter.required,
        **({"default": parameter.default.text} if parameter.default else {}),
        **_constraints(parameter),
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
            **_constraints(field),
        }
        for field in model.fields
    ]
    return {"name": model.name, "path": model.symbol, "doc": model.doc, "fields": fields, **_placed(model.where)}


def _enum_data(enum: Enumeration) -> dict[str, Any]:
    members = [{"name": member.name, "value": member.value} for member in enum.members]
    return {"name": enum.name, "path": enum.symbol, "doc": enum.doc, "members": members, **_placed(enum.where)}


def _placed(where: Location | None) -> dict[str, Any]:
    return {"location": asdict(where)} if where else {}

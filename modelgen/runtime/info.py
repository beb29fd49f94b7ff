"""What `/model/info` tells of the served models."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from modelgen.runtime.binding import MethodBinding, ModuleBinding

if TYPE_CHECKING:
    from modelgen.runtime.deployments import Deployed
    from modelgen.runtime.service import Service


def model_info(service: Service) -> dict[str, Any]:
    """The first module's model, and under `models` every module's."""
    models = [_described(service, module) for module in service.binding.modules]
    return {**(models[0] if models else {}), "models": models}


def _described(service: Service, module: ModuleBinding) -> dict[str, Any]:
    deployed = service.deployments.default(module.name)
    infer = [method for method in module.methods if method.kind == "infer"]
    first = infer[0] if infer else None
    return {
        "name": module.name,
        "task": module.task,
        "version": service.binding.version,
        "framework": _framework(deployed),
        "loaded": deployed is not None and deployed.state == "active",
        "device": deployed.device if deployed is not None else "",
        "inputs": _fields(first) if first is not None else [],
        "outputs": [{"name": "result", "type": first.returns}] if first is not None else [],
        "max_batch_size": 1,
        "methods": [method.name for method in module.methods],
        "deployments": [
            {"name": found.name, "state": found.state, "device": found.device}
            for found in service.deployments.of(module.name)
        ],
    }


def _framework(deployed: Deployed | None) -> str:
    """What the model is made with, as far as its class or its attributes show."""
    if deployed is None or deployed.loaded is None:
        return ""
    torch = sys.modules.get("torch")
    model = deployed.loaded.model
    parts = [model, *getattr(model, "__dict__", {}).values()]
    if torch is not None and any(isinstance(part, (torch.nn.Module, torch.Tensor)) for part in parts):
        return "pytorch"
    if any(type(part).__module__.startswith("sklearn.") for part in parts):
        return "scikit-learn"
    return "python"


def _fields(method: MethodBinding) -> list[dict[str, Any]]:
    """What a request to the method holds, by the paths that errors name: `inputs`, `parameters.top_k`."""
    document = method.request.model_json_schema()
    definitions = document.get("$defs", {})
    groups = document.get("properties", {})
    required = document.get("required", [])
    found = []
    if "inputs" in groups:
        found.append({"name": "inputs", "required": "inputs" in required, "schema": groups["inputs"]})
    options = _resolved(groups.get("parameters", {}), definitions)
    for name, schema in options.get("properties", {}).items():
        optional = name not in options.get("required", [])
        found.append({"name": f"parameters.{name}", "required": not optional, "schema": schema})
    return found


def _resolved(schema: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """The schema itself, past `$ref` and past the branch for null."""
    for branch in (schema, *schema.get("anyOf", [])):
        if "$ref" in branch:
            return definitions[branch["$ref"].rpartition("/")[2]]  # type: ignore[no-any-return]
    return schema

"""openapi.json: every route of the service, complete, with no dangling reference."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from modelgen.contract.model import Method
from modelgen.contract.names import kebab, snake
from modelgen.contract.wire import WireMethod, WireService
from modelgen.languages.jsonschema import PYTHON_ONLY, Schema, ref, shows_default
from modelgen.languages.python import sentence
from modelgen.targets.components import components, piece_name, request_name, response_name, tensors
from modelgen.targets.openapi_tensors import tensor_schemas
from modelgen.targets.target import Blueprint, File, Target


def emit(blueprint: Blueprint) -> Iterable[File]:
    """The OpenAPI document."""
    text = json.dumps(document(blueprint), indent=2, ensure_ascii=False).encode("utf-8", "backslashreplace")
    yield File(path="openapi.json", text=text.decode("utf-8") + "\n")


def document(blueprint: Blueprint) -> Schema:
    """The OpenAPI 3.1 document of the whole service."""
    contract, wire = blueprint.contract, blueprint.wire
    paths: Schema = {}
    for service in wire.services:
        for rpc in service.methods:
            path = f"{blueprint.route(service)}/{kebab(rpc.method.name)}"
            paths[path] = {"post": operation(service, rpc)}
    paths |= _RUNTIME_PATHS
    if wire.trains:
        paths |= _JOB_PATHS
    schemas = {name: _public(_nullable(schema)) for name, (_, schema) in sorted(components(blueprint).items())}
    schemas |= tensor_schemas(tensors(blueprint))
    schemas |= {"Error": _ERROR} | ({"Job": _JOB} if wire.trains else {})
    return {
        "openapi": "3.1.0",
        "info": {
            "title": blueprint.service,
            "version": contract.version,
            "description": contract.doc or f"Serves the models of {contract.package}.",
        },
        "servers": [{"url": "/"}],
        "tags": [
            {"name": service.module.name, "description": sentence(service.module.doc) or f"{service.module.symbol}."}
            | ({"x-task": service.module.task} if service.module.task else {})
            for service in wire.services
        ]
        + [{"name": "service", "description": "The service itself."}]
        + ([{"name": "jobs", "description": "Training jobs."}] if wire.trains else []),
        "paths": dict(sorted(paths.items())),
        "components": {"schemas": dict(sorted(schemas.items()))},
    }


def operation_id(service: WireService, method: Method) -> str:
    """`sentiment_classifier_run`."""
    return f"{snake(service.base)}_{method.name}"


def operation(service: WireService, rpc: WireMethod) -> Schema:
    """One operation: a method of a module."""
    method = rpc.method
    body: Schema = {"application/json": {"schema": ref(request_name(service, method))}}
    if rpc.client_streaming:
        piece = ref(piece_name(service, method))
        lines = f"First line: the request. Every further line: a {piece_name(service, method)}."
        body = {"application/x-ndjson": {"schema": ref(request_name(service, method)), "x-items": piece}}
        return _operation(service, rpc, body) | {"description": _description(method) + "\n\n" + lines}
    return _operation(service, rpc, body) | {"description": _description(method)}


def _description(method: Method) -> str:
    return method.doc or f"Calls {method.name}."


def _operation(service: WireService, rpc: WireMethod, body: Schema) -> Schema:
    method = rpc.method
    return {
        "operationId": operation_id(service, method),
        "summary": sentence(method.doc) or f"Call {service.module.name}.{method.name}",
        "tags": [service.module.name],
        "requestBody": {"required": True, "content": body},
        "responses": _answers(service, rpc) | errors(400, 404, 408, 409, 413, 415, 422, 429, 500, 503, 504),
    }


def _answers(service: WireService, rpc: WireMethod) -> Schema:
    if rpc.method.kind == "train":
        location = {"Location": {"description": "Where the job is.", "schema": {"type": "string"}}}
        content = {"application/json": {"schema": ref("Job")}}
        return {"202": {"description": "The job was submitted.", "headers": location, "content": content}}
    answer = ref(response_name(service, rpc.method))
    if not rpc.server_streaming:
        return {
            "200": {"description": "The answer." + _NOT_FINITE, "content": {"application/json": {"schema": answer}}}
        }
    content = {"text/event-stream": {"schema": _events(answer)}, "application/x-ndjson": {"schema": answer}}
    return {"200": {"description": "The items, one by one." + _NOT_FINITE, "content": content}}


_NOT_FINITE = ' A number that JSON does not have is "NaN", "Infinity" or "-Infinity".'


def _events(item: Schema) -> Schema:
    """The schema of each event of a stream."""
    message = {"type": "string", "contentMediaType": "application/json", "contentSchema": item}
    failure = {"type": "string", "contentMediaType": "application/json", "contentSchema": ref("Error")}
    kinds = {"message": message, "done": {"const": "{}"}, "error": failure}
    return {
        "description": "Each event: `message` for each item, then `done`; or `error`.",
        "anyOf": [
            {
                "type": "object",
                "properties": {"event": {"const": name}, "data": data},
                "required": ["event", "data"],
            }
            for name, data in kinds.items()
        ],
    }


_MEANINGS = {
    400: "The body is not JSON.",
    404: "No such deployment or route.",
    408: "The body did not arrive in time.",
    409: "The model has no deployment yet: its constructor needs arguments, or an artifact.",
    413: "The body is too large.",
    415: "The body is compressed in a way that is not read here.",
    422: "An argument is wrong; `details` names it.",
    429: "Too many requests wait; try again after `Retry-After`.",
    500: "The model failed.",
    503: "The model is not ready.",
    504: "The model took too long.",
}


def errors(*statuses: int) -> Schema:
    """Responses for some error statuses."""
    content = {"application/json": {"schema": ref("Error")}}
    return {str(status): {"description": _MEANINGS[status], "content": content} for status in statuses}


def _plain(operation_id: str, summary: str, tag: str, answer: Schema, *failures: int, **more: Any) -> Schema:
    content = {"application/json": {"schema": answer}}
    found = {"operationId": operation_id, "summary": summary, "tags": [tag]}
    return found | more | {"responses": {"200": {"description": summary, "content": content}} | errors(*failures)}


_OBJECT: Schema = {"type": "object", "additionalProperties": True}
_STATUS: Schema = {"type": "object", "properties": {"status": {"type": "string"}}, "additionalProperties": True}
_RUNTIME_PATHS: Schema = {
    "/health": {"get": _plain("health", "Whether the process lives.", "service", _STATUS, 500)},
    "/ready": {"get": _plain("ready", "Whether every deployment is ready.", "service", _STATUS, 503)},
    "/model/info": {"get": _plain("model_info", "What is served.", "service", _OBJECT, 500)},
    "/api/v1/contract": {"get": _plain("contract", "The contract and its hash.", "service", _OBJECT, 500)},
}
_ID: Schema = {
    "name": "id",
    "in": "path",
    "required": True,
    "description": "The job's id.",
    "schema": {"type": "string"},
}
_JOBS: Schema = {
    "type": "object",
    "properties": {"jobs": {"type": "array", "items": ref("Job")}},
    "required": ["jobs"],
}
_JOB_PATHS: Schema = {
    "/api/v1/jobs": {"get": _plain("list_jobs", "All jobs, the newest first.", "jobs", _JOBS, 500)},
    "/api/v1/jobs/{id}": {
        "parameters": [_ID],
        "get": _plain("get_job", "One job, as it stands now.", "jobs", ref("Job"), 404),
        "delete": _plain("cancel_job", "End a job that has not ended.", "jobs", ref("Job"), 404),
    },
    "/api/v1/jobs/{id}/events": {
        "parameters": [_ID],
        "get": {
            "operationId": "follow_job",
            "summary": "Follow a job until it ends.",
            "tags": ["jobs"],
            "responses": {
                "200": {
                    "description": "`event: message` with the job whenever it changes, then `event: done`.",
                    "content": {"text/event-stream": {"schema": _events(ref("Job"))}},
                }
            }
            | errors(404),
        },
    },
}
_TIME: Schema = {"type": ["string", "null"], "format": "date-time"}
_JOB: Schema = {
    "type": "object",
    "description": "One training run.",
    "properties": {
        "id": {"type": "string", "description": "Names the job, and the deployment that its model gets."},
        "module": {"type": "string", "description": "The class that trains."},
        "state": {"enum": ["queued", "running", "succeeded", "failed", "cancelled"]},
        "created_at": _TIME,
        "started_at": _TIME,
        "finished_at": _TIME,
        "error": {"type": ["string", "null"], "description": "Why it failed."},
        "error_code": {"type": ["string", "null"], "description": "The code of that error."},
        "deployment": {"type": ["string", "null"], "description": "The deployment that serves the trained model."},
        "log": {"type": "array", "items": {"type": "string"}, "description": "The last lines that it printed."},
    },
    "required": ["id", "module", "state"],
    "additionalProperties": True,
}
_ERROR: Schema = {
    "type": "object",
    "description": "What went wrong.",
    "properties": {
        "error": {"type": "string", "description": "A sentence for people."},
        "error_code": {"type": "string", "description": "The same code as over gRPC."},
        "details": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
                "required": ["field", "message"],
            },
        },
        "request_id": {"type": "string"},
        "timestamp": {"type": "string", "format": "date-time"},
    },
    "required": ["error", "error_code"],
}


def _nullable(schema: Schema) -> Schema:
    """An object's schema in which null may stand for what is left out: where Python's schema shows no default."""
    properties = schema.get("properties")
    if properties is None:
        return schema
    kept = {*schema.get("required", ()), *(name for name, value in properties.items() if shows_default(value))}
    return schema | {
        "properties": {name: value if name in kept else _or_null(value) for name, value in properties.items()}
    }


def _or_null(schema: Schema) -> Schema:
    if not {"type", "$ref", "anyOf", "enum"} & schema.keys():  # any value
        return schema
    said = {key: schema[key] for key in ("description", "default") if key in schema}
    inner = {key: value for key, value in schema.items() if key not in said}
    arms = inner["anyOf"] if inner.keys() == {"anyOf"} else [inner]
    return {"anyOf": [*arms, *([] if {"type": "null"} in arms else [{"type": "null"}])]} | said


def _public(schema: Any) -> Any:
    """A schema without the words that only the Python schemas need."""
    if isinstance(schema, dict):
        return {key: _public(value) for key, value in schema.items() if key not in PYTHON_ONLY}
    return [_public(item) for item in schema] if isinstance(schema, list) else schema


OPENAPI = Target(name="openapi", emit=emit)

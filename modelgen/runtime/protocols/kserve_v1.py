"""KServe's V1 protocol over HTTP: many instances of a method's inputs in a request, as many predictions in its answer.

It is there on every service, for every deployment; nothing of it is generated. An instance is validated as the native
request that it stands for, and is a call of its own to the engine, which makes batches of them.

Source: https://kserve.github.io/website/docs/concepts/architecture/data-plane/v1-protocol
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

import orjson
from fastapi import APIRouter
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from modelgen.runtime import callers
from modelgen.runtime.binding import MethodBinding, ModuleBinding
from modelgen.runtime.body import Attended, Body
from modelgen.runtime.bulk import ItemFailed
from modelgen.runtime.deployments import Deployed
from modelgen.runtime.errors import (
    Cancelled,
    Internal,
    InvalidArgument,
    MalformedRequest,
    NotFound,
    PayloadTooLarge,
    ServiceError,
    Unavailable,
    Unimplemented,
)
from modelgen.runtime.protocols import instances
from modelgen.runtime.protocols.native import JSON, OBSERVED, Reply, failed, patience, request_id
from modelgen.runtime.service import Context, Service, to_json

PROTOCOL = "v1"
"""Its name in metrics and logs."""
MAIN = ("run", "predict")
"""The methods that `:predict` calls, the first that a module has."""
EXTRAS = ("explain", "detect_drift")
"""Methods that are about a prediction, and make none."""
ANSWERS = {"predict": "predictions", "explain": "explanations"}
"""Each verb, and what its answer is called."""


async def alive(request: Request) -> Response:
    """Whether the process lives, as KServe's clients ask."""
    return Response(orjson.dumps({"status": "alive"}), media_type=JSON)


def router(service: Service) -> APIRouter:
    """The protocol's routes, but for `/`."""
    found = APIRouter(include_in_schema=False)
    found.add_route("/v1/models", _told(service, _models), methods=["GET"])
    for verb in ANSWERS:
        found.add_route(f"/v1/models/{{name}}:{verb}", _told(service, _Verb(verb)), methods=["POST"])
    found.add_route("/v1/models/{name}", _told(service, _model), methods=["GET"])
    return found


Endpoint: TypeAlias = Callable[[Service, Request], Awaitable[Reply]]


def _told(service: Service, endpoint: Endpoint) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint with its failures as answers: what the caller got wrong is 400 here."""

    async def answer(request: Request) -> Response:
        try:
            found = await endpoint(service, request)
        except ServiceError as error:
            found = _failed(error, request)
        return Response(found.content, found.status, media_type=JSON, headers=found.headers)

    return answer


def _failed(error: ServiceError, request: Request, headers: dict[str, str] | None = None) -> Reply:
    found = failed(error, request_id(request), headers)
    if found.status == InvalidArgument.status:
        found.status = MalformedRequest.status
    return found


async def _models(service: Service, request: Request) -> Reply:
    return Reply(orjson.dumps({"models": [deployed.name for deployed in service.deployments]}))


async def _model(service: Service, request: Request) -> Reply:
    name = request.path_params["name"]
    if name.rpartition(":")[2] in ANSWERS:
        raise HTTPException(405, headers={"allow": "POST"})
    deployed = await _deployed(service, name)
    if service.draining or deployed.missing:
        raise Unavailable(f"Deployment `{name}` is not ready")
    return Reply(orjson.dumps({"name": name, "ready": True}))


class _Verb:
    """`:predict` or `:explain` of a deployment."""

    def __init__(self, verb: str) -> None:
        self._verb = verb
        self._hooked: Mapping[str, str] | None = None

    async def __call__(self, service: Service, request: Request) -> Reply:
        if self._hooked is None:  # all hooks have run by now
            self._hooked = request.app.generated.hooked(request.app)
        deployed = await _deployed(service, request.path_params["name"])
        method = _method(deployed.module, self._verb)
        name = f"{method.module}.{method.name}"
        if path := self._hooked.get(name):
            raise Unimplemented(f"A hook of the project stands before `{name}`, on its own route only: POST {path}")
        return await _reply(service, deployed, method, request, self._verb)


async def _deployed(service: Service, name: str) -> Deployed:
    deployed = service.deployments.named(name)
    if deployed is None and await service.jobs.adopted(name):
        deployed = service.deployments.named(name)
    if deployed is None:
        names = ", ".join(f"`{deployed.name}`" for deployed in service.deployments) or "none"
        raise NotFound(f"There is no deployment `{name[:200]}`; there are: {names}")
    return deployed


def _method(module: ModuleBinding, verb: str) -> MethodBinding:
    """What a verb calls. Raises Unimplemented where that cannot be said, or not be done."""
    methods = {method.name: method for method in module.methods if method.kind == "infer"}
    plurals = {method.batch.method for method in methods.values() if method.batch is not None}
    others = [name for name in methods if name not in EXTRAS and name not in plurals]
    if verb == "explain":
        name = "explain" if "explain" in methods else ""
    else:
        name = next((name for name in MAIN if name in methods), others[0] if len(others) == 1 else "")
    if not name:
        wanted = "`explain`" if verb == "explain" else " or ".join(f"`{name}`" for name in MAIN)
        raise Unimplemented(f"`{module.name}` has no {wanted}, which `:{verb}` calls")
    if methods[name].streams or methods[name].stream is not None:
        raise Unimplemented(f"`{module.name}.{name}` is a stream, which `:{verb}` has no answer for")
    return methods[name]


async def _reply(service: Service, deployed: Deployed, method: MethodBinding, request: Request, verb: str) -> Reply:
    """The answer to the instances of a request; failures too, but for the service's own."""
    headers, scope, identifier = request.headers, request.scope, request_id(request)
    scope[OBSERVED] = True
    trace = headers.get("traceparent", ""), headers.get("tracestate", "")
    observation = service.telemetry.begin(method, PROTOCOL, identifier, *trace)
    observation.deployment = deployed.name
    try:
        if service.access.active:
            callers.permit(service.access, method, await callers.over_http(service.access, scope))
        length = headers.get("content-length", "").encode("latin-1")
        encoding = ",".join(headers.getlist("content-encoding")).encode("latin-1")
        body = Body(request.receive, service.settings.max_body, length=length or None, encoding=encoding or None)
        timeout = headers.get("x-request-timeout")
        context = Context(
            id=identifier,
            deployment=deployed.name,
            seconds=patience(timeout.encode("latin-1")) if timeout is not None else None,
            observation=observation,
        )
        content = await body.read()
        with Attended(body, service.attendance):
            answers = await _answers(service, deployed, method, content, context)
        observation.end()
        return Reply(b'{"%s":[%s]}' % (ANSWERS[verb].encode(), b",".join(answers)), headers=observation.headers)
    except ServiceError as error:
        observation.end(error.code)
        return _failed(error, request, observation.headers)
    except BaseException as error:
        observation.end(Internal.code if isinstance(error, Exception) else Cancelled.code)
        raise


async def _answers(
    service: Service, deployed: Deployed, method: MethodBinding, content: bytes, context: Context
) -> list[bytes]:
    """The JSON of the result of each instance."""
    sent = instances.read(content, service.bounds)
    if len(sent.instances) > deployed.capacity:
        text = f"`{deployed.name}` takes at most {deployed.capacity} instances in a request (`max_queue`)"
        raise PayloadTooLarge(f"{text}; there are {len(sent.instances)}")
    requests = await instances.requests(method, sent, content, service.bounds)
    found = []
    try:
        for position, answer in enumerate(await service.answers(method, requests, context)):
            found.append(_result(method, answer, position, context.id))
            if position % instances.PORTION == instances.PORTION - 1:
                await asyncio.sleep(0)
    except ItemFailed as failure:
        raise failure.error.at(f"instances[{failure.position}]") from failure.error
    return found


def _result(method: MethodBinding, answer: BaseModel, position: int, identifier: str) -> bytes:
    """The JSON of the `result` that an answer holds; null where the method answers nothing."""
    try:
        content = to_json(method, answer, identifier)
    except ServiceError as error:
        raise ItemFailed(position, error) from error
    return content.removeprefix(b'{"result":')[:-1] if content != b"{}" else b"null"

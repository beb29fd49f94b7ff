"""The HTTP server's application: the generated routers, the service's own routes, and one form for every error."""

from __future__ import annotations

import inspect
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from time import perf_counter
from typing import Any, TypeAlias, cast

import orjson
from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from modelgen.finding import Level
from modelgen.runtime import callers
from modelgen.runtime.admission import Door
from modelgen.runtime.binding import ServiceBinding
from modelgen.runtime.checks import check_batches, check_settings
from modelgen.runtime.direct import Direct, Generated
from modelgen.runtime.document import document
from modelgen.runtime.engines.placement import rise
from modelgen.runtime.errors import (
    CODES,
    Detail,
    Internal,
    InvalidArgument,
    MethodNotAllowed,
    NotFound,
    ServiceError,
)
from modelgen.runtime.hooks import call_hook
from modelgen.runtime.identifiers import request_identifier
from modelgen.runtime.info import model_info
from modelgen.runtime.logs import ACCESS
from modelgen.runtime.protocols import kserve_v1
from modelgen.runtime.protocols.native import EVENTS, JSON, OBSERVED, broken, failure, request_id
from modelgen.runtime.service import Service
from modelgen.runtime.settings import Settings, check_modules
from modelgen.runtime.tracing import Off

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def create_app(binding: ServiceBinding, settings: Settings) -> Application:
    """The application of a generated service. `app.state.service` is the running service.

    Raises:
        ValueError: the settings name a module that the service has not, or do not hold together.
    """
    findings = check_modules(settings, {module.name: module.path for module in binding.modules})
    findings = (*findings, *check_batches(settings, binding.modules))
    findings = (*findings, *(finding for finding in check_settings(settings) if finding.level is Level.ERROR))
    if findings:
        raise ValueError("; ".join(finding.message for finding in findings))
    service = Service(binding, settings)
    app = Application(
        title=binding.package,
        version=binding.version,
        lifespan=_lifespan,
        openapi_url="/openapi.json",
        **_quiet(service),
    )
    app.state.service = service
    routers = binding.routers()
    for router in (*routers, _management(service), kserve_v1.router(service)):
        app.include_router(router)
    app.generated = Generated.of(app, routers)
    generated = {getattr(route, "path", "") for route in app.routes}
    call_hook(binding.hooks, "middleware", app)
    app.add_route("/", kserve_v1.alive, include_in_schema=False)  # behind what hooks added: theirs may be there too
    app.add_middleware(RequestId, access_log=settings.access_log)
    _answer_errors(app)
    document(app, binding, generated, service.access)
    return app


class Application(FastAPI):
    """FastAPI, with the generated routes answered before it where no hook of the project needs it for them."""

    generated: Generated
    outermost: ASGIApp | None = None
    """What is given every request; there from the first one on."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, directly if that may be."""
        if self.outermost is None:
            self.middleware_stack = self.build_middleware_stack()
        await cast(ASGIApp, self.outermost)(scope, receive, send)

    def build_middleware_stack(self) -> ASGIApp:
        """The application inside its middleware, with the direct routes as far outside as they may be."""
        direct = partial(Direct, service=self.state.service, find=partial(self.generated.direct_methods, self))
        self.outermost = super().__call__
        if len(self.user_middleware) == 1 and not _traced(self):  # RequestId
            self.outermost = direct(super().__call__)
        else:
            self.user_middleware.append(Middleware(direct))
        if self.state.service.access.active:
            self.outermost = Door(self.outermost, self.state.service)
        return super().build_middleware_stack()


def _traced(app: FastAPI) -> bool:
    """Whether FastAPI itself tells of every request, by OpenTelemetry (from 0.160 on)."""
    telemetry = getattr(app, "_native_telemetry", None)
    return telemetry is not None and telemetry.enabled()


def _quiet(service: Service) -> dict[str, Any]:
    """What keeps FastAPI from telling of requests that the service itself follows (from 0.160 on)."""
    if isinstance(service.telemetry.tracing, Off) or "telemetry" not in inspect.signature(FastAPI).parameters:
        return {}
    return {"telemetry": {"tracing": False, "metrics": False, "logs": False}}


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    service: Service = app.state.service
    await service.start()
    started = call_hook(service.binding.hooks, "startup", app)
    if started is not None:
        await started
    try:
        yield
    finally:
        stopped = call_hook(service.binding.hooks, "shutdown", app)
        if stopped is not None:
            await stopped
        await service.stop()


class RequestId:
    """Gives every request an id: the `x-request-id` it brought, or a new one; the answer carries it."""

    def __init__(self, app: ASGIApp, *, access_log: bool = False) -> None:
        self._app = app
        self._access_log = access_log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the id in the headers, and log what no method answered."""
        rise()  # for threads that begin here and inherit where this one may run
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"x-request-id"), None)
        identifier = request_identifier(given)
        scope.setdefault("state", {})["request_id"] = identifier
        header = (b"x-request-id", identifier.encode("ascii"))

        began, status = perf_counter(), 500

        async def answered(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], header]
            await send(message)

        try:
            await self._app(scope, receive, answered)
        finally:
            if self._access_log and OBSERVED not in scope:
                _log(scope, identifier, status, perf_counter() - began)


def _log(scope: Scope, identifier: str, status: int, seconds: float) -> None:
    said = {"request_id": identifier, "method": scope["method"], "path": scope["path"][:200], "protocol": "http"}
    ACCESS.info("request", extra={**said, "outcome": status, "duration_ms": round(seconds * 1000, 3)})


# Errors


def _answer_errors(app: FastAPI) -> None:
    async def told(request: Request, error: Exception) -> Response:
        return failure(_translated(error, request), request_id(request), dict(getattr(error, "headers", None) or {}))

    async def failed(request: Request, error: Exception) -> Response:
        answer = await told(request, error)
        answer.headers["x-request-id"] = request_id(request)  # Starlette answers these outside of all middleware
        return answer

    for kind in (ServiceError, HTTPException, RequestValidationError):
        app.add_exception_handler(kind, told)
    app.add_exception_handler(Exception, failed)


def _translated(error: Exception, request: Request) -> ServiceError:
    if isinstance(error, ServiceError):
        return error
    if isinstance(error, RequestValidationError):  # of routes that hooks added
        details = (Detail(field=".".join(map(str, part["loc"])), message=part["msg"]) for part in error.errors())
        return InvalidArgument.of(*details)
    if isinstance(error, HTTPException):
        return _from_status(error, request)
    return broken(error, request_id(request))


def _from_status(error: HTTPException, request: Request) -> ServiceError:
    if error.status_code == NotFound.status and error.detail == "Not Found":
        return NotFound(f"There is no route {request.url.path[:200]}: /docs shows those there are")
    if error.status_code == MethodNotAllowed.status:
        return MethodNotAllowed(f"{request.url.path[:200]} does not answer {request.method}")
    kind = next((kind for kind in CODES.values() if kind.status == error.status_code), None)
    if kind is None:
        kind = type(
            "Other", (Internal if error.status_code >= 500 else InvalidArgument,), {"status": error.status_code}
        )
    return kind(str(error.detail))


# The service's own routes


def _management(service: Service) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    for path, methods, endpoint in (
        *([("/metrics", ["GET"], _metrics)] if service.settings.metrics else []),
        ("/health", ["GET"], _health),
        ("/ready", ["GET"], _ready),
        ("/model/info", ["GET"], _info),
        ("/api/v1/contract", ["GET"], _contract),
        ("/api/v1/jobs", ["GET"], _managing(_jobs)),
        ("/api/v1/jobs/{id}", ["GET", "DELETE"], _managing(_job)),
        ("/api/v1/jobs/{id}/events", ["GET"], _managing(_follow)),
    ):
        router.add_route(path, _with(service, endpoint), methods=methods)
    return router


Endpoint: TypeAlias = Callable[[Service, Request], Awaitable[Response]]


def _with(service: Service, endpoint: Endpoint) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        return await endpoint(service, request)

    return answer


def _managing(endpoint: Endpoint) -> Endpoint:
    """The endpoint, for callers who may manage the service."""

    async def answer(service: Service, request: Request) -> Response:
        callers.permit(service.access, None, await callers.over_http(service.access, request.scope))
        return await endpoint(service, request)

    return answer


async def _metrics(service: Service, request: Request) -> Response:
    if service.settings.management_port is not None and callers.PRIVATE not in request.scope:
        raise NotFound("Metrics are served on the management port")
    service.telemetry.metrics.refresh(service)
    content, media_type = service.telemetry.metrics.text(request.headers.get("accept", ""))
    return Response(content, headers={"content-type": media_type})


def _json(content: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(content), status, media_type=JSON)


async def _health(service: Service, request: Request) -> Response:
    return _json({"status": "healthy"})


async def _ready(service: Service, request: Request) -> Response:
    status = "draining" if service.draining else "ready" if service.ready else "not ready"
    return _json({"status": status, "ready": service.ready, "missing": service.missing}, 200 if service.ready else 503)


async def _info(service: Service, request: Request) -> Response:
    return _json(model_info(service))


async def _contract(service: Service, request: Request) -> Response:
    binding = service.binding
    lock = tomllib.loads(binding.contract.read_text(encoding="utf-8"))
    return _json({"hash": binding.contract_hash, "version": binding.version, "contract": lock})


async def _jobs(service: Service, request: Request) -> Response:
    return _json({"jobs": service.jobs.list()})


async def _job(service: Service, request: Request) -> Response:
    if request.method == "DELETE":
        return _json(await service.jobs.cancel(request.path_params["id"]))
    return _json(service.jobs.describe(request.path_params["id"]))


async def _follow(service: Service, request: Request) -> Response:
    identifier = request.path_params["id"]
    service.jobs.describe(identifier)

    async def events() -> AsyncIterator[bytes]:
        async for job in service.jobs.follow(identifier):
            yield b"event: message\ndata: " + orjson.dumps(job) + b"\n\n"
        yield b"event: done\ndata: {}\n\n"

    return StreamingResponse(events(), media_type=EVENTS, headers={"cache-control": "no-store"})

"""Where callers are let in: before the HTTP application, and before every call of gRPC."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import grpc
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from modelgen.runtime import callers
from modelgen.runtime.errors import ServiceError
from modelgen.runtime.identifiers import request_identifier
from modelgen.runtime.logs import ACCESS
from modelgen.runtime.protocols.native import JSON, failed

if TYPE_CHECKING:
    from modelgen.runtime.service import Service

OPEN = frozenset({"/", "/health", "/ready"})
"""Routes that nobody needs a token for: what asks them has none."""
HEALTH = "/grpc.health.v1.Health/"


class Door:
    """Lets in who showed a token that counts; a method asks itself what the token is good for."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on, or answer why not."""
        if scope["type"] in ("http", "websocket") and not _is_open(scope):
            try:
                self._service.access.admit(await callers.over_http(self._service.access, scope))
            except ServiceError as error:
                await self._refuse(error, scope, send)
                return
        await self._app(scope, receive, send)

    async def _refuse(self, error: ServiceError, scope: Scope, send: Send) -> None:
        identifier = request_identifier(Headers(scope=scope).get("x-request-id"))
        self._service.telemetry.metrics.denied(error.code)
        if self._service.telemetry.access_log:
            said = {"request_id": identifier, "path": scope["path"], "outcome": error.code}
            ACCESS.info("request", extra={**said, "protocol": "http"})
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        answer = failed(error, identifier)
        headers = {"content-type": JSON, "content-length": str(len(answer.content)), "x-request-id": identifier}
        raw = [(name.encode(), value.encode()) for name, value in {**headers, **(answer.headers or {})}.items()]
        await send({"type": "http.response.start", "status": answer.status, "headers": raw})
        await send({"type": "http.response.body", "body": answer.content})


class Private:
    """The application on the management port."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Mark the request, and hand it on."""
        scope[callers.PRIVATE] = True
        await self._app(scope, receive, send)


def _is_open(scope: Scope) -> bool:
    path = scope["path"].removeprefix(scope.get("root_path", "").rstrip("/"))
    return _is_preflight(scope) or path in OPEN or (path == "/metrics" and callers.PRIVATE in scope)


def _is_preflight(scope: Scope) -> bool:
    """Whether a browser asks what a page may do (CORS), with which it never sends a token."""
    return scope.get("method") == "OPTIONS" and "access-control-request-method" in Headers(scope=scope)


class Interceptor(grpc.aio.ServerInterceptor):
    """Does the same for gRPC, whoever wrote the servicer."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def intercept_service(
        self, continuation: Callable[[Any], Awaitable[Any]], details: grpc.HandlerCallDetails
    ) -> Any:
        """The call's handler, or one that says why not."""
        method: str = details.method
        if not method.startswith(HEALTH):
            try:
                metadata = {key: value for key, value in details.invocation_metadata or () if isinstance(value, str)}
                self._service.access.admit(await callers.over_grpc(self._service.access, metadata))
            except ServiceError as error:
                self._service.telemetry.metrics.denied(error.code)
                return _refusal(error)
        return await continuation(details)


def _refusal(error: ServiceError) -> Any:
    code = next(code for code in grpc.StatusCode if code.value[0] == error.grpc)

    async def refuse(requests: Any, context: grpc.aio.ServicerContext[Any, Any]) -> None:
        await context.abort(code, error.message)

    return grpc.stream_stream_rpc_method_handler(refuse)  # of this kind, it need not wait for a message

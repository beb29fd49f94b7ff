"""The project's own hooks."""

from __future__ import annotations

import os
from typing import Any

import grpc
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.routing import APIRoute
from pydantic import BaseModel


class Sum(BaseModel):
    left: int
    right: int


def knock(request: Request) -> None:
    """Let in who knocks."""
    if "x-knock" not in request.headers:
        raise HTTPException(401, "knock first")


class Stamp:
    """Middleware that marks every answer."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def stamped(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"x-stamp", b"yes")]
            await send(message)

        await self.app(scope, receive, stamped)


def middleware(app: FastAPI) -> None:
    kind = os.environ.get("TOY_HOOK", "")
    if kind == "middleware":
        app.add_middleware(Stamp)
    if kind == "dependency":
        from .routers import ROUTER

        for route in ROUTER.routes:
            route.dependencies.append(Depends(knock))
    if kind == "before":

        def own() -> dict[str, str]:
            return {"result": "own"}

        app.router.routes.insert(0, APIRoute("/api/v1/classifier/run", own, methods=["POST"]))

    if kind == "root":

        @app.get("/")
        def root() -> str:
            return "welcome"

    @app.post("/custom/sum")
    def custom_sum(body: Sum) -> int:
        return body.left + body.right

    @app.get("/custom/fail")
    def custom_fail() -> int:
        raise RuntimeError("/secret/path")


class Doorkeeper(grpc.aio.ServerInterceptor):
    """Lets nobody in who says so himself."""

    async def intercept_service(self, continuation: Any, details: Any) -> Any:
        if ("x-deny", "yes") in [(key, value) for key, value in details.invocation_metadata]:
            return grpc.unary_unary_rpc_method_handler(deny)
        return await continuation(details)


async def deny(request: Any, context: grpc.aio.ServicerContext) -> None:
    await context.abort(grpc.StatusCode.UNAUTHENTICATED, "denied")


def interceptors() -> list[grpc.aio.ServerInterceptor]:
    return [Doorkeeper()]


async def startup(app: FastAPI) -> None:
    print("hook: started", flush=True)


async def shutdown(app: FastAPI) -> None:
    print("hook: stopped", flush=True)

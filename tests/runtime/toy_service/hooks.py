"""The project's own hooks."""

from __future__ import annotations

from typing import Any

import grpc
from fastapi import FastAPI
from pydantic import BaseModel


class Sum(BaseModel):
    left: int
    right: int


def middleware(app: FastAPI) -> None:
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

"""What is special about this service. This file is yours: modelgen writes it once and never again.

Each function is optional, and does nothing until it is given a body:

- `startup(app)` and `shutdown(app)`: async functions, run before the first request and after the last one.
- `middleware(app)`: adds ASGI middleware, routes or dependencies to the FastAPI application, before it serves.
- `interceptors()`: answers the gRPC server's interceptors.
"""

from __future__ import annotations

from collections.abc import Sequence

import grpc
from fastapi import FastAPI


async def startup(app: FastAPI) -> None:
    """Runs once, before the first request."""


async def shutdown(app: FastAPI) -> None:
    """Runs once, after the last request."""


def middleware(app: FastAPI) -> None:
    """Add middleware and routes of your own."""


def interceptors() -> Sequence[grpc.aio.ServerInterceptor]:
    """Interceptors of every gRPC call, outermost first."""
    return ()

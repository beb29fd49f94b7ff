"""The routes."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from modelgen.runtime.binding import MethodBinding
from modelgen.runtime.protocols import native

from .bindings import SERVICE

ROUTER = APIRouter(prefix="/api/v1")


def add(path: str, binding: MethodBinding) -> None:
    @ROUTER.post(path, name=f"{binding.module}.{binding.name}")
    async def endpoint(request: Request) -> Response:
        return await native.answer(request, binding)


for module in SERVICE.modules:
    for binding in module.methods:
        add(f"/{module.path}/{binding.name.replace('_', '-')}", binding)

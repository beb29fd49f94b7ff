"""The routes."""

from __future__ import annotations

from fastapi import APIRouter

from modelgen.runtime.protocols import native

from .bindings import SERVICE

ROUTER = APIRouter(prefix="/api/v1")

for module in SERVICE.modules:
    for binding in module.methods:
        path = f"/{module.path}/{binding.name.replace('_', '-')}"
        ROUTER.add_api_route(path, native.endpoint(binding), methods=["POST"])

"""The OpenAPI document that a running service answers: the committed one, and what settings and hooks add to it."""

from __future__ import annotations

from typing import Any

import orjson
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from modelgen.runtime.admission import OPEN
from modelgen.runtime.binding import ServiceBinding
from modelgen.runtime.errors import PermissionDenied, Unauthenticated
from modelgen.runtime.security import Access

Document = dict[str, Any]

BEARER = "token"
"""The name of the security scheme."""
VERBS = frozenset(("get", "put", "post", "delete", "patch"))


def document(app: FastAPI, binding: ServiceBinding, generated: set[str], access: Access) -> None:
    """Serve the committed document, with the routes that hooks added, and with the tokens that callers need."""
    committed: Document = {}

    def found() -> Document:
        if not committed:
            committed.update(orjson.loads(binding.openapi.read_bytes()))
            _merge(committed, _added(app, generated))
            if access.active:
                _guard(committed, None if not access.open_inference else _managed(binding))
        return committed

    app.openapi = found  # type: ignore[method-assign]


def _added(app: FastAPI, generated: set[str]) -> Document:
    routes = [route for route in app.routes if getattr(route, "path", "") not in generated]
    return get_openapi(title=app.title, version=app.version, routes=routes)


def _merge(document: Document, added: Document) -> None:
    """Put what is new beside what is there; nothing that is there changes."""
    for path, operations in added.get("paths", {}).items():
        document.setdefault("paths", {}).setdefault(path, operations)
    for part, entries in added.get("components", {}).items():
        present = document.setdefault("components", {}).setdefault(part, {})
        for name, entry in entries.items():
            present.setdefault(name, entry)


def _managed(binding: ServiceBinding) -> set[str]:
    """The paths of management."""
    trains = {f"/api/v1/{module.path}/train" for module in binding.modules if module.train is not None}
    return trains | {"/api/v1/jobs", "/api/v1/jobs/{id}", "/api/v1/jobs/{id}/events"}


def _guard(document: Document, guarded: set[str] | None) -> None:
    """Say which operations need a token (None: all but the open ones), and how who has none is refused."""
    schemes = document.setdefault("components", {}).setdefault("securitySchemes", {})
    schemes.setdefault(BEARER, {"type": "http", "scheme": "bearer"})
    document.setdefault("security", [{BEARER: []}])
    for path, operations in document.get("paths", {}).items():
        needs = path not in OPEN and (guarded is None or path in guarded)
        for verb in VERBS & operations.keys():
            if not needs:
                operations[verb].setdefault("security", [])
            if path not in OPEN:  # a token that does not count is refused everywhere else
                _refusable(operations[verb].setdefault("responses", {}))


def _refusable(responses: Document) -> None:
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    for error, meaning in ((Unauthenticated, "No token, or a wrong one."), (PermissionDenied, "Not with this token.")):
        responses.setdefault(str(error.status), {"description": meaning, "content": content})

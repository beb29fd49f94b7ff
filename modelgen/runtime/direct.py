"""The generated routes without FastAPI: found by exact path, answered with nothing between the server and the method.

FastAPI documents these routes and answers them wherever a hook changed what stands around them: a dependency, a route
before them, a router of another order. Middleware of hooks stays around them in either case.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Receive, Scope, Send

from modelgen.runtime.binding import MethodBinding
from modelgen.runtime.identifiers import request_identifier
from modelgen.runtime.protocols.native import Reply, broken, failed, reply
from modelgen.runtime.service import Service

CONTENT_TYPE = (b"content-type", b"application/json")


@dataclass(frozen=True, slots=True)
class Generated:
    """The routes as they were before any hook saw them."""

    routers: Sequence[APIRouter]
    around: tuple[BaseRoute, ...]
    """The application's own, with the routers among them."""
    inside: tuple[tuple[BaseRoute, ...], ...]
    """Those of each router."""

    @classmethod
    def of(cls, app: FastAPI, routers: Sequence[APIRouter]) -> Generated:
        """The routes of an application that includes the generated routers."""
        return cls(routers, tuple(app.routes), tuple(tuple(router.routes) for router in routers))

    def direct_methods(self, app: FastAPI) -> Mapping[str, MethodBinding]:
        """What may be answered without FastAPI, by path."""
        return self.methods(guarded=False) if self._untouched(app) else {}

    def methods(self, *, guarded: bool = True) -> Mapping[str, MethodBinding]:
        """All methods by path; or those without dependencies that hooks gave them."""
        found = {}
        for route in (route for routes in self.inside for route in routes):
            binding = getattr(getattr(route, "endpoint", None), "binding", None)
            if isinstance(route, APIRoute) and isinstance(binding, MethodBinding) and (guarded or not _guarded(route)):
                found[route.path] = binding
        return found

    def hooked(self, app: FastAPI) -> Mapping[str, str]:
        """The methods whose requests hooks look at, or take for themselves: their paths, by module and name."""
        everywhere = app.router.dependencies or any(router.dependencies for router in self.routers)
        free = {} if everywhere else self.methods(guarded=False)
        own = [route for routes in (self.around, *self.inside) for route in routes]
        found = {}
        for path, binding in self.methods().items():
            first = _first(app.routes, path), *(_first(router.routes, path) for router in self.routers)
            kept = first[0] is not None and all(route is None or any(route is one for one in own) for route in first)
            if path not in free or not kept:
                found[f"{binding.module}.{binding.name}"] = path
        return found

    def _untouched(self, app: FastAPI) -> bool:
        """Whether no hook took a route away, put one before these, or gave them dependencies."""
        inside = tuple(tuple(router.routes) for router in self.routers)
        guarded = app.router.dependencies or any(router.dependencies for router in self.routers)
        before = tuple(app.routes[: len(self.around)])
        return not guarded and _same(before, self.around) and all(map(_same, inside, self.inside))


def _same(now: Sequence[BaseRoute], then: Sequence[BaseRoute]) -> bool:
    return len(now) == len(then) and all(one is other for one, other in zip(now, then, strict=True))


def _first(routes: Iterable[BaseRoute], path: str) -> BaseRoute | None:
    """The route that is given a method's requests."""
    scope = {"type": "http", "method": "POST", "path": path, "root_path": "", "headers": []}
    return next((route for route in routes if route.matches(scope)[0] is Match.FULL), None)


def _guarded(route: APIRoute) -> bool:
    return bool(route.dependencies or route.dependant.dependencies)


def _given(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    for name, value in headers:
        if name == b"x-request-id":
            return value.decode("latin-1")
    return None


class Direct:
    """Answers methods by exact path; hands every other request on."""

    def __init__(self, app: ASGIApp, *, service: Service, find: Callable[[], Mapping[str, MethodBinding]]) -> None:
        """`find` tells the methods by path; it is asked at the first request, when all hooks have run."""
        self._app = app
        self._service = service
        self._find = find
        self._methods: Mapping[str, MethodBinding] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, if it is a call of a method."""
        binding = None
        if scope["type"] == "http" and scope["method"] == "POST":
            if self._methods is None:
                self._methods = self._find()
            binding = self._methods.get(scope["path"])
        if binding is None:
            await self._app(scope, receive, send)
            return
        identifier = scope["state"].get("request_id") if "state" in scope else None
        own = identifier is None  # else RequestId stands around this, and adds it to the answer
        if identifier is None:
            identifier = request_identifier(_given(scope["headers"]))
        try:
            found = await reply(self._service, binding, scope, receive, identifier)
        except Exception as error:  # noqa: BLE001 - a fault of the service itself: the caller is told that, and no more
            found = failed(broken(error, identifier), identifier)
        if not isinstance(found, Reply):
            if own:
                found.headers["x-request-id"] = identifier
            await found(scope, receive, send)
            return
        content = found.content
        raw = [CONTENT_TYPE, (b"content-length", b"%d" % len(content))]
        if own:
            raw.append((b"x-request-id", identifier.encode("ascii")))
        if found.headers:
            raw += [(name.encode("ascii"), value.encode("ascii")) for name, value in found.headers.items()]
        await send({"type": "http.response.start", "status": found.status, "headers": raw})
        await send({"type": "http.response.body", "body": content})

"""Who sent a request: over HTTP, as the ASGI scope shows it, and over gRPC, as the metadata does."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import Scope

from modelgen.runtime.binding import MethodBinding
from modelgen.runtime.security import Access, Caller, is_loopback

PRIVATE = "modelgen.private"
"""In an ASGI scope: the request came to the management port."""
_CALLER = "modelgen.caller"


async def over_http(access: Access, scope: Scope) -> Caller:
    """Who sent a request of HTTP; found once."""
    found: Caller | None = scope.get(_CALLER)
    if found is None:
        headers = Headers(scope=scope)
        local = _local(access, scope, headers)
        private = bool(scope.get(PRIVATE))
        found = await access.caller(headers.get("authorization"), private=private, local=local)
        scope[_CALLER] = found
    return found


async def over_grpc(access: Access, metadata: Mapping[str, str]) -> Caller:
    """Who sent a call of gRPC."""
    return await access.caller(metadata.get("authorization"), local=access.listens_locally)


def permit(access: Access, binding: MethodBinding | None, caller: Caller) -> None:
    """Raises Unauthenticated or PermissionDenied for a caller who may not call the method; None: manage the service."""
    if binding is None or binding.kind == "train":
        access.permit_management(caller)
    else:
        access.permit_inference(caller)


def _local(access: Access, scope: Scope, headers: Headers) -> bool:
    """Whether the request came to an address of this machine alone, and out of no other site's page."""
    server = scope.get("server")
    here = server is not None and (server[1] is None or is_loopback(server[0]))  # no port: a socket of the file system
    if not (access.listens_locally and here):
        return False
    origin = headers.get("origin")
    return _names_here("//" + headers.get("host", "")) and (origin is None or _names_here(origin))


def _names_here(address: str) -> bool:
    try:
        return is_loopback(urlsplit(address).hostname or "")
    except ValueError:
        return False

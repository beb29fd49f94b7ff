"""Messages that gRPC's parser refuses: their callers are told so, like those of JSON that is none.

gRPC itself would answer UNKNOWN, and log it as a fault of the service.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import grpc
from google.protobuf.message import DecodeError

from modelgen.runtime.errors import MalformedRequest

TOO_DEEP = "MaxDepth"
"""What the parser's text has in it where messages are nested too deep."""


class Unreadable:
    """Stands where a message should be. Its attributes are such too, for servicers that hand on a field."""

    def __init__(self, error: DecodeError) -> None:
        self._text = str(error)

    def __getattr__(self, name: str) -> Unreadable:
        return self

    def error(self) -> MalformedRequest:
        """What the caller is told."""
        reason = self._text.rpartition(": ")[2]
        return MalformedRequest(
            "The message is nested too deep" if TOO_DEEP in reason else f"The message cannot be read: {reason}"
        )


def check(message: object) -> None:
    """Raise MalformedRequest where there is no message."""
    if type(message) is Unreadable:
        raise message.error()


class Careful:
    """Stands in for a server while servicers are added to it: they are given Unreadable for what cannot be parsed."""

    def __init__(self, server: grpc.aio.Server) -> None:
        self._server = server

    def add_generic_rpc_handlers(self, handlers: Iterable[grpc.GenericRpcHandler]) -> None:
        """As the server does."""
        self._server.add_generic_rpc_handlers(tuple(map(_Handlers, handlers)))

    def add_registered_method_handlers(self, service: str, handlers: Mapping[str, Any]) -> None:
        """As the server does."""
        careful = {name: _careful(handler) for name, handler in handlers.items()}
        self._server.add_registered_method_handlers(service, careful)


class _Handlers(grpc.GenericRpcHandler):
    def __init__(self, handlers: grpc.GenericRpcHandler) -> None:
        self._handlers = handlers
        self._known: dict[str, Any] = {}

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
        method: str = handler_call_details.method
        found = self._known.get(method)
        if found is None and (handler := self._handlers.service(handler_call_details)) is not None:
            found = self._known[method] = _careful(handler)
        return found


def _careful(handler: Any) -> Any:
    parse: Callable[[bytes], Any] = handler.request_deserializer

    def parsed(data: bytes) -> Any:
        try:
            return parse(data)
        except DecodeError as error:
            return Unreadable(error)

    return handler._replace(request_deserializer=parsed)

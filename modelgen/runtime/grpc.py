"""The gRPC server: the generated servicers, health, and reflection under both of its names."""

from __future__ import annotations

from typing import Any

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc  # type: ignore[import-untyped]
from grpc_reflection.v1alpha import reflection, reflection_pb2  # type: ignore[import-untyped]

from modelgen.runtime.admission import Interceptor
from modelgen.runtime.hooks import call_hook
from modelgen.runtime.protocols.native_rpc import Endpoint
from modelgen.runtime.service import Service

__all__ = ["Endpoint", "GrpcServer"]

REFLECTION = "grpc.reflection.v1.ServerReflection"
"""grpcio-reflection has v1alpha only; the messages of v1 are the same."""

ALIVE = 20
"""Seconds after which a silent caller is asked whether it is still there, and has to answer."""


class GrpcServer:
    """A service's gRPC side. Its port is open after `start`; `serving` follows the service's state."""

    def __init__(
        self, service: Service, credentials: grpc.ServerCredentials | None = None, *, shared: bool = False
    ) -> None:
        """`credentials` are those of TLS; without them, the port is open text. `shared`: other processes listen on
        the same port."""
        self._credentials = credentials
        limit = service.settings.max_body
        self._server = grpc.aio.server(
            interceptors=_interceptors(service),
            options=(
                ("grpc.max_receive_message_length", limit),
                ("grpc.max_send_message_length", limit),
                ("grpc.so_reuseport", int(shared)),
                ("grpc.keepalive_time_ms", ALIVE * 1000),
                ("grpc.keepalive_timeout_ms", ALIVE * 1000),
            ),
        )
        names = service.binding.servicers(self._server, Endpoint(service))
        self._names = (*names, health.SERVICE_NAME, reflection.SERVICE_NAME, REFLECTION)
        self._health = health.aio.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        self._add_reflection()

    async def start(self, host: str, port: int) -> int:
        """Open the port; answers which it is. Raises OSError where it cannot be had."""
        await self.serving(False)
        address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        try:
            if self._credentials is None:
                found = self._server.add_insecure_port(address)
            else:
                found = self._server.add_secure_port(address, self._credentials)
        except RuntimeError as error:
            raise OSError(str(error)) from error
        await self._server.start()
        return found

    async def serving(self, ready: bool) -> None:
        """Tell health checks, of every service by name."""
        state = health_pb2.HealthCheckResponse
        for name in ("", *self._names):
            await self._health.set(name, state.SERVING if ready else state.NOT_SERVING)

    async def drain(self, grace: float) -> None:
        """Take no new calls, and end those that run after `grace` seconds."""
        await self._health.enter_graceful_shutdown()
        await self._server.stop(grace)

    def _add_reflection(self) -> None:
        servicer: Any = reflection.aio.ReflectionServicer(self._names)
        reflection.enable_server_reflection(self._names, self._server)
        handler = grpc.stream_stream_rpc_method_handler(
            servicer.ServerReflectionInfo,
            request_deserializer=reflection_pb2.ServerReflectionRequest.FromString,
            response_serializer=reflection_pb2.ServerReflectionResponse.SerializeToString,
        )
        handlers = grpc.method_handlers_generic_handler(REFLECTION, {"ServerReflectionInfo": handler})
        self._server.add_generic_rpc_handlers((handlers,))


def _interceptors(service: Service) -> tuple[grpc.aio.ServerInterceptor, ...]:
    """The door, where there is one, before those of the project."""
    doors = (Interceptor(service),) if service.access.active else ()
    return (*doors, *(call_hook(service.binding.hooks, "interceptors") or ()))

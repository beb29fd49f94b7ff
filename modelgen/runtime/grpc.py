"""The gRPC server: the generated servicers, health, and reflection under both of its names."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc  # type: ignore[import-untyped]
from grpc_reflection.v1alpha import reflection, reflection_pb2  # type: ignore[import-untyped]

from modelgen.runtime.admission import Interceptor
from modelgen.runtime.hooks import call_hook
from modelgen.runtime.protocols.messages import Careful
from modelgen.runtime.protocols.native_rpc import Endpoint
from modelgen.runtime.service import Service

__all__ = ["Endpoint", "GrpcServer"]

logger = logging.getLogger("modelgen.runtime")

REFLECTION = "grpc.reflection.v1.ServerReflection"
"""grpcio-reflection has v1alpha only; the messages of v1 are the same."""

ALIVE = 20
"""Seconds after which a silent caller is asked whether it is still there, and has to answer."""


FAREWELL = 2.0
"""Seconds in which callers whose calls have been answered, or who have not finished one, take leave."""


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
        endpoint = Endpoint(service)
        self._underway = endpoint.underway
        names = service.binding.servicers(Careful(self._server), endpoint)
        self._names = (*names, health.SERVICE_NAME, reflection.SERVICE_NAME, REFLECTION)
        self._health = _Health()
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
        """Answer who has called, let nobody in any more, and end the calls that run after `grace` seconds."""
        await self._health.enter_graceful_shutdown()
        await self._underway.hold()
        stopping = asyncio.create_task(self._server.stop(grace))
        await asyncio.sleep(0)  # it has begun then: callers are told before they are answered
        self._underway.release()
        self._health.release()
        while not stopping.done():
            ended = asyncio.create_task(self._underway.none())
            await asyncio.wait({stopping, ended}, return_when=asyncio.FIRST_COMPLETED)
            ended.cancel()
            await asyncio.wait({stopping}, timeout=FAREWELL)
            if not self._underway.running and not stopping.done():
                logger.info("stopping: gRPC leaves callers who do not take leave")
                break
        await self.end()
        await stopping

    async def end(self) -> None:
        """Close the port and all connections at once."""
        self._underway.release()
        await self._server.stop(0)

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


class _Health(health.aio.HealthServicer):  # type: ignore[misc]
    """Health whose watchers do not keep the server from its end."""

    def __init__(self) -> None:
        super().__init__()
        self._watching: set[asyncio.Task[None]] = set()

    async def Watch(self, request: Any, context: Any) -> None:  # noqa: N802 - gRPC names the method
        """Tell the state and its changes, until the caller goes or the server stops."""
        watching = asyncio.create_task(super().Watch(request, context))
        self._watching.add(watching)
        try:
            await asyncio.wait({watching})
        finally:
            self._watching.discard(watching)
            watching.cancel()

    def release(self) -> None:
        """End the watches."""
        for watching in self._watching:
            watching.cancel()


def _interceptors(service: Service) -> tuple[grpc.aio.ServerInterceptor, ...]:
    """The door, where there is one, before those of the project."""
    doors = (Interceptor(service),) if service.access.active else ()
    return (*doors, *(call_hook(service.binding.hooks, "interceptors") or ()))

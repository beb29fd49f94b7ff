"""One running service: what HTTP and gRPC both stand on."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel
from pydantic_core import PydanticSerializationError

from modelgen.runtime.binding import MethodBinding, ModuleBinding, ServiceBinding
from modelgen.runtime.call import Call, closing
from modelgen.runtime.deployments import Deployed, Deployments
from modelgen.runtime.errors import InvalidArgument, WrongResult, from_model
from modelgen.runtime.jobs import Jobs
from modelgen.runtime.settings import Settings
from modelgen.runtime.validation import from_json, from_plain

logger = logging.getLogger("modelgen.runtime")


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a request says beside its arguments."""

    id: str
    """The request id, given or made."""
    deployment: str | None = None
    """The deployment that the caller named."""
    seconds: float | None = None
    """How long the caller will wait."""
    metadata: Mapping[str, str] = field(default_factory=dict)
    """Lower-case HTTP headers or gRPC metadata."""


class Service:
    """A service's deployments, jobs and state, and the one way to call a method."""

    def __init__(self, binding: ServiceBinding, settings: Settings) -> None:
        self.binding = binding
        self.settings = settings
        self.deployments = Deployments(binding, settings)
        self.jobs = Jobs(binding, settings, self.deployments)
        self.draining = False
        """Whether the service has begun to stop."""
        self._started = False

    async def start(self) -> None:
        """Begin to load the models; answers at once."""
        if not self._started:
            self._started = True
            self.deployments.start()
            self.jobs.start()

    async def stop(self) -> None:
        """End jobs and models."""
        self.draining = True
        await self.jobs.close()
        await self.deployments.close()

    @property
    def missing(self) -> dict[str, str]:
        """What the service is not ready without, and why it is not there."""
        return self.deployments.missing()

    @property
    def ready(self) -> bool:
        """Whether every deployment that the settings ask for is active, and the service is not about to stop."""
        return not self.draining and not self.missing

    async def settled(self) -> None:
        """Wait until every deployment is active or failed."""
        await asyncio.gather(*(deployed.done.wait() for deployed in self.deployments))

    def module(self, name: str) -> ModuleBinding:
        """The module of that name."""
        return next(module for module in self.binding.modules if module.name == name)

    async def results(
        self, binding: MethodBinding, request: BaseModel, context: Context, pieces: AsyncIterator[Any] | None = None
    ) -> AsyncIterator[BaseModel]:
        """The answers to one request, as instances of the method's response schema.

        Args:
            binding: the method.
            request: what its request schema validated.
            context: what the request says beside its arguments.
            pieces: host values of the parameter that arrives piece by piece.
        """
        deployed = self.deployments.find(binding.module, context.deployment or getattr(request, "deployment", None))
        arguments = host_arguments(binding, request)
        if binding.stream is not None:
            arguments[binding.stream.parameter] = pieces
        call = Call(
            deployment=deployed.name,
            binding=binding,
            arguments=arguments,
            id=context.id,
            deadline=_deadline(deployed, context.seconds),
            metadata=context.metadata,
        )
        if deployed.handler is None:
            raise RuntimeError(f"deployment {deployed.name} is active without a handler")
        async with closing(deployed.handler(call)) as values:
            async for value in values:
                yield _response(binding, value, call)


def host_arguments(binding: MethodBinding, request: BaseModel) -> dict[str, Any]:
    """The keyword arguments of a validated request; a host type that refuses its value is the caller's error."""
    try:
        return binding.arguments(request)
    except (ValueError, TypeError) as error:
        raise from_model(error, binding.raises, f"{binding.module}.{binding.name}") from error


def host_piece(binding: MethodBinding, position: int, sent: Any) -> Any:
    """The host value of one piece: a line of JSON as bytes, or a plain value from a message."""
    stream = binding.stream
    if stream is None:
        raise InvalidArgument("This method takes no stream")
    under = f"{stream.parameter}[{position}]"
    if isinstance(sent, bytes):
        return stream.argument(from_json(stream.item, sent, under=under))
    return stream.argument(from_plain(stream.item, sent, under=under))


def _deadline(deployed: Deployed, seconds: float | None) -> float | None:
    limits = [limit for limit in (seconds, deployed.settings.timeout or None) if limit is not None]
    return asyncio.get_running_loop().time() + min(limits) if limits else None


def _response(binding: MethodBinding, value: Any, call: Call) -> BaseModel:
    if binding.result is None:
        raise RuntimeError(f"{binding.module}.{binding.name} answers a job")
    try:
        return binding.result(value)
    except (TypeError, ValueError, AttributeError, LookupError) as error:
        raise _wrong(binding, value, error, call.id) from error


def _wrong(binding: MethodBinding, value: Any, error: Exception, request_id: str) -> WrongResult:
    wrong = WrongResult(f"{binding.module}.{binding.name}", binding.returns, value)
    logger.error("%s (request %s): %s", wrong.message, request_id, error)
    return wrong


def to_json(binding: MethodBinding, response: BaseModel, request_id: str) -> bytes:
    """The response as JSON. Raises WrongResult for a value that JSON cannot hold."""
    try:
        return type(response).__pydantic_serializer__.to_json(response, by_alias=True, warnings="error")
    except PydanticSerializationError as error:
        raise _wrong(binding, getattr(response, "result", response), error, request_id) from error

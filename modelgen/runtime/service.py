"""One running service: what HTTP and gRPC both stand on."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from numpy import ndarray
from pydantic import BaseModel
from pydantic_core import PydanticSerializationError

from modelgen.runtime import tensors
from modelgen.runtime.binding import MethodBinding, ModuleBinding, ServiceBinding
from modelgen.runtime.blame import converted
from modelgen.runtime.body import Attendance
from modelgen.runtime.bounds import Bounds
from modelgen.runtime.bulk import gathered
from modelgen.runtime.call import Call, Engine, closing
from modelgen.runtime.deployments import Deployed, Deployments
from modelgen.runtime.errors import InvalidArgument, NotFound, WrongResult
from modelgen.runtime.jobs import Jobs
from modelgen.runtime.security import Access, Issuer
from modelgen.runtime.settings import Settings
from modelgen.runtime.telemetry import Observation, Telemetry
from modelgen.runtime.validation import from_json, from_plain

logger = logging.getLogger("modelgen.runtime")


@dataclass(slots=True, kw_only=True)
class Context:
    """What a request says beside its arguments."""

    id: str
    """The request id, given or made."""
    deployment: str | None = None
    """The deployment that the caller named."""
    seconds: float | None = None
    """How long the caller will wait."""
    gathered: bool = True
    """As in the call that is made of it."""
    observation: Observation | None = None
    """Told what becomes of the request."""


class Service:
    """A service's deployments, jobs and state, and the one way to call a method."""

    def __init__(self, binding: ServiceBinding, settings: Settings) -> None:
        self.binding = binding
        self.settings = settings
        self.telemetry = Telemetry(binding, settings)
        """What is seen of it from outside."""
        self.bounds = Bounds(depth=settings.max_depth, elements=settings.max_elements)
        """How far a request may go."""
        self.access = Access(settings, os.environ, _issuer(settings))
        """Who may do what."""
        self.deployments = Deployments(binding, settings, self.telemetry.metrics)
        self.jobs = Jobs(binding, settings, self.deployments)
        self.draining = False
        """Whether the service has begun to stop."""
        self.attendance: Attendance
        """Looks after the callers of long calls; there from `start` on."""
        self._started = False
        self._measuring: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to load the models; answers at once."""
        if not self._started:
            self._started = True
            self.attendance = Attendance()
            self.deployments.start()
            self.jobs.start()
            self._measuring = asyncio.create_task(self.telemetry.metrics.keep(self))

    async def stop(self) -> None:
        """End jobs and models."""
        self.draining = True
        await self.jobs.close()
        await self.deployments.close(self.telemetry.tracing.patience)
        if self._measuring is not None:
            self._measuring.cancel()
        self.telemetry.metrics.close()
        await asyncio.to_thread(self.telemetry.tracing.close)

    @property
    def missing(self) -> dict[str, str]:
        """What the service is not ready without, and why it is not there."""
        return self.deployments.missing()

    @property
    def ready(self) -> bool:
        """Whether every deployment that the settings ask for is active, and the service is not about to stop."""
        return not self.draining and not self.missing

    def reload(self, settings: Settings) -> list[str]:
        """Follow other settings: their deployments, and how much memory these may take. Tells what changes."""
        return self.deployments.reload(settings)

    async def settled(self) -> None:
        """Wait until every deployment is active or failed."""
        await asyncio.gather(*(deployed.done.wait() for deployed in self.deployments))

    def module(self, name: str) -> ModuleBinding:
        """The module of that name."""
        return next(module for module in self.binding.modules if module.name == name)

    async def answer(
        self, binding: MethodBinding, request: BaseModel, context: Context, pieces: AsyncIterator[Any] | None = None
    ) -> BaseModel:
        """The answer to one request, as an instance of the method's response schema.

        Args:
            binding: the method, which does not stream its results.
            request: what its request schema validated.
            context: what the request says beside its arguments.
            pieces: host values of the parameter that arrives piece by piece.
        """
        deployed = await self._deployed(binding, request, context)
        call = self._call(deployed, binding, request, context, pieces)
        return _response(binding, await _engine(deployed).answer(call), call.id)

    async def answers(self, binding: MethodBinding, requests: Sequence[BaseModel], context: Context) -> list[BaseModel]:
        """The answers to many requests that came as one, in their order: a call each, which batches may be made of.

        As many are under way at a time as keep the models busy, so that other callers' come between them. Their places
        in the queue are taken together. `context.seconds` are for all of them, a deployment's `timeout` is for each.

        Raises:
            ItemFailed: the first that failed; the others are given up.
        """
        deployed = await self._deployed(binding, None, context)
        engine, queue = _engine(deployed), deployed.queue
        if queue is None:
            raise RuntimeError(f"deployment {deployed.name} is active without a queue")
        each, count = replace(context, seconds=None), len(requests)
        width = deployed.batchers[binding.name].limit * (deployed.settings.replicas + 1)
        with queue.places(count, deployed.name) as places:

            async def answered(position: int) -> BaseModel:
                call = self._call(deployed, binding, requests[position], each, None)
                call.places = places
                return _response(binding, await engine.answer(call), call.id)

            return await gathered(answered, count, width=width, seconds=context.seconds)

    async def bursts(
        self, binding: MethodBinding, request: BaseModel, context: Context, pieces: AsyncIterator[Any] | None = None
    ) -> AsyncIterator[list[BaseModel]]:
        """The answers to one request of a method that streams, in lists of those that were there at once."""
        deployed = await self._deployed(binding, request, context)
        call = self._call(deployed, binding, request, context, pieces)
        async with closing(_engine(deployed).bursts(call)) as bursts:
            async for burst in bursts:
                if context.observation is not None:
                    context.observation.streamed(len(burst))
                found: list[BaseModel] = []
                try:
                    for value in burst:
                        found.append(_response(binding, value, call.id))  # noqa: PERF401 - what came first is kept
                except WrongResult:
                    if found:
                        yield found
                    raise
                yield found

    async def _deployed(self, binding: MethodBinding, request: BaseModel | None, context: Context) -> Deployed:
        """What answers; loaded, if it had to make room for others."""
        name = context.deployment or getattr(request, "deployment", None)
        try:
            deployed = self.deployments.find(binding.module, name)
        except NotFound:
            if name is None or not await self.jobs.adopted(name):
                raise
            deployed = self.deployments.find(binding.module, name)
        if context.observation is not None:
            context.observation.deployment = deployed.name
        self.deployments.use(deployed)
        if deployed.engine is None:
            await self.deployments.wake(deployed)
        return deployed

    def _call(
        self,
        deployed: Deployed,
        binding: MethodBinding,
        request: BaseModel,
        context: Context,
        pieces: AsyncIterator[Any] | None,
    ) -> Call:
        arguments = host_arguments(binding, request)
        if binding.stream is not None:
            arguments[binding.stream.parameter] = pieces
        batcher = deployed.batchers[binding.name]
        return Call(
            deployment=deployed.name,
            binding=binding,
            arguments=arguments,
            batcher=batcher,
            group=batcher.group(request, arguments),
            id=context.id,
            request=context.observation,
            gathered=context.gathered,
            deadline=self._deadline(deployed, context.seconds),
        )

    def _deadline(self, deployed: Deployed, seconds: float | None) -> float | None:
        limit = deployed.settings.timeout
        if seconds is not None and (not limit or seconds < limit):
            limit = seconds
        return self.attendance.loop.time() + limit if limit else None


def _engine(deployed: Deployed) -> Engine:
    if deployed.engine is None:
        raise RuntimeError(f"deployment {deployed.name} is active without an engine")
    return deployed.engine


def _issuer(settings: Settings) -> Issuer | None:
    if not settings.jwt_issuer:
        return None
    from modelgen.runtime.issuer import Keys  # with an extra of its own

    return Keys(settings.jwt_issuer, settings.jwt_audience, settings.jwt_keys)


def host_arguments(binding: MethodBinding, request: BaseModel) -> dict[str, Any]:
    """The keyword arguments of a validated request; a host type that refuses its value is the caller's error."""
    found: dict[str, Any] = converted(binding, binding.arguments, request)
    return found


def host_piece(binding: MethodBinding, position: int, sent: Any, bounds: Bounds) -> Any:
    """The host value of one piece: a line of JSON as bytes, or a plain value from a message."""
    stream = binding.stream
    if stream is None:
        raise InvalidArgument("This method takes no stream")
    under = f"{stream.parameter}[{position}]"
    if isinstance(sent, bytes):
        return converted(binding, stream.argument, from_json(stream.item, sent, bounds, under=under))
    return converted(binding, stream.argument, from_plain(stream.item, sent, bounds, under=under))


def _response(binding: MethodBinding, value: Any, request_id: str) -> BaseModel:
    if binding.result is None:
        raise RuntimeError(f"{binding.module}.{binding.name} answers a job")
    try:
        return binding.result(value)
    except (TypeError, ValueError, AttributeError, LookupError) as error:
        raise _wrong(binding, value, error, request_id) from error


def _wrong(binding: MethodBinding, value: Any, error: Exception, request_id: str) -> WrongResult:
    wrong = WrongResult(f"{binding.module}.{binding.name}", binding.returns, value)
    logger.error("%s (request %s): %s", wrong.message, request_id, error)
    return wrong


def to_json(binding: MethodBinding, response: BaseModel, request_id: str) -> bytes:
    """The response as JSON. Raises WrongResult for a value that JSON cannot hold."""
    result = getattr(response, "result", None)
    if isinstance(result, ndarray) and (content := tensors.to_json(result)) is not None:
        return b'{"result":' + content + b"}"
    try:
        return type(response).__pydantic_serializer__.to_json(response, by_alias=True, warnings=False)
    except PydanticSerializationError as error:
        raise _wrong(binding, getattr(response, "result", response), error, request_id) from error

"""The native dialect over gRPC: what every generated servicer calls."""

from __future__ import annotations

import logging
import math
from collections.abc import AsyncIterable, AsyncIterator, Mapping
from typing import Any

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RetryInfo  # type: ignore[import-untyped]
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]
from pydantic import BaseModel

from modelgen.runtime import callers
from modelgen.runtime.binding import ABSENT, MethodBinding
from modelgen.runtime.bounds import Bounds
from modelgen.runtime.call import closing
from modelgen.runtime.errors import Cancelled, Internal, InvalidArgument, ServiceError, WrongResult
from modelgen.runtime.identifiers import request_identifier
from modelgen.runtime.protocols import messages
from modelgen.runtime.service import Context, Service, host_piece
from modelgen.runtime.telemetry import Observation
from modelgen.runtime.underway import Underway
from modelgen.runtime.validation import from_plain

logger = logging.getLogger("modelgen.runtime")

ServicerContext = grpc.aio.ServicerContext[Any, Any]

STATUS_CODES = {code.value[0]: code for code in grpc.StatusCode}


class Endpoint:
    """Answers the generated servicers' calls: one method for each of gRPC's four kinds."""

    def __init__(self, service: Service) -> None:
        self.service = service
        """Whose methods they call."""
        self.underway = Underway()
        """The calls that it answers."""

    async def unary(self, binding: MethodBinding, request: Message, context: ServicerContext) -> Any:
        """One message in, one out; for `train` the job."""
        async with self._answering(context, binding) as asked:
            parsed = _parsed(binding, request, self.service.bounds)
            if binding.kind == "train":
                return _message(binding, await self.service.jobs.submit(binding, parsed))
            return _message(binding, await self.service.answer(binding, parsed, asked))

    async def server_stream(
        self, binding: MethodBinding, request: Message, context: ServicerContext
    ) -> AsyncIterator[Any]:
        """One message in, many out."""
        async with self._answering(context, binding) as asked:
            parsed = _parsed(binding, request, self.service.bounds)
            async with closing(self.service.bursts(binding, parsed, asked)) as bursts:
                async for burst in bursts:
                    for result in burst:
                        yield _message(binding, result)

    async def client_stream(
        self, binding: MethodBinding, requests: AsyncIterable[Message], context: ServicerContext
    ) -> Any:
        """Many messages in, one out."""
        async with self._answering(context, binding) as asked:
            parsed, pieces = await _opened(binding, requests, self.service.bounds)
            return _message(binding, await self.service.answer(binding, parsed, asked, pieces))

    async def two_way(
        self, binding: MethodBinding, requests: AsyncIterable[Message], context: ServicerContext
    ) -> AsyncIterator[Any]:
        """Many messages in, many out, each side at its own pace."""
        async with self._answering(context, binding) as asked:
            parsed, pieces = await _opened(binding, requests, self.service.bounds)
            async with closing(self.service.bursts(binding, parsed, asked, pieces)) as bursts:
                async for burst in bursts:
                    for result in burst:
                        yield _message(binding, result)

    async def job(self, identifier: str, context: ServicerContext) -> Mapping[str, Any]:
        """One training job, as it stands now."""
        async with self._answering(context):
            messages.check(identifier)
            return self.service.jobs.describe(identifier)

    async def jobs(self, context: ServicerContext) -> list[dict[str, Any]]:
        """All training jobs, the newest first."""
        async with self._answering(context):
            return self.service.jobs.list()

    async def cancel_job(self, identifier: str, context: ServicerContext) -> Mapping[str, Any]:
        """End a training job that has not ended."""
        async with self._answering(context):
            messages.check(identifier)
            return await self.service.jobs.cancel(identifier)

    def _answering(self, context: ServicerContext, binding: MethodBinding | None = None) -> _Answering:
        return _Answering(context, self, binding)


class _Answering:
    """What goes wrong inside it ends the call with status, message, and the details that say which fields."""

    def __init__(self, context: ServicerContext, endpoint: Endpoint, binding: MethodBinding | None) -> None:
        """Without a method, the call manages the service."""
        self._context = context
        self._service = endpoint.service
        self._underway = endpoint.underway
        self._binding = binding
        self._metadata = _metadata(context)
        self._asked = _context(context, self._metadata)
        if binding is not None:
            self._asked.observation = self._observed(binding)

    async def __aenter__(self) -> Context:
        await self._underway.enter(self._context)
        access = self._service.access
        if access.active or self._binding is None or self._binding.kind == "train":
            try:
                callers.permit(access, self._binding, await callers.over_grpc(access, self._metadata))
            except ServiceError as error:
                self._end(error.code)
                await self._abort(error)
        return self._asked

    async def __aexit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, ServiceError):
            self._end(error.code)
            await self._abort(error)
        elif isinstance(error, Exception) and not isinstance(error, (grpc.aio.AbortError, StopAsyncIteration)):
            self._end(Internal.code)
            logger.error("request %s failed", self._asked.id, exc_info=error)
            await self._abort(Internal("The service failed"))
        else:
            self._end("OK" if error is None else Cancelled.code)

    def _observed(self, binding: MethodBinding) -> Observation:
        metadata = self._metadata
        parent, state = metadata.get("traceparent", ""), metadata.get("tracestate", "")
        observation = self._service.telemetry.begin(binding, "grpc", self._asked.id, parent, state)
        if observation.traceparent:
            self._context.set_trailing_metadata(self._trailing(observation))
        return observation

    def _end(self, code: str) -> None:
        if self._asked.observation is not None:
            self._asked.observation.end(code)

    def _trailing(self, observation: Observation | None) -> tuple[tuple[str, str], ...]:
        found = (("x-request-id", self._asked.id),)
        return (*found, *((observation.headers or {}).items() if observation is not None else ()))

    async def _abort(self, error: ServiceError) -> None:
        status = _status(error, self._service.binding.name).SerializeToString()
        trailing = (*self._trailing(self._asked.observation), ("grpc-status-details-bin", status))
        await self._context.abort(STATUS_CODES[error.grpc], error.message, trailing_metadata=trailing)


def _metadata(context: ServicerContext) -> dict[str, str]:
    return {key: value for key, value in context.invocation_metadata() or () if isinstance(value, str)}


def _context(context: ServicerContext, metadata: Mapping[str, str]) -> Context:
    identifier = request_identifier(metadata.get("x-request-id"))
    context.set_trailing_metadata((("x-request-id", identifier),))
    seconds = context.time_remaining()
    return Context(
        id=identifier,
        gathered=False,
        deployment=metadata.get("x-deployment"),
        seconds=seconds if seconds is not None and math.isfinite(seconds) else None,
    )


def _parsed(binding: MethodBinding, request: Message, bounds: Bounds) -> BaseModel:
    messages.check(request)
    try:
        plain = binding.from_proto(request)
    except (ValueError, TypeError, OverflowError) as error:
        raise InvalidArgument(str(error)) from error
    return from_plain(binding.request, plain, bounds)


async def _opened(
    binding: MethodBinding, requests: AsyncIterable[Message], bounds: Bounds
) -> tuple[BaseModel, AsyncIterator[Any]]:
    """The arguments, which the first message holds, and the pieces, of which it may hold the first."""
    received = aiter(requests)
    first = await anext(received, None)
    parsed = from_plain(binding.request, {}, bounds) if first is None else _parsed(binding, first, bounds)
    return parsed, _pieces(binding, first, received, bounds)


async def _pieces(
    binding: MethodBinding, first: Message | None, received: AsyncIterator[Message], bounds: Bounds
) -> AsyncIterator[Any]:
    stream = binding.stream
    if stream is None or first is None:
        return
    position = 0
    message: Message | None = first
    while message is not None:
        messages.check(message)
        plain = stream.from_proto(message)
        if plain is not ABSENT:
            yield host_piece(binding, position, plain, bounds)
            position += 1
        message = await anext(received, None)


def _message(binding: MethodBinding, response: Any) -> Message:
    if binding.to_proto is None:
        raise RuntimeError(f"{binding.module}.{binding.name} has no response message")
    try:
        return binding.to_proto(response)
    except (ValueError, TypeError) as error:
        value = getattr(response, "result", response)
        raise WrongResult(f"{binding.module}.{binding.name}", binding.returns, value) from error


def _status(error: ServiceError, domain: str) -> Status:
    """google.rpc.Status with ErrorInfo, BadRequest where fields are named, RetryInfo where a later try may succeed."""
    status = Status(code=error.grpc, message=error.message)
    status.details.append(_packed(ErrorInfo(reason=error.code, domain=domain)))
    if error.details:
        violations = [
            BadRequest.FieldViolation(field=detail.field, description=detail.message) for detail in error.details
        ]
        status.details.append(_packed(BadRequest(field_violations=violations)))
    if error.retry_after is not None:
        delay = Duration()
        delay.FromMilliseconds(round(1000 * error.retry_after))
        status.details.append(_packed(RetryInfo(retry_delay=delay)))
    return status


def _packed(message: Message) -> AnyMessage:
    packed = AnyMessage()
    packed.Pack(message)
    return packed

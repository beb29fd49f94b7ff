"""The native dialect over HTTP: JSON in; JSON, server-sent events or lines of JSON out; lines of JSON in for streams.

A body is parsed into the method's schema in one pass, whatever its Content-Type; an answer goes from the schema to
bytes in one. What is answered is the same whether FastAPI hands the request over (`endpoint`) or `direct` does without.
"""

from __future__ import annotations

import logging
import math
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import orjson
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from modelgen.runtime import callers, errors
from modelgen.runtime.binding import MethodBinding
from modelgen.runtime.body import Attended, Body
from modelgen.runtime.bounds import Bounds
from modelgen.runtime.call import closing
from modelgen.runtime.errors import (
    Cancelled,
    Detail,
    Internal,
    InvalidArgument,
    MalformedRequest,
    ServiceError,
    Unauthenticated,
    UnsupportedEncoding,
)
from modelgen.runtime.service import Context, Service, host_piece, to_json
from modelgen.runtime.telemetry import Observation
from modelgen.runtime.validation import from_json

JSON = "application/json"
EVENTS = "text/event-stream"
LINES = "application/x-ndjson"
OBSERVED = "modelgen.observed"
"""In an ASGI scope: the request's end is told to the service's telemetry."""

logger = logging.getLogger("modelgen.runtime")


def endpoint(binding: MethodBinding) -> Callable[[Request], Awaitable[Response]]:
    """What FastAPI calls for a method. A service answers such a route without FastAPI where no hook needs it."""

    async def answer_request(request: Request) -> Response:
        return await answer(request, binding)

    answer_request.__name__ = binding.name
    answer_request.binding = binding  # type: ignore[attr-defined]
    return answer_request


async def answer(request: Request, binding: MethodBinding) -> Response:
    """Answer one request to a method: unary, streaming either way, or training."""
    service: Service = request.app.state.service
    identifier = request_id(request)
    found = await reply(service, binding, request.scope, request.receive, identifier)
    if isinstance(found, Stream):
        return found
    return Response(found.content, found.status, media_type=JSON, headers=found.headers)


@dataclass(slots=True)
class Reply:
    """An answer in one piece, of JSON."""

    content: bytes
    status: int = 200
    headers: dict[str, str] | None = None
    """Beside Content-Type and Content-Length."""


async def reply(
    service: Service, binding: MethodBinding, scope: Scope, receive: Receive, identifier: str
) -> Reply | Stream:
    """What is answered to one request: failures too, but for the service's own."""
    header = dict(scope["headers"]).get
    scope[OBSERVED] = True
    parent, state = header(b"traceparent", b"").decode("latin-1"), header(b"tracestate", b"").decode("latin-1")
    observation = service.telemetry.begin(binding, "http", identifier, parent, state)
    try:
        if service.access.active or binding.kind == "train":
            callers.permit(service.access, binding, await callers.over_http(service.access, scope))
        encoding = header(b"content-encoding")
        if encoding is not None:  # which may come in several headers
            encoding = b",".join(value for name, value in scope["headers"] if name == b"content-encoding")
        body = Body(receive, service.settings.max_body, length=header(b"content-length"), encoding=encoding)
        timeout = header(b"x-request-timeout")
        seconds = patience(timeout) if timeout is not None else None
        context = Context(id=identifier, seconds=seconds, observation=observation)
        if binding.stream is None:
            parsed = from_json(binding.request, await body.read(), service.bounds)
            if binding.kind == "train":
                submitted = await _submitted(service, binding, parsed)
                observation.end()
                return submitted
            pieces = None
        else:
            parsed, pieces = await _opened(binding, body, service.bounds)
        with Attended(body, service.attendance):
            if not binding.streams:
                response = await service.answer(binding, parsed, context, pieces)
                content = to_json(binding, response, identifier)
                observation.end()
                return Reply(content, headers=observation.headers)
            bursts = service.bursts(binding, parsed, context, pieces)
            first = await anext(bursts, None)  # a failure before the first item still has its own status
        encoder = _Lines if LINES.encode() in header(b"accept", b"") else _Events
        items = _encoded(binding, first, bursts, identifier)
        return Stream(encoder, items, Attended(body, service.attendance), identifier, observation)
    except ServiceError as error:
        observation.end(error.code)
        return failed(error, identifier, observation.headers)
    except BaseException as error:
        observation.end(Internal.code if isinstance(error, Exception) else Cancelled.code)
        raise


def failed(error: ServiceError, identifier: str, more: dict[str, str] | None = None) -> Reply:
    """The error as an answer, with more headers."""
    headers = dict(more or {})
    if error.retry_after is not None:
        headers["retry-after"] = str(math.ceil(error.retry_after))
    if isinstance(error, Unauthenticated):
        headers["www-authenticate"] = "Bearer"
    if isinstance(error, UnsupportedEncoding):
        headers["accept-encoding"] = "gzip, deflate"
    return Reply(orjson.dumps(errors.body(error, identifier)), error.status, headers or None)


def failure(error: ServiceError, identifier: str, headers: dict[str, str] | None = None) -> Response:
    """The error as a response of FastAPI's."""
    found = failed(error, identifier)
    return Response(found.content, found.status, media_type=JSON, headers={**(headers or {}), **(found.headers or {})})


def broken(error: Exception, identifier: str) -> Internal:
    """What a caller is told of a fault of the service itself, which is logged."""
    logger.error("request %s failed", identifier, exc_info=error)
    return Internal("The service failed")


def request_id(request: Request) -> str:
    """The id that the request brought or was given."""
    found: str = request.scope.get("state", {}).get("request_id", "")
    return found


def patience(sent: bytes) -> float | None:
    """The seconds that `X-Request-Timeout` says; None: no limit. Raises InvalidArgument."""
    try:
        seconds = float(sent)
    except ValueError:
        seconds = math.nan
    if not seconds > 0:
        raise InvalidArgument.of(Detail(field="X-Request-Timeout", message="must be a number of seconds above 0"))
    return seconds if math.isfinite(seconds) else None


async def _submitted(service: Service, binding: MethodBinding, parsed: BaseModel) -> Reply:
    job = await service.jobs.submit(binding, parsed)
    return Reply(orjson.dumps(job), 202, {"location": f"/api/v1/jobs/{job['id']}"})


async def _opened(binding: MethodBinding, body: Body, bounds: Bounds) -> tuple[BaseModel, AsyncIterator[Any]]:
    """The request, which the first line holds, and the pieces, one in every further line."""
    lines = body.lines()
    first = await anext(lines, None)
    if first is None:
        raise MalformedRequest("The request is empty: its first line holds the arguments, each further line one piece")
    return from_json(binding.request, first, bounds), _pieces(binding, lines, bounds)


async def _pieces(binding: MethodBinding, lines: AsyncIterator[bytes], bounds: Bounds) -> AsyncIterator[Any]:
    position = 0
    async for line in lines:
        yield host_piece(binding, position, line, bounds)
        position += 1


async def _encoded(
    binding: MethodBinding, first: list[BaseModel] | None, bursts: AsyncIterator[list[BaseModel]], identifier: str
) -> AsyncIterator[list[bytes]]:
    async with closing(bursts) as rest:
        if first is not None:
            yield [to_json(binding, result, identifier) for result in first]
        async for burst in rest:
            yield [to_json(binding, result, identifier) for result in burst]


class _Events:
    """Server-sent events: `message` per item, then `done`, or `error` with the error body."""

    media_type = EVENTS
    done = b"event: done\ndata: {}\n\n"

    @staticmethod
    def item(content: bytes) -> bytes:
        return b"event: message\ndata: " + content + b"\n\n"

    @staticmethod
    def error(content: bytes) -> bytes:
        return b"event: error\ndata: " + content + b"\n\n"


class _Lines:
    """A line of JSON per item; a failure is a last line with the error body."""

    media_type = LINES
    done = b""

    @staticmethod
    def item(content: bytes) -> bytes:
        return content + b"\n"

    error = item


class Stream(Response):
    """A response of many items, which ends with its client: the items are closed then, and so the model's generator."""

    def __init__(
        self,
        encoder: type[_Events] | type[_Lines],
        bursts: AsyncIterator[list[bytes]],
        attended: Attended,
        identifier: str,
        observation: Observation,
    ) -> None:
        headers = {"cache-control": "no-store", "x-accel-buffering": "no", **(observation.headers or {})}
        super().__init__(media_type=encoder.media_type, headers=headers)
        del self.headers["content-length"]
        self._encoder = encoder
        self._bursts = bursts
        self._attended = attended
        self._identifier = identifier
        self._observation = observation

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the items as they come; those that come at once, in one piece."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        try:
            with self._attended:
                async with closing(self._written()) as written:
                    async for content in written:
                        await send({"type": "http.response.body", "body": content, "more_body": True})
        except Cancelled:
            return
        finally:
            self._observation.end(Cancelled.code)  # where nothing else ended it, the caller did
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _written(self) -> AsyncIterator[bytes]:
        try:
            async with closing(self._bursts) as bursts:
                async for burst in bursts:
                    yield b"".join(map(self._encoder.item, burst))
        except ServiceError as error:
            self._observation.end(error.code)
            yield self._encoder.error(orjson.dumps(errors.body(error, self._identifier)))
        except Exception:
            self._observation.end(Internal.code)
            raise
        else:
            self._observation.end()
            if self._encoder.done:
                yield self._encoder.done

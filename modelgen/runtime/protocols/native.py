"""The native dialect over HTTP: JSON in; JSON, server-sent events or lines of JSON out; lines of JSON in for streams.

`answer` is what every generated route calls. A body is parsed into the method's schema in one pass, whatever its
Content-Type; an answer goes from the schema to bytes in one.
"""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from typing import Any

import orjson
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from modelgen.runtime import errors
from modelgen.runtime.binding import MethodBinding
from modelgen.runtime.body import Attended, Body
from modelgen.runtime.call import closing
from modelgen.runtime.errors import Cancelled, Detail, InvalidArgument, MalformedRequest, ServiceError
from modelgen.runtime.limits import END
from modelgen.runtime.service import Context, Service, host_piece, to_json
from modelgen.runtime.validation import from_json

JSON = "application/json"
EVENTS = "text/event-stream"
LINES = "application/x-ndjson"


async def answer(request: Request, binding: MethodBinding) -> Response:
    """Answer one request to a method: unary, streaming either way, or training."""
    service: Service = request.app.state.service
    try:
        body = Body(request, service.settings.max_body)
        context = _context(request)
        if binding.stream is None:
            sent = await body.read()
            parsed = from_json(binding.request, sent)
            if binding.kind == "train":
                return await _submitted(service, binding, parsed, context)
            results = service.results(binding, parsed, context)
        else:
            results = await _streamed(service, binding, context, body)
        return await _replied(request, binding, results, body)
    except ServiceError as error:
        return failure(error, request_id(request))


def failure(error: ServiceError, request_id: str, headers: dict[str, str] | None = None) -> Response:
    """The error as an HTTP response."""
    found = dict(headers or {})
    if error.retry_after is not None:
        found["retry-after"] = str(math.ceil(error.retry_after))
    content = orjson.dumps(errors.body(error, request_id))
    return Response(content, error.status, media_type=JSON, headers=found)


def request_id(request: Request) -> str:
    """The id that the request brought or was given."""
    found: str = request.scope.get("state", {}).get("request_id", "")
    return found


def _context(request: Request) -> Context:
    headers = dict(request.headers)
    return Context(id=request_id(request), seconds=_seconds(headers.get("x-request-timeout")), metadata=headers)


def _seconds(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not seconds > 0:
        raise InvalidArgument.of(Detail(field="X-Request-Timeout", message="must be a number of seconds above 0"))
    return seconds if math.isfinite(seconds) else None


async def _submitted(service: Service, binding: MethodBinding, parsed: BaseModel, context: Context) -> Response:
    job = await service.jobs.submit(binding, parsed)
    location = {"location": f"/api/v1/jobs/{job['id']}"}
    return Response(orjson.dumps(job), 202, media_type=JSON, headers=location)


async def _streamed(service: Service, binding: MethodBinding, context: Context, body: Body) -> AsyncIterator[BaseModel]:
    """The results of a method that reads a stream: the first line is the request, every further one a piece."""
    lines = body.lines()
    first = await anext(lines, None)
    if first is None:
        raise MalformedRequest("The request is empty: its first line holds the arguments, each further line one piece")
    parsed = from_json(binding.request, first)
    return service.results(binding, parsed, context, _pieces(binding, lines))


async def _pieces(binding: MethodBinding, lines: AsyncIterator[bytes]) -> AsyncIterator[Any]:
    position = 0
    async for line in lines:
        yield host_piece(binding, position, line)
        position += 1


async def _replied(request: Request, binding: MethodBinding, results: AsyncIterator[BaseModel], body: Body) -> Response:
    """One answer, or the beginning of many: a failure before the first still has its own status."""
    identifier = request_id(request)
    with Attended(body):
        if not binding.streams:
            async with closing(results) as only:
                return Response(to_json(binding, await anext(only), identifier), media_type=JSON)
        first = await anext(results, END)
        encoder = _Lines if LINES in request.headers.get("accept", "") else _Events
        items = _encoded(binding, first, results, identifier)
        return Stream(encoder, items, body, identifier)


async def _encoded(
    binding: MethodBinding, first: Any, results: AsyncIterator[BaseModel], identifier: str
) -> AsyncIterator[bytes]:
    async with closing(results) as rest:
        if first is not END:
            yield to_json(binding, first, identifier)
        async for result in rest:
            yield to_json(binding, result, identifier)


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
        self, encoder: type[_Events] | type[_Lines], items: AsyncIterator[bytes], body: Body, identifier: str
    ) -> None:
        super().__init__(
            media_type=encoder.media_type, headers={"cache-control": "no-store", "x-accel-buffering": "no"}
        )
        del self.headers["content-length"]
        self._encoder = encoder
        self._items = items
        self._body = body
        self._identifier = identifier

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the items as they come."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        try:
            with Attended(self._body):
                async with closing(self._written()) as written:
                    async for content in written:
                        await send({"type": "http.response.body", "body": content, "more_body": True})
        except Cancelled:
            return
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _written(self) -> AsyncIterator[bytes]:
        try:
            async with closing(self._items) as items:
                async for item in items:
                    yield self._encoder.item(item)
        except ServiceError as error:
            yield self._encoder.error(orjson.dumps(errors.body(error, self._identifier)))
        else:
            if self._encoder.done:
                yield self._encoder.done

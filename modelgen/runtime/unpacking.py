"""Bodies that come compressed, by gzip or deflate: unpacked as they arrive and no faster than they are read.

What comes out counts against the limit of a body, and a reader that has enough never asks for more: a bomb is refused
with little of it unpacked.
"""

from __future__ import annotations

import asyncio
import zlib
from typing import Any

from starlette.types import Message, Receive

from modelgen.runtime.errors import MalformedRequest, PayloadTooLarge, UnsupportedEncoding

PIECE = 1 << 18
"""Bytes that are unpacked at a time; others get their turn in between."""
GZIP = zlib.MAX_WBITS | 16
ZLIB = zlib.MAX_WBITS
RAW = -zlib.MAX_WBITS
NAMES = {"gzip": "gzip", "x-gzip": "gzip", "deflate": "deflate"}
"""Content encodings that are read."""


def unpacked(receive: Receive, encoding: bytes, limit: int) -> Receive:
    """The ASGI channel of a body as it was before it was encoded. Raises UnsupportedEncoding for what is not read.

    Args:
        receive: the request's channel.
        encoding: what `Content-Encoding` says.
        limit: bytes of a body.
    """
    stated = [part.strip() for part in encoding.decode("latin-1").lower().split(",")]
    layers = [part for part in stated if part not in ("", "identity")]
    if not layers:
        return receive
    if len(layers) > 1 or layers[0] not in NAMES:
        named = ", ".join(layers)[:40]
        raise UnsupportedEncoding(f"The content encoding `{named}` is not read here: send gzip, deflate, or none")
    return _Channel(receive, _Packed(NAMES[layers[0]]), limit)


class _Channel:
    """Receives a packed body, and hands it on unpacked."""

    __slots__ = ("_ended", "_last", "_limit", "_packed", "_receive", "_surplus")

    def __init__(self, receive: Receive, packed: _Packed, limit: int) -> None:
        self._receive = receive
        self._packed = packed
        self._limit = limit
        self._last = False
        """Whether all of the packed body has arrived."""
        self._ended = False
        self._surplus = 0
        """Bytes that arrived beyond those that came out: packing may add a few, and a hostile caller any number."""

    async def __call__(self) -> Message:
        if self._ended:
            return await self._receive()
        if self._packed.pending:
            await asyncio.sleep(0)
        else:
            message = await self._receive()
            if message["type"] != "http.request":
                return message
            self._last = not message.get("more_body", False)
            self._arrived(message.get("body", b""))
        piece = self._packed.piece()
        self._surplus -= len(piece)
        if self._last and not self._packed.pending:
            self._packed.finish()
            self._ended = True
        return {"type": "http.request", "body": piece, "more_body": not self._ended}

    def _arrived(self, data: bytes) -> None:
        self._surplus += len(data)
        if self._surplus > self._limit:
            raise PayloadTooLarge(f"The body is larger than {self._limit} bytes")
        self._packed.feed(data)


class _Packed:
    """A compressed stream of bytes."""

    __slots__ = ("_full", "_name", "_rest", "_stream")

    def __init__(self, name: str) -> None:
        self._name = name
        self._stream: Any = None
        self._rest = b""
        """What has arrived and was not looked at."""
        self._full = False
        """Whether more may come out of what was looked at."""

    @property
    def pending(self) -> bool:
        """Whether there is more to unpack of what has arrived."""
        return self._full or bool(self._rest)

    def feed(self, data: bytes) -> None:
        """Take what arrives, once nothing is pending."""
        self._rest = data

    def piece(self) -> bytes:
        """The next bytes, PIECE at most. Raises MalformedRequest for what was never packed so."""
        if not self.pending:
            return b""
        if self._stream is None or (self._stream.eof and self._name == "gzip"):  # gzip may be several, end to end
            self._stream = zlib.decompressobj(self._window())
        if self._stream.eof:
            raise self._broken("something follows its end")
        try:
            found: bytes = self._stream.decompress(self._rest, PIECE)
        except zlib.error as error:
            raise self._broken(str(error).rpartition(": ")[2]) from None
        self._rest = self._stream.unused_data if self._stream.eof else self._stream.unconsumed_tail
        self._full = len(found) == PIECE and not self._stream.eof
        return found

    def finish(self) -> None:
        """All has arrived. Raises MalformedRequest if it does not end here."""
        if self._stream is None or not self._stream.eof:
            raise self._broken("it ends too early")

    def _window(self) -> int:
        """Which format it is. What HTTP calls deflate is zlib's format, but some send the bare stream inside it; zlib's
        first byte ends in 8, which no bare stream's does."""
        if self._name == "gzip":
            return GZIP
        return ZLIB if self._rest[0] & 0x0F == 8 else RAW

    def _broken(self, reason: str) -> MalformedRequest:
        return MalformedRequest(f"The body cannot be unpacked as {self._name}: {reason}")

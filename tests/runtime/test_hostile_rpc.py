"""Calls that nobody would make by mistake, on the gRPC port: each ends in a status that says whose fault it was."""

from __future__ import annotations

import random
import socket
import struct
from collections.abc import Iterator
from contextlib import suppress

import grpc
import pytest
from google.protobuf.descriptor_pool import DescriptorPool
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from hypothesis import given
from hypothesis import strategies as st

from tests.runtime.schemathesis_hooks import FAILED
from tests.runtime.subjects import Served, served, subject
from tests.runtime.test_hostile_http import EXAMPLES

Metadata = tuple[tuple[str, str | bytes], ...]
CALLERS = {
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.DEADLINE_EXCEEDED,
}
"""What a caller may be told of messages that are its own fault, or that ask for very much."""
HUNGRY = "/types_zoo.v1.EchoService/Run"
"""Takes as much memory as it is told to."""
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(subject("types_zoo"), tmp_path_factory.mktemp("types_zoo")) as started:
        yield started


@pytest.fixture(scope="module")
def channel(service: Served) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(service.grpc) as found:
        yield found


@pytest.fixture(scope="module")
def methods(channel: grpc.Channel) -> list[str]:
    """Every method that reflection tells of."""
    database = ProtoReflectionDescriptorDatabase(channel)
    pool = DescriptorPool(database)
    services = [pool.FindServiceByName(name) for name in database.get_services() if not name.startswith("grpc.")]
    return [f"/{one.full_name}/{method.name}" for one in services for method in one.methods]


@pytest.fixture(autouse=True)
def _answers_afterwards(channel: grpc.Channel) -> Iterator[None]:
    yield
    assert answered(channel)


def called(
    channel: grpc.Channel, method: str, *messages: bytes, metadata: Metadata = (), timeout: float = 20
) -> tuple[grpc.StatusCode, str]:
    """The status and what is said with it."""
    call = channel.stream_stream(method)(iter(messages), timeout=timeout, metadata=metadata)
    try:
        for _ in call:
            pass
    except grpc.RpcError:
        pass
    return call.code(), call.details() or ""


def answered(channel: grpc.Channel) -> bool:
    """Whether a caller who means well is served.

    Under a flood of resets, gRPC itself (a bare server of grpc.aio too) ends about one in thirty calls of others with
    CANCELLED before they reach the service; such a call is made again.
    """
    codes = (called(channel, "/types_zoo.v1.EchoService/RunJson", b"\x0a\x06\x1a\x04text")[0] for _ in range(5))
    return next((code for code in codes if code is not grpc.StatusCode.CANCELLED), None) is grpc.StatusCode.OK


def varint(number: int) -> bytes:
    found = b""
    while number > 0x7F:
        found += bytes([number & 0x7F | 0x80])
        number >>= 7
    return found + bytes([number])


def field(number: int, kind: int, content: bytes) -> bytes:
    sizes = {0: 10, 1: 8, 5: 4}
    if kind == 0:
        content = varint(int.from_bytes(content[:8], "little"))
    elif kind == 2:
        content = varint(len(content)) + content
    elif kind in sizes:
        content = content[: sizes[kind]].ljust(sizes[kind], b"\0")
    return varint(number << 3 | kind) + content


FIELDS = st.recursive(
    st.binary(max_size=20) | st.text(max_size=10).map(str.encode),
    lambda inner: st.lists(
        st.builds(field, st.integers(1, 9), st.sampled_from([0, 1, 2, 2, 2, 5]), inner), max_size=5
    ).map(b"".join),
    max_leaves=12,
)


@EXAMPLES
@given(data=st.data(), messages=st.lists(FIELDS, max_size=3))
def test_no_message_is_the_services_own_fault(
    channel: grpc.Channel, methods: list[str], data: st.DataObject, messages: list[bytes]
) -> None:
    method = data.draw(st.sampled_from([one for one in methods if one != HUNGRY]))
    code, said = called(channel, method, *messages, timeout=1)
    assert code in {grpc.StatusCode.OK, *CALLERS} or FAILED.fullmatch(said), (code, said)


@pytest.mark.parametrize(
    "method", ["/", "/a", "/types_zoo.v1.EchoService/Nothing", "/nothing.v1.Echo/Run", "/" + "a" * 5000]
)
def test_an_unknown_method_is_told_as_such(channel: grpc.Channel, method: str) -> None:
    assert called(channel, method, b"")[0] is grpc.StatusCode.UNIMPLEMENTED


@pytest.mark.parametrize(
    "metadata",
    [
        (("x", "a" * 100_000),),
        tuple((f"x-{number}", "a") for number in range(3000)),
        (("x-request-id", "a b"), ("traceparent", "00-zz"), ("x-deployment", "a" * 5000)),
        (("x-request-id-bin", b"\x00"), ("x-deployment", "")),
    ],
)
def test_no_metadata_is_the_services_own_fault(channel: grpc.Channel, metadata: Metadata) -> None:
    try:
        code, _ = called(channel, "/types_zoo.v1.EchoService/RunJson", b"", metadata=metadata)
    except ValueError:  # the caller's own library would not send it
        return
    assert code in {*CALLERS, grpc.StatusCode.RESOURCE_EXHAUSTED}


# Below gRPC: frames of HTTP/2, as nobody's library sends them


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


DATA, HEADERS, RST, SETTINGS, PING, WINDOW, CONTINUATION = 0, 1, 3, 4, 6, 8, 9
END, WHOLE = 1, 4


def head(path: bytes = b"/types_zoo.v1.EchoService/RunJson", content_type: bytes = b"application/grpc") -> bytes:
    found = {
        b":method": b"POST",
        b":scheme": b"http",
        b":path": path,
        b":authority": b"a",
        b"te": b"trailers",
        b"content-type": content_type,
    }
    return b"".join(b"\0" + _text(name) + _text(value) for name, value in found.items())


def _text(content: bytes) -> bytes:
    return (bytes([len(content)]) if len(content) < 127 else b"\x7f" + varint(len(content) - 127)) + content


HALF = PREFACE + frame(SETTINGS, 0, 0) + frame(HEADERS, WHOLE, 1, head())
NOISE = random.Random(0)
FRAMES = {
    "a head and no more": HALF,
    "half a message": HALF + frame(DATA, 0, 1, b"\0\0\0\1\0abc"),
    "a message of 4 GiB that does not come": HALF + frame(DATA, 0, 1, b"\0\xff\xff\xff\xffabc"),
    "a message said to be compressed": HALF + frame(DATA, END, 1, b"\1\0\0\0\4abcd"),
    "another content type": PREFACE
    + frame(SETTINGS, 0, 0)
    + frame(HEADERS, WHOLE | END, 1, head(content_type=b"text/html")),
    "a head without an end": PREFACE
    + frame(SETTINGS, 0, 0)
    + frame(HEADERS, 0, 1, head())
    + frame(CONTINUATION, 0, 1, b"") * 500,
    "no head but data": PREFACE + frame(SETTINGS, 0, 0) + frame(DATA, END, 1, b"\0\0\0\0\0"),
    "resets at once": PREFACE
    + frame(SETTINGS, 0, 0)
    + b"".join(frame(HEADERS, WHOLE, 2 * n + 1, head()) + frame(RST, 0, 2 * n + 1, b"\0\0\0\x08") for n in range(300)),
    "settings of nonsense": PREFACE + frame(SETTINGS, 0, 0, bytes([0, 5, 0, 0, 0, 1]) * 50),
    "a window too wide": PREFACE + frame(SETTINGS, 0, 0) + frame(WINDOW, 0, 0, b"\x7f\xff\xff\xff") * 2,
    "a head of noise": PREFACE + frame(SETTINGS, 0, 0) + frame(HEADERS, WHOLE, 1, NOISE.randbytes(200)),
    "frames of noise": PREFACE
    + b"".join(
        frame(NOISE.randrange(12), NOISE.randrange(256), NOISE.randrange(9), NOISE.randbytes(30)) for _ in range(50)
    ),
    "questions whether it is there": PREFACE + frame(SETTINGS, 0, 0) + frame(PING, 0, 0, bytes(8)) * 20_000,
    "noise": NOISE.randbytes(3000),
    "HTTP/1.1": b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\n{}",
}


@pytest.mark.parametrize("sent", FRAMES.values(), ids=FRAMES)
def test_odd_frames_hold_nobody_up(service: Served, channel: grpc.Channel, sent: bytes) -> None:
    """Ten callers of the kind stay while others are answered, then go."""
    host, port = service.grpc.split(":")
    waiting = [socket.create_connection((host, int(port)), timeout=30) for _ in range(10)]
    for connection in waiting:
        with suppress(OSError):  # it may have been sent away already
            connection.sendall(sent)
    assert answered(channel)
    for number, connection in enumerate(waiting):
        if number % 2:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()

"""Compressed bodies: read like others, and never unpacked beyond the limit."""

from __future__ import annotations

import asyncio
import gzip
import json
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelgen.runtime.body import Body
from modelgen.runtime.errors import MalformedRequest, PayloadTooLarge
from modelgen.runtime.unpacking import PIECE

from .conftest import Running, memory, opened, start

MEGABYTE = 2**20
RUN = "/api/v1/classifier/run"
TOTAL = "/api/v1/classifier/run-total"


def raw_deflate(content: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(content) + packer.flush()


def members(content: bytes) -> bytes:
    """gzip of the two halves, end to end."""
    middle = len(content) // 2
    return gzip.compress(content[:middle]) + gzip.compress(content[middle:])


PACKED: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("gzip", gzip.compress),
    ("x-gzip", gzip.compress),
    ("GZip", gzip.compress),
    ("identity, gzip", gzip.compress),
    ("gzip", members),
    ("deflate", zlib.compress),
    ("deflate", raw_deflate),
    ("identity", bytes),
]


@pytest.fixture(scope="module", params=["", "dependency"], ids=["direct", "by FastAPI"])
def service(request: pytest.FixtureRequest, toy_folder: Path, tmp_path_factory: pytest.TempPathFactory):
    """A service with little room, that answers without FastAPI or with it."""
    file = tmp_path_factory.mktemp("small") / "service.toml"
    file.write_text(f'max_body = {MEGABYTE}\n[deployments.classifier]\nmodule = "Classifier"\n')
    running = start(toy_folder, "--no-grpc", settings=str(file), hook=request.param)
    yield running
    assert running.stop() == 0
    assert "Traceback" not in running.log.read_text()


@pytest.fixture
def caller(service: Running) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=service.http, timeout=30, headers={"x-knock": "yes"}) as client:
        yield client
        assert client.post(RUN, json={"inputs": "abc"}).json()["result"][0]["score"] == 3.0


@pytest.mark.parametrize(("encoding", "pack"), PACKED)
def test_a_packed_body_is_read_like_any_other(caller, encoding, pack):
    content = pack(json.dumps({"inputs": "word " * 1000}).encode())
    answer = caller.post(RUN, content=content, headers={"content-encoding": encoding})
    assert answer.json()["result"][0]["score"] == 5000


@pytest.mark.parametrize(("encoding", "pack"), PACKED)
def test_packed_lines_are_read_as_they_arrive(caller, encoding, pack):
    packed = pack(b"{}\n" + b"".join(b"%d\n" % number for number in range(1000)))
    drips = (packed[position : position + 7] for position in range(0, len(packed), 7))
    answer = caller.post(TOTAL, content=drips, headers={"content-encoding": encoding})
    assert answer.json() == {"result": sum(range(1000))}


def test_a_line_is_answered_before_the_next_one_is_sent(service):
    packer = zlib.compressobj(wbits=31)
    parts = [packer.compress(b'{}\n"first"\n') + packer.flush(zlib.Z_SYNC_FLUSH)]
    parts.append(packer.compress(b'"last"\n') + packer.flush())
    with opened(service) as connection:
        connection.sendall(
            b"POST /api/v1/classifier/run-echo HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n"
            b"content-encoding: gzip\r\naccept: application/x-ndjson\r\nx-knock: yes\r\n\r\n"
        )
        for part, answer in zip(parts, (b'"first"', b'"last"'), strict=True):
            connection.sendall(b"%x\r\n%b\r\n" % (len(part), part))
            found = b""
            while answer not in found:
                found += connection.recv(1000)
                assert found


@pytest.mark.parametrize("path", [RUN, TOTAL])
@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_a_bomb_is_refused_and_not_unpacked(service, caller, path, encoding):
    bomb = (gzip.compress if encoding == "gzip" else zlib.compress)(bytes(500 * MEGABYTE), 1)
    assert len(bomb) > MEGABYTE  # as it is, it would be refused for that
    bomb = bomb[: MEGABYTE // 2]
    before = memory(service)
    answer = caller.post(path, content=bomb, headers={"content-encoding": encoding})
    assert (answer.status_code, answer.json()["error_code"]) == (413, "PAYLOAD_TOO_LARGE")
    assert str(MEGABYTE) in answer.json()["error"]
    assert memory(service) - before < 20 * MEGABYTE


def test_what_unpacks_to_the_limit_is_taken_and_a_byte_more_is_not(caller):
    for size, status in ((MEGABYTE, 200), (MEGABYTE + 1, 413)):
        content = b'{"inputs": "' + b"a" * (size - 14) + b'"}'
        answer = caller.post(RUN, content=gzip.compress(content), headers={"content-encoding": "gzip"})
        assert answer.status_code == status


def test_a_packed_body_with_nothing_in_it_ends_at_the_limit_too(caller):
    empty = b"\x00\x00\x00\xff\xff" * 200  # blocks without content
    answer = caller.post(RUN, content=(empty for _ in range(5000)), headers={"content-encoding": "deflate"})
    assert answer.status_code == 413


@pytest.mark.parametrize("path", [RUN, TOTAL])
@pytest.mark.parametrize(
    ("encoding", "content", "reason"),
    [
        ("gzip", gzip.compress(b'{"inputs": "a"}', mtime=0)[:-9], "it ends too early"),
        ("gzip", b"", "it ends too early"),
        ("gzip", b'{"inputs": "a"}', "incorrect header check"),
        ("gzip", gzip.compress(b"{}", mtime=0)[:-8] + bytes(8), "incorrect data check"),
        ("gzip", gzip.compress(b"{}", mtime=0) + b"more", "incorrect header check"),
        ("deflate", zlib.compress(b"{}") + b"more", "something follows its end"),
        ("deflate", b"{}", ""),
    ],
)
def test_a_broken_stream_is_the_callers_error(caller, path, encoding, content, reason):
    answer = caller.post(path, content=content, headers={"content-encoding": encoding})
    assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_ARGUMENT")
    assert answer.json()["error"].startswith(f"The body cannot be unpacked as {encoding}: {reason}")


@pytest.mark.parametrize(
    ("headers", "named"),
    [
        ([("content-encoding", "br")], "br"),
        ([("content-encoding", "zstd")], "zstd"),
        ([("content-encoding", "gzip, gzip")], "gzip, gzip"),
        ([("content-encoding", "gzip"), ("content-encoding", "deflate")], "gzip, deflate"),
    ],
)
def test_other_encodings_are_refused_by_name(caller, headers, named):
    answer = caller.post(RUN, content=b"{}", headers=[*headers, ("x-knock", "yes")])
    assert (answer.status_code, answer.json()["error_code"]) == (415, "INVALID_ARGUMENT")
    assert answer.json()["error"] == f"The content encoding `{named}` is not read here: send gzip, deflate, or none"
    assert answer.headers["accept-encoding"] == "gzip, deflate"


# Whatever is packed, however it arrives


def body(packed: bytes, cuts: list[int], encoding: str, limit: int = MEGABYTE) -> Body:
    """A body that arrives in parts."""
    places = sorted({0, len(packed), *(cut % (len(packed) + 1) for cut in cuts)})
    parts = [packed[start:end] for start, end in pairwise(places)] or [b""]
    messages = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
    messages[-1]["more_body"] = False

    async def receive():
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    return Body(receive, limit, encoding=encoding.encode())


CONTENT = st.binary(max_size=2000) | st.builds(
    lambda part, times: part * times, st.binary(max_size=9), st.integers(0, 99_999)
)


@settings(deadline=None)
@given(content=CONTENT, packed=st.sampled_from(PACKED), cuts=st.lists(st.integers(0, 10**6), max_size=9))
def test_what_comes_out_is_what_was_packed(content, packed, cuts):
    encoding, pack = packed
    found = body(pack(content), cuts, encoding)
    if len(content) > MEGABYTE:
        with pytest.raises(PayloadTooLarge):
            asyncio.run(found.read())
        return
    assert asyncio.run(found.read()) == content
    assert found.complete


@settings(deadline=None)
@given(content=st.lists(st.binary(max_size=50)), packed=st.sampled_from(PACKED), cuts=st.lists(st.integers(0, 10**6)))
def test_lines_are_the_same_however_they_arrive(content, packed, cuts):
    encoding, pack = packed
    whole = b"\n".join(content)

    async def lines() -> list[bytes]:
        return [line async for line in body(pack(whole), cuts, encoding).lines()]

    assert asyncio.run(lines()) == [line for line in whole.split(b"\n") if line.strip()]


@settings(deadline=None)
@given(noise=st.binary(max_size=300), encoding=st.sampled_from(["gzip", "deflate"]), cuts=st.lists(st.integers(0, 300)))
def test_noise_is_either_unpacked_or_refused(noise, encoding, cuts):
    with suppress(MalformedRequest):
        asyncio.run(body(noise, cuts, encoding).read())


@pytest.mark.parametrize("pack", [raw_deflate, zlib.compress, gzip.compress])
def test_what_fills_pieces_exactly_comes_out_whole(pack):
    for size in (PIECE - 1, PIECE, PIECE + 1, PIECE + 2, PIECE + 100, PIECE + 257, 2 * PIECE, 2 * PIECE + 1):
        packed = pack(bytes(size))
        found = body(packed, [len(packed)], "gzip" if pack is gzip.compress else "deflate")
        assert len(asyncio.run(found.read())) == size


@pytest.mark.parametrize("cuts", [[], [12], [3, 9]])
def test_a_line_beyond_the_limit_is_refused_wherever_it_ends(cuts):
    async def lines() -> None:
        async for line in body(b"a\n0123456789A\nb", cuts, "identity", limit=10).lines():
            assert line == b"a"

    with pytest.raises(PayloadTooLarge):
        asyncio.run(lines())

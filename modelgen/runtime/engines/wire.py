"""Messages between a service and the process of a replica: pickled Python values, large arrays and tensors in memory
that both share.

Each large message brings a piece of memory of its own, by its file descriptor: what reads it keeps it as long as it
needs, and nothing is left behind when a process is killed. The other side is always a process of this service.
"""

from __future__ import annotations

import contextlib
import io
import mmap
import os
import pickle
import socket
import struct
import sys
import tempfile
import threading
from collections.abc import Sequence
from typing import Any

import numpy as np

SHARED = 32 * 1024
"""Bytes of an array from which it goes through shared memory."""
ALIGNED = 64
HEAD = struct.Struct("!QI")
"""Bytes of the pickle, and how many arrays there are beside it."""


class Connection:
    """One end of a socket between two processes. Any thread may send; one at a time receives."""

    def __init__(self, end: socket.socket) -> None:
        self._socket = end
        self._sending = threading.Lock()
        self._receiving = threading.Lock()

    def send(self, message: Any) -> None:
        """Raises OSError where nobody is there any more; whatever pickling raises otherwise, and then nothing is
        sent."""
        content, buffers = _packed(message)
        head = HEAD.pack(len(content), len(buffers)) + struct.pack(f"!{len(buffers)}Q", *(len(one) for one in buffers))
        with self._sending:
            if buffers:
                descriptor = _shared(buffers)
                try:
                    socket.send_fds(self._socket, [head[:1]], [descriptor])
                finally:
                    os.close(descriptor)
                head = head[1:]
            self._socket.sendall(head + content)

    def receive(self, seconds: float | None = None) -> Any:
        """The next message. Raises EOFError at the end, TimeoutError where none begins in time."""
        with self._receiving:
            self._socket.settimeout(seconds)
            first, descriptors, _, _ = socket.recv_fds(self._socket, 1, 1)
            self._socket.settimeout(None)
            if not first:
                raise EOFError("the other side has gone")
            try:
                size, count = HEAD.unpack(first + self._exactly(HEAD.size - 1))
                lengths = struct.unpack(f"!{count}Q", self._exactly(8 * count))
                buffers = _mapped(descriptors[0], lengths) if count else []
            finally:
                for descriptor in descriptors:
                    os.close(descriptor)
            content = self._exactly(size)
        return pickle.loads(content, buffers=buffers)

    def close(self) -> None:
        """Say that nothing more comes, also to threads that send or receive, and wait until they have heard it: what
        they use must not be another socket by then."""
        with contextlib.suppress(OSError):  # the other side was faster, or this was done before
            self._socket.shutdown(socket.SHUT_RDWR)
        with self._sending, self._receiving:
            self._socket.close()

    def _exactly(self, size: int) -> bytearray:
        content = bytearray(size)
        view = memoryview(content)
        while view:
            got = self._socket.recv_into(view)
            if not got:
                raise EOFError("the other side has gone")
            view = view[got:]
        return content


def _packed(message: Any) -> tuple[bytes, list[memoryview]]:
    buffers: list[memoryview] = []

    def inside(buffer: pickle.PickleBuffer) -> bool:
        raw = buffer.raw()
        if raw.nbytes < SHARED:
            return True
        buffers.append(raw)
        return False

    stream = io.BytesIO()
    _Pickler(stream, protocol=5, buffer_callback=inside).dump(message)
    return stream.getvalue(), buffers


def _memory(size: int) -> int:
    """A descriptor of nameless memory."""
    if sys.platform == "linux":
        descriptor = os.memfd_create("modelgen")
    else:
        with tempfile.TemporaryFile() as file:
            descriptor = os.dup(file.fileno())
    os.ftruncate(descriptor, size)
    return descriptor


def _shared(buffers: Sequence[memoryview]) -> int:
    descriptor = _memory(sum(map(_padded, map(len, buffers))))
    try:
        position = 0
        for buffer in buffers:
            os.lseek(descriptor, position, os.SEEK_SET)
            left = buffer
            while left:
                left = left[os.write(descriptor, left) :]
            position += _padded(len(buffer))
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _mapped(descriptor: int, lengths: Sequence[int]) -> list[memoryview]:
    """The arrays' memory, which lives as long as one of them."""
    whole = memoryview(mmap.mmap(descriptor, sum(map(_padded, lengths))))
    found = []
    position = 0
    for length in lengths:
        found.append(whole[position : position + length])
        position += _padded(length)
    return found


def _padded(size: int) -> int:
    return -(-size // ALIGNED) * ALIGNED


class _Pickler(pickle.Pickler):
    """Takes torch tensors as the arrays that they are."""

    def reducer_override(self, value: Any) -> Any:
        """How a tensor is written; everything else as always."""
        torch = sys.modules.get("torch")
        if torch is None or type(value) is not torch.Tensor or value.layout is not torch.strided:
            return NotImplemented
        if value.is_quantized:
            return NotImplemented
        flat = value.detach().cpu().resolve_conj().resolve_neg().contiguous().reshape(-1)
        array = flat.view(torch.uint8).numpy() if flat.numel() else np.empty(0, np.uint8)
        return _tensor, (array, str(value.dtype).removeprefix("torch."), tuple(value.shape))


def _tensor(array: np.ndarray[Any, np.dtype[np.uint8]], dtype: str, shape: tuple[int, ...]) -> Any:
    import torch

    kind = getattr(torch, dtype)
    if not array.size:
        return torch.empty(shape, dtype=kind)
    return torch.from_numpy(np.require(array, requirements=["W"])).view(kind).reshape(shape)

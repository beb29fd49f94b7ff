"""A call by the Open Inference Protocol, which KServe, MLServer and Triton have in common."""

from __future__ import annotations

import struct
from collections.abc import Sequence

METHOD = "/inference.GRPCInferenceService/ModelInfer"


def document(row: Sequence[float]) -> dict[str, object]:
    """One row as JSON."""
    tensor = {"name": "rows", "shape": [1, len(row)], "datatype": "FP32", "data": list(row)}
    return {"inputs": [tensor]}


def message(model: str, row: Sequence[float]) -> bytes:
    """One row as `inference.ModelInferRequest`, its numbers in `raw_input_contents`.

    Written by hand, for the three servers' own modules of it do not go into one process.
    """
    shape = _number(1) + _number(len(row))
    tensor = _field(1, b"rows") + _field(2, b"FP32") + _field(3, shape)
    return _field(1, model.encode()) + _field(5, tensor) + _field(7, struct.pack(f"<{len(row)}f", *row))


def _field(number: int, content: bytes) -> bytes:
    return _number(number << 3 | 2) + _number(len(content)) + content


def _number(value: int) -> bytes:
    """A varint."""
    low = value & 127
    return bytes([low]) if value == low else bytes([low | 128]) + _number(value >> 7)

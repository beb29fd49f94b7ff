"""Load on a gRPC server, in a process of its own: `python -m benchmarks.serving.grpc_load ADDRESS METHOD FILE N S`."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path

import grpc
import uvloop

WARMING = 1.0
"""Seconds of load that are not counted."""
PATIENCE = 30.0
"""Seconds that a call may take."""


async def main(address: str, method: str, message: bytes, flights: int, seconds: float) -> None:
    """Keep `flights` calls under way for so long; print what came back as a line of JSON."""
    times: list[float] = []
    async with grpc.aio.insecure_channel(address) as channel:
        call: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(method)

        async def fly(end: float) -> None:
            while (began := time.perf_counter()) < end:
                await call(message, wait_for_ready=True, timeout=PATIENCE)
                times.append(time.perf_counter() - began)

        for so_long in (WARMING, seconds):
            times.clear()
            start = time.perf_counter()
            await asyncio.gather(*(fly(start + so_long) for _ in range(flights)))
            rate = len(times) / (time.perf_counter() - start)
    times.sort()
    found = {"rate": rate, "p50": times[len(times) // 2], "p99": times[len(times) * 99 // 100]}
    print(json.dumps(found))


if __name__ == "__main__":
    address, method, file, flights, seconds = sys.argv[1:]
    try:
        uvloop.run(main(address, method, Path(file).read_bytes(), int(flights), float(seconds)))
    except grpc.aio.AioRpcError as error:
        sys.exit(f"{error.code().name}: {error.details()}")

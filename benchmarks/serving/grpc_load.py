"""Load on a gRPC server, in a process of its own: `python -m benchmarks.serving.grpc_load ADDRESS METHOD FILE N S`."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path

import grpc
import uvloop


async def main(address: str, method: str, message: bytes, flights: int, seconds: float) -> None:
    """Keep `flights` calls under way for so long; print what came back as a line of JSON."""
    times: list[float] = []
    async with grpc.aio.insecure_channel(address) as channel:
        call = channel.unary_unary(method)
        await call(message, wait_for_ready=True)
        end = time.perf_counter() + seconds

        async def fly() -> None:
            while (began := time.perf_counter()) < end:
                await call(message)
                times.append(time.perf_counter() - began)

        await asyncio.gather(*(fly() for _ in range(flights)))
    times.sort()
    found = {"rate": len(times) / seconds, "p50": times[len(times) // 2], "p99": times[len(times) * 99 // 100]}
    print(json.dumps(found))


if __name__ == "__main__":
    address, method, file, flights, seconds = sys.argv[1:]
    uvloop.run(main(address, method, Path(file).read_bytes(), int(flights), float(seconds)))

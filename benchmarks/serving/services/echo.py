"""The limit of gRPC: a grpc.aio server that answers what it was sent."""

from __future__ import annotations

import sys

import grpc
import uvloop


async def echo(request: bytes, context: object) -> bytes:
    """What came."""
    return request


async def main() -> None:
    """Serve until killed."""
    server = grpc.aio.server()
    handlers = {"Echo": grpc.unary_unary_rpc_method_handler(echo)}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("bench.Echo", handlers),))
    server.add_insecure_port(f"127.0.0.1:{sys.argv[2]}")
    await server.start()
    await server.wait_for_termination()


if __name__ == "__main__":
    uvloop.run(main())

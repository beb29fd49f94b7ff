"""The gRPC side."""

# ruff: noqa: N802 - gRPC names the methods

from __future__ import annotations

from typing import Any

from . import bindings, toy_pb2, toy_pb2_grpc


class ClassifierServicer(toy_pb2_grpc.ClassifierServiceServicer):
    def __init__(self, endpoint: Any) -> None:
        self._endpoint = endpoint

    async def Run(self, request: Any, context: Any) -> Any:
        return await self._endpoint.unary(bindings.RUN, request, context)

    async def RunMood(self, request: Any, context: Any) -> Any:
        return await self._endpoint.unary(bindings.MOOD, request, context)

    async def RunTree(self, request: Any, context: Any) -> Any:
        return await self._endpoint.unary(bindings.TREE, request, context)

    async def RunCount(self, request: Any, context: Any) -> Any:
        async for response in self._endpoint.server_stream(bindings.COUNT, request, context):
            yield response

    async def RunTotal(self, requests: Any, context: Any) -> Any:
        return await self._endpoint.client_stream(bindings.TOTAL, requests, context)

    async def RunEcho(self, requests: Any, context: Any) -> Any:
        async for response in self._endpoint.two_way(bindings.ECHO, requests, context):
            yield response

    async def Train(self, request: Any, context: Any) -> Any:
        return await self._endpoint.unary(bindings.TRAIN, request, context)

    async def GetJob(self, request: Any, context: Any) -> Any:
        return job(await self._endpoint.job(request.text, context))

    async def ListJobs(self, request: Any, context: Any) -> Any:
        return toy_pb2.Jobs(jobs=[job(found) for found in await self._endpoint.jobs(context)])

    async def CancelJob(self, request: Any, context: Any) -> Any:
        return job(await self._endpoint.cancel_job(request.text, context))


def job(found: Any) -> Any:
    return toy_pb2.Job(id=found["id"], state=found["state"])


class ScalerServicer(toy_pb2_grpc.ScalerServiceServicer):
    def __init__(self, endpoint: Any) -> None:
        self._endpoint = endpoint

    async def Run(self, request: Any, context: Any) -> Any:
        return await self._endpoint.unary(bindings.SCALE, request, context)


def register(server: Any, endpoint: Any) -> tuple[str, ...]:
    toy_pb2_grpc.add_ClassifierServiceServicer_to_server(ClassifierServicer(endpoint), server)
    toy_pb2_grpc.add_ScalerServiceServicer_to_server(ScalerServicer(endpoint), server)
    return ("toy.v1.ClassifierService", "toy.v1.ScalerService")

"""The native dialect over gRPC, on a running service."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Iterator
from typing import Any

import grpc
import numpy as np
import pytest
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2
from grpc_status import rpc_status

from modelgen.runtime import tensors


@pytest.fixture
def channel(toy) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(toy.grpc) as channel:
        yield channel


@pytest.fixture
def classifier(channel, pb) -> Any:
    return importlib.import_module("toy_service.toy_pb2_grpc").ClassifierServiceStub(channel)


@pytest.fixture
def scaler(channel, pb) -> Any:
    return importlib.import_module("toy_service.toy_pb2_grpc").ScalerServiceStub(channel)


def fields(error: grpc.RpcError) -> dict[str, str]:
    """The field violations in an error's details, which must agree with its status."""
    status = rpc_status.from_call(error)
    request = error_details_pb2.BadRequest()
    for detail in status.details:
        detail.Unpack(request)
    return {violation.field: violation.description for violation in request.field_violations}


def reason(error: grpc.RpcError) -> str:
    """The reason in an error's ErrorInfo."""
    info = error_details_pb2.ErrorInfo()
    status = rpc_status.from_call(error)
    assert any(detail.Unpack(info) for detail in status.details)
    return info.reason


def test_unary(classifier, pb):
    answer = classifier.Run(pb.RunRequest(text="abcd", top_k=2), timeout=10)
    assert [(label.label, label.score) for label in answer.result] == [("toy-0", 4.0), ("toy-1", 2.0)]


def test_what_is_left_out_takes_the_codes_own_default(classifier, pb):
    assert len(classifier.Run(pb.RunRequest(text=""), timeout=10).result) == 1


def test_a_missing_field_has_the_words_of_http(classifier, pb):
    with pytest.raises(grpc.RpcError) as caught:
        classifier.Run(pb.RunRequest(top_k=0), timeout=10)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert fields(caught.value) == {"inputs": "is required", "parameters.top_k": "must be 1 or greater"}
    assert reason(caught.value) == "INVALID_ARGUMENT"
    assert caught.value.details() == "`inputs` is required; `parameters.top_k` must be 1 or greater"


@pytest.mark.parametrize(
    ("mood", "code", "text"),
    [
        ("runtime", grpc.StatusCode.INTERNAL, "`Classifier.run_mood` failed"),
        ("busy", grpc.StatusCode.RESOURCE_EXHAUSTED, "come back later"),
        ("wrong", grpc.StatusCode.INTERNAL, "`Classifier.run_mood` is declared to return string; it returned object"),
    ],
)
def test_what_the_model_raises_has_its_code(classifier, pb, mood, code, text):
    with pytest.raises(grpc.RpcError) as caught:
        classifier.RunMood(pb.TextRequest(text=mood), timeout=10)
    assert (caught.value.code(), caught.value.details()) == (code, text)
    assert reason(caught.value) == code.name


def test_a_fault_of_the_service_itself_tells_nothing(classifier, pb):
    with pytest.raises(grpc.RpcError) as caught:
        classifier.RunMood(pb.TextRequest(text="broken converter"), timeout=10)
    assert (caught.value.code(), caught.value.details()) == (grpc.StatusCode.INTERNAL, "The service failed")


def test_interceptors_of_hooks_come_first(classifier, pb):
    request = pb.RunRequest(text="a")
    assert code(classifier.Run, request, metadata=(("x-deny", "yes"),)) is grpc.StatusCode.UNAUTHENTICATED
    assert code(classifier.Run, request) is None


def test_an_unknown_deployment(classifier, pb):
    with pytest.raises(grpc.RpcError) as caught:
        classifier.Run(pb.RunRequest(text="a"), metadata=(("x-deployment", "other"),), timeout=10)
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND


def test_a_request_id_comes_back(classifier, pb):
    metadata = (("x-request-id", "abc"),)
    _, call = classifier.Run.with_call(pb.RunRequest(text="a"), metadata=metadata, timeout=10)
    assert ("x-request-id", "abc") in [(key, value) for key, value in call.trailing_metadata()]


def test_server_stream(classifier, pb):
    assert [item.result for item in classifier.RunCount(pb.CountRequest(count=3), timeout=10)] == [0, 1, 2]


def test_a_failure_within_a_stream(classifier, pb):
    stream = classifier.RunCount(pb.CountRequest(count=3, fail_at=1), timeout=10)
    assert next(stream).result == 0
    with pytest.raises(grpc.RpcError) as caught:
        next(stream)
    assert (caught.value.code(), caught.value.details()) == (
        grpc.StatusCode.INVALID_ARGUMENT,
        "cannot count to 1",
    )


def test_a_client_that_cancels_stops_the_generator(classifier, pb, tmp_path, wait_until):
    file = tmp_path / "closed"
    stream = classifier.RunCount(pb.CountRequest(count=10**9, file=str(file)))
    next(stream)
    stream.cancel()
    wait_until(file.exists, "the generator's close")


def test_client_stream(classifier, pb):
    requests = iter([pb.TotalRequest(start=1.0, numbers=1), pb.TotalRequest(numbers=2.5)])
    assert classifier.RunTotal(requests, timeout=10).result == 4.5


def test_a_client_stream_whose_first_message_holds_options_only(classifier, pb):
    requests = iter([pb.TotalRequest(start=1.0), pb.TotalRequest(numbers=0), pb.TotalRequest(numbers=2)])
    assert classifier.RunTotal(requests, timeout=10).result == 3.0


def test_a_client_stream_of_nothing(classifier, pb):
    assert classifier.RunTotal(iter([]), timeout=10).result == 0.0


def test_a_wrong_piece_is_named_by_its_number(classifier, pb):
    requests = iter([pb.TotalRequest(numbers=1), pb.TotalRequest(numbers=float("nan"))])
    with pytest.raises(grpc.RpcError) as caught:
        classifier.RunTotal(requests, timeout=10)
    assert fields(caught.value) == {"numbers[1]": "must be a finite number"}


def test_two_way_answers_before_the_client_has_finished(classifier, pb):
    answered = threading.Event()

    def requests() -> Iterator[Any]:
        yield pb.EchoRequest(prefix=">", words="a")
        assert answered.wait(30)
        yield pb.EchoRequest(words="b")

    stream = classifier.RunEcho(requests(), timeout=30)
    assert next(stream).result == ">a"
    answered.set()
    assert [item.result for item in stream] == [">b"]


def test_tensors_travel_as_bytes(scaler, pb):
    array = np.array([[1, 2, 3]], dtype=np.float32)
    answer = scaler.Run(pb.ScaleRequest(x=tensors.to_proto(array, pb.Tensor())), timeout=10)
    assert (answer.result.dtype, list(answer.result.shape)) == ("float32", [1, 3])
    assert np.frombuffer(answer.result.data, "<f4").tolist() == [2.0, 4.0, 6.0]


@pytest.mark.parametrize(
    ("dtype", "shape", "data", "message"),
    [
        ("float32", [1, 3], b"\0" * 11, "has 11 bytes of `data` where dtype and shape need 12"),
        ("float64", [1, 3], b"\0" * 24, "must have the dtype float32, not float64"),
        ("float32", [3], b"\0" * 12, "must have the shape [*, 3], not [3]"),
        ("float32", [-1, 3], b"\0" * 12, "has a `shape` that is not a short list of sizes"),
        ("float32", [2**62, 2**62], b"", "has more than 33554432 elements"),
    ],
)
def test_a_wrong_tensor_says_why(scaler, pb, dtype, shape, data, message):
    with pytest.raises(grpc.RpcError) as caught:
        scaler.Run(pb.ScaleRequest(x=pb.Tensor(dtype=dtype, shape=shape, data=data)), timeout=10)
    assert fields(caught.value) == {"inputs": message}


def test_a_deadline_ends_a_call(toy, tmp_path, channel, pb):
    stub = importlib.import_module("toy_service.toy_pb2_grpc").ClassifierServiceStub(channel)
    file = tmp_path / "closed"
    with pytest.raises(grpc.RpcError) as caught:
        for _ in stub.RunCount(pb.CountRequest(count=10**9, file=str(file)), timeout=0.3):
            pass
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED


def test_a_message_over_four_megabytes_is_read(classifier, pb):
    answer = classifier.Run(pb.RunRequest(text="x" * 5_000_000), timeout=10)
    assert answer.result[0].score == 5_000_000


def test_a_message_over_the_limit_is_refused(classifier, pb):
    with pytest.raises(grpc.RpcError) as caught:
        classifier.Run(pb.RunRequest(text="x" * (64 * 1024 * 1024)), timeout=30)
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


def test_jobs(classifier, pb, wait_until):
    job = classifier.Train(pb.TrainRequest(epochs=1), timeout=10)
    wait_until(lambda: classifier.GetJob(pb.TextRequest(text=job.id), timeout=10).state == "succeeded", "the job")
    assert job.id in [found.id for found in classifier.ListJobs(pb.TextRequest(), timeout=10).jobs]
    assert classifier.CancelJob(pb.TextRequest(text=job.id), timeout=10).state == "succeeded"
    metadata = (("x-deployment", job.id),)
    wait_until(lambda: code(classifier.Run, pb.RunRequest(text="a"), metadata=metadata) is None, "the deployment")


def code(call, request, **options) -> grpc.StatusCode | None:
    """How a call fails; None where it does not."""
    try:
        call(request, timeout=10, **options)
    except grpc.RpcError as error:
        return error.code()
    return None


@pytest.mark.parametrize("method", ["GetJob", "CancelJob"])
def test_an_unknown_job(classifier, pb, method):
    assert code(getattr(classifier, method), pb.TextRequest(text="x")) is grpc.StatusCode.NOT_FOUND


def test_a_training_that_is_not_valid(classifier, pb):
    assert code(classifier.Train, pb.TrainRequest(epochs=0)) is grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.parametrize("service", ["", "toy.v1.ClassifierService", "toy.v1.ScalerService", "grpc.health.v1.Health"])
def test_health_knows_every_service(channel, service):
    stub = health_pb2_grpc.HealthStub(channel)
    answer = stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=10)
    assert answer.status == health_pb2.HealthCheckResponse.SERVING


def test_health_of_what_is_unknown(channel):
    stub = health_pb2_grpc.HealthStub(channel)
    with pytest.raises(grpc.RpcError) as caught:
        stub.Check(health_pb2.HealthCheckRequest(service="x"), timeout=10)
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND


@pytest.mark.parametrize("version", ["v1", "v1alpha"])
def test_reflection_lists_the_services_under_both_names(channel, version):
    call = channel.stream_stream(
        f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo",
        request_serializer=reflection_pb2.ServerReflectionRequest.SerializeToString,
        response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
    )
    asked = [
        reflection_pb2.ServerReflectionRequest(list_services=""),
        reflection_pb2.ServerReflectionRequest(file_containing_symbol="toy.v1.ClassifierService"),
        reflection_pb2.ServerReflectionRequest(file_containing_symbol="toy.v1.Nothing"),
    ]
    listed, found, missing = call(iter(asked), timeout=10)
    names = {service.name for service in listed.list_services_response.service}
    assert names == {
        "toy.v1.ClassifierService",
        "toy.v1.ScalerService",
        "grpc.health.v1.Health",
        "grpc.reflection.v1alpha.ServerReflection",
        "grpc.reflection.v1.ServerReflection",
    }
    assert found.file_descriptor_response.file_descriptor_proto
    assert missing.error_response.error_code == grpc.StatusCode.NOT_FOUND.value[0]

"""What the runtime is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from modelgen.runtime.binding import ABSENT, BatchBinding, MethodBinding, ModuleBinding, ServiceBinding, StreamBinding
from modelgen.runtime.hosts import json_from_proto
from modelgen.runtime.tensors import from_proto, to_proto

from . import hooks, schemas, toy_pb2
from .models import Classifier, Scaler, Tagger

HERE = Path(__file__).parent


def sent(parameters: Any) -> dict[str, Any]:
    return {name: getattr(parameters, name) for name in parameters.model_fields_set}


def arguments(name: str = ""):
    """With `name`, the inputs are that argument's value; without, an object of arguments."""

    def convert(request: Any) -> dict[str, Any]:
        inputs = getattr(request, "inputs", None)
        found = {name: inputs} if name else sent(inputs) if inputs is not None else {}
        return found | (sent(request.parameters) if hasattr(request, "parameters") else {})

    return convert


def plain(name: str = "", *options: str, stream: bool = False):
    """A message's fields as the request's plain value."""

    def convert(message: Any) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if name and message.HasField(name):
            found["inputs"] = getattr(message, name)
        given = {option: getattr(message, option) for option in options if message.HasField(option)}
        return found | ({"parameters": given} if given else {})

    return convert


def method(name: str, request: Any, response: Any, **rest: Any) -> MethodBinding:
    return MethodBinding(
        module="Classifier",
        name=name,
        request=request,
        response=response,
        **{
            "result": lambda value: response(result=value),
            "from_proto": plain(),
            "to_proto": lambda answer: toy_pb2.TextResponse(result=answer.result),
            **rest,
        },
    )


def labels(value: Any) -> schemas.RunResponse:
    found = [schemas.LabelSchema(label=item.label, score=item.score) for item in value]
    return schemas.RunResponse(result=found)


def label_messages(answer: schemas.RunResponse) -> Any:
    found = [toy_pb2.Label(label=item.label, score=item.score) for item in answer.result]
    return toy_pb2.RunResponse(result=found)


def pieces(parameter: str, item: Any, asynchronous: bool = False) -> StreamBinding:
    return StreamBinding(
        parameter=parameter,
        item=item,
        argument=lambda piece: piece.root,
        from_proto=lambda message: getattr(message, parameter) if message.HasField(parameter) else ABSENT,
        asynchronous=asynchronous,
    )


def mood(message: Any) -> dict[str, Any]:
    if message.text == "broken converter":
        raise KeyError("/secret/path")
    return {"inputs": message.text}


def tree(message: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"children": [tree(child) for child in message.children]}
    return found | ({"extra": json_from_proto(message.extra)} if message.HasField("extra") else {})


RUN = method(
    "run",
    schemas.RunRequest,
    schemas.RunResponse,
    arguments=arguments("text"),
    inputs=("text",),
    result=labels,
    returns="list<message toy.Label>",
    from_proto=plain("text", "top_k"),
    to_proto=label_messages,
)
MOOD = method(
    "run_mood",
    schemas.TextRequest,
    schemas.TextResponse,
    arguments=arguments("mood"),
    inputs=("mood",),
    returns="string",
    from_proto=mood,
    raises={"toy_service.moods.Busy": "RESOURCE_EXHAUSTED"},
)
WAIT = method("run_wait", schemas.WaitRequest, schemas.TextResponse, arguments=arguments(), inputs=("file", "seconds"))
ASYNC = method(
    "run_async",
    schemas.AsyncRequest,
    schemas.TextResponse,
    arguments=arguments("seconds"),
    inputs=("seconds",),
    asynchronous=True,
)
SIZE = method(
    "run_size",
    schemas.TextRequest,
    schemas.NumberResponse,
    arguments=arguments("word"),
    inputs=("word",),
    batch=BatchBinding(method="run_size_batch", inputs=("words",)),
    returns="int64",
)
NUMBERS = {
    "arguments": arguments("count"),
    "inputs": ("count",),
    "from_proto": plain("count", "file", "fail_at"),
    "to_proto": lambda answer: toy_pb2.NumberResponse(result=answer.result),
    "streams": True,
    "returns": "int64",
}
COUNT = method("run_count", schemas.CountRequest, schemas.NumberResponse, **NUMBERS)
COUNT_ASYNC = method("run_count_async", schemas.CountRequest, schemas.NumberResponse, asynchronous=True, **NUMBERS)
TREE = method(
    "run_tree",
    schemas.TreeRequest,
    schemas.NumberResponse,
    arguments=arguments("tree"),
    from_proto=lambda message: {"inputs": tree(message.tree)},
    to_proto=lambda answer: toy_pb2.NumberResponse(result=answer.result),
    returns="int64",
)
TOTAL = method(
    "run_total",
    schemas.TotalRequest,
    schemas.FloatResponse,
    arguments=arguments(),
    from_proto=plain("", "start"),
    to_proto=lambda answer: toy_pb2.FloatResponse(result=answer.result),
    stream=pieces("numbers", schemas.FloatPiece),
    returns="double",
)
ECHO = method(
    "run_echo",
    schemas.EchoRequest,
    schemas.TextResponse,
    arguments=arguments(),
    from_proto=plain("", "prefix"),
    stream=pieces("words", schemas.TextPiece),
    streams=True,
)
ECHO_ASYNC = method(
    "run_echo_async",
    schemas.EchoRequest,
    schemas.TextResponse,
    arguments=arguments(),
    stream=pieces("words", schemas.TextPiece, asynchronous=True),
    streams=True,
    asynchronous=True,
)
TRAIN = method(
    "train",
    schemas.TrainRequest,
    None,
    kind="train",
    arguments=arguments("epochs"),
    result=None,
    from_proto=plain("epochs", "name"),
    to_proto=lambda job: toy_pb2.Job(id=job["id"], state=job["state"]),
)
SCALE = MethodBinding(
    module="Scaler",
    name="run",
    request=schemas.ScaleRequest,
    response=schemas.ScaleResponse,
    arguments=arguments("x"),
    inputs=("x",),
    result=lambda value: schemas.ScaleResponse(result=value),
    returns="tensor<float32, [-1, 3]>",
    from_proto=lambda message: {"inputs": from_proto(message.x)} if message.HasField("x") else {},
    to_proto=lambda answer: toy_pb2.ScaleResponse(result=to_proto(answer.result, toy_pb2.Tensor())),
)
TAG = MethodBinding(
    module="Tagger",
    name="run",
    request=schemas.TagRequest,
    response=schemas.TagResponse,
    arguments=arguments(),
    inputs=("tokens", "mask"),
    result=lambda value: schemas.TagResponse(result=value),
    returns="tensor<float32, [-1, -1]>",
    from_proto=plain(),
    to_proto=None,
)


def routers() -> tuple[Any, ...]:
    from .routers import ROUTER

    return (ROUTER,)


def servicers(server: Any, endpoint: Any) -> tuple[str, ...]:
    from .servicers import register

    return register(server, endpoint)


SERVICE = ServiceBinding(
    name="toy_service",
    package="toy",
    version="1.2.3",
    contract_hash="0123",
    modules=(
        ModuleBinding(
            name="Classifier",
            path="classifier",
            create=Classifier,
            load=Classifier.load,
            save=Classifier.save,
            train=Classifier.train,
            methods=(RUN, MOOD, WAIT, ASYNC, SIZE, COUNT, COUNT_ASYNC, TREE, TOTAL, ECHO, ECHO_ASYNC, TRAIN),
        ),
        ModuleBinding(name="Scaler", path="scaler", create=Scaler, required=("factor",), methods=(SCALE,)),
        ModuleBinding(name="Tagger", path="tagger", create=Tagger, required=("pause",), methods=(TAG,)),
    ),
    openapi=HERE / "openapi.json",
    contract=HERE / "modelgen.lock",
    routers=routers,
    servicers=servicers,
    hooks=hooks,
)

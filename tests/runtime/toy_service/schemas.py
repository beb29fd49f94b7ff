"""The schemas."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from pydantic import Field, RootModel

from modelgen.runtime.schema import Schema
from modelgen.runtime.tensors import TensorType


class Request(Schema):
    deployment: str | None = None


class RunParameters(Schema):
    top_k: Annotated[int, Field(ge=1, le=1000)] = 1


class RunRequest(Request):
    inputs: str
    parameters: RunParameters = RunParameters()


class LabelSchema(Schema):
    label: str
    score: float


class RunResponse(Schema):
    result: list[LabelSchema]


class TextRequest(Request):
    inputs: str


class TextResponse(Schema):
    result: str


class WaitInputs(Schema):
    file: str
    seconds: float


class WaitRequest(Request):
    inputs: WaitInputs


class AsyncParameters(Schema):
    file: str = ""


class AsyncRequest(Request):
    inputs: float
    parameters: AsyncParameters = AsyncParameters()


class CountParameters(Schema):
    file: str = ""
    fail_at: int = -1


class CountRequest(Request):
    inputs: int
    parameters: CountParameters = CountParameters()


class NumberResponse(Schema):
    result: int


class Tree(Schema):
    children: Annotated[list[Tree], Field(default_factory=list)]
    extra: Any = None


class TreeRequest(Request):
    inputs: Tree


class TotalParameters(Schema):
    start: float = 0.0


class TotalRequest(Request):
    parameters: TotalParameters = TotalParameters()


class FloatResponse(Schema):
    result: float


class FloatPiece(RootModel[float]):
    model_config = {"strict": True}


class EchoParameters(Schema):
    prefix: str = ""


class EchoRequest(Request):
    parameters: EchoParameters = EchoParameters()


class TextPiece(RootModel[str]):
    model_config = {"strict": True}


class TrainParameters(Schema):
    name: str = "trained"
    file: str = ""


class TrainRequest(Request):
    inputs: Annotated[int, Field(ge=1)]
    parameters: TrainParameters = TrainParameters()


Matrix = Annotated[np.ndarray[Any, Any], TensorType("float32", (-1, 3))]


class ScaleRequest(Request):
    inputs: Matrix


class ScaleResponse(Schema):
    result: Matrix


Sequences = Annotated[np.ndarray[Any, Any], TensorType("float32", (-1, -1))]


class TagInputs(Schema):
    tokens: Sequences
    mask: Sequences


class TagRequest(Request):
    inputs: TagInputs


class TagResponse(Schema):
    result: Sequences

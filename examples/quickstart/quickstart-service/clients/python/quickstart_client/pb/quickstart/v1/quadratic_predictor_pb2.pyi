from . import jobs_pb2 as _jobs_pb2
from . import models_pb2 as _models_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class QuadraticPredictorServiceRunRequest(_message.Message):
    __slots__ = ("x",)
    X_FIELD_NUMBER: _ClassVar[int]
    x: float
    def __init__(self, x: _Optional[float] = ...) -> None: ...

class QuadraticPredictorServiceRunResponse(_message.Message):
    __slots__ = ("result",)
    RESULT_FIELD_NUMBER: _ClassVar[int]
    result: float
    def __init__(self, result: _Optional[float] = ...) -> None: ...

class QuadraticPredictorServiceRunBatchRequest(_message.Message):
    __slots__ = ("xs",)
    XS_FIELD_NUMBER: _ClassVar[int]
    xs: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, xs: _Optional[_Iterable[float]] = ...) -> None: ...

class QuadraticPredictorServiceRunBatchResponse(_message.Message):
    __slots__ = ("result",)
    RESULT_FIELD_NUMBER: _ClassVar[int]
    result: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, result: _Optional[_Iterable[float]] = ...) -> None: ...

class QuadraticPredictorServiceRunCurveRequest(_message.Message):
    __slots__ = ("start", "stop", "points")
    START_FIELD_NUMBER: _ClassVar[int]
    STOP_FIELD_NUMBER: _ClassVar[int]
    POINTS_FIELD_NUMBER: _ClassVar[int]
    start: float
    stop: float
    points: int
    def __init__(self, start: _Optional[float] = ..., stop: _Optional[float] = ..., points: _Optional[int] = ...) -> None: ...

class QuadraticPredictorServiceRunCurveResponse(_message.Message):
    __slots__ = ("result",)
    RESULT_FIELD_NUMBER: _ClassVar[int]
    result: _containers.RepeatedCompositeFieldContainer[_models_pb2.Point]
    def __init__(self, result: _Optional[_Iterable[_Union[_models_pb2.Point, _Mapping]]] = ...) -> None: ...

class QuadraticPredictorServiceRunVertexRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class QuadraticPredictorServiceRunVertexResponse(_message.Message):
    __slots__ = ("result",)
    RESULT_FIELD_NUMBER: _ClassVar[int]
    result: _models_pb2.Point
    def __init__(self, result: _Optional[_Union[_models_pb2.Point, _Mapping]] = ...) -> None: ...

class QuadraticPredictorServiceTrainRequest(_message.Message):
    __slots__ = ("points", "steps", "learning_rate")
    POINTS_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    LEARNING_RATE_FIELD_NUMBER: _ClassVar[int]
    points: _containers.RepeatedCompositeFieldContainer[_models_pb2.Point]
    steps: int
    learning_rate: float
    def __init__(self, points: _Optional[_Iterable[_Union[_models_pb2.Point, _Mapping]]] = ..., steps: _Optional[int] = ..., learning_rate: _Optional[float] = ...) -> None: ...

class QuadraticPredictorServiceTrainResponse(_message.Message):
    __slots__ = ("job",)
    JOB_FIELD_NUMBER: _ClassVar[int]
    job: _jobs_pb2.Job
    def __init__(self, job: _Optional[_Union[_jobs_pb2.Job, _Mapping]] = ...) -> None: ...

from . import jobs_pb2 as _jobs_pb2
from . import models_pb2 as _models_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class BinaryClassifierServiceRunRequest(_message.Message):
    __slots__ = ("point", "threshold", "explain")
    POINT_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    EXPLAIN_FIELD_NUMBER: _ClassVar[int]
    point: _containers.RepeatedScalarFieldContainer[float]
    threshold: float
    explain: bool
    def __init__(self, point: _Optional[_Iterable[float]] = ..., threshold: _Optional[float] = ..., explain: _Optional[bool] = ...) -> None: ...

class BinaryClassifierServiceRunResponse(_message.Message):
    __slots__ = ("result",)
    RESULT_FIELD_NUMBER: _ClassVar[int]
    result: _models_pb2.Classification
    def __init__(self, result: _Optional[_Union[_models_pb2.Classification, _Mapping]] = ...) -> None: ...

class BinaryClassifierServiceRunBatchRequest(_message.Message):
    __slots__ = ("points", "threshold", "explain")
    POINTS_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    EXPLAIN_FIELD_NUMBER: _ClassVar[int]
    points: _containers.RepeatedCompositeFieldContainer[_models_pb2.DoubleList]
    threshold: float
    explain: bool
    def __init__(self, points: _Optional[_Iterable[_Union[_models_pb2.DoubleList, _Mapping]]] = ..., threshold: _Optional[float] = ..., explain: _Optional[bool] = ...) -> None: ...

class BinaryClassifierServiceRunBatchResponse(_message.Message):
    __slots__ = ("result",)
    RESULT_FIELD_NUMBER: _ClassVar[int]
    result: _containers.RepeatedCompositeFieldContainer[_models_pb2.Classification]
    def __init__(self, result: _Optional[_Iterable[_Union[_models_pb2.Classification, _Mapping]]] = ...) -> None: ...

class BinaryClassifierServiceTrainRequest(_message.Message):
    __slots__ = ("points", "labels", "epochs", "learning_rate", "seed")
    POINTS_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    EPOCHS_FIELD_NUMBER: _ClassVar[int]
    LEARNING_RATE_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    points: _models_pb2.DoubleListList
    labels: _models_pb2.LabelList
    epochs: int
    learning_rate: float
    seed: int
    def __init__(self, points: _Optional[_Union[_models_pb2.DoubleListList, _Mapping]] = ..., labels: _Optional[_Union[_models_pb2.LabelList, _Mapping]] = ..., epochs: _Optional[int] = ..., learning_rate: _Optional[float] = ..., seed: _Optional[int] = ...) -> None: ...

class BinaryClassifierServiceTrainResponse(_message.Message):
    __slots__ = ("job",)
    JOB_FIELD_NUMBER: _ClassVar[int]
    job: _jobs_pb2.Job
    def __init__(self, job: _Optional[_Union[_jobs_pb2.Job, _Mapping]] = ...) -> None: ...

from . import jobs_pb2 as _jobs_pb2
from . import models_pb2 as _models_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class DigitClassifierRunHeatmapFill(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DIGIT_CLASSIFIER_RUN_HEATMAP_FILL_UNSPECIFIED: _ClassVar[DigitClassifierRunHeatmapFill]
    DIGIT_CLASSIFIER_RUN_HEATMAP_FILL_PAPER: _ClassVar[DigitClassifierRunHeatmapFill]
    DIGIT_CLASSIFIER_RUN_HEATMAP_FILL_INK: _ClassVar[DigitClassifierRunHeatmapFill]
    DIGIT_CLASSIFIER_RUN_HEATMAP_FILL_MEAN: _ClassVar[DigitClassifierRunHeatmapFill]
DIGIT_CLASSIFIER_RUN_HEATMAP_FILL_UNSPECIFIED: DigitClassifierRunHeatmapFill
DIGIT_CLASSIFIER_RUN_HEATMAP_FILL_PAPER: DigitClassifierRunHeatmapFill
DIGIT_CLASSIFIER_RUN_HEATMAP_FILL_INK: DigitClassifierRunHeatmapFill
DIGIT_CLASSIFIER_RUN_HEATMAP_FILL_MEAN: DigitClassifierRunHeatmapFill

class DigitClassifierServiceRunRequest(_message.Message):
    __slots__ = ("image",)
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    image: _models_pb2.Tensor
    def __init__(self, image: _Optional[_Union[_models_pb2.Tensor, _Mapping]] = ...) -> None: ...

class DigitClassifierServiceRunResponse(_message.Message):
    __slots__ = ("result",)
    RESULT_FIELD_NUMBER: _ClassVar[int]
    result: _models_pb2.Tensor
    def __init__(self, result: _Optional[_Union[_models_pb2.Tensor, _Mapping]] = ...) -> None: ...

class DigitClassifierServiceRunImagesRequest(_message.Message):
    __slots__ = ("images",)
    IMAGES_FIELD_NUMBER: _ClassVar[int]
    images: _models_pb2.Tensor
    def __init__(self, images: _Optional[_Union[_models_pb2.Tensor, _Mapping]] = ...) -> None: ...

class DigitClassifierServiceRunImagesResponse(_message.Message):
    __slots__ = ("result",)
    RESULT_FIELD_NUMBER: _ClassVar[int]
    result: _models_pb2.Tensor
    def __init__(self, result: _Optional[_Union[_models_pb2.Tensor, _Mapping]] = ...) -> None: ...

class DigitClassifierServiceRunTopRequest(_message.Message):
    __slots__ = ("image",)
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    image: _models_pb2.Tensor
    def __init__(self, image: _Optional[_Union[_models_pb2.Tensor, _Mapping]] = ...) -> None: ...

class DigitClassifierServiceRunTopResponse(_message.Message):
    __slots__ = ("result",)
    RESULT_FIELD_NUMBER: _ClassVar[int]
    result: DigitClassifierRunTopResult
    def __init__(self, result: _Optional[_Union[DigitClassifierRunTopResult, _Mapping]] = ...) -> None: ...

class DigitClassifierServiceRunHeatmapRequest(_message.Message):
    __slots__ = ("image", "digit", "fill")
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    DIGIT_FIELD_NUMBER: _ClassVar[int]
    FILL_FIELD_NUMBER: _ClassVar[int]
    image: _models_pb2.Tensor
    digit: int
    fill: DigitClassifierRunHeatmapFill
    def __init__(self, image: _Optional[_Union[_models_pb2.Tensor, _Mapping]] = ..., digit: _Optional[int] = ..., fill: _Optional[_Union[DigitClassifierRunHeatmapFill, str]] = ...) -> None: ...

class DigitClassifierServiceRunHeatmapResponse(_message.Message):
    __slots__ = ("result",)
    RESULT_FIELD_NUMBER: _ClassVar[int]
    result: _models_pb2.Tensor
    def __init__(self, result: _Optional[_Union[_models_pb2.Tensor, _Mapping]] = ...) -> None: ...

class DigitClassifierServiceTrainRequest(_message.Message):
    __slots__ = ("images", "labels", "epochs", "learning_rate", "seed")
    IMAGES_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    EPOCHS_FIELD_NUMBER: _ClassVar[int]
    LEARNING_RATE_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    images: _models_pb2.Tensor
    labels: _models_pb2.Tensor
    epochs: int
    learning_rate: float
    seed: int
    def __init__(self, images: _Optional[_Union[_models_pb2.Tensor, _Mapping]] = ..., labels: _Optional[_Union[_models_pb2.Tensor, _Mapping]] = ..., epochs: _Optional[int] = ..., learning_rate: _Optional[float] = ..., seed: _Optional[int] = ...) -> None: ...

class DigitClassifierServiceTrainResponse(_message.Message):
    __slots__ = ("job",)
    JOB_FIELD_NUMBER: _ClassVar[int]
    job: _jobs_pb2.Job
    def __init__(self, job: _Optional[_Union[_jobs_pb2.Job, _Mapping]] = ...) -> None: ...

class DigitClassifierRunTopResult(_message.Message):
    __slots__ = ("item_0", "item_1")
    ITEM_0_FIELD_NUMBER: _ClassVar[int]
    ITEM_1_FIELD_NUMBER: _ClassVar[int]
    item_0: int
    item_1: float
    def __init__(self, item_0: _Optional[int] = ..., item_1: _Optional[float] = ...) -> None: ...

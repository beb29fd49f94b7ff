from . import jobs_pb2 as _jobs_pb2
from . import models_pb2 as _models_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class TextGeneratorServiceRunRequest(_message.Message):
    __slots__ = ("prompt", "max_tokens", "temperature", "top_k", "stop_string", "stop_string_list", "seed")
    PROMPT_FIELD_NUMBER: _ClassVar[int]
    MAX_TOKENS_FIELD_NUMBER: _ClassVar[int]
    TEMPERATURE_FIELD_NUMBER: _ClassVar[int]
    TOP_K_FIELD_NUMBER: _ClassVar[int]
    STOP_STRING_FIELD_NUMBER: _ClassVar[int]
    STOP_STRING_LIST_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    prompt: str
    max_tokens: int
    temperature: float
    top_k: int
    stop_string: str
    stop_string_list: _models_pb2.StringList
    seed: int
    def __init__(self, prompt: _Optional[str] = ..., max_tokens: _Optional[int] = ..., temperature: _Optional[float] = ..., top_k: _Optional[int] = ..., stop_string: _Optional[str] = ..., stop_string_list: _Optional[_Union[_models_pb2.StringList, _Mapping]] = ..., seed: _Optional[int] = ...) -> None: ...

class TextGeneratorServiceRunResponse(_message.Message):
    __slots__ = ("result",)
    RESULT_FIELD_NUMBER: _ClassVar[int]
    result: _models_pb2.Token
    def __init__(self, result: _Optional[_Union[_models_pb2.Token, _Mapping]] = ...) -> None: ...

class TextGeneratorServiceRunCompleteRequest(_message.Message):
    __slots__ = ("prompt", "max_tokens", "temperature", "top_k", "stop_string", "stop_string_list", "seed", "logprobs")
    PROMPT_FIELD_NUMBER: _ClassVar[int]
    MAX_TOKENS_FIELD_NUMBER: _ClassVar[int]
    TEMPERATURE_FIELD_NUMBER: _ClassVar[int]
    TOP_K_FIELD_NUMBER: _ClassVar[int]
    STOP_STRING_FIELD_NUMBER: _ClassVar[int]
    STOP_STRING_LIST_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    LOGPROBS_FIELD_NUMBER: _ClassVar[int]
    prompt: str
    max_tokens: int
    temperature: float
    top_k: int
    stop_string: str
    stop_string_list: _models_pb2.StringList
    seed: int
    logprobs: bool
    def __init__(self, prompt: _Optional[str] = ..., max_tokens: _Optional[int] = ..., temperature: _Optional[float] = ..., top_k: _Optional[int] = ..., stop_string: _Optional[str] = ..., stop_string_list: _Optional[_Union[_models_pb2.StringList, _Mapping]] = ..., seed: _Optional[int] = ..., logprobs: _Optional[bool] = ...) -> None: ...

class TextGeneratorServiceRunCompleteResponse(_message.Message):
    __slots__ = ("result",)
    RESULT_FIELD_NUMBER: _ClassVar[int]
    result: _models_pb2.Completion
    def __init__(self, result: _Optional[_Union[_models_pb2.Completion, _Mapping]] = ...) -> None: ...

class TextGeneratorServiceRunChatRequest(_message.Message):
    __slots__ = ("messages", "max_tokens", "temperature", "seed")
    MESSAGES_FIELD_NUMBER: _ClassVar[int]
    MAX_TOKENS_FIELD_NUMBER: _ClassVar[int]
    TEMPERATURE_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    messages: _models_pb2.Message
    max_tokens: int
    temperature: float
    seed: int
    def __init__(self, messages: _Optional[_Union[_models_pb2.Message, _Mapping]] = ..., max_tokens: _Optional[int] = ..., temperature: _Optional[float] = ..., seed: _Optional[int] = ...) -> None: ...

class TextGeneratorServiceRunChatResponse(_message.Message):
    __slots__ = ("result",)
    RESULT_FIELD_NUMBER: _ClassVar[int]
    result: _models_pb2.Reply
    def __init__(self, result: _Optional[_Union[_models_pb2.Reply, _Mapping]] = ...) -> None: ...

class TextGeneratorServiceRunPerplexityRequest(_message.Message):
    __slots__ = ("pieces",)
    PIECES_FIELD_NUMBER: _ClassVar[int]
    pieces: str
    def __init__(self, pieces: _Optional[str] = ...) -> None: ...

class TextGeneratorServiceRunPerplexityResponse(_message.Message):
    __slots__ = ("result",)
    RESULT_FIELD_NUMBER: _ClassVar[int]
    result: float
    def __init__(self, result: _Optional[float] = ...) -> None: ...

class TextGeneratorServiceRunParagraphsRequest(_message.Message):
    __slots__ = ("topic", "count", "temperature", "seed")
    TOPIC_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    TEMPERATURE_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    topic: str
    count: int
    temperature: float
    seed: int
    def __init__(self, topic: _Optional[str] = ..., count: _Optional[int] = ..., temperature: _Optional[float] = ..., seed: _Optional[int] = ...) -> None: ...

class TextGeneratorServiceRunParagraphsResponse(_message.Message):
    __slots__ = ("result",)
    RESULT_FIELD_NUMBER: _ClassVar[int]
    result: str
    def __init__(self, result: _Optional[str] = ...) -> None: ...

class TextGeneratorServiceTrainRequest(_message.Message):
    __slots__ = ("text", "steps", "learning_rate", "seed")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    LEARNING_RATE_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    text: str
    steps: int
    learning_rate: float
    seed: int
    def __init__(self, text: _Optional[str] = ..., steps: _Optional[int] = ..., learning_rate: _Optional[float] = ..., seed: _Optional[int] = ...) -> None: ...

class TextGeneratorServiceTrainResponse(_message.Message):
    __slots__ = ("job",)
    JOB_FIELD_NUMBER: _ClassVar[int]
    job: _jobs_pb2.Job
    def __init__(self, job: _Optional[_Union[_jobs_pb2.Job, _Mapping]] = ...) -> None: ...

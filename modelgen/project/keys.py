"""Every key that settings may have, and what its value must be."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from modelgen.project import policy
from modelgen.project.values import (
    Check,
    Problem,
    anything,
    boolean,
    choice,
    choices,
    either,
    number,
    record,
    table,
    text,
    texts,
)

CODES = (
    "INVALID_ARGUMENT",
    "UNAUTHENTICATED",
    "PERMISSION_DENIED",
    "NOT_FOUND",
    "METHOD_NOT_ALLOWED",
    "FAILED_PRECONDITION",
    "PAYLOAD_TOO_LARGE",
    "RESOURCE_EXHAUSTED",
    "CANCELLED",
    "INTERNAL",
    "UNIMPLEMENTED",
    "UNAVAILABLE",
    "DEADLINE_EXCEEDED",
)
"""The error codes that an exception may be given."""

TARGETS = ("python-client", "tests")
"""What is written beside the service itself."""

TASKS = (
    *("any-to-any", "audio-classification", "audio-text-to-text", "audio-to-audio", "automatic-speech-recognition"),
    *("depth-estimation", "document-question-answering", "feature-extraction", "fill-mask", "graph-ml"),
    *("image-classification", "image-feature-extraction", "image-segmentation", "image-text-to-text", "image-to-3d"),
    *("image-to-image", "image-to-text", "image-to-video", "keypoint-detection", "mask-generation", "multiple-choice"),
    *("object-detection", "other", "question-answering", "reinforcement-learning", "robotics", "sentence-similarity"),
    *("summarization", "table-question-answering", "table-to-text", "tabular-classification", "tabular-regression"),
    *("tabular-to-text", "text-classification", "text-generation", "text-ranking", "text-retrieval", "text-to-3d"),
    *("text-to-audio", "text-to-image", "text-to-speech", "text-to-video", "text2text-generation"),
    *("time-series-forecasting", "token-classification", "translation", "unconditional-image-generation"),
    *("video-classification", "video-text-to-text", "visual-document-retrieval", "visual-question-answering"),
    *("voice-activity-detection", "zero-shot-classification", "zero-shot-image-classification"),
    "zero-shot-object-detection",
)
"""Hugging Face's names of tasks."""

VERSION = re.compile(r"\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*([_-][A-Za-z0-9]+)*")
_SYMBOL = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
_GLOB = re.compile(r"[\w.*?\[\]!-]+")
_ANY = re.compile(r"(?s).*\S.*")
_DOTTED = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)+")
_DEPLOYMENT = re.compile(r"[A-Za-z0-9._-]{1,64}")

_GLOBS = texts('write ["mylib.Cls", "mylib.other.*"]')
_FUNCTION = text(_DOTTED, 'write a dotted name such as "mylib.wire.load_image"')
ADAPTER: Mapping[str, Check] = {
    "type": text(_ANY, 'write a type such as "bytes"'),
    "load": _FUNCTION,
    "dump": _FUNCTION,
}
"""Every key of an adapter."""
_ADAPTER = '[adapters."PIL.Image.Image"] with type = "bytes", load = "mylib.wire.load_image", dump = "mylib.wire.dump"'

_PAD = "write what tensors are filled up with, such as 0"
_CUT = "write the axis on which results are as long as the inputs, such as 1"
BATCH: Mapping[str, Check] = {
    "max_size": number(1, "write how many calls one batch takes at most, such as 32", whole=True),
    "adaptive": boolean,
    "max_wait_ms": number(0, "write milliseconds, such as 5"),
    "axis": number(0, "write the axis of tensors that calls are joined along, such as 0", whole=True),
    "pad_axis": number(0, "write the axis on which tensors are filled up to the longest, such as 1", whole=True),
    "pad": either(number(None, _PAD), table(number(None, _PAD), _SYMBOL, "pad = { tokens = 1, mask = 0 }")),
    "pad_side": choice("right", "left"),
    "cut_axis": either(
        number(0, _CUT, whole=True), table(number(0, _CUT, whole=True), _GLOB, "cut_axis = { logits = 1 }")
    ),
}
"""Every key of `batching`, as the runtime has them."""
_BATCH = '"mylib.*.predict" = { max_size = 32, axis = 0 }'
_PADDED = "write axis = 0, pad_axis = 1"


def _batch(value: Any) -> Iterator[Problem]:
    """A table of those keys that hold together."""
    yield from record(BATCH, (), _BATCH)(value)
    given = value if isinstance(value, dict) else {}
    for name in ("pad", "pad_side", "cut_axis"):
        if name in given and "pad_axis" not in given:
            yield f"has a {name!r} without a 'pad_axis'", _PADDED
    if "pad_axis" in given and "axis" not in given:
        yield "has a 'pad_axis' without an 'axis'", _PADDED
    elif "pad_axis" in given and given["pad_axis"] == given["axis"]:
        yield "has a 'pad_axis' that is its 'axis'", _PADDED


DEPLOYMENT: Mapping[str, Check] = {
    "module": text(_SYMBOL, 'write the name of a served class, such as "mylib.SentimentClassifier"'),
    "artifact": text(_ANY, "write the path that the class's `load` reads"),
    "arguments": table(anything, _SYMBOL, 'arguments = { language = "de" }'),
    "device": text(_ANY, 'write "auto", "cpu", "cuda:0" or "mps"'),
    "dtype": text(_ANY, 'write what torch calls it, such as "bfloat16"'),
    "autocast": text(_ANY, 'write what torch calls it, such as "bfloat16"'),
    "compile": boolean,
    "warm_up": boolean,
    "isolation": choice("thread", "process"),
    "max_process_memory": number(0, "write bytes; 0 is no limit", whole=True),
    "max_process_calls": number(0, "write how many calls a process answers; 0 is any number", whole=True),
    "keep": boolean,
    "memory": number(0, "write bytes; 0 is as measured", whole=True),
    "replicas": number(1, "write how many instances there are, such as 2", whole=True),
    "timeout": number(0, "write seconds; 0 is never"),
    "max_queue": number(0, "write how many calls may wait, such as 64", whole=True),
    "batch": _batch,
}
"""Every key of a deployment, as the runtime has them."""
_DEPLOYED = '[deployments.german] with module = "mylib.SentimentClassifier", arguments = { language = "de" }'

CHECKS: Mapping[str, Check] = {
    "service": text(_NAME, 'write a name such as "sentiment-service"'),
    "version": text(VERSION, 'write a semantic version such as "1.4.0"'),
    "output": text(_ANY, "write a folder, relative to this file"),
    "targets": choices(*TARGETS),
    "methods": table(_GLOBS, _GLOB, '"mylib.*Classifier" = ["predict"]'),
    "include": _GLOBS,
    "exclude": _GLOBS,
    "types": table(text(_ANY, 'write a type, or "drop"'), _GLOB, '"mylib.Cls.run.image" = "numpy.ndarray"'),
    "adapters": table(record(ADAPTER, tuple(ADAPTER), _ADAPTER), _DOTTED, _ADAPTER),
    "roles": table(choice("inputs", "parameters"), _GLOB, '"mylib.Cls.run.top_k" = "parameters"'),
    "raises": table(choice(*CODES), _SYMBOL, '"mylib.errors.TooLong" = "INVALID_ARGUMENT"'),
    "tasks": table(choice(*TASKS), _GLOB, '"mylib.SentimentClassifier" = "text-classification"'),
    "batching": table(_batch, _GLOB, _BATCH),
    "deployments": table(record(DEPLOYMENT, ("module",), _DEPLOYED), _DEPLOYMENT, _DEPLOYED),
    "renames": table(text(_SYMBOL, "write the new dotted symbol"), _SYMBOL, '"mylib.Old" = "mylib.New"'),
    "templates": text(_ANY, "write a folder, relative to this file"),
    "refused": choice("error", "warning"),
    "check": policy.problems,
}
"""Every key, and what its value must be."""

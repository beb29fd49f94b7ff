"""Many calls of one method as one call of the model.

A model that is free takes at once what waits, up to a limit: nobody waits for a timer, and what arrived while the model
was busy is the next batch. A batch that fails is taken apart, so that one bad item fails alone.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np

from modelgen.runtime.hosts import is_array, items
from modelgen.runtime.padding import Padding, size_class
from modelgen.runtime.settings import Batch

if TYPE_CHECKING:
    from pydantic import BaseModel

    from modelgen.runtime.binding import BatchBinding, MethodBinding
    from modelgen.runtime.call import Call

Invoke: TypeAlias = Callable[[str, tuple[str, ...], dict[str, Any]], Any]
"""Calls a method of the model: its name, the parameters that go by position, the arguments."""


class Raised:
    """What a call of the model ended in, where that is no value."""

    __slots__ = ("error",)

    def __init__(self, error: BaseException) -> None:
        self.error = error


class Batcher(Protocol):
    """How calls of a method become one."""

    limit: int
    """Calls in a batch."""
    patience: float
    """Seconds that an incomplete batch waits for further calls."""

    def group(self, request: BaseModel, arguments: Mapping[str, Any]) -> Hashable:
        """Equal for calls that may share a batch."""

    def run(self, invoke: Invoke, calls: Sequence[Call]) -> list[Any]:
        """A result for each of several calls. Raises what the model raises."""


def batcher(binding: MethodBinding, settings: Batch | None) -> Batcher:
    """What batches a method's calls: its sibling that takes many, an axis of its tensors, or nothing."""
    found = settings or binding.batching or Batch()
    if binding.asynchronous or binding.streams or binding.stream or binding.kind != "infer" or found.max_size == 1:
        return ALONE
    if binding.batch is not None:
        return Siblings(binding, binding.batch, found)
    if found.axis is not None and binding.inputs:
        padding = Padding.of(found)
        return Axis(binding, found.axis, found) if padding is None else PaddedAxis(binding, found.axis, padding, found)
    return ALONE


def _patience(settings: Batch) -> float:
    return 0.0 if settings.adaptive else settings.max_wait_ms / 1000


class Alone:
    """No batches."""

    limit = 1
    patience = 0.0

    def group(self, request: BaseModel, arguments: Mapping[str, Any]) -> Hashable:
        """All alike."""
        return None

    def run(self, invoke: Invoke, calls: Sequence[Call]) -> list[Any]:
        """Not needed: a call by itself is run by its own method."""
        raise NotImplementedError


ALONE = Alone()


class Siblings:
    """`run_batch` beside `run`: it is given a list of each input, and answers a list."""

    def __init__(self, binding: MethodBinding, batch: BatchBinding, settings: Batch) -> None:
        self.limit = settings.max_size
        self.patience = _patience(settings)
        self._batch = batch
        self._plural = dict(zip(binding.inputs, batch.inputs, strict=True))

    def group(self, request: BaseModel, arguments: Mapping[str, Any]) -> Hashable:
        """By the parameters, and by which inputs were sent."""
        return _parameters(request), tuple(filter(self._plural.__contains__, arguments))

    def run(self, invoke: Invoke, calls: Sequence[Call]) -> list[Any]:
        """The sibling's answer. An exception in its list is that item's own."""
        first = calls[0].arguments
        arguments = {
            self._plural.get(name, name): [call.arguments[name] for call in calls] if name in self._plural else value
            for name, value in first.items()
        }
        results = items(invoke(self._batch.method, self._batch.positional, arguments))
        return [Raised(result) if isinstance(result, Exception) else result for result in results]


class Axis:
    """Tensors that are joined along an axis, and a result that is split along the same."""

    def __init__(self, binding: MethodBinding, axis: int, settings: Batch) -> None:
        self.limit = settings.max_size
        self.patience = _patience(settings)
        self._binding = binding
        self._axis = axis

    def group(self, request: BaseModel, arguments: Mapping[str, Any]) -> Hashable:
        """By the parameters, and by dtype and sizes of the tensors, the axis apart; a value that is no tensor, or has
        no such axis, is batched with nothing."""
        shapes = []
        lengths = set()
        for name in self._binding.inputs:
            value = arguments.get(name)
            if value is None or not is_array(value) or value.ndim <= self._axis:
                return object()
            shape = list(value.shape)
            lengths.add(shape.pop(self._axis))
            shapes.append((name, str(value.dtype), *shape))
        return (_parameters(request), *shapes) if len(lengths) == 1 else object()

    def run(self, invoke: Invoke, calls: Sequence[Call]) -> list[Any]:
        """The method's own answer to the joined tensors, in parts."""
        binding = self._binding
        arguments = dict(calls[0].arguments)
        for name in binding.inputs:
            arguments[name] = _joined([call.arguments[name] for call in calls], self._axis)
        lengths = [call.arguments[binding.inputs[0]].shape[self._axis] for call in calls]
        return _split(invoke(binding.name, binding.positional, arguments), lengths, self._axis)


class PaddedAxis(Axis):
    """The same for tensors that differ on another axis: they are filled up to the longest."""

    def __init__(self, binding: MethodBinding, axis: int, padding: Padding, settings: Batch) -> None:
        super().__init__(binding, axis, settings)
        self._padding = padding

    def group(self, request: BaseModel, arguments: Mapping[str, Any]) -> Hashable:
        """By the same, but for the axis that is filled up: there by the class of its size."""
        found = super().group(request, arguments)
        if not isinstance(found, tuple) or (length := self._length(arguments)) is None:
            return found
        parameters, *kinds = found
        place = 2 + self._padding.axis - (self._padding.axis > self._axis)  # behind the name and the dtype
        for index, kind in enumerate(kinds):
            if self._padding.fills(kind[0], arguments[kind[0]]):
                kinds[index] = (*kind[:place], -size_class(length), *kind[place + 1 :])
        return (parameters, *kinds)

    def run(self, invoke: Invoke, calls: Sequence[Call]) -> list[Any]:
        """The method's own answer to the tensors as filled up and joined, in parts that are cut back."""
        lengths = [length for call in calls if (length := self._length(call.arguments)) is not None]
        if len(set(lengths)) < 2:
            return super().run(invoke, calls)
        binding = self._binding
        arguments = dict(calls[0].arguments)
        for name in binding.inputs:
            values = [call.arguments[name] for call in calls]
            fills = self._padding.fills(name, values[0])
            arguments[name] = self._padding.joined(name, values, max(lengths)) if fills else _joined(values, self._axis)
        counts = [call.arguments[binding.inputs[0]].shape[self._axis] for call in calls]
        result = invoke(binding.name, binding.positional, arguments)
        return self._padding.cut_back(_split(result, counts, self._axis), lengths)

    def _length(self, arguments: Mapping[str, Any]) -> int | None:
        return self._padding.length({name: arguments[name] for name in self._binding.inputs})


def _parameters(request: BaseModel) -> str:
    """What the caller sent as `parameters`, as text: `1`, `1.0` and `true` are not the same."""
    if "parameters" not in request.__pydantic_fields_set__:
        return ""
    parameters: BaseModel = request.parameters  # type: ignore[attr-defined]
    return parameters.model_dump_json(exclude_unset=True) if parameters is not None else ""


def _joined(values: Sequence[Any], axis: int) -> Any:
    if isinstance(values[0], np.ndarray):
        return np.concatenate(values, axis)
    return sys.modules["torch"].cat(values, axis)


def _split(value: Any, lengths: Sequence[int], axis: int) -> list[Any]:
    """The parts of a result: of a tensor, or of each tensor in a tuple, list or mapping."""
    if isinstance(value, Mapping):
        parts = {key: _split(item, lengths, axis) for key, item in value.items()}
        return [{key: part[index] for key, part in parts.items()} for index in range(len(lengths))]
    if isinstance(value, tuple | list):
        columns = [_split(item, lengths, axis) for item in value]
        make = getattr(value, "_make", type(value))
        return [make(row) for row in zip(*columns, strict=True)]
    if not is_array(value) or value.ndim <= axis or value.shape[axis] != sum(lengths):
        raise ValueError(f"the result has no axis {axis} of {sum(lengths)} to split")
    ends = np.cumsum(lengths)
    before = (slice(None),) * axis
    return [value[(*before, slice(end - length, end))] for end, length in zip(ends, lengths, strict=True)]

"""Tensors of different lengths made one: filled up to the longest, and what the model makes of that cut back.

Only lengths of one size class are joined, the powers of two, so that filling up at most doubles what a model is given.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from modelgen.runtime.hosts import is_array
from modelgen.runtime.settings import Batch

SHORT = 32
"""Up to here all lengths are of one class."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Padding:
    """The rule by which a method's inputs are filled up."""

    along: int
    """The axis that calls are joined along."""
    axis: int
    """The axis on which inputs may differ."""
    fill: float | Mapping[str, float]
    """What they are filled up with; a table of the inputs that are."""
    left: bool
    """Whether that stands before what was sent."""
    cut: int | Mapping[str, int] | None
    """The axis of results that is as long as the inputs; a table of those that have it; None: not said."""

    @classmethod
    def of(cls, settings: Batch) -> Padding | None:
        """What settings say; None where they say nothing."""
        if settings.axis is None or settings.pad_axis is None:
            return None
        left = settings.pad_side == "left"
        return cls(along=settings.axis, axis=settings.pad_axis, fill=settings.pad, left=left, cut=settings.cut_axis)

    def length(self, inputs: Mapping[str, Any]) -> int | None:
        """The one length that a call's inputs have where they may differ from others'; None if there is none."""
        found = {value.shape[self.axis] for name, value in inputs.items() if self.fills(name, value)}
        return found.pop() if len(found) == 1 else None

    def fills(self, name: str, value: Any) -> bool:
        """Whether an input is filled up."""
        return bool(value.ndim > self.axis) and (not isinstance(self.fill, Mapping) or name in self.fill)

    def joined(self, name: str, values: Sequence[Any], longest: int) -> Any:
        """An input of many calls as one tensor. Raises ValueError where it cannot hold what it is filled with."""
        first = values[0]
        shape = list(first.shape)
        shape[self.along] = sum(value.shape[self.along] for value in values)
        shape[self.axis] = longest
        found = self._filled(name, first, shape)
        end = 0
        for value in values:
            start, end = end, end + value.shape[self.along]
            place = [slice(None)] * value.ndim
            place[self.along] = slice(start, end)
            place[self.axis] = self._own(value.shape[self.axis], longest)
            found[tuple(place)] = value
        return found

    def cut_back(self, results: Sequence[Any], lengths: Sequence[int]) -> list[Any]:
        """The results of many calls, each as long as its own inputs were. Raises ValueError where that cannot be."""
        longest, cut = max(lengths), self.cut
        if cut is None:
            for axis in self._suspicious(results[0], longest):
                text = f"the result has {longest} on axis {axis}, as the filled-up inputs have"
                raise ValueError(f"{text}: `cut_axis` must say whether it is as long as they are")
            return list(results)
        each = list(zip(results, lengths, strict=True))
        if isinstance(cut, Mapping):
            return [self._named_shortened(result, cut, length, longest) for result, length in each]
        return [self._shortened(result, cut, length, longest) for result, length in each]

    def _filled(self, name: str, like: Any, shape: list[int]) -> Any:
        fill = self.fill[name] if isinstance(self.fill, Mapping) else self.fill
        try:
            with np.errstate(invalid="ignore"):  # what does not fit is seen below
                made = np.full(shape, fill, like.dtype) if isinstance(like, np.ndarray) else like.new_full(shape, fill)
            sample = made.reshape(-1)[:1].tolist()
        except (OverflowError, RuntimeError) as error:
            raise ValueError(f"`{name}` cannot be filled up with {fill}: {error}") from error
        if any(not isinstance(found, float) and found != fill for found in sample):
            raise ValueError(f"`{name}`, of {like.dtype}, cannot be filled up with {fill}")
        return made

    def _own(self, length: int, longest: int) -> slice:
        """Where what was sent stands on an axis that is filled up."""
        return slice(longest - length, longest) if self.left else slice(0, length)

    def _suspicious(self, result: Any, longest: int) -> Iterator[int]:
        """Axes of a result that may be the inputs' own."""
        if is_array(result):
            yield from (axis for axis, size in enumerate(result.shape) if axis != self.along and size == longest)
        elif isinstance(result, Mapping | tuple | list):
            for part in result.values() if isinstance(result, Mapping) else result:
                yield from self._suspicious(part, longest)

    def _named_shortened(self, result: Any, cut: Mapping[str, int], length: int, longest: int) -> Any:
        """A result of which some parts are as long as the inputs."""
        if not cut:
            return result
        parts = dict(_named(result))
        for name, axis in cut.items():
            if name not in parts:
                raise ValueError(f"the result has no `{name}`, which `cut_axis` names")
            parts[name] = self._shortened(parts[name], axis, length, longest)
        return _like(result, parts.values())

    def _shortened(self, result: Any, axis: int, length: int, longest: int) -> Any:
        """A result, or each tensor in one, without what stands where inputs were filled up."""
        if isinstance(result, Mapping | tuple | list):
            return _like(result, [self._shortened(part, axis, length, longest) for _, part in _named(result)])
        if not is_array(result) or result.ndim <= axis or result.shape[axis] != longest:
            raise ValueError(f"the result has no axis {axis} of {longest}, as `cut_axis` says")
        return result[(*(slice(None),) * axis, self._own(length, longest))]


def size_class(length: int) -> int:
    """Equal for lengths that are filled up to one."""
    return (max(length, SHORT) - 1).bit_length()


def _named(result: Any) -> Iterator[tuple[str, Any]]:
    """The parts of a mapping by key, of a named tuple by field, of a tuple or list by position."""
    if isinstance(result, Mapping):
        return iter(result.items())
    if not isinstance(result, tuple | list):
        raise ValueError("the result has no parts, which `cut_axis` names")
    names = getattr(result, "_fields", None) or map(str, range(len(result)))
    return zip(names, result, strict=True)


def _like(result: Any, parts: Iterable[Any]) -> Any:
    """Parts as a result of the same kind."""
    if isinstance(result, Mapping):
        return dict(zip(result, parts, strict=True))
    return getattr(result, "_make", type(result))(parts)


def problems(batch: Batch) -> Iterator[str]:
    """What in settings says nothing, or cannot be."""
    cuts = batch.cut_axis.values() if isinstance(batch.cut_axis, Mapping) else (batch.cut_axis,)
    if batch.pad_axis is None:
        given = {"pad": batch.pad, "pad_side": batch.pad_side, "cut_axis": batch.cut_axis}
        usual = {"pad": Batch().pad, "pad_side": Batch().pad_side, "cut_axis": Batch().cut_axis}
        yield from (f"`{name}` says nothing without `pad_axis`" for name in given if given[name] != usual[name])
    elif batch.axis is None:
        yield "`pad_axis` says nothing without `axis`, along which calls are joined"
    elif batch.pad_axis == batch.axis:
        yield "`pad_axis` must be another axis than `axis`, along which calls are joined"
    elif batch.axis in cuts:
        yield "`cut_axis` must be another axis than `axis`, along which results are split"

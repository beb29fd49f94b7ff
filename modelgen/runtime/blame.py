"""What a caller is told of what a model raised, and what the log is told that the caller is not."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from typing import Any

from modelgen.runtime.binding import MethodBinding
from modelgen.runtime.errors import Internal, ServiceError, WrongResult, declared_code, from_model

logger = logging.getLogger("modelgen.runtime")


class Elsewhere(Exception):
    """What a model raised in a process of its own, as it can leave that: what the caller is told, and the traceback
    for the log of the process that knows the request."""

    def __init__(self, told: ServiceError, trace: str, kind: str) -> None:
        super().__init__(told, trace, kind)
        self.told = told
        self.trace = trace
        self.kind = kind
        """How the log tells of it; empty: not at all."""

    def __str__(self) -> str:
        return f"in a process of its own\n{self.trace}"


def blamed(error: BaseException, binding: MethodBinding, request_id: str = "") -> ServiceError:
    """The error for the caller. What is the model's own fault is logged with its traceback, and so is a TypeError that
    no setting maps: the caller is told that its input was refused, but arguments of wrong types do not reach a model,
    so that it is the model's own fault more often than not."""
    if isinstance(error, Elsewhere):
        told, kind = error.told, error.kind
    else:
        told, kind = _judged(error, binding)
    if kind:
        level = logging.ERROR if isinstance(told, Internal) else logging.WARNING
        where = f" (request {request_id})" if request_id else ""
        cause = (type(error), error, None if isinstance(error, Elsewhere) else error.__traceback__)
        logger.log(level, "%s.%s %s%s", binding.module, binding.name, kind, where, exc_info=cause)
    return told


def elsewhere(error: BaseException, binding: MethodBinding) -> Elsewhere:
    """What a model raised, to be told of and logged by another process."""
    told, kind = _judged(error, binding)
    trace = "".join(traceback.format_exception(error)).rstrip() if kind else ""
    return Elsewhere(Internal(told.message) if isinstance(told, WrongResult) else told, trace, kind)


def _judged(error: BaseException, binding: MethodBinding) -> tuple[ServiceError, str]:
    """What the caller is told, and how the log tells of it."""
    told = from_model(error, binding.raises, f"{binding.module}.{binding.name}")
    if isinstance(told, Internal):
        return told, "failed" if told is not error else ""
    if isinstance(error, TypeError) and declared_code(error, binding.raises) is None:
        return told, "raised a TypeError, told as its caller's error"
    return told, ""


def converted(binding: MethodBinding, convert: Callable[[Any], Any], value: Any) -> Any:
    """The host value of what was sent. A host type that refuses its value is the caller's error, as is a number that
    is too large for it."""
    try:
        return convert(value)
    except OverflowError as error:
        raise from_model(ValueError(str(error)), binding.raises, f"{binding.module}.{binding.name}") from error
    except Exception as error:
        raise blamed(error, binding) from error

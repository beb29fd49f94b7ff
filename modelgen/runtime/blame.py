"""What a caller is told of what a model raised, and what the log is told that the caller is not."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from modelgen.runtime.binding import MethodBinding
from modelgen.runtime.errors import Internal, ServiceError, declared_code, from_model

logger = logging.getLogger("modelgen.runtime")


def blamed(error: BaseException, binding: MethodBinding, request_id: str = "") -> ServiceError:
    """The error for the caller. What is the model's own fault is logged with its traceback, and so is a TypeError that
    no setting maps: the caller is told that its input was refused, but arguments of wrong types do not reach a model,
    so that it is the model's own fault more often than not."""
    method = f"{binding.module}.{binding.name}"
    told = from_model(error, binding.raises, method)
    where = f" (request {request_id})" if request_id else ""
    if isinstance(told, Internal):
        if told is not error:
            logger.error("%s failed%s", method, where, exc_info=error)
    elif isinstance(error, TypeError) and declared_code(error, binding.raises) is None:
        logger.warning("%s raised a TypeError, told as its caller's error%s", method, where, exc_info=error)
    return told


def converted(binding: MethodBinding, convert: Callable[[Any], Any], value: Any) -> Any:
    """The host value of what was sent. A host type that refuses its value is the caller's error, as is a number that
    is too large for it."""
    try:
        return convert(value)
    except OverflowError as error:
        raise from_model(ValueError(str(error)), binding.raises, f"{binding.module}.{binding.name}") from error
    except Exception as error:
        raise blamed(error, binding) from error

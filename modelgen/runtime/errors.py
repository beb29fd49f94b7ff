"""What a caller can be told. Every protocol answers these and nothing else.

ServiceError
├── InvalidArgument        422  INVALID_ARGUMENT     what was sent cannot be used
│   ├── MalformedRequest   400  INVALID_ARGUMENT     what was sent cannot even be read
│   └── UnsupportedEncoding 415 INVALID_ARGUMENT     it is compressed in a way that is not read
├── Unauthenticated        401  UNAUTHENTICATED
├── PermissionDenied       403  PERMISSION_DENIED
├── NotFound               404  NOT_FOUND
├── MethodNotAllowed       405  UNIMPLEMENTED
├── FailedPrecondition     409  FAILED_PRECONDITION
├── PayloadTooLarge        413  RESOURCE_EXHAUSTED
│   └── HeadTooLarge       431  RESOURCE_EXHAUSTED   its headers are
├── ResourceExhausted      429  RESOURCE_EXHAUSTED   the queue is full
├── Cancelled              499  CANCELLED            the caller went away
├── Internal               500  INTERNAL             the model or the service failed; the text is fixed
│   └── WrongResult        500  INTERNAL             the model answered something else than its signature says
├── Unimplemented          501  UNIMPLEMENTED
├── Unavailable            503  UNAVAILABLE          loading, failed to load, or draining
└── DeadlineExceeded       504  DEADLINE_EXCEEDED
    └── RequestTimeout     408  DEADLINE_EXCEEDED    what was sent did not arrive in time

Only this file knows HTTP's and gRPC's numbers.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, ClassVar

LONGEST_MESSAGE = 2000
"""Characters of a model's own message that a caller sees."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """One thing that is wrong with one field of a request."""

    field: str
    """Path as JSON has it: `inputs.text`, `parameters.boxes[2].width`; empty for the request as a whole."""
    message: str
    """What is wrong, to be read after the field: `is required`."""

    def __str__(self) -> str:
        return f"`{self.field}` {self.message}" if self.field else f"the request {self.message}"


class ServiceError(Exception):
    """Root of everything a caller can be told."""

    code: ClassVar[str] = "INTERNAL"
    """The stable name callers branch on: `error_code` in REST, the reason of gRPC's ErrorInfo."""
    status: ClassVar[int] = 500
    """HTTP status."""
    grpc: ClassVar[int] = 13
    """Number of the gRPC status code."""

    def __init__(self, message: str, *, details: tuple[Detail, ...] = (), retry_after: float | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.details = details
        self.retry_after = retry_after

    def at(self, path: str) -> ServiceError:
        """The same error, told of a part of the request."""
        found = type(self).__new__(type(self))  # subclasses make their message of other things
        detail = Detail(field=path, message=self.message)
        ServiceError.__init__(found, f"`{path}`: {self.message}", details=(detail,), retry_after=self.retry_after)
        return found


class InvalidArgument(ServiceError):
    """What was sent cannot be used."""

    code, status, grpc = "INVALID_ARGUMENT", 422, 3

    @classmethod
    def of(cls, *details: Detail) -> InvalidArgument:
        """The error that names these details in its sentence."""
        shown = "; ".join(str(detail) for detail in details[:3])
        more = f"; and {len(details) - 3} more" if len(details) > 3 else ""
        return cls(shown[:1].upper() + shown[1:] + more, details=tuple(details))


class MalformedRequest(InvalidArgument):
    """What was sent cannot even be read: no JSON, no UTF-8, nested too deep, nothing at all."""

    status = 400


class UnsupportedEncoding(InvalidArgument):
    """What was sent is compressed in a way that is not read here."""

    status = 415


class Unauthenticated(ServiceError):
    """No credentials, or wrong ones."""

    code, status, grpc = "UNAUTHENTICATED", 401, 16


class PermissionDenied(ServiceError):
    """Credentials that do not reach that far."""

    code, status, grpc = "PERMISSION_DENIED", 403, 7


class NotFound(ServiceError):
    """No such route, deployment or job."""

    code, status, grpc = "NOT_FOUND", 404, 5


class MethodNotAllowed(ServiceError):
    """The route exists, with another HTTP method."""

    code, status, grpc = "METHOD_NOT_ALLOWED", 405, 12


class FailedPrecondition(ServiceError):
    """Right as such, but not in the present state."""

    code, status, grpc = "FAILED_PRECONDITION", 409, 9


class PayloadTooLarge(ServiceError):
    """A body, line or message beyond its limit."""

    code, status, grpc = "PAYLOAD_TOO_LARGE", 413, 8


class HeadTooLarge(PayloadTooLarge):
    """Headers beyond their limit."""

    status = 431


class ResourceExhausted(ServiceError):
    """The deployment's queue is full; `retry_after` says when to come back."""

    code, status, grpc = "RESOURCE_EXHAUSTED", 429, 8


class Cancelled(ServiceError):
    """The caller went away or took the request back."""

    code, status, grpc = "CANCELLED", 499, 1


class Internal(ServiceError):
    """The model or the service failed. Callers get a fixed text, the log has the rest."""

    code, status, grpc = "INTERNAL", 500, 13


class WrongResult(Internal):
    """The model answered something else than its signature says."""

    def __init__(self, method: str, declared: str, value: Any) -> None:
        super().__init__(f"`{method}` is declared to return {declared or 'another type'}; it returned {kind(value)}")


class Unimplemented(ServiceError):
    """Known, and not served here."""

    code, status, grpc = "UNIMPLEMENTED", 501, 12


class Unavailable(ServiceError):
    """Loading, failed to load, or draining."""

    code, status, grpc = "UNAVAILABLE", 503, 14


class DeadlineExceeded(ServiceError):
    """Not answered in time."""

    code, status, grpc = "DEADLINE_EXCEEDED", 504, 4


class RequestTimeout(DeadlineExceeded):
    """The request itself did not arrive in time."""

    status = 408


CODES: Mapping[str, type[ServiceError]] = {
    error.code: error
    for error in (
        InvalidArgument,
        Unauthenticated,
        PermissionDenied,
        NotFound,
        MethodNotAllowed,
        FailedPrecondition,
        PayloadTooLarge,
        ResourceExhausted,
        Cancelled,
        Internal,
        Unimplemented,
        Unavailable,
        DeadlineExceeded,
    )
}
"""The error of each code, for tables that map exceptions to codes."""


def kind(value: object) -> str:
    """The type of a value as a signature would write it: `list`, `numpy.ndarray`."""
    if value is None:
        return "None"
    cls = type(value)
    return cls.__qualname__ if cls.__module__ == "builtins" else f"{cls.__module__.split('.')[0]}.{cls.__qualname__}"


def from_model(error: BaseException, raises: Mapping[str, str], method: str) -> ServiceError:
    """What a caller is told of an exception that the model raised.

    `raises` maps exception classes to codes and comes first; ValueError and TypeError are the caller's error;
    everything else is the model's own, and its text stays in the log.
    """
    if isinstance(error, ServiceError):
        return error
    code = declared_code(error, raises)
    if code is None and isinstance(error, (ValueError, TypeError)):
        code = InvalidArgument.code
    if code is None or code == Internal.code:
        return Internal(f"`{method}` failed")
    return CODES[code](_message(error))


def declared_code(error: BaseException, raises: Mapping[str, str]) -> str | None:
    """The code that `raises` gives an exception; None where it does not."""
    if not raises:
        return None
    declared = {_loaded(name) or name: code for name, code in raises.items() if code in CODES}
    for cls in type(error).__mro__:
        for key in (cls, f"{cls.__module__}.{cls.__qualname__}", cls.__qualname__):
            if key in declared:
                return declared[key]
    return None


def _loaded(name: str) -> type | None:
    """The class that a dotted name means, following re-exports; it was raised, so its module is loaded."""
    module, _, attribute = name.rpartition(".")
    found = getattr(sys.modules.get(module or "builtins"), attribute, None)
    return found if isinstance(found, type) else None


def _message(error: BaseException) -> str:
    found = getattr(error, "errors", None)
    if type(error).__name__ == "ValidationError" and callable(found):  # of pydantic: its own text has URLs and values
        text = "; ".join(f"`{'.'.join(map(str, part['loc']))}`: {part['msg']}" for part in found())
    else:
        text = str(error).strip()
    return text[:LONGEST_MESSAGE] or f"The model refused its input ({type(error).__name__})"


def body(error: ServiceError, request_id: str) -> dict[str, Any]:
    """The error as REST answers it."""
    return {
        "error": error.message,
        "error_code": error.code,
        "details": [{"field": detail.field, "message": detail.message} for detail in error.details],
        "request_id": request_id,
        "timestamp": datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }

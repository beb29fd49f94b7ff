"""What callers can be told: the codes, with what they are over HTTP, over gRPC and in the Python client."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import ModuleType

import grpc

from docs.reference_pages.markdown import code, table
from docs.reference_pages.sample import project
from modelgen.runtime import errors

HEAD = """\
# Error codes

Every failure has one of these codes, the same over HTTP and gRPC. Branch on the code; the sentence is for people."""

BODY = """\
## Over HTTP

The status and a body:

```json
{
  "error": "`inputs` is required",
  "error_code": "INVALID_ARGUMENT",
  "details": [{"field": "inputs", "message": "is required"}],
  "request_id": "a47c1c506c925fa82138b64401c40d70",
  "timestamp": "2026-01-31T12:30:00.000Z"
}
```

`details` names what is wrong with which field, and is empty for other errors. `request_id` is also in the header
`x-request-id` and in the service's log; a request may bring its own. In a stream that has begun, the body is the data
of an `event: error`, or the last line of NDJSON.

## Over gRPC

The status code and the sentence, and in `grpc-status-details-bin` a `google.rpc.Status` with an `ErrorInfo`, whose
`reason` is the code, and a `BadRequest` with the fields.

## What a model raises

`ValueError` and `TypeError` are `INVALID_ARGUMENT`, with the model's own words. An exception class that the setting
[`raises`](settings.md#raises) maps has the code given there. Everything else is `INTERNAL`: the caller gets a fixed
sentence, and the log has the rest."""


def page() -> str:
    """The whole page."""
    head = ("code", "HTTP", "gRPC", "Python client", "meaning")
    return "\n\n".join([HEAD, table(head, _rows()), BODY])


def _rows() -> Iterator[tuple[str, ...]]:
    client = _client()
    numbers = {status.value[0]: status.name for status in grpc.StatusCode}
    for error in _kinds(errors.ServiceError):
        meaning = " ".join((error.__doc__ or "").split())
        shown = client.of_code(error.code).__name__
        yield code(error.code), str(error.status), code(numbers[error.grpc]), code(shown), meaning


def _kinds(root: type[errors.ServiceError]) -> Iterator[type[errors.ServiceError]]:
    """Every error below the root that differs from its parent in what callers see."""
    for kind in root.__subclasses__():
        if kind.__module__ != errors.__name__:
            continue
        if root is errors.ServiceError or (kind.code, kind.status) != (root.code, root.status):
            yield kind
        yield from _kinds(kind)


def _client() -> ModuleType:
    """The module of errors of a generated client."""
    module = ModuleType("sample_client_errors")
    sys.modules[module.__name__] = module  # dataclasses look there
    exec(project()["clients/python/sample_client/errors.py"], module.__dict__)
    return module

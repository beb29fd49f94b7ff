"""The routes of a generated service: HTTP by its OpenAPI document, gRPC by its protos."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from docs.reference_pages.markdown import code, table
from docs.reference_pages.sample import project

HTTP = """\
# Routes

## HTTP

`<module>` and `<method>` are the names of the class and the method with hyphens: `SpamFilter.run_clues` is
`/api/v1/spam-filter/run-clues`. The routes of jobs are there where a class has a `train`. Every failure is the
[error body](errors.md)."""

KSERVE = """\
### KServe's V1 protocol

There on every service, for every deployment; see [how to call a service as KServe does](../how-to/kserve.md). Not in
`openapi.json`, which is the project's own. `{name}` is a deployment's name. What is wrong with a request is 400 here,
in the same error body."""

PAGES = """\
### Pages

The service describes itself at these addresses too."""

GRPC = """\
## gRPC

`<package>` is the name of the served package, `<Module>` and `<Method>` are those of the class and the method:
`spamfilter.v1.SpamFilterService/RunClues`. Messages are called `<Module>Service<Method>Request` and `…Response`."""

FAILURES = "200, 400, 404, 408, 413, 415, 429, 500, 501, 503, 504"

OF_METHODS = {
    "/api/v1/model/run": ("/api/v1/<module>/<method>", "Call the method."),
    "/api/v1/model/train": ("/api/v1/<module>/train", "Submit a training job; `Location` says where it is."),
}
"""What the sample's own routes stand for."""

DOCUMENTS = (
    ("`/metrics`", "What Prometheus reads; see [how to observe a service](../how-to/observe.md)."),
    ("`/docs`", "The routes, to read and to try."),
    ("`/redoc`", "The routes, to read."),
    ("`/openapi.json`", "The document that both are made of."),
)

V1 = (
    ("`GET /`", "Whether the process lives; `hooks.py` may put something else there.", "200"),
    ("`GET /v1/models`", "The deployments.", "200"),
    ("`GET /v1/models/{name}`", "Whether a deployment is ready.", "200, 404, 503"),
    ("`POST /v1/models/{name}:predict`", "Call the main method with each of the `instances`.", FAILURES),
    ("`POST /v1/models/{name}:explain`", "Call `explain` with each of the `instances`.", FAILURES),
)

RPCS = {"Run": "<Method>", "Train": "Train", "ModelService": "<Module>Service"}
_RPC = re.compile(r"  // (?P<doc>.*)\n  rpc (?P<name>\w+)\((?P<reads>stream )?")


def page() -> str:
    """The whole page."""
    parts = [HTTP, table(("route", "what it does", "answers"), _http())]
    parts += [KSERVE, table(("route", "what it does", "answers"), V1)]
    parts += [PAGES, table(("address", "what it is"), DOCUMENTS)]
    parts += [GRPC, table(("call", "what it does"), _grpc())]
    return "\n\n".join(parts)


def _http() -> Iterator[tuple[str, str, str]]:
    document = json.loads(project()["openapi.json"])
    for path, operations in document["paths"].items():
        for verb, operation in operations.items():
            if verb == "parameters":
                continue
            shown, summary = OF_METHODS.get(path, (path, operation["summary"]))
            yield code(f"{verb.upper()} {shown}"), summary, ", ".join(operation["responses"])


def _grpc() -> Iterator[tuple[str, str]]:
    yield "`<package>.v1.<Module>Service/<Method>`", "Call the method; a stream where the method reads or yields one."
    yield "`<package>.v1.<Module>Service/Train`", "Submit a training job."
    for match in _RPC.finditer(project()["proto/sample/v1/jobs.proto"]):
        yield code(f"<package>.v1.JobsService/{match['name']}"), match["doc"]
    yield "`grpc.health.v1.Health`", "Whether the service, or one of its services by name, is ready."
    yield "`grpc.reflection.v1.ServerReflection`, `grpc.reflection.v1alpha.ServerReflection`", "What there is to call."

"""What generated code hands the runtime: a service's modules, a module's methods, a method's schemas and converters."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from google.protobuf.message import Message
from pydantic import BaseModel

from modelgen.runtime.settings import Batch, Deployment


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamBinding:
    """The parameter of a method that arrives piece by piece."""

    parameter: str
    """Its name in the Python signature."""
    item: type[BaseModel]
    """A pydantic RootModel of one piece: what a line of NDJSON is validated with."""
    argument: Callable[[Any], Any]
    """A validated `item` -> the host value that the method reads."""
    from_proto: Callable[[Any], Any]
    """A request message -> the plain value for `item.model_validate`, or `ABSENT` where a message has none."""
    asynchronous: bool = False
    """Whether the method reads it with `async for`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchBinding:
    """The method beside another that takes many of its inputs at once: `run_batch` beside `run`."""

    method: str
    """Its name."""
    inputs: tuple[str, ...]
    """The names of its inputs, in the order of the single method's. Its options have the same names as that one's."""
    positional: tuple[str, ...] = ()
    """Parameters that Python takes by position only, in order."""


class Absent:
    """The type of ABSENT."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT = Absent()
"""What `StreamBinding.from_proto` answers for a message that carries options only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodBinding:
    """One served method."""

    module: str
    """The module's name: `SentimentClassifier`."""
    name: str
    """The Python method's name: `run`."""
    kind: Literal["infer", "train"] = "infer"
    request: type[BaseModel]
    """Schema of `{"inputs": …, "parameters": {…}, "deployment"?: …}`, without the stream's pieces."""
    response: type[BaseModel] | None
    """Schema of `{"result": …}`, of one item where the method streams. None for `train`: a job is answered."""
    arguments: Callable[[Any], dict[str, Any]]
    """A validated request -> keyword arguments as host values, only for what was sent."""
    positional: tuple[str, ...] = ()
    """Parameters that Python takes by position only, in order; the engine passes them so."""
    inputs: tuple[str, ...] = ()
    """Names of the arguments that differ from call to call; the others are options."""
    batch: BatchBinding | None = None
    """Set where another method takes many of its inputs at once."""
    batching: Batch | None = None
    """What the package's settings say of its batches; a deployment's own settings come first."""
    result: Callable[[Any], BaseModel] | None
    """A host value -> a `response`. Raises TypeError, ValueError, AttributeError, LookupError or
    pydantic.ValidationError where the value contradicts the declared return type; the runtime answers those as an
    internal error that names `module.name`, `returns` and the value's type."""
    returns: str = ""
    """The declared return type in its text form."""
    from_proto: Callable[[Any], dict[str, Any]]
    """A request message -> the plain dict for `request.model_validate`."""
    to_proto: Callable[[Any], Message] | None
    """A `response` -> the response message."""
    stream: StreamBinding | None = None
    """Set where a parameter arrives piece by piece."""
    streams: bool = False
    """Whether the method yields many results."""
    asynchronous: bool = False
    """`async def`, or an async generator."""
    raises: Mapping[str, str] = field(default_factory=dict)
    """Dotted exception class -> error code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleBinding:
    """One served class."""

    name: str
    """`SentimentClassifier`: in errors, deployments and the registry."""
    path: str
    """`sentiment-classifier`: in routes, and the name of its default deployment."""
    doc: str = ""
    task: str = ""
    """What its models are for, by Hugging Face's name of the task; empty: not said."""
    create: Callable[..., Any]
    """Makes an instance from keyword arguments: the class itself."""
    required: tuple[str, ...] = ()
    """Constructor arguments without a default: needed in a deployment's settings where no artifact is loaded."""
    load: Callable[[str], Any] | None = None
    """Makes an instance from an artifact's path: the class's `load`."""
    save: Callable[[Any, str], Any] | None = None
    """Writes an instance to a path: the class's `save`."""
    train: Callable[..., Any] | None = None
    """The class's `train`; called with host arguments, answers a trained instance."""
    example: Callable[[], Any] | None = None
    """The class's `example()`, keyword arguments of a call that works, used to warm up."""
    methods: tuple[MethodBinding, ...] = ()

    @property
    def needs(self) -> tuple[str, ...]:
        """`required`; where the constructor could not be described, what the class itself says."""
        return self.required or _needed(self.create)


def _needed(create: Callable[..., Any]) -> tuple[str, ...]:
    try:
        parameters = inspect.signature(create).parameters.values()
    except (TypeError, ValueError):  # of C, and without a signature
        return ()
    several = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return tuple(one.name for one in parameters if one.default is one.empty and one.kind not in several)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceBinding:
    """One generated service: `bindings.SERVICE` in every generated project."""

    name: str
    """The importable package of the service: `mylib_service`."""
    package: str
    """The served package: `mylib`."""
    version: str
    contract_hash: str
    modules: tuple[ModuleBinding, ...]
    openapi: Path
    """The committed OpenAPI document."""
    contract: Path
    """The committed lock file."""
    routers: Callable[[], tuple[Any, ...]]
    """Imports and answers the FastAPI routers."""
    servicers: Callable[[Any, Any], tuple[str, ...]]
    """`(grpc.aio.Server, runtime gRPC endpoint)` -> registers every servicer, answers the full service names."""
    deployments: tuple[Deployment, ...] = ()
    """What the package's settings deploy; the service's own settings come first."""
    hooks: Any = None
    """The project's `hooks` module."""

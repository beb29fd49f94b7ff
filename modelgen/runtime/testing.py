"""For the tests of a generated project: a running service, and the same call with and without a wire."""

from __future__ import annotations

import asyncio
import enum
import inspect
import json
import math
import threading
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

from modelgen.runtime.binding import MethodBinding, ModuleBinding, ServiceBinding
from modelgen.runtime.hosts import is_array
from modelgen.runtime.http import create_app
from modelgen.runtime.server import Running as Servers
from modelgen.runtime.settings import Settings

START = 120.0
"""Seconds that a service may take to start or stop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A service that serves."""

    http: str
    """`http://127.0.0.1:40001`."""
    grpc: str
    """`127.0.0.1:40002`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """What a call ends in where the model does not take its arguments."""

    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """What a call ends in where the model fails, or answers something else than it declares."""

    message: str


@contextmanager
def running(service: ServiceBinding, state: Path) -> Iterator[Running]:
    """Serve on free ports of this machine until the block is left, in a thread of its own.

    Raises:
        RuntimeError: a model could not be loaded, or the service did not start in time.
    """
    started = threading.Event()
    held: dict[str, Any] = {}

    async def serve() -> None:
        settings = Settings(http_port=0, grpc_port=0, grace=5.0, state=str(state))
        app = create_app(service, settings)
        async with app.router.lifespan_context(app):
            servers = Servers(app, settings)
            await servers.start()
            await servers.service.settled()
            held.update(servers=servers, loop=asyncio.get_running_loop(), missing=servers.service.missing)
            started.set()
            await servers.finished()

    thread = threading.Thread(target=asyncio.run, args=(serve(),), name="service", daemon=True)
    thread.start()
    if not started.wait(START):
        raise RuntimeError("the service did not start")
    servers: Servers = held["servers"]
    try:
        if held["missing"]:
            raise RuntimeError(f"not ready: {held['missing']}")
        yield Running(http=servers.http_address, grpc=servers.grpc_address)
    finally:
        held["loop"].call_soon_threadsafe(servers.stop)
        thread.join(START)


def methods(service: ServiceBinding) -> list[tuple[str, str]]:
    """Module and name of every method that infers."""
    return [
        (module.name, method.name) for module in service.modules for method in module.methods if method.kind == "infer"
    ]


def without_wire(
    service: ServiceBinding, module: str, method: str, request: Mapping[str, Any], pieces: Sequence[Any]
) -> Any:
    """What the method answers in this process: its value, a list of values where it streams, Refused or Failed."""
    owner, binding = _found(service, module, method)
    try:
        value = _call(owner, binding, arguments(service, module, method, request, pieces))
    except (ValueError, TypeError) as error:
        return Refused(message=str(error))
    except Exception as error:  # noqa: BLE001 - whatever a model raises is what its service is compared with
        return Failed(message=repr(error))
    return _checked(binding, value)


def arguments(
    service: ServiceBinding, module: str, method: str, request: Mapping[str, Any], pieces: Sequence[Any]
) -> dict[str, Any]:
    """The values that the package declares, of a request's JSON."""
    _, binding = _found(service, module, method)
    found = binding.arguments(binding.request.model_validate_json(json.dumps(request)))
    if binding.stream:
        stream = binding.stream
        items = [stream.argument(stream.item.model_validate_json(json.dumps(piece))) for piece in pieces]
        found[stream.parameter] = items
    return found


def over_http(running: Running, route: str, request: Mapping[str, Any], pieces: Sequence[Any] | None) -> Any:
    """The JSON that the service answers: the result, a list of results where it streams, or Refused."""
    import httpx

    lines = [json.dumps(request), *(json.dumps(piece) for piece in pieces or ())]
    headers = {"accept": "application/json, application/x-ndjson"}
    answer = httpx.post(running.http + route, content="\n".join(lines), headers=headers, timeout=START)
    if answer.status_code == 422:
        return Refused(message=answer.json()["error"])
    if answer.status_code == 500:
        return Failed(message=answer.json()["error"])
    answer.raise_for_status()
    if answer.headers["content-type"].startswith("application/x-ndjson"):
        return [_result(json.loads(line)) for line in answer.text.splitlines()]
    return _result(answer.json())


def in_json(service: ServiceBinding, module: str, method: str, value: Any) -> Any:
    """A local answer as the service's JSON has it."""
    _, binding = _found(service, module, method)
    if isinstance(value, Refused | Failed) or binding.result is None:
        return value
    if binding.streams:
        return [_result(binding.result(item).model_dump(mode="json")) for item in value]
    return _result(binding.result(value).model_dump(mode="json"))


def alike(one: Any, other: Any) -> bool:
    """Whether two answers are the same value: classes of one shape, enums of one value, numbers but for rounding."""
    if isinstance(one, enum.Enum) or isinstance(other, enum.Enum):
        return alike(*(side.value if isinstance(side, enum.Enum) else side for side in (one, other)))
    if is_array(one) or is_array(other):
        return alike(*(side.tolist() if is_array(side) else side for side in (one, other)))
    if isinstance(one, Refused | Failed) or isinstance(other, Refused | Failed):
        return type(one) is type(other)
    if isinstance(one, bool | str | bytes) or one is None:
        return bool(one == other)
    if isinstance(one, int | float):
        return isinstance(other, int | float) and math.isclose(one, other, rel_tol=1e-5, abs_tol=1e-6)
    if isinstance(one, Mapping):
        return isinstance(other, Mapping) and _alike_items(_keyed(one), _keyed(other))
    if isinstance(one, list | tuple | set | frozenset):
        return len(one) == len(other) and all(alike(a, b) for a, b in zip(one, other, strict=True))
    return (
        alike(_members(one), _members(other)) if hasattr(one, "__dict__") or is_dataclass(one) else bool(one == other)
    )


def _checked(binding: MethodBinding, value: Any) -> Any:
    """The value, or Failed where it contradicts what the method declares."""
    if binding.result is None:
        return value
    try:
        for item in value if binding.streams else [value]:
            binding.result(item)
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        return Failed(message=repr(error))
    return value


def _keyed(value: Mapping[Any, Any]) -> dict[Any, Any]:
    return {key.value if isinstance(key, enum.Enum) else key: item for key, item in value.items()}


def _alike_items(one: Mapping[Any, Any], other: Mapping[Any, Any]) -> bool:
    return one.keys() == other.keys() and all(alike(item, other[key]) for key, item in one.items())


def _members(value: Any) -> dict[str, Any]:
    if is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    slots = [name for kind in type(value).__mro__ for name in vars(kind).get("__slots__", ())]
    kept = {name: getattr(value, name) for name in slots if hasattr(value, name)} | getattr(value, "__dict__", {})
    return {name: member for name, member in kept.items() if not name.startswith("_")}


def _result(body: dict[str, Any]) -> Any:
    return body.get("result")


def _found(service: ServiceBinding, module: str, method: str) -> tuple[ModuleBinding, MethodBinding]:
    owner = next(one for one in service.modules if one.name == module)
    return owner, next(one for one in owner.methods if one.name == method)


def _call(owner: ModuleBinding, binding: MethodBinding, given: dict[str, Any]) -> Any:
    positional = [given.pop(name) for name in binding.positional if name in given]
    if binding.stream:
        items = given[binding.stream.parameter]
        given[binding.stream.parameter] = _paced(items) if binding.stream.asynchronous else iter(items)
    answer = getattr(owner.create(), binding.name)(*positional, **given)
    if binding.asynchronous:
        return asyncio.run(_gathered(answer, streams=binding.streams))
    return list(answer) if binding.streams else answer


async def _gathered(answer: Any, *, streams: bool) -> Any:
    if inspect.isawaitable(answer):
        answer = await answer
    if not streams:
        return answer
    return [item async for item in answer] if hasattr(answer, "__aiter__") else list(answer)


async def _paced(items: Sequence[Any]) -> AsyncIterator[Any]:
    for item in items:
        yield item


def over_client(
    model: Any,
    service: ServiceBinding,
    call: tuple[str, str],
    request: Mapping[str, Any],
    pieces: Sequence[Any],
    errors: tuple[type[Exception], type[Exception]],
) -> Any:
    """What a generated client answers to the call (module, method), given the values that the package declares.

    `errors` are the client's InvalidInput and Internal.
    """
    _, binding = _found(service, *call)
    given = arguments(service, *call, request, pieces)
    positional = [given.pop(name) for name in binding.positional if name in given]
    try:
        answer = getattr(model, binding.name)(*positional, **given)
        return list(answer) if binding.streams else answer
    except errors[0] as error:
        return Refused(message=str(error))
    except errors[1] as error:
        return Failed(message=str(error))

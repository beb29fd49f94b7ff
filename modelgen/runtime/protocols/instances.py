"""Instances, as KServe's V1 protocol sends them: what each of them says to a method, and where it is wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import to_json

from modelgen.runtime.binding import MethodBinding
from modelgen.runtime.bounds import Bounds
from modelgen.runtime.depth import check_json
from modelgen.runtime.errors import Detail, InvalidArgument, MalformedRequest
from modelgen.runtime.paths import joined
from modelgen.runtime.schema import Schema
from modelgen.runtime.validation import from_json, from_lists, from_validation

PORTION = 32
"""Instances after which other requests have their turn."""
MOST_TOLD = 20
"""Wrong instances after which no more are looked for."""


class Sent(Schema):
    """The body of a request."""

    instances: list[Any]
    parameters: dict[str, Any] | None = None


def read(content: bytes, bounds: Bounds) -> Sent:
    """The body that was sent; nothing in its instances has been looked at. Raises InvalidArgument."""
    if not content.strip():
        raise MalformedRequest('The request is empty: send JSON, such as {"instances": […]}')
    try:
        return Sent.model_validate_json(content)
    except ValidationError as error:
        check_json(content, bounds.depth)
        raise from_validation(error, content) from None


async def requests(binding: MethodBinding, sent: Sent, content: bytes, bounds: Bounds) -> list[BaseModel]:
    """A request of the method for each instance. Raises InvalidArgument with what is wrong, by instance.

    Args:
        binding: the method.
        sent: the body,
        content: and the JSON that it was read of.
        bounds: how far each instance may go.
    """
    columns = _columns(binding.request, binding.inputs)
    shared = sent.parameters or {}
    _check(_unknown(shared, columns.options, "parameters"))
    numbers = not shared and b"true" not in content and b"false" not in content
    numbers = numbers and len(content) <= 2 * bounds.elements
    found: list[BaseModel] = []
    wrong: list[InvalidArgument] = []
    for position, instance in enumerate(sent.instances):
        try:
            quick = from_lists(binding.request, instance) if numbers and type(instance) is list else None
            found.append(quick or columns.request(instance, shared, f"instances[{position}]", bounds))
        except InvalidArgument as error:
            wrong.append(error)
            if len(wrong) == MOST_TOLD:
                break
        if position % PORTION == PORTION - 1:
            await asyncio.sleep(0)
    _check([detail for error in wrong for detail in error.details])
    return found


def _check(wrong: Sequence[Detail]) -> None:
    if wrong:
        raise InvalidArgument.of(*wrong)


def _unknown(given: Mapping[str, Any], known: Collection[str], path: str) -> list[Detail]:
    return [Detail(field=joined(path, name), message="is not a known field") for name in given if name not in known]


@cache
def _columns(schema: type[BaseModel], inputs: tuple[str, ...]) -> _Columns:
    required = _fields(schema, "inputs")
    if len(inputs) == 1:
        required = {inputs[0]: schema.model_fields["inputs"].is_required()}
    return _Columns(schema=schema, inputs=required, options=frozenset(_fields(schema, "parameters")))


def _fields(schema: type[BaseModel], group: str) -> dict[str, bool]:
    """The fields of a group of a request, by their names in JSON, and whether they are required."""
    found = schema.model_fields.get(group)
    kinds = (found.annotation, *get_args(found.annotation)) if found is not None else ()
    for kind in kinds:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return {field.alias or name: field.is_required() for name, field in kind.model_fields.items()}
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Columns:
    """What an instance of a method may name."""

    schema: type[BaseModel]
    """Of the method's requests."""
    inputs: Mapping[str, bool]
    """Whether each must be there."""
    options: frozenset[str]

    @property
    def sole(self) -> str:
        """The input that an instance may be the value of: the only one, or the only one that must be there."""
        names = [name for name, required in self.inputs.items() if required] or list(self.inputs)
        return names[0] if len(names) == 1 else ""

    def request(self, instance: Any, shared: Mapping[str, Any], path: str, bounds: Bounds) -> BaseModel:
        """The request that an instance makes. Raises InvalidArgument."""
        bare = not self._is_named(instance)
        named = {self.sole: instance} if bare else instance
        if not isinstance(named, dict):
            raise InvalidArgument.of(Detail(field=path, message=f"must be an object{self._listed()}"))
        _check(_unknown(named, {*self.inputs, *self.options}, path))
        inputs = {name: value for name, value in named.items() if name in self.inputs}
        options = {**shared, **{name: value for name, value in named.items() if name in self.options}}
        try:
            return from_json(self.schema, to_json(self._native(inputs, options)), bounds)
        except InvalidArgument as error:
            wrong = (
                Detail(field=self._place(detail.field, named, path, bare=bare), message=detail.message)
                for detail in error.details
            )
            raise InvalidArgument.of(*wrong) from None

    def _is_named(self, instance: Any) -> bool:
        """Whether an instance is an object of columns, and not the value of the one input.

        It is where the input's name is among its keys; a value of which that holds as well can only be sent by name.
        """
        if not self.sole:
            return True
        if not isinstance(instance, dict):
            return False
        return self.sole in instance or not (self.inputs[self.sole] or instance.keys() - self.options)

    def _native(self, inputs: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
        """The body of the native request."""
        body: dict[str, Any] = {"parameters": options} if options else {}
        if len(self.inputs) > 1:
            body["inputs"] = inputs
        elif inputs:
            (body["inputs"],) = inputs.values()
        return body

    def _place(self, field: str, named: Mapping[str, Any], path: str, *, bare: bool) -> str:
        """Where the caller finds what the native request has at `field`."""
        group, rest = _split(field)
        if group == "parameters":
            option, _ = _split(rest.removeprefix("."))
            return path + rest if option in named else field
        if len(self.inputs) == 1:
            rest = f".{self.sole}{rest}"
        return path + (rest.removeprefix(f".{self.sole}") if bare else rest)

    def _listed(self) -> str:
        names = ", ".join(f"`{name}`" for name in self.inputs)
        return f" of {names}" if names else ""


def _split(path: str) -> tuple[str, str]:
    """The first step of a path, and the others."""
    end = next((position for position, sign in enumerate(path) if sign in ".["), len(path))
    return path[:end], path[end:]

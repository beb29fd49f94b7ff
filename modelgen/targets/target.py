"""What every target is given, and what it gives back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeVar

from modelgen.contract.model import Contract, Module
from modelgen.contract.names import kebab
from modelgen.contract.pins import Pins
from modelgen.contract.wire import Wire, WireService

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One file of the generated project."""

    path: str
    """From the project's root, with slashes."""
    text: str
    state: Literal["generated", "scaffold"] = "generated"
    source: str = ""
    """The Python symbol it was made of; empty: the whole package."""
    template: str = ""
    """The template that made it; empty: none."""


class Cache(Protocol):
    """Keeps what is dear to make, by a hash of all that it is made of."""

    def get(self, key: str) -> str | None:
        """What was kept under the key, or None."""

    def put(self, key: str, text: str) -> None:
        """Keep a text."""


class Forgetful:
    """A cache that keeps nothing."""

    def get(self, key: str) -> str | None:
        """Nothing was kept."""
        return None

    def put(self, key: str, text: str) -> None:
        """Keep nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blueprint:
    """All that a project is made of."""

    contract: Contract
    wire: Wire
    pins: Pins
    lock: str
    """The text of modelgen.lock."""
    service: str
    """The service's Python package: `mylib_service`."""
    client: str
    """The client's Python package: `mylib_client`."""
    distribution: str = ""
    """What to install for the served package; empty: it has no distribution of its own."""
    requires: str = ""
    """The range of modelgen versions that can serve the project: `>=0.1,<0.2`."""
    contract_hash: str = ""
    """SHA-256 of the lock."""
    cache: Cache = field(default_factory=Forgetful)
    _once: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def once(self, name: str, make: Callable[[Blueprint], Made]) -> Made:
        """What several targets need of the same blueprint, made for the first that asks."""
        if name not in self._once:
            self._once[name] = make(self)
        found: Made = self._once[name]
        return found

    @property
    def project(self) -> str:
        """The project's own name: `mylib-service`."""
        return kebab(self.service)

    @property
    def proto_path(self) -> str:
        """Folder of the protos and of the stubs made of them: `mylib/v1`."""
        return self.wire.package.replace(".", "/")

    def route(self, service: WireService) -> str:
        """The path that all routes of a module start with."""
        return f"/api/v1/{kebab(service.base)}"

    def imported(self, module: Module) -> str:
        """The dotted name to import a module's class by."""
        return f"{module.import_module}.{module.qualname}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One kind of output."""

    name: str
    emit: Callable[[Blueprint], Iterable[File]]

"""What every target is given, and what it gives back."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeVar

from modelgen.contract.model import Contract, Module
from modelgen.contract.names import kebab
from modelgen.contract.pins import Pins
from modelgen.contract.wire import Wire, WireEnum, WireMessage, WireService
from modelgen.targets.templates import are_overridden

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
    client_version: str = ""
    """The client's version; empty: the contract's."""
    distribution: str = ""
    """What to install for the served package; empty: it has no distribution of its own."""
    requires: str = ""
    """The range of modelgen versions that can serve the project: `>=0.1,<0.2`."""
    contract_hash: str = ""
    """SHA-256 of the lock."""
    cache: Cache = field(default_factory=Forgetful)
    outputs: tuple[str, ...] = ("python-client", "tests")
    """What is written beside the service, as the setting `targets` calls it."""
    batching: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Symbol of a method -> how its calls are batched, as the runtime's `Batch` has it."""
    deployments: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Name -> what the service starts with, as the runtime's `Deployment` has it."""
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

    def text(self, part: str, service: WireService, make: Callable[[], str]) -> str:
        """A text of one module's, kept between runs; `part` says which. Asked for, `make` may look at no other module.

        It may look at the module itself, at all data models and enumerations, and at the names of the other modules.
        """
        if are_overridden():
            return make()
        key = f"{part} {service.base} {self.once(f'seal {service.base}', lambda one: one._seal(service))}"
        kept = self.cache.get(key)
        if kept is None:
            kept = make()
            self.cache.put(key, kept)
        return kept

    def _seal(self, service: WireService) -> str:
        """A hash of what a module's texts are made of."""
        own = self._of_file(service.file)
        return _hash(self.once("seal", lambda one: one._shared_seal()), repr(service), *own)

    def _shared_seal(self) -> str:
        """A hash of what every module's texts are made of."""
        contract, wire = self.contract, self.wire
        modules = [(one.base, one.module.symbol) for one in wire.services]
        about = (contract.package, contract.version, wire.package, self.service, self.client, modules, self.batching)
        return _hash(repr(about), repr(contract.models), repr(contract.enums), *self._of_file("models"))

    def _of_file(self, file: str) -> Iterator[str]:
        """The messages and enums of a file, with their names and numbers."""
        everything: tuple[WireMessage | WireEnum, ...] = (*self.wire.messages, *self.wire.enums)
        elements = [one for one in everything if one.file == file]
        homes = {one.name for one in elements}
        yield repr(elements)
        yield repr([(key, name) for key, name in self.wire.names.items() if name in homes])
        yield repr([self.pins.of(one.name) for one in elements])

    def route(self, service: WireService) -> str:
        """The path that all routes of a module start with."""
        return f"/api/v1/{kebab(service.base)}"

    def imported(self, module: Module) -> str:
        """The dotted name to import a module's class by."""
        return f"{module.import_module}.{module.qualname}"


def _hash(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One kind of output."""

    name: str
    setting: str = ""
    """What the setting `targets` calls it; empty: it is always written."""
    emit: Callable[[Blueprint], Iterable[File]]

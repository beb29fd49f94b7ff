"""Packages with their generated projects, served for real, and their generated clients."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

from modelgen.project.generate import generate
from modelgen.runtime.testing import Running, running

ROOT = Path(__file__).parent.parent.parent
PACKAGES = {
    "types_zoo": ROOT / "fixtures/packages/types",
    "quickstart": ROOT / "examples/quickstart",
    "textgen": ROOT / "examples/textgen",
}


@dataclass(frozen=True)
class Served:
    """A package, its client, and where it is served."""

    local: ModuleType
    remote: ModuleType
    service: Running

    def url(self, transport: str) -> str:
        return self.service.http if transport == "http" else f"grpc://{self.service.grpc}"


@contextmanager
def importable(*folders: Path, packages: tuple[str, ...]) -> Iterator[None]:
    """Folders that can be imported from; what was imported of the packages is forgotten after."""
    added = [str(folder) for folder in folders]
    sys.path[:0] = added
    try:
        yield
    finally:
        for folder in added:
            sys.path.remove(folder)
        for name in [name for name in sys.modules if name.split(".")[0] in packages]:
            del sys.modules[name]


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The generated project of a package, by its name."""
    made: dict[str, Path] = {}

    def make(name: str) -> Path:
        if name not in made:
            made[name] = tmp_path_factory.mktemp(name) / "project"
            outcome = generate(PACKAGES[name], made[name])
            assert not outcome.failed, outcome.findings
        return made[name]

    return make


def _served(name: str, root: Path, state: Path) -> Iterator[Served]:
    own = (f"{name}_service", f"{name}_client")
    with importable(root, root / "clients/python", PACKAGES[name], packages=own):
        service = importlib.import_module(f"{name}_service.bindings").SERVICE
        with running(service, state=state) as started:
            yield Served(importlib.import_module(name), importlib.import_module(f"{name}_client"), started)


@pytest.fixture(scope="module")
def zoo(project: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One method for each way of typing a value."""
    yield from _served("types_zoo", project("types_zoo"), tmp_path_factory.mktemp("state"))


@pytest.fixture(scope="module")
def quickstart(project: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Two models that train in seconds."""
    yield from _served("quickstart", project("quickstart"), tmp_path_factory.mktemp("state"))


@pytest.fixture(scope="module")
def textgen(project: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Streams of every kind."""
    yield from _served("textgen", project("textgen"), tmp_path_factory.mktemp("state"))

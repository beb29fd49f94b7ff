"""Packages written for one test, and the contract that is read from them."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from modelgen.contract.model import Method, Module, Parameter
from modelgen.contract.types import text
from modelgen.source import Options, Reading, read


class Package:
    """A package in a temporary folder, read on demand."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self, files: Mapping[str, str] | str, options: Options | None = None) -> Reading:
        """Write `mylib` (a text is its `__init__.py`) and read it."""
        files = {"__init__.py": files} if isinstance(files, str) else {"__init__.py": "", **files}
        root = self.folder / "mylib"
        for name, source in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(source), encoding="utf-8")
        return read(root, options or Options())

    def module(self, files: Mapping[str, str] | str, options: Options | None = None) -> Module:
        """The only module of a package that must be read without an error."""
        reading = self.read(files, options)
        assert not [f for f in reading.findings if f.level.value == "error"], [str(f) for f in reading.findings]
        (module,) = reading.contract.modules
        return module

    def method(self, files: Mapping[str, str] | str, name: str = "run", options: Options | None = None) -> Method:
        """A method of the only module."""
        return next(method for method in self.module(files, options).methods if method.name == name)


@pytest.fixture
def package(tmp_path: Path) -> Package:
    """An empty package."""
    return Package(tmp_path)


def spelled(parameter: Parameter) -> str:
    """A parameter's type, with `stream` before it where it arrives piece by piece."""
    return f"stream {text(parameter.type)}" if parameter.stream else text(parameter.type)


def answered(method: Method) -> str:
    """A method's result type, with `stream` before it where it leaves piece by piece."""
    return f"stream {text(method.returns)}" if method.stream else text(method.returns)


@pytest.fixture
def spell() -> Callable[[Parameter], str]:
    """A parameter's type in the text form."""
    return spelled


@pytest.fixture
def answer() -> Callable[[Method], str]:
    """A result's type in the text form."""
    return answered


@pytest.fixture
def codes() -> Callable[[Reading], list[str]]:
    """The codes of a reading's findings, in order."""
    return lambda reading: [finding.code for finding in reading.findings]

"""How long the generator takes, beside protoc and datamodel-code-generator on the same protos and schemas."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.synthesise import write_large, write_module, write_package
from benchmarks.timing import Case, Commands

BIN = Path(sys.executable).parent
MODELGEN = str(BIN / "modelgen")
DATAMODEL = str(BIN / "datamodel-codegen")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A line of the table: what was timed and what beside."""

    name: str
    anchor: str
    """The case to compare with; empty: none."""
    target: float | None = None
    """Seconds it may take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """A synthetic package and the projects made from it."""

    root: Path
    modules: int

    @property
    def source(self) -> Path:
        """The package's folder."""
        return self.root / f"synth-{self.modules}"

    @property
    def project(self) -> Path:
        """What modelgen writes."""
        return self.root / f"service-{self.modules}"

    @property
    def anchored(self) -> Path:
        """What protoc and datamodel-code-generator write."""
        return self.root / f"anchor-{self.modules}"

    @property
    def cache(self) -> Path:
        """Where caches go."""
        return self.root / f"cache-{self.modules}"

    def cold(self, round_: int) -> None:
        """Leave nothing of an earlier run: no project, no cache."""
        for folder in (self.project, self.cache, self.source / ".modelgen"):
            shutil.rmtree(folder, ignore_errors=True)
        if not self.source.exists():
            write_package(self.source, self.modules)

    def change(self, round_: int) -> None:
        """Give a method of the first module a parameter, or take it away again."""
        write_module(self.source, 0, revised=round_ % 2 == 0)

    def forget(self, round_: int) -> None:
        """Leave no cache."""
        shutil.rmtree(self.cache, ignore_errors=True)

    def clear_anchor(self, round_: int) -> None:
        """Leave nothing of the anchor's earlier run."""
        shutil.rmtree(self.anchored, ignore_errors=True)
        self.anchored.mkdir()

    def cases(self) -> Iterator[Case]:
        """What is timed of this size, in an order in which each finds what it needs."""
        size = self.modules
        yield self._case(f"generate {size}, cold", self.generate, self.cold)
        yield self._case(f"generate {size}, unchanged", self.generate)
        yield self._case(f"generate {size}, one changed", self.generate, self.change)
        yield self._case(f"inspect {size}, cold", self.inspect, self.forget)
        yield self._case(f"inspect {size}, again", self.inspect)
        yield self._case(f"anchor {size}", self.anchor, self.clear_anchor)

    def _case(self, name: str, commands: Commands, prepare: Callable[[int], None] = lambda round_: None) -> Case:
        environment = {"XDG_CACHE_HOME": str(self.cache)}
        return Case(name=name, commands=commands, folder=self.root, prepare=prepare, environment=environment)

    def generate(self) -> tuple[tuple[str, ...], ...]:
        """Source to project."""
        return ((MODELGEN, "generate", str(self.source), "-o", str(self.project)),)

    def inspect(self) -> tuple[tuple[str, ...], ...]:
        """Source to report."""
        return ((MODELGEN, "inspect", str(self.source)),)

    def anchor(self) -> tuple[tuple[str, ...], ...]:
        """Public tools on the protos and schemas that modelgen wrote: messages, stubs and Pydantic models, no more."""
        proto = self.project / "proto"
        out = str(self.anchored)
        protos = sorted(str(path) for path in proto.rglob("*.proto"))
        return (
            (
                *(sys.executable, "-m", "grpc_tools.protoc", f"-I{proto}"),
                *(f"--python_out={out}", f"--pyi_out={out}", f"--grpc_python_out={out}", *protos),
            ),
            (
                *(DATAMODEL, "--input", str(self.project / "openapi.json"), "--input-file-type", "openapi"),
                *("--output", f"{out}/schemas.py", "--output-model-type", "pydantic_v2.BaseModel"),
                *("--use-annotated", "--field-constraints", "--strict-nullable", "--disable-timestamp"),
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Large:
    """A package most of whose code is not served."""

    files: int
    lines: int
    served: int
    """How many of the files hold a class to serve."""
    target: float
    """Seconds that a first inspection may take."""

    @property
    def name(self) -> str:
        """What the table calls it."""
        return f"inspect {self.files} files of {self.lines:,} lines, {self.served} classes"

    def cases(self, root: Path) -> Iterator[Case]:
        """The first inspection, and another."""
        source, kept = root / f"large-{self.files}", root / f"large-cache-{self.files}"

        def cold(round_: int) -> None:
            shutil.rmtree(kept, ignore_errors=True)
            if not source.exists():
                write_large(source, self.files, self.lines, self.served)

        commands = partial(_command, MODELGEN, "inspect", str(source))
        environment = {"XDG_CACHE_HOME": str(kept)}
        yield Case(name=f"{self.name}, cold", commands=commands, folder=root, prepare=cold, environment=environment)
        yield Case(name=f"{self.name}, again", commands=commands, folder=root, environment=environment)


LARGE = (
    Large(files=50, lines=10_000, served=49, target=0.35),
    Large(files=200, lines=50_000, served=20, target=1.0),
)


def start_cases(root: Path) -> Iterator[Case]:
    """What a command costs before it does anything, and the same of the anchor."""
    for option in ("--version", "--help"):
        yield Case(name=option, commands=partial(_command, MODELGEN, option), folder=root)
        yield Case(name=f"anchor {option}", commands=partial(_command, DATAMODEL, option), folder=root)


def _command(*words: str) -> tuple[tuple[str, ...], ...]:
    return (words,)


def cases(root: Path, sizes: tuple[int, ...]) -> Iterator[Case]:
    """All that is timed."""
    yield from start_cases(root)
    for modules in sizes:
        yield from Bench(root=root, modules=modules).cases()
    for large in LARGE:
        yield from large.cases(root)


def rows(sizes: tuple[int, ...]) -> Iterator[Row]:
    """The lines of the table."""
    yield Row(name="--version", anchor="anchor --version")
    yield Row(name="--help", anchor="anchor --help")
    for modules in sizes:
        anchor = f"anchor {modules}"
        yield Row(name=f"generate {modules}, cold", anchor=anchor, target=2.0 if modules == 10 else None)
        yield Row(name=f"generate {modules}, unchanged", anchor=anchor, target=0.3)
        yield Row(name=f"generate {modules}, one changed", anchor=anchor, target=0.8)
        yield Row(name=f"inspect {modules}, cold", anchor="")
        yield Row(name=f"inspect {modules}, again", anchor="")
    for large in LARGE:
        yield Row(name=f"{large.name}, cold", anchor="", target=large.target)
        yield Row(name=f"{large.name}, again", anchor="", target=0.2)


def per_module(times: Mapping[str, float], few: int, many: int, case: str = "generate {}, cold") -> float:
    """The seconds that each further module costs between two sizes."""
    return (times[case.format(many)] - times[case.format(few)]) / (many - few)

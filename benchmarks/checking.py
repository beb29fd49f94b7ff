"""How long `modelgen check` takes, beside griffe on the same source and buf on the protos that were made of it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.synthesise import write_module, write_package
from benchmarks.timing import Case

BIN = Path(sys.executable).parent
BEST = {1: 0.25, 200: 0.8}
"""Modules -> seconds that a check may take."""
STALE = 3
"""Exit code of a check that finds the project older than its source."""
GIT = ("git", "-c", "user.name=bench", "-c", "user.email=bench@example.org", "-c", "init.defaultBranch=main")

TEXT = """\
`python -m benchmarks --only checking` measures this part. Whole processes, {rounds} interleaved rounds, the medians of
them: a package of so many modules, with its project, committed to a git repository; then one method of one module gets
another parameter. `modelgen check` and `griffe check --against main` judge the source, `buf breaking` compares the
protos with those of the same commit. Nothing is cached.

{table}"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """A synthetic package in a git repository of its own."""

    root: Path
    modules: int

    @property
    def folder(self) -> Path:
        """The repository."""
        return self.root / f"check-{self.modules}"

    def prepare(self, round_: int) -> None:
        """Make it, once; leave no cache."""
        shutil.rmtree(self.folder / ".cache", ignore_errors=True)
        if self.folder.exists():
            return
        write_package(self.folder, self.modules)
        self._run(str(BIN / "modelgen"), "generate", ".")
        for words in (("init", "-q"), ("add", "-A"), ("commit", "-qm", "The package and its project")):
            self._run(*GIT, *words)
        write_module(self.folder, 0, revised=True)

    def _run(self, *command: str) -> None:
        environment = {**os.environ, "XDG_CACHE_HOME": str(self.folder / ".cache")}
        subprocess.run(command, cwd=self.folder, env=environment, check=True, capture_output=True)

    def cases(self) -> Iterator[Case]:
        """The check, and the others that are installed."""
        yield self._case("modelgen", str(BIN / "modelgen"), "check", ".", "--against", "main")
        if griffe := shutil.which("griffe", path=f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"):
            yield self._case("griffe", griffe, "check", "synth", "--against", "main")
        if buf := shutil.which("buf"):
            yield self._case(
                "buf", buf, "breaking", "synth-service", "--against", ".git#branch=main,subdir=synth-service"
            )

    def _case(self, tool: str, *command: str) -> Case:
        return Case(
            name=f"{tool} {self.modules}",
            commands=partial(tuple, (command,)),
            folder=self.folder,
            ends=(0, STALE),
            prepare=self.prepare,
            environment={"XDG_CACHE_HOME": str(self.folder / ".cache")},
        )


def cases(root: Path, sizes: tuple[int, ...]) -> Iterator[Case]:
    """All that is timed."""
    for modules in sizes:
        yield from Repository(root=root, modules=modules).cases()


def table(times: Mapping[str, float], sizes: tuple[int, ...]) -> str:
    """The figures in Markdown."""
    lines = ["| modules | `modelgen check` | `griffe check` | `buf breaking` | target |", "|---:|---:|---:|---:|---|"]
    for modules in sizes:
        own = times[f"modelgen {modules}"]
        others = [times.get(f"{tool} {modules}") for tool in ("griffe", "buf")]
        beside = " | ".join("–" if one is None else f"{one:.2f}" for one in others)
        lines.append(f"| {modules} | {own:.2f} | {beside} | {_target(own, modules, others)} |")
    return "\n".join(lines)


def _target(own: float, modules: int, others: list[float | None]) -> str:
    seconds = BEST.get(modules)
    told = [] if seconds is None else [f"{seconds:g} s {'met' if own <= seconds else 'missed'}"]
    if any(others):
        told.append(f"not slower than either {'met' if all(own <= one for one in others if one) else 'missed'}")
    return ", ".join(told)


def checking(times: Mapping[str, float], sizes: tuple[int, ...], rounds: int) -> str:
    """The part on the check."""
    return TEXT.format(rounds=rounds, table=table(times, sizes))

"""Times whole processes, interleaved over rounds, so that what slows the machine down slows all of them."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import TypeAlias

Commands: TypeAlias = Callable[[], tuple[tuple[str, ...], ...]]
"""Answers processes to run one after the other."""


class CommandError(Exception):
    """A command that was to be timed did not succeed."""

    def __init__(self, command: tuple[str, ...], code: int, output: str) -> None:
        super().__init__(f"`{' '.join(command)}` ended with {code}:\n{output[-4000:]}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One thing to time."""

    name: str
    """What the table calls it."""
    commands: Commands
    """What to run, asked for when all is prepared; the time is that of all the processes."""
    folder: Path
    """Where they run."""
    prepare: Callable[[int], None] = lambda round_: None
    """What to do before, not timed; takes the number of the round."""
    ends: tuple[int, ...] = (0,)
    """The exit codes that are no failure."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Added to the environment of the processes."""


def time_once(case: Case, round_: int) -> float:
    """The seconds that a case took."""
    case.prepare(round_)
    commands = case.commands()
    environment = {**os.environ, **case.environment}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # what is installed is compiled
    start = time.perf_counter()
    for command in commands:
        done = subprocess.run(
            command, cwd=case.folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        if done.returncode not in case.ends:
            raise CommandError(command, done.returncode, done.stdout)
    return time.perf_counter() - start


def time_all(cases: Iterable[Case], rounds: int, report: Callable[[str], None]) -> dict[str, list[float]]:
    """The seconds of each case in each round: every case once, in order, then all of them again.

    A first round is not counted: it warms the file cache and the compiled modules.
    """
    cases = tuple(cases)
    times: dict[str, list[float]] = {case.name: [] for case in cases}
    for round_ in range(rounds + 1):
        report(f"round {round_} of {rounds}" if round_ else "warming up")
        for case in cases:
            seconds = time_once(case, round_)
            if round_:
                times[case.name].append(seconds)
    return times


def medians(times: Mapping[str, list[float]]) -> dict[str, float]:
    """The median of each case."""
    return {name: median(seconds) for name, seconds in times.items()}

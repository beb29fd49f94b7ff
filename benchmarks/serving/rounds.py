"""Every server in turn, then all of them again, so that what slows the machine down slows all of them."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import TypeAlias

from benchmarks.serving.entrants import CHECKOUT, Entrants
from benchmarks.serving.load import Load, LoadError, load
from benchmarks.serving.starting import SERVICES, Entrant, StartError, started
from benchmarks.serving.streams import Streamed, stream

CONNECTIONS = (1, 16, 64)
MODELS = ("tiny", "wide")
SIZES = (1, 16, 64)
"""Batches of the loop in one process."""
FLIGHTS = 64


@dataclass(slots=True)
class Results:
    """All that was measured, by what it was measured of."""

    loads: dict[tuple[str, str, int], list[Load]] = field(default_factory=dict)
    """By model, server and connections."""
    starts: dict[tuple[str, str], list[tuple[float, float]]] = field(default_factory=dict)
    """Seconds to the first answer, and MiB then; by model and server."""
    loops: dict[tuple[str, int], list[float]] = field(default_factory=dict)
    """Rows a second in one process, by model and batch."""
    calls: dict[tuple[str, str], list[Load]] = field(default_factory=dict)
    """Over gRPC, by model and server."""
    streams: dict[str, list[Streamed]] = field(default_factory=dict)
    """Tokens, by server."""
    failures: dict[str, str] = field(default_factory=dict)
    """Why a server was not measured, or not in every round."""

    def rate(self, model: str, name: str, connections: int) -> float | None:
        """The median of answers a second; nothing, as below, of a server that was not measured."""
        return middle([one.rate for one in self.loads.get((model, name, connections), [])])

    def p50(self, model: str, name: str, connections: int) -> float | None:
        """The median of the rounds' medians, in seconds."""
        return middle([one.p50 for one in self.loads.get((model, name, connections), [])])

    def p99(self, model: str, name: str, connections: int) -> float | None:
        """The median of the rounds' 99th percentiles, in seconds."""
        return middle([one.p99 for one in self.loads.get((model, name, connections), [])])

    def calling(self, model: str, name: str) -> float | None:
        """The median of calls a second over gRPC."""
        return middle([one.rate for one in self.calls.get((model, name), [])])


Measure: TypeAlias = Callable[[Results, Entrant, str, int], None]
"""Starts a server for a model, and adds what so many seconds of load found to the results."""


def middle(values: Sequence[float]) -> float | None:
    """The median, where there is something."""
    return median(values) if values else None


def measure(entrants: Entrants, rounds: int, seconds: int, report: Callable[[str], None]) -> Results:
    """Measure the servers of each model, the loops, gRPC and streams, `rounds` times over.

    A peer that fails is no figure of its round, and the others are measured all the same.

    Args:
        entrants: the servers.
        rounds: how often.
        seconds: of load for each figure.
        report: is told what is measured now.
    """
    results = Results()
    for number in range(1, rounds + 1):
        report(f"round {number} of {rounds}")
        for model in MODELS:
            for size, rate in loop(model).items():
                results.loops.setdefault((model, size), []).append(rate)
        for entrant, model, one in _turns(entrants):
            report(f"  {model}, {entrant.protocol}: {entrant.name}")
            try:
                one(results, entrant, model, seconds)
            except (StartError, LoadError) as error:
                if not entrant.optional:
                    raise
                results.failures[entrant.name] = str(error)
    return results


def _turns(entrants: Entrants) -> Iterator[tuple[Entrant, str, Measure]]:
    for model in MODELS:
        yield from ((entrant, model, _http) for entrant in entrants.http)
    for model in MODELS:
        yield from ((entrant, model, _grpc) for entrant in entrants.grpc[model])
    yield from ((entrant, "tokens", _tokens) for entrant in entrants.streams)


def loop(model: str) -> dict[int, float]:
    """Rows a second in a process of its own, by size of batch."""
    command = (sys.executable, str(SERVICES / "loop.py"), model, *map(str, SIZES))
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return {int(size): float(rate) for size, rate in (line.split() for line in done.stdout.splitlines())}


def _http(results: Results, entrant: Entrant, model: str, seconds: int) -> None:
    body = entrant.body(model)
    with started(entrant, model) as server:
        load(server.url, body, 16, 1)  # what is compiled, cached or measured at first
        found = {connections: load(server.url, body, connections, seconds) for connections in CONNECTIONS}
    results.starts.setdefault((model, entrant.name), []).append((server.cold, server.memory))
    for connections, one in found.items():
        results.loads.setdefault((model, entrant.name, connections), []).append(one)


def _grpc(results: Results, entrant: Entrant, model: str, seconds: int) -> None:
    with started(entrant, model) as server, tempfile.NamedTemporaryFile() as file:
        file.write(entrant.body(model))
        file.flush()
        address, method = server.url.removeprefix("http://").split("/", 1)
        command = (sys.executable, "-m", "benchmarks.serving.grpc_load", address, "/" + method, file.name)
        done = subprocess.run((*command, str(FLIGHTS), str(seconds)), cwd=CHECKOUT, capture_output=True, text=True)
    if done.returncode:
        raise LoadError(f"{server.url}: {done.stderr.strip().splitlines()[-1]}")
    results.calls.setdefault((model, entrant.name), []).append(Load(**json.loads(done.stdout)))


def _tokens(results: Results, entrant: Entrant, model: str, seconds: int) -> None:
    with started(entrant, model) as server:
        found = stream(server.url, json.loads(entrant.body(model)), seconds)
    results.streams.setdefault(entrant.name, []).append(found)

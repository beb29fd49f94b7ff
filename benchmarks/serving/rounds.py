"""Every server in turn, then all of them again, so that what slows the machine down slows all of them."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from benchmarks.serving.entrants import CHECKOUT, PACKAGES, SERVICES, Entrant, started
from benchmarks.serving.load import Load, load
from benchmarks.serving.streams import Streamed, stream

CONNECTIONS = (1, 16, 64)
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
    calls: dict[str, list[Load]] = field(default_factory=dict)
    """Over gRPC, by server."""
    streams: dict[str, list[Streamed]] = field(default_factory=dict)
    """Tokens, by server."""

    def rate(self, model: str, name: str, connections: int) -> float:
        """The median of answers a second."""
        return median(one.rate for one in self.loads[model, name, connections])

    def p50(self, model: str, name: str, connections: int) -> float:
        """The median of the rounds' medians, in seconds."""
        return median(one.p50 for one in self.loads[model, name, connections])

    def p99(self, model: str, name: str, connections: int) -> float:
        """The median of the rounds' 99th percentiles, in seconds."""
        return median(one.p99 for one in self.loads[model, name, connections])


def measure(
    entrants: Mapping[str, Sequence[Entrant]],
    project: Callable[[str], Path],
    rounds: int,
    seconds: int,
    report: Callable[[str], None],
) -> Results:
    """Measure the servers of each model, the loops, gRPC and streams, `rounds` times over.

    Args:
        entrants: the servers of `tiny`, `wide`, `grpc` and `tokens`.
        project: where the generated service of a package is.
        rounds: how often.
        seconds: of load for each figure.
        report: is told what is measured now.
    """
    results = Results()
    for number in range(1, rounds + 1):
        report(f"round {number} of {rounds}")
        for model in ("tiny", "wide"):
            for size, rate in loop(model).items():
                results.loops.setdefault((model, size), []).append(rate)
            for entrant in entrants[model]:
                report(f"  {model}: {entrant.name}")
                _http(results, entrant, model, seconds)
        for entrant in entrants["grpc"]:
            report(f"  gRPC: {entrant.name}")
            results.calls.setdefault(entrant.name, []).append(_grpc(entrant, project("tiny"), seconds))
        for entrant in entrants["tokens"]:
            report(f"  tokens: {entrant.name}")
            with started(entrant, "tokens") as server:
                body = json.loads(entrant.body("tokens"))
                results.streams.setdefault(entrant.name, []).append(stream(server.url, body, seconds))
    return results


def loop(model: str) -> dict[int, float]:
    """Rows a second in a process of its own, by size of batch."""
    command = (sys.executable, str(SERVICES / "loop.py"), model, *map(str, SIZES))
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return {int(size): float(rate) for size, rate in (line.split() for line in done.stdout.splitlines())}


def _http(results: Results, entrant: Entrant, model: str, seconds: int) -> None:
    with started(entrant, model) as server:
        results.starts.setdefault((model, entrant.name), []).append((server.cold, server.memory))
        load(server.url, entrant.body(model), 16, 1)  # what is compiled, cached or measured at first
        for connections in CONNECTIONS:
            found = load(server.url, entrant.body(model), connections, seconds)
            results.loads.setdefault((model, entrant.name, connections), []).append(found)


def _grpc(entrant: Entrant, project: Path, seconds: int) -> Load:
    with started(entrant, "tiny") as server, tempfile.NamedTemporaryFile() as file:
        file.write(message(project))
        file.flush()
        address, method = server.url.removeprefix("http://").split("/", 1)
        command = (sys.executable, "-m", "benchmarks.serving.grpc_load", address, "/" + method, file.name)
        done = subprocess.run(
            (*command, str(FLIGHTS), str(seconds)), cwd=CHECKOUT, capture_output=True, text=True, check=True
        )
        return Load(**json.loads(done.stdout))


def message(project: Path) -> bytes:
    """A request to `Tiny.run` in protobuf."""
    code = (
        "import sys; from tiny_service.pb.tiny.v1 import tiny_pb2 as pb; "
        "sys.stdout.buffer.write(pb.TinyServiceRunRequest(row=[0.1, 0.2, 0.3]).SerializeToString())"
    )
    environment = {"PYTHONPATH": f"{project}:{PACKAGES}:{CHECKOUT}"}
    done = subprocess.run((sys.executable, "-c", code), env=environment, capture_output=True, check=True)
    return done.stdout

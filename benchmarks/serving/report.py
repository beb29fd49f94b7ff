"""Lays out what was measured of servers: the ratios that are aimed at, and a table for each model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median

from benchmarks.serving.load import Load
from benchmarks.serving.rounds import CONNECTIONS, SIZES, Results
from benchmarks.serving.targets import targets

MODELS = {"tiny": "M1, 3 → 16 → 1", "wide": "M2, 512 → 2048 → 2048 → 128"}

HEAD = """\
`python -m benchmarks --only serving --peers --write` makes this part. Servers of the same two networks, each started
anew in every one of {rounds} rounds and sent one row of JSON a request by `wrk` with one thread, {seconds} s a figure;
the medians of the rounds. One worker each, torch with one thread. M1 is so small that the server is what is measured;
M2 gains by batches. *bare uvicorn* answers a constant; *plain FastAPI* is `async def predict` on `list[list[float]]`
without batching; the loop runs the network in a process of its own, without any server. What the others are and how
they are set is in `benchmarks/serving/services/`, a file for each; which releases, in `benchmarks/serving/peers.py`.
gRPC is called by another process with 64 calls in flight, M1 beside a grpc.aio server that echoes, M2 beside servers of
the Open Inference Protocol, one row of 512 numbers as raw bytes. A stream is 64 tokens of a blocking generator as
server-sent events, beside FastAPI's `StreamingResponse` and LitServe on the same generator; *added* is what comes on
top of the generator's own 5 ms a token. *Ready* is the time from the start to the first answer, *MiB* what its
processes take then."""


def section(results: Results, missing: Mapping[str, str], rounds: int, seconds: int) -> str:
    """The part of the page; `missing` says of servers by their names why they could not be installed."""
    lines = ["| | reached | must |", "|---|---:|---:|", *(target.words for target in targets(results))]
    parts = [HEAD.format(rounds=rounds, seconds=seconds), "\n".join(lines)]
    lacking = [f"- {name}: {why}" for name, why in {**missing, **results.failures}.items()]
    parts += ["\n".join(["Not measured, or not in every round:", "", *lacking])] if lacking else []
    parts += [table(results, model) for model in MODELS]
    return "\n\n".join([*parts, *others(results)])


def table(results: Results, model: str) -> str:
    """Every server of a model."""
    names = [name for found, name in results.starts if found == model]
    head = " | ".join(f"{number} conn.: a second | p50 ms | p99 ms" for number in CONNECTIONS)
    lines = [f"### {MODELS[model]}", "", f"| server | {head} | ready s | MiB |", "|---|" + "---:|" * 11]
    lines += [_row(results, model, name) for name in names]
    loop = ", ".join(f"{median(results.loops[model, size]):,.0f} at batch {size}" for size in SIZES)
    return "\n".join([*lines, "", f"The loop, rows a second: {loop}."])


def _row(results: Results, model: str, name: str) -> str:
    cells = [_cells(results.loads[model, name, number]) for number in CONNECTIONS]
    cold, memory = (median(values) for values in zip(*results.starts[model, name], strict=True))
    return f"| {name} | {' | '.join(cells)} | {cold:.2f} | {memory:.0f} |"


def _cells(loads: Sequence[Load]) -> str:
    p50, p99 = (1000 * median(values) for values in ([one.p50 for one in loads], [one.p99 for one in loads]))
    return f"{median(one.rate for one in loads):,.0f} | {p50:.2f} | {p99:.2f}"


def others(results: Results) -> Sequence[str]:
    """gRPC and streams."""
    calls = ["### gRPC", "", "| model | server | calls a second | p50 ms | p99 ms |", "|---|---|---:|---:|---:|"]
    for (model, name), loads in results.calls.items():
        calls.append(f"| {MODELS[model].partition(',')[0]} | {name} | {_cells(loads)} |")
    streams = ["### Streams", "", "| server | tokens a second | first token ms | added ms |", "|---|---:|---:|---:|"]
    for name, found in results.streams.items():
        first, added = (1000 * median(values) for values in ([s.first for s in found], [s.added for s in found]))
        streams.append(f"| {name} | {median(one.rate for one in found):,.0f} | {first:.2f} | {added:.2f} |")
    return ["\n".join(calls), "\n".join(streams)]

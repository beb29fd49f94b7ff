"""Lays out what was measured of servers: a table for each model, and the ratios that are aimed at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median

from benchmarks.serving.entrants import BARE, ECHO, NAME, PLAIN
from benchmarks.serving.rounds import CONNECTIONS, SIZES, Results

MODELS = {"tiny": "M1, 3 → 16 → 1", "wide": "M2, 512 → 2048 → 2048 → 128"}

HEAD = """\
`python -m benchmarks --only serving --write` makes this part. Servers of the same two networks, each started anew in
every one of {rounds} rounds and sent one row of JSON a request by `wrk` with one thread, {seconds} s a figure; the
medians of the rounds. One worker each, torch with one thread. M1 is so small that the server is what is measured; M2
gains by batches. *bare uvicorn* answers a constant; *plain FastAPI* is `async def predict` on `list[list[float]]`
without batching; the loop runs the network in a process of its own, without any server. gRPC is called by another
process with 64 calls in flight, beside a grpc.aio server that echoes. A stream is 64 tokens of a blocking generator as
server-sent events, beside FastAPI's `StreamingResponse` on the same generator; *added* is what comes on top of the
generator's own 5 ms a token. *Ready* is the time from the start to the first answer, *MiB* what its processes take
then."""


def section(results: Results, rounds: int, seconds: int) -> str:
    """The part of the page."""
    parts = [HEAD.format(rounds=rounds, seconds=seconds), targets(results)]
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
    cells = []
    for number in CONNECTIONS:
        rate = results.rate(model, name, number)
        p50, p99 = (1000 * found(model, name, number) for found in (results.p50, results.p99))
        cells += [f"{rate:,.0f}", f"{p50:.2f}", f"{p99:.2f}"]
    cold, memory = (median(values) for values in zip(*results.starts[model, name], strict=True))
    return f"| {name} | {' | '.join(cells)} | {cold:.2f} | {memory:.0f} |"


def targets(results: Results) -> str:
    """What is aimed at, and what was reached."""
    lines = ["| | reached | at least |", "|---|---:|---:|"]
    for name, value, sign, bound in _targets(results):
        met = value >= bound if sign == "≥" else value <= bound
        lines.append(f"| {name} | {value:.2f} | {sign} {bound:g} {'met' if met else 'missed'} |")
    return "\n".join(lines)


def _targets(results: Results) -> Iterator[tuple[str, float, str, float]]:
    many = CONNECTIONS[-1]
    own = {model: results.rate(model, NAME, many) for model in MODELS}
    yield "M1, 64 connections, × plain FastAPI", own["tiny"] / results.rate("tiny", PLAIN.name, many), "≥", 3
    yield "M1, 64 connections, of bare uvicorn", own["tiny"] / results.rate("tiny", BARE.name, many), "≥", 0.45
    yield "M2, 64 connections, × plain FastAPI", own["wide"] / results.rate("wide", PLAIN.name, many), "≥", 5
    yield "M2, 64 connections, of the loop at batch 64", own["wide"] / median(results.loops["wide", 64]), "≥", 0.45
    for model, title in (("tiny", "M1"), ("wide", "M2")):
        alone = results.p50(model, NAME, 1) / results.p50(model, PLAIN.name, 1)
        yield f"{title}, p50 at 1 connection, × plain FastAPI", alone, "≤", 1.2
        spread = results.p99(model, NAME, many) / results.p50(model, NAME, many)
        yield f"{title}, p99 / p50 at 64 connections", spread, "≤", 4
    yield "M1 over gRPC, 64 in flight, of a bare echo", _calls(results, NAME) / _calls(results, ECHO.name), "≥", 0.55
    added = 1000 * median(one.added for one in results.streams[NAME])
    yield "ms added to a token every 5 ms", added, "≤", 1
    for index, name in enumerate(("start to the first answer", "memory then")):
        ours, plain = (median(one[index] for one in results.starts["tiny", who]) for who in (NAME, PLAIN.name))
        yield f"M1, {name}, × plain FastAPI", ours / plain, "≤", 1.15


def others(results: Results) -> Sequence[str]:
    """gRPC and streams."""
    calls = ["### gRPC", "", "| server | calls a second | p50 ms | p99 ms |", "|---|---:|---:|---:|"]
    for name, loads in results.calls.items():
        p50, p99 = (1000 * median(values) for values in ([one.p50 for one in loads], [one.p99 for one in loads]))
        calls.append(f"| {name} | {_calls(results, name):,.0f} | {p50:.2f} | {p99:.2f} |")
    streams = ["### Streams", "", "| server | tokens a second | first token ms | added ms |", "|---|---:|---:|---:|"]
    for name, found in results.streams.items():
        first, added = (1000 * median(values) for values in ([s.first for s in found], [s.added for s in found]))
        streams.append(f"| {name} | {median(one.rate for one in found):,.0f} | {first:.2f} | {added:.2f} |")
    return ["\n".join(calls), "\n".join(streams)]


def _calls(results: Results, name: str) -> float:
    return median(one.rate for one in results.calls[name])

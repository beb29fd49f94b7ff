"""Lays out what was measured: the table, and the page of the reference that holds it."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from itertools import pairwise

from benchmarks.generator import Row, per_module, rows

HEAD = """\
# Performance

Measured by `make bench`; `python -m benchmarks --write` rewrites this page, with `--only` a part of it."""

GENERATING = """\
Whole processes, from the command to its end, {rounds} interleaved rounds, the medians of them.

The packages are made by `benchmarks/synthesise.py`: about 50 lines and three methods a module, with scalars, lists,
dataclasses, enums, unions, tensors, streams and docstring types. *Cold* has no project and no cache, *one changed*
gives a method of one module a further parameter or takes it away. The larger packages, whose lines are counted, hold
classes and functions beside the modules, as most packages do; *again* is after nothing has changed.

The anchor runs `protoc` (from grpcio-tools: messages, type stubs, services) and then `datamodel-codegen` as separate
processes on the protos and the OpenAPI document that modelgen wrote, for the same number of modules. It does only a
part of the work: it reads no Python and writes no converters, routers, servicers, client or tests. For `--version` and
`--help` the anchor is `datamodel-codegen` with the same option. A ratio below 1 is faster than the anchor.

{table}

{slopes}"""

PARTS = ("Generating", "Checking", "Serving")
"""The headings, in their order."""


def table(times: Mapping[str, float], sizes: tuple[int, ...]) -> str:
    """The figures in Markdown."""
    lines = ["| command | seconds | anchor | ratio | target |", "|---|---:|---:|---:|---:|"]
    lines += [_line(row, times) for row in rows(sizes)]
    return "\n".join(lines)


def _line(row: Row, times: Mapping[str, float]) -> str:
    seconds = times[row.name]
    anchor = times[row.anchor] if row.anchor else None
    beside = f"{anchor:.2f} | {seconds / anchor:.2f}" if anchor is not None else "– | –"
    target = "–" if row.target is None else f"{row.target:g} {'met' if seconds <= row.target else 'missed'}"
    return f"| `{row.name}` | {seconds:.2f} | {beside} | {target} |"


def slopes(times: Mapping[str, float], sizes: tuple[int, ...]) -> str:
    """What each further module costs, between one size and the next."""
    lines = ["| a further module, cold | ms | anchor | target |", "|---|---:|---:|---:|"]
    for few, many in pairwise(sizes):
        own, anchor = (1000 * per_module(times, few, many, case) for case in ("generate {}, cold", "anchor {}"))
        lines.append(f"| from {few} to {many} | {own:.0f} | {anchor:.0f} | 25 {'met' if own <= 25 else 'missed'} |")
    return "\n".join(lines) if len(sizes) > 1 else ""


def generating(times: Mapping[str, float], sizes: tuple[int, ...], rounds: int) -> str:
    """The part on the generator."""
    return GENERATING.format(rounds=rounds, table=table(times, sizes), slopes=slopes(times, sizes)).rstrip()


def page(before: str, parts: Mapping[str, str]) -> str:
    """The whole page: new parts, each with the machine that it was measured on, and the others as they were."""
    kept = {name: text for name, _, text in (part.partition("\n\n") for part in before.split("\n## ")[1:])}
    machine = f"{os.cpu_count()} cores ({platform.machine()}), {platform.system()}, Python {platform.python_version()}"
    new = {name: f"Measured on {machine}.\n\n{text}" for name, text in parts.items()}
    found = {**kept, **new}
    sections = [f"## {name}\n\n{found[name].strip()}" for name in PARTS if name in found]
    return "\n\n".join([HEAD, *sections]) + "\n"

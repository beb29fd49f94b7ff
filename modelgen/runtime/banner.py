"""What a service says of itself when it has started: where it listens, and what it serves."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from modelgen.runtime.binding import MethodBinding

if TYPE_CHECKING:
    from modelgen.runtime.service import Service

HEADINGS = ("method", "HTTP", "answers")


def show(service: Service, *, http: str, grpc: str) -> None:
    """Print it: as a table in colours on a terminal, in plain columns elsewhere."""
    binding = service.binding
    lines = [f"{binding.name} {binding.version}"]
    if http:
        lines += [f"HTTP  {http}", f"Docs  {http}/docs"]
    if grpc:
        lines.append(f"gRPC  {grpc}")
    sys.stdout.write("\n".join(lines) + "\n\n")
    rows = list(_rows(service))
    if sys.stdout.isatty():
        _show_rich(rows)
    else:
        _show_plain(rows)
    sys.stdout.flush()


def _rows(service: Service) -> Iterator[tuple[str, str, str]]:
    for module in service.binding.modules:
        for method in module.methods:
            name = method.name.strip("_").replace("_", "-")
            yield f"{module.name}.{method.name}", f"POST /api/v1/{module.path}/{name}", _kind(method)


def _kind(method: MethodBinding) -> str:
    if method.kind == "train":
        return "a job"
    reads = "a stream -> " if method.stream is not None else ""
    return reads + (f"a stream of {method.returns}" if method.streams else method.returns)


def _show_plain(rows: list[tuple[str, str, str]]) -> None:
    table = [HEADINGS, *rows]
    widths = [max(len(row[column]) for row in table) for column in range(len(HEADINGS))]
    for row in table:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        sys.stdout.write("  ".join(cells).rstrip() + "\n")


def _show_rich(rows: list[tuple[str, str, str]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(*HEADINGS)
    for row in rows:
        table.add_row(*row)
    Console().print(table)

"""What a service says of itself when it has started: where it listens, and what it serves."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from modelgen.runtime.binding import MethodBinding

if TYPE_CHECKING:
    from modelgen.runtime.service import Service

HEADINGS = ("method", "HTTP", "answers")


def show(service: Service, addresses: Mapping[str, str]) -> None:
    """Print it: as a table in colours on a terminal, in plain columns elsewhere.

    Args:
        service: what is served.
        addresses: where it listens, by what is served there: `HTTP`, `gRPC`, `Management`.
    """
    binding = service.binding
    shown = {}
    for name, address in addresses.items():
        shown[name] = address
        if name == "HTTP":
            shown["Docs"] = f"{address}/docs"
    if service.settings.metrics and (http := shown.get("Management", shown.get("HTTP"))):
        shown["Metrics"] = f"{http}/metrics"
    lines = [f"{binding.name} {binding.version}", *(f"{name}  {address}" for name, address in shown.items())]
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

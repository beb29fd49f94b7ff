"""What the commands say: findings and outcomes, for people and for programs. Colours are here and nowhere else.

Findings go to stderr, results to stdout. JSON goes to stdout alone, findings included.
"""

from __future__ import annotations

import json as json_text
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from modelgen.finding import Finding, Level

if TYPE_CHECKING:
    from modelgen.project.generate import Outcome
    from modelgen.project.tree import Changes, Edit

_COLOURS = {Level.ERROR: "red", Level.WARNING: "yellow", Level.INFO: "blue"}
WIDEST = 60
"""Characters to which a column of a table is filled up: one long reason does not move all rows apart."""
_MARKS = {"create": "+", "replace": "~", "remove": "-"}
_DIFF_COLOURS = {"+": "green", "-": "red", "@": "cyan"}


# Findings


def write_findings(findings: Iterable[Finding]) -> None:
    """Each finding on a line of its own, its hint below; on stderr."""
    for finding in findings:
        place = f"{finding.where}: " if finding.where else ""
        level = typer.style(finding.level.value, fg=_COLOURS[finding.level], bold=True)
        typer.echo(f"{place}{level} [{finding.code}] {finding.message}", err=True)
        if finding.hint:
            typer.echo(f"    {finding.hint}", err=True)


def finding_data(finding: Finding) -> dict[str, Any]:
    """A finding for programs."""
    data: dict[str, Any] = {"level": finding.level.value, "code": finding.code, "message": finding.message}
    if finding.where:
        data["location"] = asdict(finding.where)
    if finding.hint:
        data["hint"] = finding.hint
    return data


# Outcomes


def report_outcome(outcome: Outcome, *, written: bool, names: bool, diffs: bool, json: bool) -> None:
    """What generating came to: `written`, or only looked at, with the files' `names` or `diffs`."""
    if json:
        write_json(outcome_data(outcome, written=written, diffs=diffs))
        return
    changes = outcome.changes
    if changes is not None:
        _write_edits(changes.edits)
    write_findings(outcome.findings)
    if outcome.failed or changes is None:
        typer.echo(_failure(outcome), err=True)
        return
    if diffs:
        for change in changes.changes:
            write_diff(change.diff())
    elif names or not written:
        for change in changes.changes:
            typer.echo(f"{_MARKS[change.action]} {change.path}")
    if written and outcome.contract is not None and not changes.empty:
        from modelgen.cli.contracts import write_methods
        from modelgen.project.describe import describe

        write_methods(describe(outcome.contract))
        typer.echo("")
    typer.echo(_summary(outcome, changes, written=written))
    if written:
        typer.echo(f"next: modelgen serve {shown(outcome.root)}")


def outcome_data(outcome: Outcome, *, written: bool, diffs: bool) -> dict[str, Any]:
    """An outcome for programs."""
    changes = outcome.changes
    rows = changes.changes if changes else ()
    return {
        "package": outcome.package,
        "project": str(outcome.root),
        "written": written and not outcome.failed,
        "changes": [
            {"path": change.path, "action": change.action, **({"diff": change.diff()} if diffs else {})}
            for change in rows
        ],
        "unchanged": len(changes.unchanged) if changes else 0,
        "kept": list(changes.kept) if changes else [],
        "ejected": list(changes.ejected) if changes else [],
        "edited": [{"path": edit.path, "diff": edit.diff()} for edit in (changes.edits if changes else ())],
        "findings": [finding_data(finding) for finding in outcome.findings],
    }


def _write_edits(edits: Iterable[Edit]) -> None:
    for edit in edits:
        write_diff(edit.diff(), err=True)


def write_diff(diff: str, *, err: bool = False) -> None:
    """A diff, in colours where there are any."""
    for line in diff.splitlines():
        typer.echo(typer.style(line, fg=_DIFF_COLOURS.get(line[:1])), err=err)


def _summary(outcome: Outcome, changes: Changes, *, written: bool) -> str:
    created, changed, removed = (changes.count(action) for action in ("create", "replace", "remove"))
    if not created + changed + removed and changes.manifest is not None:
        return f"{shown(outcome.root)}: only {changes.manifest.path} {'changed' if written else 'would change'}"
    if not created + changed + removed:
        return f"{shown(outcome.root)} is up to date: {count(len(changes.unchanged), 'file')} of {outcome.package}"
    kept = len(changes.unchanged)
    if not written:
        return f"{shown(outcome.root)}: would create {created}, change {changed}, remove {removed}, leave {kept}"
    return f"{shown(outcome.root)}: {created} created, {changed} changed, {removed} removed, {kept} as they were"


def _failure(outcome: Outcome) -> str:
    errors = sum(finding.level is Level.ERROR for finding in outcome.findings)
    return f"{count(errors, 'error')}: nothing was written"


def count(number: int, thing: str, things: str = "") -> str:
    """`1 file`, `2 files`."""
    return f"{number} {thing if number == 1 else things or f'{thing}s'}"


def shown(path: Path) -> str:
    """The path as the user would type it from here."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) and path != here else str(path)


# Tables and data


def write_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Rows below a head: drawn on a terminal, aligned elsewhere."""
    if not rows:
        return
    typer.echo("")
    if sys.stdout.isatty():
        _write_rich_table(head, rows)
        return
    widths = [min(WIDEST, max(len(row[column]) for row in (head, *rows))) for column in range(len(head))]
    for row in (head, *rows):
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        typer.echo("  ".join(cells).rstrip())


def _write_rich_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*head, box=box.SIMPLE_HEAD, pad_edge=False)
    for row in rows:
        table.add_row(*(Text(cell, overflow="fold") for cell in row))
    Console().print(table)


def write_json(data: dict[str, Any]) -> None:
    """Data on stdout."""
    typer.echo(json_text.dumps(data, indent=2, ensure_ascii=False))


def write_sarif(findings: Iterable[Finding], package: Path, *more: Path) -> None:
    """Findings on a package, and on files in further folders, as SARIF on stdout."""
    from modelgen.cli.sarif import sarif

    write_json(sarif(findings, (package, package.parent, package / "src", *more)))

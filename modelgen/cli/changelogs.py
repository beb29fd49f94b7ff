"""What changed of a contract, for those who call: as text, Markdown or data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from modelgen.check.changelog import READERS, Entry, grouped, markdown
from modelgen.cli.check_formats.telling import Telling

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelgen.project.check import Report

    Groups = Mapping[str, tuple[Entry, ...]]

VERSION = 1
"""Of the JSON."""


def groups_of(report: Report) -> Groups:
    """The changes that a check found, under their titles; none where nothing was published."""
    return {} if report.new_to_all else grouped(report.judgement.changes)


def write_text(report: Report, groups: Groups) -> None:
    """The groups for a terminal, the outcome last."""
    for title, entries in groups.items():
        typer.echo(typer.style(title, bold=True))
        for entry in entries:
            typer.echo(f"  {entry.text}")
            for reader, verdict, note in entry.notes:
                typer.echo(f"      {reader:<14} {verdict:<9} {note}".rstrip())
    typer.echo(Telling(report=report).summary)


def write_markdown(report: Report, groups: Groups) -> None:
    """A section of a CHANGELOG."""
    version = report.judgement.next_version
    blocks = (f"## {version}", *markdown(groups)) if groups else (Telling(report=report).summary,)
    typer.echo("\n\n".join(blocks))


def changelog_data(report: Report, groups: Groups) -> dict[str, Any]:
    """The changes for programs."""
    return {
        "version": VERSION,
        "package": report.package,
        "against": {"ref": report.against.ref, "commit": report.against.commit},
        "release": report.version,
        "next_version": report.judgement.next_version,
        "changes": {title.lower(): [_row(entry) for entry in entries] for title, entries in groups.items()},
    }


def _row(entry: Entry) -> dict[str, Any]:
    keys = {reader: surface for surface, reader in READERS.items()}
    change = entry.change
    return {
        "text": entry.text,
        "rule": change.rule,
        "element": change.element.python,
        "notes": {keys[reader]: note for reader, _, note in entry.notes},
    }

"""`modelgen diff`: what has come apart."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from modelgen.cli.options import DONE, WOULD_CHANGE, WRONG, PackageOption, TemplatesOption

if TYPE_CHECKING:
    from collections.abc import Iterable

    from modelgen.finding import Finding
    from modelgen.project.drift import Drift, Drifts

SINCE = {
    "you": "you changed it",
    "modelgen": "modelgen would write it otherwise now",
    "both": "you changed it, and modelgen would write it otherwise now",
    "unknown": "was there before modelgen would have written it",
}
"""Who changed a file since it was written."""


class DiffFormat(str, Enum):
    """How the command answers."""

    TEXT = "text"
    JSON = "json"


def diff(
    project: Annotated[
        Path, typer.Argument(metavar="[PROJECT]", help="The folder of a generated project.", show_default="here")
    ] = Path(),
    files: Annotated[
        Optional[list[str]],  # noqa: UP045 - Typer evaluates it, on Python 3.10 too
        typer.Argument(metavar="[FILE...]", help="Only these, from the project's folder.", show_default="all"),
    ] = None,
    scaffold: Annotated[
        bool, typer.Option("--scaffold", help="The files that are yours, against what would be written today.")
    ] = False,
    package: PackageOption = None,
    templates: TemplatesOption = None,
    format: Annotated[DiffFormat, typer.Option("--format", help="For people or programs.")] = DiffFormat.TEXT,
) -> None:
    """Show how the files of PROJECT that are yours differ from what would be written today.

    These are scaffolds, which modelgen writes once, and what was ejected. Each comes with who changed it since it was
    written, and with a diff from your file to what modelgen would write, which `patch -p1` and `git apply` take. Writes
    nothing. Exits 0 where nothing differs, 1 where something does, 2 with what is wrong.
    """
    from modelgen.cli.serve import find_project
    from modelgen.finding import Finding
    from modelgen.project.drift import drifts

    if not scaffold:
        raise typer.BadParameter("say what to compare: --scaffold")
    root = find_project(project)
    if isinstance(root, Finding):
        raise _stopped([root])
    found = drifts(root, files or (), package=package, templates=templates)
    if format is DiffFormat.JSON:
        from modelgen.cli.report import write_json

        write_json(_data(root, found))
    elif found.failed:
        raise _stopped(found.findings)
    else:
        _write(found)
    raise typer.Exit(WRONG if found.failed else WOULD_CHANGE if found.drifts else DONE)


def _write(found: Drifts) -> None:
    from modelgen.cli.report import count, write_diff

    for drift in found.drifts:
        who = "you removed it" if drift.found is None else SINCE[drift.since]
        typer.echo(f"{drift.path} ({drift.state}): {who}")
        write_diff(drift.diff())
    differ = "differs" if len(found.drifts) == 1 else "differ"
    typer.echo(f"{count(len(found.drifts), 'file')} of yours {differ}, {found.same} as it would be written")


def _data(root: Path, found: Drifts) -> dict[str, Any]:
    from modelgen.cli.report import finding_data

    return {
        "project": str(root),
        "files": [_row(drift) for drift in found.drifts],
        "same": found.same,
        "findings": [finding_data(finding) for finding in found.findings],
    }


def _row(drift: Drift) -> dict[str, Any]:
    return {
        "path": drift.path,
        "state": drift.state,
        "changed_by": drift.since,
        "removed": drift.found is None,
        "diff": drift.diff(),
    }


def _stopped(findings: Iterable[Finding]) -> typer.Exit:
    from modelgen.cli.report import write_findings

    write_findings(findings)
    return typer.Exit(WRONG)

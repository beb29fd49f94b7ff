"""`modelgen diff`: what has come apart."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from modelgen.cli.options import DONE, WOULD_CHANGE, WRONG, PackageOption, TemplatesOption

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

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
    MARKDOWN = "markdown"
    JSON = "json"


def diff(
    place: Annotated[
        Path,
        typer.Argument(
            metavar="[PACKAGE|PROJECT]",
            help="The package; with --scaffold, the folder of its generated project.",
            show_default="here",
        ),
    ] = Path(),
    files: Annotated[
        Optional[list[str]],  # noqa: UP045 - Typer evaluates it, on Python 3.10 too
        typer.Argument(
            metavar="[FILE...]",
            help="With --scaffold, only these, from the project's folder.",
            show_default="all",
        ),
    ] = None,
    against: Annotated[
        str,
        typer.Option(
            "--against",
            metavar="REF|DIR",
            help="A git revision, a generated project's folder, or a lock.",
            show_default="as check has it",
        ),
    ] = "",
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--out", "-o", help="The project's folder.", show_default="as generate has it"),
    ] = None,
    scaffold: Annotated[
        bool, typer.Option("--scaffold", help="The files that are yours, against what would be written today.")
    ] = False,
    package: PackageOption = None,
    templates: TemplatesOption = None,
    format: Annotated[DiffFormat, typer.Option("--format", help="For people, a CHANGELOG or programs.")] = (
        DiffFormat.TEXT
    ),
) -> None:
    """Tell those who call what changed in PACKAGE since it was published: what breaks, what is new, what is different.

    With --scaffold, show how the files of PROJECT that are yours differ from what would be written today: scaffolds,
    which modelgen writes once, and what was ejected. Each comes with who changed it since it was written, and with a
    diff from your file to what modelgen would write, which `patch -p1` and `git apply` take.

    Writes nothing. Exits 0 where nothing differs, 1 where something does, 2 with what is wrong.
    """
    if scaffold:
        if against or out is not None or format is DiffFormat.MARKDOWN:
            raise typer.BadParameter("--scaffold compares files: not with --against, --out or --format markdown")
        raise typer.Exit(_scaffolds(place, files or (), package, templates, format))
    if files or package is not None or templates is not None:
        raise typer.BadParameter("files, --package and --templates are of --scaffold")
    raise typer.Exit(_contract(place, against, out, format))


def _contract(place: Path, against: str, out: Path | None, format: DiffFormat) -> int:
    """What changed in the contract; answers the exit code."""
    from modelgen.cli import changelogs
    from modelgen.cli.report import write_findings, write_json
    from modelgen.project.check import check

    report = check(place, against, out)
    write_findings(report.findings)
    if report.failed:
        return WRONG
    groups = changelogs.groups_of(report)
    if format is DiffFormat.JSON:
        write_json(changelogs.changelog_data(report, groups))
    elif format is DiffFormat.MARKDOWN:
        changelogs.write_markdown(report, groups)
    else:
        changelogs.write_text(report, groups)
    return WOULD_CHANGE if groups else DONE


def _scaffolds(
    place: Path, files: Sequence[str], package: Path | None, templates: Path | None, format: DiffFormat
) -> int:
    """What became of the user's files; answers the exit code."""
    from modelgen.cli.serve import find_project
    from modelgen.finding import Finding
    from modelgen.project.drift import drifts

    root = find_project(place)
    if isinstance(root, Finding):
        return _stopped([root])
    found = drifts(root, files, package=package, templates=templates)
    if format is DiffFormat.JSON:
        from modelgen.cli.report import write_json

        write_json(_data(root, found))
    elif found.failed:
        return _stopped(found.findings)
    else:
        _write(found)
    return WRONG if found.failed else WOULD_CHANGE if found.drifts else DONE


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


def _stopped(findings: Iterable[Finding]) -> int:
    from modelgen.cli.report import write_findings

    write_findings(findings)
    return WRONG

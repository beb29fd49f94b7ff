"""`modelgen eject`: make generated files yours."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from modelgen.cli.options import DONE, WRONG, PackageOption, TemplatesOption

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelgen.finding import Finding


def eject(
    project: Annotated[
        Path, typer.Argument(metavar="PROJECT", help="The folder of a generated project.", show_default=False)
    ],
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE...",
            help="Generated files, or folders of such, from the project's folder.",
            show_default=False,
        ),
    ],
    undo: Annotated[bool, typer.Option("--undo", help="Let modelgen write them again.")] = False,
    package: PackageOption = None,
    templates: TemplatesOption = None,
) -> None:
    """Make generated files of PROJECT yours: generate never writes them again.

    It tells when what it would write there changes, and `modelgen diff --scaffold` shows how. Ejecting a file once more
    says that you have seen that. With --undo files are generated again; edits that you made are then refused like any
    hand edit, not overwritten. modelgen.lock cannot be ejected: it keeps the wire numbers.
    """
    from modelgen.cli.report import write_findings
    from modelgen.cli.serve import find_project
    from modelgen.finding import Finding
    from modelgen.project.ejection import eject as run

    root = find_project(project)
    if isinstance(root, Finding):
        write_findings([root])
        raise typer.Exit(WRONG)

    def offered() -> tuple[Mapping[str, bytes], tuple[Finding, ...]]:
        from modelgen.project.home import offer
        from modelgen.project.tree import encoded

        made = offer(root, package, templates)
        return {file.path: encoded(file) for file in made.rendering.files}, made.findings

    outcome = run(root, files, offered, undo=undo)
    write_findings(outcome.findings)
    if outcome.failed:
        typer.echo("nothing was changed", err=True)
        raise typer.Exit(WRONG)
    for paths, fate in (
        (outcome.ejected, "is yours now"),
        (outcome.seen, "is yours, and up to date with what would be generated"),
        (outcome.returned, "is generated again"),
    ):
        for path in paths:
            typer.echo(f"{path} {fate}")
    raise typer.Exit(DONE)

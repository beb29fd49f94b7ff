"""`modelgen rename`: a new name for an old thing, which keeps its wire numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from modelgen.cli.options import DONE, WRONG, OutOption


def rename(
    old: Annotated[
        str,
        typer.Argument(metavar="OLD", help="What it was, such as mylib.Cls.run.top_k.", show_default=False),
    ],
    new: Annotated[str, typer.Argument(metavar="NEW", help="What it is called in the source now.", show_default=False)],
    package: Annotated[
        Path, typer.Argument(metavar="[PACKAGE]", help="The package, as for generate.", show_default="this folder")
    ] = Path(),
    out: OutOption = None,
) -> None:
    """Say that what is called NEW in the source is what OLD was: its wire numbers stay.

    For a class, a method, a parameter, a data model or a field of one, an enumeration or a member of one. Rename it in
    the source first. OLD must be in modelgen.lock and NEW in the source; then the settings get a line for it, and the
    next `modelgen generate` keeps the numbers.
    """
    from modelgen.cli.report import shown, write_findings
    from modelgen.project.renaming import rename as run

    renaming = run(old, new, package, out)
    write_findings(renaming.findings)
    if renaming.file is None:
        raise typer.Exit(WRONG)
    for line in renaming.kept:
        typer.echo(line)
    typer.echo(f"{shown(renaming.file)}: {renaming.old} is {renaming.new} now")
    typer.echo(f"next: modelgen generate {shown(package.absolute())}")
    raise typer.Exit(DONE)

"""`modelgen templates`: what `--templates` can override."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from modelgen.cli.options import DONE, WRONG


def templates(
    names: Annotated[
        Optional[list[str]],  # noqa: UP045 - Typer evaluates it, on Python 3.10 too
        typer.Argument(metavar="[NAME...]", help="Names of templates.", show_default="all"),
    ] = None,
    copy: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--copy", metavar="DIR", help="Copy them into a folder for --templates.", show_default=False),
    ] = None,
) -> None:
    """List the templates that a project is made with, or copy some, as a start for your own.

    What lies in DIR is never overwritten.
    """
    from modelgen.cli.report import shown, write_findings
    from modelgen.project.overrides import chosen, copy_originals

    found, findings = chosen(names or ())
    if copy is None and not findings:
        for name in found:
            typer.echo(name)
        raise typer.Exit(DONE)
    written: tuple[Path, ...] = ()
    if copy is not None and not findings:
        written, findings = copy_originals(found, copy)
    write_findings(findings)
    for path in written:
        typer.echo(f"+ {shown(path.absolute())}")
    raise typer.Exit(WRONG if findings else DONE)

"""`modelgen init`: write the first settings of a package."""

from __future__ import annotations

import typer

from modelgen.cli.options import DONE, WRONG, PackageArgument


def init(package: PackageArgument) -> None:
    """Write a commented modelgen.toml for PACKAGE, from what is found in it.

    It names the methods that look like inference (run, predict, transform, encode, transcribe, generate, __call__ and
    the like), and lists what has a type that could not be read, with file and line. Settings that are there are never
    overwritten. Reads PACKAGE without importing it.
    """
    from modelgen.cli.report import count, shown, write_findings
    from modelgen.project.init import init as run

    started = run(package)
    write_findings(started.findings)
    if started.path is None:
        raise typer.Exit(WRONG)
    found = f"{count(started.methods, 'method')} of {count(started.classes, 'class', 'classes')}"
    typer.echo(f"{shown(started.path)}: {found}, {count(started.gaps, 'type')} to fill in")
    typer.echo(f"next: modelgen inspect {shown(package)}")
    raise typer.Exit(DONE)

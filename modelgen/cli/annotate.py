"""`modelgen annotate`: write the types that docstrings state into the source."""

from __future__ import annotations

from typing import Annotated

import typer

from modelgen.cli.options import DONE, WOULD_CHANGE, WRONG, PackageArgument


def annotate(
    package: PackageArgument,
    diff: Annotated[bool, typer.Option("--diff", help="Write nothing; show each change, exit 1 if there is one.")] = (
        False
    ),
) -> None:
    """Write the types that the docstrings of PACKAGE state into its source, as annotations.

    Parameters and results of what is served, its constructor, load, save and train, and fields of data classes.
    Comments and layout stay, the imports that the annotations need are added, and what is annotated is never touched.
    The contract stays what it is: a type that no annotation can say in full stays in its docstring.
    """
    from modelgen.cli.report import count, write_diff, write_findings
    from modelgen.project.annotate import annotate as run

    outcome = run(package, write=not diff)
    write_findings(outcome.findings)
    if outcome.failed:
        raise typer.Exit(WRONG)
    for one in outcome.rewrites:
        if diff:
            write_diff(one.diff())
        else:
            typer.echo(f"~ {one.shown}: {count(one.count, 'annotation')}")
    total = sum(one.count for one in outcome.rewrites)
    verb = "would be written" if diff else "written"
    typer.echo(f"{count(total, 'annotation')} {verb}, {count(outcome.kept, 'type')} left to docstrings")
    raise typer.Exit(WOULD_CHANGE if diff and outcome.rewrites else DONE)

"""`modelgen generate`: write the service project of a package."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Optional

import typer

from modelgen.cli.options import (
    DONE,
    WOULD_CHANGE,
    WRONG,
    Format,
    FormatOption,
    OutOption,
    PackageArgument,
    TemplatesOption,
)

if TYPE_CHECKING:
    from modelgen.project.generate import Outcome


def generate(
    package: PackageArgument,
    out: OutOption = None,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit 1 if anything would change.")] = False,
    diff: Annotated[bool, typer.Option("--diff", help="As --check, and show each change.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="As --check, and name each file.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite hand edits of generated files.")] = False,
    repair: Annotated[
        bool, typer.Option("--repair", help="After a merge: give what two branches numbered alike numbers of its own.")
    ] = False,
    keep_number: Annotated[
        Optional[list[str]],  # noqa: UP045 - Typer evaluates it, on Python 3.10 too
        typer.Option(
            "--keep-number",
            metavar="SYMBOL",
            help="What changed its type and keeps its number, such as mylib.Cls.run.top_k. May be given again.",
        ),
    ] = None,
    templates: TemplatesOption = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Go on, and generate again whenever the package or its settings change.")
    ] = False,
    format: FormatOption = Format.TEXT,
) -> None:
    """Write the service project of PACKAGE, or bring it up to date.

    Reads PACKAGE without importing it. Files that you changed by hand, and files that modelgen did not write, stay as
    they are. Exits 0 when done, 1 if --check, --diff or --dry-run found something to do, 2 with what is wrong.
    """
    from modelgen.cli.progress import Progress
    from modelgen.cli.report import report_outcome, write_sarif
    from modelgen.cli.watch import watch as repeat
    from modelgen.project.generate import generate as run

    write = not (check or diff or dry_run)

    def once() -> Outcome:
        with Progress() as progress:
            outcome = run(
                package,
                out,
                write=write,
                force=force,
                repair=repair,
                keep=tuple(keep_number or ()),
                templates=templates,
                announce=progress,
            )
        if format is Format.SARIF:
            write_sarif(outcome.findings, package, outcome.root)
        else:
            report_outcome(outcome, written=write, names=dry_run, diffs=diff, json=format is Format.JSON)
        return outcome

    if watch:
        if not write or format is not Format.TEXT:
            raise typer.BadParameter(
                "--watch writes, and talks to people: not with --check, --diff, --dry-run or --format"
            )
        repeat(package, templates, once)
    outcome = once()
    if outcome.failed:
        raise typer.Exit(WRONG)
    pending = not write and outcome.changes is not None and not outcome.changes.empty
    raise typer.Exit(WOULD_CHANGE if pending else DONE)

"""`modelgen check`: what the source, as it is now, breaks of what was published."""

from __future__ import annotations

import shlex
from enum import Enum
from pathlib import Path
from typing import Annotated, Optional

import typer

from modelgen.check.change import SURFACES, Surface
from modelgen.cli.options import DONE, WRONG

FOUND = 1
"""Exit code of findings at or above --fail-on."""
UNSETTLED = 3
"""Exit code of a project that is stale or was edited, and nothing else."""


class FailOn(str, Enum):
    """From what on findings fail the check."""

    ERROR = "error"
    WARNING = "warning"
    NONE = "none"


class CheckFormat(str, Enum):
    """How findings are written."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"
    GITLAB = "gitlab"
    JUNIT = "junit"
    SARIF = "sarif"
    MARKDOWN = "markdown"


def check(
    package: Annotated[
        Path,
        typer.Argument(
            metavar="[PACKAGE]",
            help="A package's folder, a folder with a pyproject.toml, or a single module's file.",
            show_default="here",
        ),
    ] = Path(),
    against: Annotated[
        str,
        typer.Option(
            "--against",
            metavar="REF|DIR",
            help="A git revision, a generated project's folder, or a lock.",
            show_default="the settings' baseline, else where this branch left the default one",
        ),
    ] = "",
    out: Annotated[
        Optional[Path],  # noqa: UP045 - Typer evaluates it, on Python 3.10 too
        typer.Option("--out", "-o", help="The project's folder.", show_default="as generate has it"),
    ] = None,
    surface: Annotated[
        str, typer.Option("--surface", help="Judge these only: wire,json,source,behaviour.", show_default="all")
    ] = "",
    fail_on: Annotated[
        Optional[FailOn],  # noqa: UP045
        typer.Option("--fail-on", help="What fails the check.", show_default="the settings', else error"),
    ] = None,
    format: Annotated[CheckFormat, typer.Option("--format", help="How to write it.")] = CheckFormat.TEXT,
    accept: Annotated[
        str, typer.Option("--accept", metavar="KEY", help="Accept the change of this key, in the settings.")
    ] = "",
    reason: Annotated[str, typer.Option("--reason", help="Why it is accepted.")] = "",
    until: Annotated[str, typer.Option("--until", metavar="DATE", help="The last day it is accepted.")] = "",
    explain: Annotated[str, typer.Option("--explain", metavar="RULE", help="Say what a rule means.")] = "",
) -> None:
    """Judge what changed in PACKAGE since it was published, on the wire, in JSON, in callers' code, in behaviour.

    Compares the source as it is with the lock of a git revision, which is read without a checkout. Nothing is imported
    and nothing is written, --accept apart. Exits 0 when nothing is at or above --fail-on, 1 with findings, 2 when it
    could not judge, 3 when the project is only stale or edited by hand.
    """
    from modelgen.cli.checks import write_page, write_report
    from modelgen.project.check import check as run

    if explain:
        raise typer.Exit(write_page(explain))
    surfaces = _surfaces(surface)
    report = run(package, against, out, surfaces=surfaces, fail_on=fail_on.value if fail_on else None)
    if accept:
        from modelgen.cli.accepting import accept_change

        raise typer.Exit(accept_change(report, accept, reason, until))
    write_report(report, format.value, _typed(package, against, out))
    if report.failed:
        raise typer.Exit(WRONG)
    if report.judgement.fails(report.policy.fail_on):
        raise typer.Exit(FOUND)
    raise typer.Exit(UNSETTLED if report.unsettled else DONE)


def _typed(package: Path, against: str, out: Path | None) -> str:
    """The command that judges the same again."""
    stated = (*([str(package)] if package != Path() else []), *(["--against", against] if against else []))
    place = ("--out", str(out)) if out else ()
    return shlex.join(("modelgen", "check", *stated, *place))


def _surfaces(text: str) -> tuple[Surface, ...]:
    wanted = tuple(one.strip() for one in text.split(",") if one.strip())
    for one in wanted:
        if one not in SURFACES:
            raise typer.BadParameter(f"{one!r} is none of {', '.join(SURFACES)}", param_hint="--surface")
    return tuple(one for one in SURFACES if one in wanted)

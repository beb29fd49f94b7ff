"""Writes what a check found, and the pages of its rules."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

import typer

from modelgen.cli.options import DONE, WRONG

if TYPE_CHECKING:
    from modelgen.project.check import Report


def write_report(report: Report, format: str, command: str = "modelgen check") -> None:
    """The report on stdout in a format; what the reader and the settings say on stderr.

    `command` is what the user typed, for the lines that say how to go on.
    """
    from modelgen.cli.check_formats import written
    from modelgen.cli.check_formats.telling import Telling
    from modelgen.cli.report import write_findings

    write_findings(report.findings)
    typer.echo(written(format, Telling(report=report, command=command)))


def write_page(rule: str) -> int:
    """A rule's page on stdout; answers the exit code."""
    from modelgen.check import rules
    from modelgen.check.pages import page
    from modelgen.check.rule import RULES
    from modelgen.cli.report import write_findings
    from modelgen.finding import Finding, Level

    assert rules  # loading them registers them
    if rule in RULES:
        typer.echo(page(RULES[rule]).rstrip())
        return DONE
    near = difflib.get_close_matches(rule, RULES, n=1, cutoff=0.4)
    hint = f"did you mean {near[0]!r}?" if near else f"the rules are {', '.join(RULES)}"
    write_findings([Finding(level=Level.ERROR, code="rule-unknown", message=f"there is no rule {rule!r}", hint=hint)])
    return WRONG

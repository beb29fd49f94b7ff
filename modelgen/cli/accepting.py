"""`modelgen check --accept`: says yes to a change, in the settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from modelgen.cli.options import DONE, WRONG

if TYPE_CHECKING:
    from modelgen.project.check import Report


def accept_change(report: Report, key: str, reason: str, until: str) -> int:
    """Write an acceptance of the change of a key into the settings; answers the exit code."""
    from modelgen.cli.report import shown, write_findings
    from modelgen.project.accepting import accept

    accepted = accept(report, key, reason, until)
    if accepted.findings:
        write_findings(accepted.findings)
        return WRONG
    if not accepted.written:
        typer.echo(f"{key} is accepted already, in {shown(accepted.path)}")
        return DONE
    times = "" if accepted.written == 1 else f", {accepted.written} times"
    typer.echo(f"{key} is accepted{times}: see [check] in {shown(accepted.path)}")
    return DONE

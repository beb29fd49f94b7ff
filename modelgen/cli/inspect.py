"""`modelgen inspect`: what would be served, and why something would not."""

from __future__ import annotations

import typer

from modelgen.cli.options import DONE, WRONG, Format, FormatOption, PackageArgument


def inspect(package: PackageArgument, format: FormatOption = Format.TEXT) -> None:
    """Show the contract of PACKAGE: its modules, methods, types, and what was left out or refused.

    Reads PACKAGE without importing it, and writes nothing. Exits 2 where something is wrong.
    """
    from modelgen.cli.contracts import contract_data, write_contract
    from modelgen.cli.report import write_findings, write_json, write_sarif
    from modelgen.finding import failed
    from modelgen.project.generate import inspect as run

    reading, findings = run(package)
    if format is Format.JSON:
        write_json(contract_data(reading.contract if reading else None, findings))
    elif format is Format.SARIF:
        write_sarif(findings, package)
    else:
        if reading is not None:
            write_contract(reading.contract)
        write_findings(findings)
    raise typer.Exit(WRONG if failed(findings) else DONE)

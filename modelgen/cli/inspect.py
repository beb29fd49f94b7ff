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
    from modelgen.project.inspection import inspect as run

    inspection = run(package)
    if format is Format.JSON:
        write_json(contract_data(inspection.contract, inspection.findings))
    elif format is Format.SARIF:
        write_sarif(inspection.findings, package)
    else:
        if inspection.contract is not None:
            write_contract(inspection.contract)
        write_findings(inspection.findings)
    raise typer.Exit(WRONG if failed(inspection.findings) else DONE)

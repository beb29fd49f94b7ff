"""`modelgen pin`: the numbers of protos that are out already."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from modelgen.cli.options import DONE, WRONG, OutOption


def pin(
    from_proto: Annotated[
        Path,
        typer.Option("--from-proto", metavar="DIR", help="The folder of the .proto files.", show_default=False),
    ],
    package: Annotated[
        Path, typer.Argument(metavar="[PACKAGE]", help="The package, as for generate.", show_default="this folder")
    ] = Path(),
    out: OutOption = None,
    proto_path: Annotated[
        Optional[list[Path]],  # noqa: UP045 - Typer evaluates it, on Python 3.10 too
        typer.Option("--proto-path", metavar="DIR", help="A folder to look for imports in. May be given again."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Write nothing, and show the lock.")] = False,
) -> None:
    """Write modelgen.lock for PACKAGE with the numbers that existing .proto files give.

    For protos that another generator or a person wrote, so that their callers are served as before; or for modelgen's
    own, where the lock was lost. Services, rpcs, messages, fields and enum values are found by name. What the protos
    have and PACKAGE does not stays reserved. Tells what was found, what was not, and which types disagree.
    """
    from modelgen.cli.report import count, shown, write_findings
    from modelgen.project.adopting import pin as run

    adoption = run(from_proto, package, out, imports=proto_path or (), write=not dry_run)
    write_findings(adoption.findings)
    if not adoption.lock:
        raise typer.Exit(WRONG)
    for line in (adoption.lock,) if dry_run else adoption.matched:
        typer.echo(line)
    verb = "would be written" if dry_run else "is written"
    typer.echo(f"{shown(adoption.root / 'modelgen.lock')} {verb}: {count(len(adoption.matched), 'message')} found")
    if not dry_run:
        typer.echo(f"next: modelgen generate {shown(package.absolute())}")
    raise typer.Exit(DONE)

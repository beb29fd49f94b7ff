"""The table of commands. Each command's file imports what it needs when it runs, so that `--help` does not wait."""

from __future__ import annotations

import sys
from collections.abc import Callable

import typer

import modelgen
from modelgen.cli.annotate import annotate
from modelgen.cli.check import check
from modelgen.cli.diff import diff
from modelgen.cli.eject import eject
from modelgen.cli.generate import generate
from modelgen.cli.init import init
from modelgen.cli.inspect import inspect
from modelgen.cli.pin import pin
from modelgen.cli.rename import rename
from modelgen.cli.serve import serve
from modelgen.cli.templates import templates

COMMANDS: tuple[tuple[str, Callable[..., None]], ...] = (
    ("init", init),
    ("generate", generate),
    ("inspect", inspect),
    ("serve", serve),
    ("annotate", annotate),
    ("rename", rename),
    ("pin", pin),
    ("check", check),
    ("diff", diff),
    ("eject", eject),
    ("templates", templates),
)

INTERRUPTED = 130
"""The exit code of a process that Ctrl-C ended."""


def application() -> typer.Typer:
    """The command line, as Typer runs it."""
    app = typer.Typer(
        name="modelgen",
        help="From a typed Python model package to a service that people review, commit and trust.",
        add_completion=False,
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )
    app.callback()(_root)
    for name, command in COMMANDS:
        app.command(name)(command)
    return app


def main() -> None:
    """Run the command line; the console script."""
    try:
        application()()
    except KeyboardInterrupt:
        typer.echo("interrupted", err=True)
        sys.exit(INTERRUPTED)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"modelgen {modelgen.__version__}")
        raise typer.Exit


def _root(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
) -> None:
    """From a typed Python model package to a service that people review, commit and trust."""

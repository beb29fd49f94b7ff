"""Arguments and options that commands share, and their exit codes."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated, Optional, TypeAlias

import typer

DONE = 0
"""Nothing to do, or done."""
WOULD_CHANGE = 1
"""Asked only to look, and something would change."""
WRONG = 2
"""The user has something to put right. Nothing was written."""


class Format(str, Enum):
    """How a command answers."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"


PackageArgument: TypeAlias = Annotated[
    Path,
    typer.Argument(
        metavar="PACKAGE",
        help="A package's folder, a folder with a pyproject.toml, or a single module's file.",
        show_default=False,
    ),
]
OutOption: TypeAlias = Annotated[
    Optional[Path],  # noqa: UP045 - Typer evaluates it, on Python 3.10 too
    typer.Option("--out", "-o", help="The project's folder.", show_default="<package>-service beside the package"),
]
FormatOption: TypeAlias = Annotated[Format, typer.Option("--format", help="For people, programs or code hosts.")]
TemplatesOption: TypeAlias = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option(
        "--templates",
        metavar="DIR",
        help="A folder of templates that replace modelgen's by name.",
        show_default="the settings",
    ),
]
PackageOption: TypeAlias = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option(
        "--package", metavar="PACKAGE", help="The package that PROJECT was made of.", show_default="found near PROJECT"
    ),
]

"""Writes into the file that a package's settings are in, and leaves its comments and layout as they are."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import InlineTable, Table

from modelgen.finding import Finding, Level, Location
from modelgen.project import settings
from modelgen.project.folder import shown
from modelgen.project.settings import OWN_FILE, PROJECT_FILE

_LAST_LINES = re.compile(r"(\r?\n)(?:\r?\n)+\Z")
"""Empty lines at the end of a file."""


class EditError(Exception):
    """The settings cannot be written; the finding says why."""

    def __init__(self, path: Path, why: str, hint: str = "") -> None:
        self.finding = Finding(
            level=Level.ERROR,
            code="settings-unwritable",
            message=f"{path.name} cannot be written: {why}",
            where=Location(path=shown(path)),
            hint=hint,
        )
        super().__init__(self.finding.message)


def home(package: Path) -> Path:
    """The file that holds the settings of the package at a path, or that would: a modelgen.toml beside it."""
    for path in settings.looked_at(package):
        if path.is_file() and (path.name == OWN_FILE or _has_table(path)):
            return path
    root = package.absolute()
    outside = root.parent.parent if root.parent.name == "src" else root.parent
    return outside / OWN_FILE


def edit(path: Path, change: Callable[[Table], None]) -> None:
    """Change the table of the settings in a file, as one step.

    Raises:
        EditError: the file is not TOML, or cannot be written.
    """
    try:
        # Line ends stay what they are.
        text = path.read_bytes().decode("utf-8") if path.is_file() else ""
        document: Any = tomlkit.parse(text)
    except (TOMLKitError, UnicodeDecodeError) as error:
        raise EditError(path, f"it is not TOML: {error}") from error
    except OSError as error:
        raise EditError(path, error.strerror or str(error)) from error
    change(document["tool"]["modelgen"] if path.name == PROJECT_FILE else document)
    _replace(path, _LAST_LINES.sub(r"\1", tomlkit.dumps(document)).encode())


def subtable(table: Any, name: str) -> Any:
    """A table inside the settings, made where it is not there."""
    if name not in table:
        table[name] = tomlkit.inline_table() if isinstance(table, InlineTable) else tomlkit.table()
    return table[name]


def _has_table(path: Path) -> bool:
    """Whether a pyproject.toml holds settings."""
    try:
        tool = tomlkit.parse(path.read_bytes().decode("utf-8")).unwrap().get("tool", {})
    except (OSError, TOMLKitError, UnicodeDecodeError):
        return False
    return isinstance(tool, dict) and "modelgen" in tool


def _replace(path: Path, data: bytes) -> None:
    target = path.resolve()
    draft: Path | None = None
    try:
        number, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        draft = Path(name)
        with os.fdopen(number, "wb") as file:
            file.write(data)
        draft.chmod(target.stat().st_mode if target.exists() else 0o644)
        draft.replace(target)
    except OSError as error:
        if draft is not None:
            draft.unlink(missing_ok=True)
        raise EditError(path, error.strerror or str(error), "give the right to write it") from error

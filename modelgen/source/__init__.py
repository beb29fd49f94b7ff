"""Reads a typed Python package into a contract, without importing it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from modelgen.source.options import Options, Reading

__all__ = ["Options", "Reading", "read"]


def read(package: Path, options: Options | None = None) -> Reading:
    """Read the package at a path: its folder, the folder of its project, or its module's file."""
    from modelgen.source.assemble import read as assemble  # loading it takes longer than knowing that nothing changed
    from modelgen.source.options import Options

    return assemble(package, options or Options())


def __getattr__(name: str) -> Any:
    """The two types, loaded when they are asked for."""
    if name not in __all__:
        raise AttributeError(name)
    from modelgen.source import options

    return getattr(options, name)

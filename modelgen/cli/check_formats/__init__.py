"""What `modelgen check` writes to stdout: a format a file, each with a function `write` of what there is to tell."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelgen.cli.check_formats.telling import Telling

FORMATS = ("text", "json", "github", "gitlab", "junit", "sarif", "markdown")
"""The names of the files, each loaded when it is asked for."""


def written(format: str, telling: Telling) -> str:
    """What there is to tell, in a format."""
    text: str = importlib.import_module(f"{__name__}.{format}").write(telling)
    return text

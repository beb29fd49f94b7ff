"""What `modelgen check` writes to stdout: a format a file, each a function of the report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from modelgen.cli.check_formats import github, gitlab, json, junit, markdown, sarif, text

if TYPE_CHECKING:
    from modelgen.cli.check_formats.telling import Telling

FORMATS: Mapping[str, Callable[[Telling], str]] = {
    "text": text.write,
    "json": json.write,
    "github": github.write,
    "gitlab": gitlab.write,
    "junit": junit.write,
    "sarif": sarif.write,
    "markdown": markdown.write,
}
"""Name of the format -> what writes it."""

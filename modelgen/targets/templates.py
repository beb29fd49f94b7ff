"""Rendering: strict Jinja templates, one folder for each target."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import jinja2

from modelgen.languages import proto, python


def template_root() -> Path:
    """Where the templates are: inside an installed modelgen, or at the top level of its checkout."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "_templates"
    return inside if inside.is_dir() else package.parent / "templates"


@functools.cache
def _environment(root: Path) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(root),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # what comes from the source passes an escaper of its language, never HTML's
    )
    environment.filters.update(
        comment=proto.comment,
        docstring=python.docstring,
        bracketed=python.bracketed,
        exploded=python.exploded,
        literal=python.literal,
        sentence=python.sentence,
    )
    return environment


def render(template: str, **view: Any) -> str:
    """Render `<target>/<name>.jinja`; a name that the view lacks is an error."""
    return _environment(template_root()).get_template(f"{template}.jinja").render(**view)

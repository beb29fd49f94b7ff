"""Rendering: strict Jinja templates, one folder for each target. A project may have its own in the place of any."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from traceback import walk_tb
from typing import Any

import jinja2
from jinja2.sandbox import SandboxedEnvironment

from modelgen.languages import proto, python

SUFFIX = ".jinja"
ORIGINALS = "modelgen"
"""The folder by which a template of the user's includes the one that it stands for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrides:
    """Templates of the user's, in the place of modelgen's."""

    folder: Path
    files: Mapping[str, Path] = field(default_factory=dict)
    """The template's name, `service/app.py`, and the file that stands for it."""


class TemplateError(Exception):
    """A template of the user's cannot be rendered: says why, in which file and line."""

    def __init__(self, message: str, path: Path, line: int = 0) -> None:
        super().__init__(message)
        self.path = path
        self.line = line


_rendering: ContextVar[tuple[Overrides, jinja2.Environment] | None] = ContextVar("rendering", default=None)


def template_root() -> Path:
    """Where the templates are: inside an installed modelgen, or at the top level of its checkout."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "_templates"
    return inside if inside.is_dir() else package.parent / "templates"


def template_names() -> tuple[str, ...]:
    """The name of every template, as `render` takes it."""
    root = template_root()
    found = (path.relative_to(root).as_posix() for path in root.rglob(f"*{SUFFIX}"))
    return tuple(sorted(name.removesuffix(SUFFIX) for name in found))


def parse(path: Path) -> None:
    """Look whether a file is a template, before anything is rendered.

    Raises:
        TemplateError: it is none.
    """
    try:
        jinja2.Environment(**_STRICT).parse(path.read_text(encoding="utf-8"))
    except jinja2.TemplateSyntaxError as error:
        raise TemplateError(error.message or "is not a template", path, error.lineno) from error
    except UnicodeDecodeError as error:
        raise TemplateError("is not UTF-8", path) from error
    except OSError as error:
        raise TemplateError(f"cannot be read: {error.strerror or error}", path) from error


@contextlib.contextmanager
def overridden(overrides: Overrides | None) -> Iterator[None]:
    """Render with templates of the user's until the block ends."""
    before = _rendering.set((overrides, _overriding(overrides.folder)) if overrides else None)
    try:
        yield
    finally:
        _rendering.reset(before)


def are_overridden() -> bool:
    """Whether templates of the user's are in place, so that a text may depend on anything."""
    return _rendering.get() is not None


def render(template: str, **view: Any) -> str:
    """Render `<target>/<name>.jinja`; a name that the view lacks is an error.

    Raises:
        TemplateError: a template of the user's is at fault.
    """
    rendering = _rendering.get()
    if rendering is None:
        return _environment(template_root()).get_template(template + SUFFIX).render(**view)
    overrides, environment = rendering
    text = _render_overridden(overrides, environment, template, view)
    if template in overrides.files and template.endswith(".py"):
        _check_python(text, overrides.files[template])
    return text


def _render_overridden(
    overrides: Overrides, environment: jinja2.Environment, template: str, view: dict[str, Any]
) -> str:
    try:
        return environment.get_template(template + SUFFIX).render(**view)
    except Exception as error:  # a template can raise anything
        lines = [(Path(frame.f_code.co_filename), line) for frame, line in walk_tb(error.__traceback__)]
        own = [(path, line) for path, line in lines if path.is_relative_to(overrides.folder)]
        if not own:
            raise
        raise TemplateError(_words(error), *own[-1]) from error


def _words(error: Exception) -> str:
    if isinstance(error, jinja2.TemplateNotFound):
        return f"there is no template {str(error.name)!r} to include"
    if isinstance(error, jinja2.TemplateError):
        return str(error.message)
    return f"{type(error).__name__}: {error}"


def _check_python(text: str, path: Path) -> None:
    """Before a formatter meets it, which takes nothing but Python."""
    try:
        compile(text, path.name, "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        line = f", in what it writes: {error.text.strip()}" if isinstance(error, SyntaxError) and error.text else ""
        what = error.msg if isinstance(error, SyntaxError) else str(error)
        raise TemplateError(f"does not write Python: {what}{line}", path) from error


@functools.cache
def _environment(root: Path) -> jinja2.Environment:
    return _equipped(jinja2.Environment(loader=jinja2.FileSystemLoader(root), **_STRICT))


def _overriding(folder: Path) -> jinja2.Environment:
    """Templates of the user's before modelgen's. They may come with a package that is not trusted: they can reach
    what they are given and nothing else of this process.
    """
    originals = jinja2.FileSystemLoader(template_root())
    loader = jinja2.ChoiceLoader(
        [jinja2.FileSystemLoader(folder), jinja2.PrefixLoader({ORIGINALS: originals}), originals]
    )
    return _equipped(SandboxedEnvironment(loader=loader, **_STRICT))


_STRICT: dict[str, Any] = {
    "undefined": jinja2.StrictUndefined,
    "trim_blocks": True,
    "lstrip_blocks": True,
    "keep_trailing_newline": True,
    "autoescape": False,  # what comes from the source passes an escaper of its language, never HTML's
}


def _equipped(environment: jinja2.Environment) -> jinja2.Environment:
    environment.filters.update(
        comment=proto.comment,
        docstring=python.docstring,
        bracketed=python.bracketed,
        exploded=python.exploded,
        literal=python.literal,
        sentence=python.sentence,
    )
    return environment

"""A folder of templates that stand in the place of modelgen's, each under the name of the one that it replaces.

Names that begin with one underscore are the folder's own: `_licence.jinja` is there to be included.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable
from pathlib import Path

from modelgen.finding import Finding, Level, Location
from modelgen.project import folder
from modelgen.targets import emit
from modelgen.targets.stubs import ProtocError
from modelgen.targets.target import Blueprint, File
from modelgen.targets.templates import (
    SUFFIX,
    Overrides,
    TemplateError,
    overridden,
    parse,
    template_names,
    template_root,
)


def overrides(root: Path) -> tuple[Overrides, tuple[Finding, ...]]:
    """The templates in a folder, and what is wrong with their names."""
    root = Path(os.path.normpath(root.absolute()))
    if not root.is_dir():
        missing = _finding(root, "there is no such folder of templates", "correct --templates or the setting")
        return Overrides(folder=root), (missing,)
    known = template_names()
    found = {path.relative_to(root).as_posix(): path for path in folder.walk(root) if not _own(path, root)}
    unknown = {name: path for name, path in found.items() if name.removesuffix(SUFFIX) not in known or _bare(name)}
    named = {name.removesuffix(SUFFIX): path for name, path in found.items() if name not in unknown}
    findings = [_unknown(name, path, known) for name, path in unknown.items()]
    for path in folder.walk(root):
        try:
            parse(path)
        except TemplateError as error:
            findings.append(_invalid(error))
    return Overrides(folder=root, files=named), tuple(findings)


def emitted(blueprint: Blueprint, given: Overrides | None) -> tuple[tuple[File, ...], tuple[Finding, ...]]:
    """Every file of the project, made with the user's templates where there are; or why one of those cannot be."""
    try:
        with overridden(given):
            return emit(blueprint), ()
    except TemplateError as error:
        return (), (_invalid(error),)
    except ProtocError as error:
        protos = [path for name, path in given.files.items() if name.startswith("protos/")] if given else []
        if not protos:
            raise
        return (), (_finding(protos[0], str(error), "correct the template, by what protoc says above"),)


def chosen(names: Iterable[str]) -> tuple[tuple[str, ...], tuple[Finding, ...]]:
    """The templates of these names, all where there are none, and what is wrong with the names."""
    known = template_names()
    wanted = tuple(dict.fromkeys(name.removesuffix(SUFFIX) for name in names)) or known
    return wanted, tuple(_unknown(name, Path(name), known) for name in wanted if name not in known)


def copy_originals(names: Iterable[str], target: Path) -> tuple[tuple[Path, ...], tuple[Finding, ...]]:
    """Copy modelgen's own templates into a folder, as a start for the user's. Overwrites nothing."""
    written, findings = [], []
    for name in names:
        path = target / f"{name}{SUFFIX}"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8", newline="\n") as file:
                file.write((template_root() / f"{name}{SUFFIX}").read_text(encoding="utf-8"))
            written.append(path)
        except FileExistsError:
            findings.append(_finding(path, "is there already", "remove it first", code="template-exists"))
        except OSError as error:
            findings.append(_finding(path, f"cannot be written: {error.strerror}", "", code="template-unwritable"))
    return tuple(written), tuple(findings)


def _own(path: Path, root: Path) -> bool:
    return any(part.startswith("_") and not part.startswith("__") for part in path.relative_to(root).parts)


def _bare(name: str) -> bool:
    return not name.endswith(SUFFIX)


def _invalid(error: TemplateError) -> Finding:
    return _finding(error.path, str(error), "correct the template", line=error.line)


def _unknown(name: str, path: Path, known: tuple[str, ...]) -> Finding:
    near = difflib.get_close_matches(name, [one + SUFFIX for one in known], n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}?" if near else '"modelgen templates" lists them'
    return _finding(path, f"{name!r} is not a template of modelgen's", hint, code="template-unknown")


def _finding(path: Path, message: str, hint: str, *, code: str = "template-invalid", line: int = 0) -> Finding:
    return Finding(
        level=Level.ERROR, code=code, message=message, where=Location(path=folder.shown(path), line=line), hint=hint
    )

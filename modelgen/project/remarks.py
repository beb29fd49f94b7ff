"""What is told of a project's files: why one cannot be written, and what its owner should know."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from modelgen.finding import Finding, Level, Location
from modelgen.project import folder
from modelgen.project.manifest import FOLDER
from modelgen.project.numbers import LOCK

_REPORT = "this is a defect of modelgen: please report it, with the source"


def outside(path: str) -> Finding:
    """A planned path is none of a project."""
    return _error("path-outside", path, "is not a path inside the project", _REPORT)


def twice(path: str, twin: str) -> Finding:
    """Two planned paths are one file where case does not count."""
    return _error("path-twice", path, f"and {twin} are one file where case does not count", _REPORT)


def invalid(path: str, made_of: str, wrong: str, template: Path | None) -> Finding:
    """A planned text is not of its kind; `template` is the user's that made it."""
    if template is None:
        return _error("file-invalid", path, f"(from {made_of}) is not valid: {wrong}", _REPORT)
    return Finding(
        level=Level.ERROR,
        code="template-invalid",
        message=f"what it writes to {path} is not valid: {wrong}",
        where=Location(path=folder.shown(template)),
        hint="correct the template",
    )


def edited(path: str, root: Path) -> Finding:
    """A generated file was changed by hand."""
    if path == LOCK:
        hint = "numbers are for ever: restore it from version control"
        return _error("file-edited", path, "was changed by hand", hint)
    return _error(
        "file-edited",
        path,
        "was changed by hand",
        "put the change into the source or into hooks.py and restore the file, overwrite it with --force, "
        f'or make it yours: "modelgen eject {folder.shown(root)} {path}"',
    )


def foreign(path: str) -> Finding:
    """Someone else's file lies where a generated one goes."""
    return _error(
        "file-foreign", path, "would be written, but is not modelgen's", "move it, or choose another folder with -o"
    )


def blocked(path: str, error: folder.PathError) -> Finding:
    """Something that is no file lies where a file goes."""
    return _error("path-blocked", path, str(error), "remove it, or choose another folder with -o")


def stale_edit(path: str) -> Finding:
    """A file that is no longer generated was changed by hand."""
    return _warning(
        "file-stale", path, "is no longer generated, but was changed by hand", "delete it, or let --force do so"
    )


def stale_blocked(path: str, error: folder.PathError) -> Finding:
    """A file that is no longer generated cannot be looked at."""
    return _warning("file-stale", path, f"is no longer generated, and {error}")


def behind(path: str, root: Path) -> Finding:
    """What would be generated in place of an ejected file has changed since."""
    place = folder.shown(root)
    return Finding(
        level=Level.INFO,
        code="file-behind",
        message=f"{path} is yours, and what would be generated there has changed since it became so",
        where=Location(path=path),
        hint=f'"modelgen diff --scaffold {place} {path}" shows it; "modelgen eject {place} {path}" says that you know',
    )


def reverted(templates: Collection[str]) -> Finding:
    """Templates that the project was made with are not given any more."""
    names = ", ".join(sorted(templates))
    return Finding(
        level=Level.WARNING,
        code="template-left-out",
        message=f"the project was made with templates of its own, which are not given now: {names}",
        where=Location(path=FOLDER),
        hint='give their folder with --templates, or for ever with the setting "templates"',
    )


def occupied(root: Path, names: tuple[str, ...]) -> Finding:
    """A folder that is no project holds someone's files."""
    few = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return Finding(
        level=Level.ERROR,
        code="folder-foreign",
        message=f"{root} holds files that modelgen did not write: {few}",
        where=Location(path=str(root)),
        hint="choose an empty folder with -o",
    )


def unfinished() -> Finding:
    """An earlier run died while it replaced files."""
    return Finding(
        level=Level.ERROR,
        code="generation-interrupted",
        message="an earlier run was interrupted while it replaced files",
        where=Location(path=FOLDER),
        hint='run "modelgen generate" to complete it',
    )


def _error(code: str, path: str, message: str, hint: str = "") -> Finding:
    return Finding(level=Level.ERROR, code=code, message=f"{path} {message}", where=Location(path=path), hint=hint)


def _warning(code: str, path: str, message: str, hint: str = "") -> Finding:
    return Finding(level=Level.WARNING, code=code, message=f"{path} {message}", where=Location(path=path), hint=hint)

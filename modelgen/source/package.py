"""Where a package is on disk, and the text and tree of its files. Nothing is imported."""

from __future__ import annotations

import ast
import glob
import io
import keyword
import re
import sys
import tokenize
import warnings
from dataclasses import dataclass, field, replace
from importlib.machinery import PathFinder
from pathlib import Path

from modelgen.finding import Finding, Level, Location

IGNORED_FOLDERS = frozenset(
    {"tests", "test", "docs", "doc", "examples", "example", "benchmarks", "build", "dist", "node_modules"}
)
"""Folders beside a pyproject.toml that are not the package."""

COMPILED = (".so", ".pyd", ".pyx", ".pxd")
"""How the names of extensions and of their sources end."""


class PackageNotFound(Exception):
    """The path given holds no package that could be read."""

    def __init__(self, path: Path, reason: str, hint: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.finding = Finding(
            level=Level.ERROR, code="package-not-found", message=reason, where=Location(path=path.as_posix()), hint=hint
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """One module's file."""

    name: str
    """The module's dotted name."""
    path: Path
    shown: str
    """The path relative to the folder that holds the package, as findings show it."""
    is_package: bool = False
    """An `__init__.py`."""

    @property
    def parent(self) -> str:
        """The package that relative imports of this file start from."""
        return self.name if self.is_package else self.name.rpartition(".")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A package, or a single module, on disk."""

    name: str
    root: Path
    """The package's folder, or the module's file."""
    files: dict[str, SourceFile] = field(default_factory=dict, compare=False)
    """Every module by its dotted name, sorted."""

    @property
    def parent(self) -> Path:
        """The folder that would be on `sys.path`."""
        return self.root.parent


def locate(path: Path) -> Package:
    """The package that a user means by a path: a package's folder, a folder with a pyproject.toml, or a module's file.

    Raises:
        PackageNotFound: nothing there can be read as one package.
    """
    found = _locate(path.absolute())
    if keyword.iskeyword(found.name):
        raise PackageNotFound(path, f"`{found.name}` is a keyword, and cannot be imported", "rename the package")
    return found


def _locate(path: Path) -> Package:
    if path.is_file():
        return _single_module(path)
    if not path.is_dir():
        raise PackageNotFound(path, f"`{path.name}` does not exist", "give a package's folder or a module's file")
    if (path / "__init__.py").is_file():
        return open_package(path)
    return open_package(_inside_project(path))


def open_package(root: Path) -> Package:
    """The package whose folder is `root`."""
    return Package(name=root.name, root=root, files=_modules(root))


def _single_module(path: Path) -> Package:
    if path.name == "__init__.py":
        return open_package(path.parent)
    if path.suffix != ".py" or not path.stem.isidentifier():
        raise PackageNotFound(path, f"`{path.name}` is not a Python module", "give a package's folder or a `.py` file")
    file = SourceFile(name=path.stem, path=path, shown=path.name)
    return Package(name=path.stem, root=path, files={path.stem: file})


def _inside_project(folder: Path) -> Path:
    """The package's folder in a project, in the src layout or flat."""
    wanted = _project_name(folder)
    found = {place: package for base in (folder / "src", folder) for place, package in _packages(base)}
    named = [package for place, package in found.items() if wanted and _plain(package.name) == _plain(wanted)]
    choices = named or list(found.values())
    if len(choices) == 1:
        return choices[0]
    if not choices:
        raise PackageNotFound(
            folder, f"`{folder.name}` holds no package", "a package is a folder with an `__init__.py`"
        )
    names = ", ".join(f"`{package.name}`" for package in choices)
    raise PackageNotFound(folder, f"`{folder.name}` holds several packages: {names}", "give the folder of one of them")


def _packages(base: Path) -> list[tuple[str, Path]]:
    if not base.is_dir():
        return []
    inits = sorted(base.glob("*/__init__.py"))
    folders = [init.parent for init in inits if init.parent.name.isidentifier()]
    return [(folder.as_posix(), folder) for folder in folders if folder.name not in IGNORED_FOLDERS]


def _project_name(folder: Path) -> str:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        data = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return ""
    project = data.get("project")
    name = project.get("name") if isinstance(project, dict) else None
    return name if isinstance(name, str) else ""


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "_", name).lower()


def _modules(root: Path) -> dict[str, SourceFile]:
    files: dict[str, SourceFile] = {}
    stubs = (path for path in root.rglob("*.pyi") if not path.with_suffix(".py").exists())
    for path in sorted([*root.rglob("*.py"), *stubs]):
        inner = path.relative_to(root.parent)
        parts = [*inner.parts[:-1], *([] if inner.stem == "__init__" else [inner.stem])]
        if all(part.isidentifier() for part in parts):
            name = ".".join(parts)
            is_package = inner.stem == "__init__"
            files[name] = SourceFile(name=name, path=path, shown=inner.as_posix(), is_package=is_package)
    return files


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """A file's text and tree."""

    lines: tuple[bytes, ...]
    tree: ast.Module


class FileUnreadable(Exception):
    """A file that Python's own parser does not take."""

    def __init__(self, file: SourceFile, reason: str, line: int = 0, column: int = 0) -> None:
        super().__init__(f"{file.shown}: {reason}")
        self.reason = reason
        self.where = Location(path=file.shown, line=line, column=column)


def parse(file: SourceFile, data: bytes) -> Parsed:
    """A file's tree.

    Raises:
        FileUnreadable: bytes that are not Python, for this Python at least.
    """
    text = _decoded(file, data)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text, filename=file.shown)
    except SyntaxError as error:
        line, column = max(error.lineno or 0, 0), max(error.offset or 0, 0)
        raise FileUnreadable(file, error.msg or "is not Python", line, column) from error
    except (ValueError, RecursionError, MemoryError) as error:
        reason = str(error) if isinstance(error, ValueError) else "is nested too deeply to be parsed"
        raise FileUnreadable(file, reason) from error
    return Parsed(lines=tuple(text.encode("utf-8").splitlines(keepends=True)), tree=tree)


def _decoded(file: SourceFile, data: bytes) -> str:
    """A file's text, in the encoding that its first lines declare."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        return data.decode(encoding)
    except (SyntaxError, LookupError) as error:
        raise FileUnreadable(file, str(error)) from error
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise FileUnreadable(file, f"a byte is not of the encoding {error.encoding}", line) from error


def installed(top: str, beside: Path) -> Package | None:
    """An installed package, or one in the folder `beside`, by its top-level name, if its source can be read."""
    spec = PathFinder.find_spec(top, [str(beside), *sys.path])
    if spec is None or spec.origin is None or not spec.origin.endswith(".py"):
        return None
    origin = Path(spec.origin)
    if origin.name != "__init__.py":
        file = SourceFile(name=top, path=origin, shown=origin.name)
        return Package(name=top, root=origin, files={top: file})
    return Package(name=top, root=origin.parent)


def stub_of(file: SourceFile) -> SourceFile | None:
    """The `.pyi` beside a module's file."""
    path = file.path.with_suffix(".pyi")
    return replace(file, path=path, shown=f"{file.shown}i") if file.path.suffix == ".py" and path.is_file() else None


def is_compiled(package: Package, name: str) -> bool:
    """Whether a module of a package is an extension, built or to be built."""
    place = package.parent.joinpath(*name.split("."))
    names = (path.name for path in place.parent.glob(f"{glob.escape(place.name)}.*")) if place.parent.is_dir() else ()
    return any(found.endswith(COMPILED) for found in names)


def find_module(package: Package, name: str) -> SourceFile | None:
    """One module of a package: listed, or, for an installed package, looked for on disk."""
    if package.files:
        return package.files.get(name)
    parts = name.split(".")[1:]
    if not all(part.isidentifier() for part in parts):
        return None
    folder = package.root.joinpath(*parts)
    for path in (folder / "__init__.py", folder.with_suffix(".py"), folder.with_suffix(".pyi")):
        if path.is_file():
            is_package = path.name == "__init__.py"
            shown = path.relative_to(package.parent).as_posix()
            return SourceFile(name=name, path=path, shown=shown, is_package=is_package)
    return None

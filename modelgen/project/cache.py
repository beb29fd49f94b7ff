"""What an earlier run found out, kept in the user's cache folder: for speed, never for truth.

Every text is sealed with its hash, so that a torn or edited one counts as lost. Nothing here is needed, and no failure
to read or write it is told.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import modelgen
from modelgen.project.folder import walk

VARIABLE = "MODELGEN_CACHE_DIR"
"""The environment variable that names another folder for it."""


class FolderCache:
    """Texts by key, for one project. `salt` is what all depend on. A key not asked for in a run is gone after it."""

    def __init__(self, folder: Path | None, salt: str = "") -> None:
        self._folder = folder
        self._salt = salt
        self._used: set[str] = set()

    def get(self, key: str) -> str | None:
        """What was kept under the key, or None."""
        if self._folder is None:
            return None
        name = hash_of(self._salt, key)
        self._used.add(name)
        try:
            seal, _, text = (self._folder / name).read_bytes().decode().partition("\n")
        except (OSError, UnicodeDecodeError):
            return None
        return text if seal == hash_of(text) else None

    def put(self, key: str, text: str) -> None:
        """Keep a text."""
        if self._folder is None:
            return
        name = hash_of(self._salt, key)
        self._used.add(name)
        draft = self._folder / f"{name}.{os.getpid()}"
        with contextlib.suppress(OSError, UnicodeEncodeError):
            self._folder.mkdir(parents=True, exist_ok=True)
            draft.write_bytes(f"{hash_of(text)}\n{text}".encode())
            draft.replace(self._folder / name)

    def sweep(self) -> None:
        """Forget what this run did not ask for."""
        if self._folder is None:
            return
        with contextlib.suppress(OSError):
            for path in self._folder.iterdir():
                if path.name not in self._used:
                    path.unlink()


def of_project(root: Path, templates: Path | None = None) -> FolderCache:
    """The cache of the project in a folder, for what this very modelgen makes, with the user's templates if any."""
    place = _place()
    salt = _machinery() + (hash_of_files(walk(templates)) if templates else "")
    return FolderCache(place / hash_of(str(root.resolve()))[:32] if place else None, salt)


def hash_of(*texts: str) -> str:
    """The SHA-256 of some texts, told apart."""
    value = hashlib.sha256()
    for text in texts:
        data = text.encode(errors="surrogatepass")
        value.update(b"%d:" % len(data))
        value.update(data)
    return value.hexdigest()


def hash_of_files(paths: Iterable[Path]) -> str:
    """The SHA-256 of the names and bytes of some files; one that cannot be read counts as such."""
    value = hashlib.sha256()
    for path in paths:
        try:
            data = path.read_bytes()
        except OSError:
            value.update(f"{path}\n-\n".encode())
            continue
        value.update(f"{path}\n{len(data)}\n".encode())
        value.update(data)
    return value.hexdigest()


def _machinery() -> str:
    """A fingerprint of what turns a source into a project: modelgen, its templates, the interpreter, what is installed.

    An installation changes the names in a folder on `sys.path`, where a distribution's has its version; a file of
    modelgen itself is known by its time and size.
    """
    package = Path(modelgen.__file__).parent
    files = (path for folder in (package, package.parent / "templates") for path in _files(folder))
    own = [f"{path} {stat.st_mtime_ns} {stat.st_size}" for path in files for stat in [path.stat()]]
    installed = [f"{place} {name}" for place in sys.path for name in importable(Path(place))]
    return hash_of(sys.version, modelgen.__version__, *own, *installed)


def importable(place: Path) -> list[str]:
    """The names in a folder from which something could be imported, or is installed."""
    if not place.is_dir():
        return []
    return sorted(path.name for path in place.iterdir() if path.name[0] not in "._~")


def _files(folder: Path) -> Iterator[Path]:
    for place, inside, names in os.walk(folder):
        inside[:] = sorted(name for name in inside if name != "__pycache__")
        yield from (Path(place, name) for name in sorted(names))


def _place() -> Path | None:
    if named := os.environ.get(VARIABLE):
        return Path(named)
    try:
        home = Path.home()
    except RuntimeError:
        return None
    usual = {"darwin": home / "Library/Caches", "win32": home / "AppData/Local"}.get(sys.platform, home / ".cache")
    return Path(os.environ.get("XDG_CACHE_HOME") or usual) / "modelgen"

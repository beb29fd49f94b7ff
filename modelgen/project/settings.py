"""What a package's author decided: `[tool.modelgen]` in the package's pyproject.toml, or a modelgen.toml beside it."""

from __future__ import annotations

import difflib
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias

from modelgen.finding import Finding, Level, Location

if sys.version_info >= (3, 11):
    import tomllib
else:  # the standard library has it from 3.11 on
    import tomli as tomllib

PROJECT_FILE = "pyproject.toml"
OWN_FILE = "modelgen.toml"
DEFAULT_VERSION = "0.1.0"

CODES = (
    "INVALID_ARGUMENT",
    "UNAUTHENTICATED",
    "PERMISSION_DENIED",
    "NOT_FOUND",
    "METHOD_NOT_ALLOWED",
    "FAILED_PRECONDITION",
    "PAYLOAD_TOO_LARGE",
    "RESOURCE_EXHAUSTED",
    "CANCELLED",
    "INTERNAL",
    "UNIMPLEMENTED",
    "UNAVAILABLE",
    "DEADLINE_EXCEEDED",
)
"""The error codes that an exception may be given."""

_VERSION = re.compile(r"\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*([_-][A-Za-z0-9]+)*")
_SYMBOL = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of one package."""

    service: str = ""
    """Name of the service, `sentiment-service`; empty: the package's, with `-service`."""
    version: str = DEFAULT_VERSION
    """The service's semantic version; by default the package's own."""
    output: Path | None = None
    """Where the project goes; None: `<package>-service` beside the package."""
    methods: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Class glob -> names of its inference methods; empty: `run` and `run_*` of every class."""
    include: tuple[str, ...] = ()
    """Only these classes and methods, as globs on dotted symbols."""
    exclude: tuple[str, ...] = ()
    """Not these."""
    types: Mapping[str, str] = field(default_factory=dict)
    """`mylib.Cls.method.parameter` (or `.return`) -> the type it has, or `drop`."""
    adapters: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """For a class that says nothing of its fields (`PIL.Image.Image`, `pandas.DataFrame`): how its values travel.
    `type` is the type that callers see, which is one type and no union; `load` the dotted name of a function that makes
    the class's value of what was sent, `dump` of one that makes what is sent of the class's value. The service imports
    both, so their module must be installed with the package, or be part of it."""
    roles: Mapping[str, Literal["inputs", "parameters"]] = field(default_factory=dict)
    """`mylib.Cls.method.parameter` -> where a request carries it."""
    raises: Mapping[str, str] = field(default_factory=dict)
    """Dotted exception class -> the error code that callers get."""
    renames: Mapping[str, str] = field(default_factory=dict)
    """Old dotted symbol -> new one: the wire numbers of the old go to the new."""
    refused: Literal["error", "warning"] = "error"
    """What a method that cannot be served is."""
    distribution: str = ""
    """What to install for the package, by its pyproject.toml; not a setting."""
    files: tuple[Path, ...] = ()
    """The files that these were read from."""


Problem: TypeAlias = "tuple[str, str]"
"""What is wrong with a value, as the end of a sentence that begins with its key, and what to write instead."""
Check: TypeAlias = "Callable[[Any], Iterator[Problem]]"


def load(package: Path) -> tuple[Settings, tuple[Finding, ...]]:
    """The settings of the package at a path: its folder, or its module's file.

    What is wrong is told in findings; the settings then hold what was right.
    """
    folders = list(dict.fromkeys(path.parent for path in looked_at(package) if path.is_file()))
    if not folders:
        return Settings(), ()
    folder = next((one for one in folders if _decides(one)), folders[0])
    findings: list[Finding] = []
    project = _parse(folder / PROJECT_FILE, findings)
    own = _parse(folder / OWN_FILE, findings)
    files = tuple(path for path in (folder / PROJECT_FILE, folder / OWN_FILE) if path.is_file())
    table = project.get("tool", {}).get("modelgen") if isinstance(project.get("tool"), dict) else None
    if table is not None and own:
        findings.append(_twice(folder))
    source = folder / (OWN_FILE if own else PROJECT_FILE)
    if not isinstance(table, dict | None):
        findings.append(_wrong(source, "tool.modelgen", "is not a table", "write [tool.modelgen] above its keys"))
        table = None
    values = dict(_valid(own or table or {}, source, findings))
    about = project.get("project")
    return _settings(values, about if isinstance(about, dict) else {}, folder, files), tuple(findings)


def _decides(folder: Path) -> bool:
    """Whether a folder holds settings: a published package may bring the pyproject.toml that it was built by."""
    project = folder / PROJECT_FILE
    return (folder / OWN_FILE).is_file() or (project.is_file() and b"tool.modelgen" in project.read_bytes())


def looked_at(package: Path) -> Iterator[Path]:
    """Where settings may be, nearest first: in the package, beside it, and beside the `src` that it lies in.

    Nowhere further up: there the file may be of a project that only happens to lie around the package.
    """
    package = package.absolute()
    for folder in (package, package.parent, *((package.parent.parent,) if package.parent.name == "src" else ())):
        yield folder / PROJECT_FILE
        yield folder / OWN_FILE


def _parse(path: Path, findings: list[Finding]) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        findings.append(
            Finding(
                level=Level.ERROR,
                code="settings-invalid",
                message=f"{path.name} is not TOML: {error}",
                where=Location(path=_shown(path)),
            )
        )
    except OSError as error:
        findings.append(_wrong(path, path.name, f"cannot be read: {error.strerror}", ""))
    return {}


def _valid(table: Mapping[str, Any], source: Path, findings: list[Finding]) -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        if key not in CHECKS:
            findings.append(_unknown(source, key))
            continue
        problems = list(CHECKS[key](value))
        findings += [_wrong(source, key, what, hint) for what, hint in problems]
        if not problems:
            yield key, value


def _settings(values: dict[str, Any], about: Mapping[str, Any], folder: Path, files: tuple[Path, ...]) -> Settings:
    own_version = about.get("version", "")
    named = about.get("name", "")
    default = own_version if isinstance(own_version, str) and _VERSION.fullmatch(own_version) else DEFAULT_VERSION
    output = values.get("output")
    return Settings(
        service=values.get("service", ""),
        version=values.get("version", default),
        output=folder / output if output else None,
        methods={glob: tuple(names) for glob, names in values.get("methods", {}).items()},
        include=tuple(values.get("include", ())),
        exclude=tuple(values.get("exclude", ())),
        types=values.get("types", {}),
        adapters=values.get("adapters", {}),
        roles=values.get("roles", {}),
        raises=values.get("raises", {}),
        renames=values.get("renames", {}),
        refused=values.get("refused", "error"),
        distribution=named if isinstance(named, str) else "",
        files=files,
    )


# What a value must be


def _text(pattern: re.Pattern[str], hint: str) -> Check:
    def check(value: Any) -> Iterator[Problem]:
        if not isinstance(value, str):
            yield f"is {_kind(value)}, not a string", hint
        elif not pattern.fullmatch(value):
            yield f"is {value!r}", hint

    return check


def _texts(value: Any) -> Iterator[Problem]:
    if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
        yield "is not a list of strings", 'write ["mylib.Cls", "mylib.other.*"]'


def _choice(*choices: str) -> Check:
    def check(value: Any) -> Iterator[Problem]:
        if value not in choices:
            yield f"is {value!r}", _instead(value, choices)

    return check


def _table(check_value: Check, keys: re.Pattern[str], example: str) -> Check:
    def check(value: Any) -> Iterator[Problem]:
        if not isinstance(value, dict):
            yield f"is {_kind(value)}, not a table", f"write {example}"
            return
        for key, item in value.items():
            if not keys.fullmatch(key):
                yield f"has the key {key!r}", f"write {example}"
            yield from ((f"{key!r} {what}", hint) for what, hint in check_value(item))

    return check


def _adapters(value: Any) -> Iterator[Problem]:
    if not isinstance(value, dict):
        yield f"is {_kind(value)}, not a table", f"write {_ADAPTER}"
        return
    for key, adapter in value.items():
        if not _DOTTED.fullmatch(key) or not isinstance(adapter, dict):
            yield f"has the key {key!r}, which is no dotted class", f"write {_ADAPTER}"
            continue
        yield from ((f"{key!r} {what}", hint) for what, hint in _adapter(adapter))


def _adapter(adapter: Mapping[str, Any]) -> Iterator[Problem]:
    for name in adapter.keys() - _PARTS.keys():
        yield f"has {name!r}", _instead(name, tuple(_PARTS))
    for name, check in _PARTS.items():
        if name not in adapter:
            yield f"has no {name!r}", f"write {_ADAPTER}"
        else:
            yield from ((f"has a {name!r} that {what}", hint) for what, hint in check(adapter[name]))


_GLOB = re.compile(r"[\w.*?\[\]!-]+")
_ANY = re.compile(r"(?s).*\S.*")
_DOTTED = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)+")
_ADAPTER = '[adapters."PIL.Image.Image"] with type = "bytes", load = "mylib.wire.load_image", dump = "mylib.wire.dump"'
_FUNCTION = _text(_DOTTED, 'write a dotted name such as "mylib.wire.load_image"')
_PARTS: Mapping[str, Check] = {
    "type": _text(_ANY, 'write a type such as "bytes"'),
    "load": _FUNCTION,
    "dump": _FUNCTION,
}
"""Every key of an adapter, and what its value must be."""

CHECKS: Mapping[str, Check] = {
    "service": _text(_NAME, 'write a name such as "sentiment-service"'),
    "version": _text(_VERSION, 'write a semantic version such as "1.4.0"'),
    "output": _text(_ANY, "write a folder, relative to this file"),
    "methods": _table(_texts, _GLOB, '"mylib.*Classifier" = ["predict"]'),
    "include": _texts,
    "exclude": _texts,
    "types": _table(_text(_ANY, 'write a type, or "drop"'), _GLOB, '"mylib.Cls.run.image" = "numpy.ndarray"'),
    "adapters": _adapters,
    "roles": _table(_choice("inputs", "parameters"), _GLOB, '"mylib.Cls.run.top_k" = "parameters"'),
    "raises": _table(_choice(*CODES), _SYMBOL, '"mylib.errors.TooLong" = "INVALID_ARGUMENT"'),
    "renames": _table(_text(_SYMBOL, "write the new dotted symbol"), _SYMBOL, '"mylib.Old" = "mylib.New"'),
    "refused": _choice("error", "warning"),
}
"""Every key, and what its value must be."""


# What the user is told


def _unknown(source: Path, key: str) -> Finding:
    return Finding(
        level=Level.ERROR,
        code="settings-unknown",
        message=f"{key!r} is not a setting",
        where=_place(source, key),
        hint=_instead(key, tuple(CHECKS)),
    )


def _wrong(source: Path, key: str, what: str, hint: str) -> Finding:
    return Finding(
        level=Level.ERROR, code="settings-invalid", message=f"{key!r} {what}", where=_place(source, key), hint=hint
    )


def _twice(folder: Path) -> Finding:
    return Finding(
        level=Level.ERROR,
        code="settings-twice",
        message=f"both {OWN_FILE} and [tool.modelgen] in {PROJECT_FILE} have settings",
        where=Location(path=_shown(folder / OWN_FILE)),
        hint="keep one of them",
    )


def _instead(given: object, choices: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(str(given), choices, n=1, cutoff=0.5)
    return f"did you mean {near[0]!r}?" if near else f"one of {', '.join(choices)}"


def _kind(value: Any) -> str:
    names = {bool: "a boolean", int: "a number", float: "a number", str: "a string", list: "a list", dict: "a table"}
    return names.get(type(value), "a date")


def _place(source: Path, key: str) -> Location:
    """Where a key stands: the first line that begins with it, in or as a table."""
    pattern = re.compile(rf"""\s*(\[(tool\.modelgen\.)?)?["']?{re.escape(key)}["']?\s*[=\].]""")
    try:
        lines = source.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        lines = []
    start = lines.index("[tool.modelgen]") if "[tool.modelgen]" in lines else 0
    number = next((at for at, line in enumerate(lines, 1) if at > start and pattern.match(line)), 0)
    return Location(path=_shown(source), line=number)


def _shown(path: Path) -> str:
    """The path as the user would type it from here."""
    here = Path.cwd()
    return path.relative_to(here).as_posix() if path.is_relative_to(here) else path.as_posix()

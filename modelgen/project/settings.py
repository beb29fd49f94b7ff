"""What a package's author decided: `[tool.modelgen]` in the package's pyproject.toml, or a modelgen.toml beside it."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from modelgen.check.policy import Policy
from modelgen.finding import Finding, Level, Location
from modelgen.project import policy
from modelgen.project.keys import CHECKS, TARGETS, VERSION
from modelgen.project.values import instead

if sys.version_info >= (3, 11):
    import tomllib
else:  # the standard library has it from 3.11 on
    import tomli as tomllib

PROJECT_FILE = "pyproject.toml"
OWN_FILE = "modelgen.toml"
DEFAULT_VERSION = "0.1.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of one package."""

    service: str = ""
    """Name of the service, `sentiment-service`; empty: the package's, with `-service`."""
    version: str = DEFAULT_VERSION
    """The service's semantic version; by default the package's own."""
    output: Path | None = None
    """Where the project goes; by default a folder named like the service, beside the package or beside the `src` that
    it lies in."""
    targets: tuple[str, ...] = TARGETS
    """What is written beside the service; by default all of it."""
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
    tasks: Mapping[str, str] = field(default_factory=dict)
    """Class glob -> what its models are for, by Hugging Face's name of the task. The lock, `openapi.json` and
    `/model/info` say so."""
    batching: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Method glob -> how its calls are batched: any of `max_size`, `adaptive`, `max_wait_ms` and `axis`, as
    [`batch`](#batch) of a deployment has them, which counts more."""
    deployments: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Name -> a deployment that the service starts with, unless `service.toml` has one of that name: a table with
    `module`, the class, and any of the keys [of a deployment](#of-a-deployment). A path in `artifact` is one on the
    server."""
    renames: Mapping[str, str] = field(default_factory=dict)
    """Old dotted symbol -> new one: the wire numbers of the old go to the new."""
    templates: Path | None = None
    """A folder of templates that stand in the place of modelgen's, relative to this file; `generate --templates` counts
    more. See [who owns a file](../how-to/ownership.md#change-how-files-are-written)."""
    refused: Literal["error", "warning"] = "error"
    """What a method that cannot be served is."""
    check: Policy = field(default_factory=Policy)
    """What `modelgen check` compares with (`baseline`) and fails on (`fail-on`: `error`, `warning` or `none`, among the
    `surfaces`), how grave each rule is (`severity`), which globs promise nothing yet (`unstable`), and which changes
    are accepted: `accept` is a list of tables with `change`, `reason` and, where it is to end, `until`."""
    distribution: str = ""
    """What to install for the package, by its pyproject.toml; not a setting."""
    files: tuple[Path, ...] = ()
    """The files that these were read from."""


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
    about = about if isinstance(about, dict) else {}
    return _settings(values, about, folder, files, source), tuple(findings)


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


def _settings(
    values: dict[str, Any], about: Mapping[str, Any], folder: Path, files: tuple[Path, ...], source: Path
) -> Settings:
    own_version = about.get("version", "")
    named = about.get("name", "")
    default = own_version if isinstance(own_version, str) and VERSION.fullmatch(own_version) else DEFAULT_VERSION
    output, templates = values.get("output"), values.get("templates")
    return Settings(
        service=values.get("service", ""),
        version=values.get("version", default),
        output=folder / output if output else None,
        targets=tuple(values.get("targets", TARGETS)),
        methods={glob: tuple(names) for glob, names in values.get("methods", {}).items()},
        include=tuple(values.get("include", ())),
        exclude=tuple(values.get("exclude", ())),
        types=values.get("types", {}),
        adapters=values.get("adapters", {}),
        roles=values.get("roles", {}),
        raises=values.get("raises", {}),
        tasks=values.get("tasks", {}),
        batching=values.get("batching", {}),
        deployments=values.get("deployments", {}),
        renames=values.get("renames", {}),
        templates=folder / templates if templates else None,
        refused=values.get("refused", "error"),
        check=policy.policy(values.get("check", {}), source, _shown(source)),
        distribution=named if isinstance(named, str) else "",
        files=files,
    )


# What the user is told


def _unknown(source: Path, key: str) -> Finding:
    return Finding(
        level=Level.ERROR,
        code="settings-unknown",
        message=f"{key!r} is not a setting",
        where=_place(source, key),
        hint=instead(key, tuple(CHECKS)),
    )


def _wrong(source: Path, key: str, what: str, hint: str) -> Finding:
    where = _place(source, key, *_QUOTED.findall(what))
    return Finding(level=Level.ERROR, code="settings-invalid", message=f"{key!r} {what}", where=where, hint=hint)


def _twice(folder: Path) -> Finding:
    return Finding(
        level=Level.ERROR,
        code="settings-twice",
        message=f"both {OWN_FILE} and [tool.modelgen] in {PROJECT_FILE} have settings",
        where=Location(path=_shown(folder / OWN_FILE)),
        hint="keep one of them",
    )


_QUOTED = re.compile(r"'([^']+)'")
"""The keys inside a setting, as a problem names them on the way down."""


def _place(source: Path, key: str, *inner: str) -> Location:
    """Where a key stands: the first line that begins with it, in or as a table; or that of the last key inside it."""
    try:
        lines = source.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        lines = []
    start = lines.index("[tool.modelgen]") if "[tool.modelgen]" in lines else 0
    found = _line(lines, start, rf"""\s*(\[(tool\.modelgen\.)?)?["']?{re.escape(key)}["']?\s*[=\].]""")
    for name in inner if found else ():
        deeper = _line(lines, found - 1, rf"""(.*[\s.\[{{,])?["']?{re.escape(name)}["']?\s*[=\].]""")
        found = deeper or found
    return Location(path=_shown(source), line=found)


def place(files: tuple[Path, ...], *keys: str) -> Location | None:
    """Where a key stands that was read from one of some files, each key inside the one before."""
    found = [_place(file, *keys) for file in files]
    return next((one for one in found if one.line), found[-1] if found else None)


def _line(lines: list[str], start: int, pattern: str) -> int:
    """The number of the first line behind some lines that begins so; 0: there is none."""
    begins = re.compile(pattern)
    return next((at for at, line in enumerate(lines, 1) if at > start and begins.match(line)), 0)


def _shown(path: Path) -> str:
    """The path as the user would type it from here."""
    here = Path.cwd()
    return path.relative_to(here).as_posix() if path.is_relative_to(here) else path.as_posix()

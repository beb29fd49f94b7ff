"""What a service is told: `service.toml`, then the environment (`MODELGEN_HTTP_PORT`), then flags; the last counts."""

from __future__ import annotations

import difflib
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import Field, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from modelgen.finding import Finding, Level, Location
from modelgen.runtime.bounds import WIDEST

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PREFIX = "MODELGEN_"
"""Of environment variables: `MODELGEN_` and the setting's name in capitals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """`batch = {…}` of a deployment: how calls of one method become one call of the model."""

    max_size: int = 32
    """Calls in one batch; 1: every call by itself."""
    adaptive: bool = True
    """Whether a model that is free takes at once what is there, so that what waited while it was busy is the next
    batch. Otherwise it waits for a full batch, at most `max_wait_ms`."""
    max_wait_ms: float = 5.0
    """Milliseconds that a batch waits for further calls where `adaptive` is off."""
    axis: int | None = None
    """Of methods with tensors as inputs and no `…_batch` beside them: the axis along which the tensors of many calls
    are joined and the result is split again."""
    pad_axis: int | None = None
    """With `axis`: another axis, on which tensors may differ in length. They are filled up to the longest of the
    batch; lengths of up to 32 are joined, of 33 to 64, of 65 to 128, and so on."""
    pad: float | Mapping[str, float] = 0
    """What tensors are filled up with. A table says it by the name of the input, `{ tokens = 1, mask = 0 }`; inputs
    that are not in it are not filled up."""
    pad_side: str = "right"
    """Whether that stands behind what was sent or, `left`, before it."""
    cut_axis: int | Mapping[str, int] | None = None
    """The axis on which results are as long as the inputs, and are cut back to what was sent. A table says it by the
    name, or the position, of a result among several; empty: none is. If it is not said, and a result happens to be as
    long as the filled-up inputs, the calls of that batch are answered one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """`[deployments.<name>]`: a model under a name that callers use."""

    name: str
    module: str
    """The class that it is an instance of: `SentimentClassifier`, or its path `sentiment-classifier`."""
    artifact: str = ""
    """What the class's `load` reads, looked for beside the settings first; empty: an instance is constructed."""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    """The constructor's arguments."""
    device: str = "auto"
    """`auto`, `cpu`, `cuda:0`, `mps`: where a torch module is put."""
    dtype: str = ""
    """What the weights of a torch module are converted to; empty: they stay as they are."""
    autocast: str = ""
    """What torch computes in where that is safe, whatever the weights are (`torch.autocast`); empty: as they are."""
    compile: bool = False
    """Whether a torch module's `forward` is compiled (`torch.compile`). The first calls take longer; see `warm_up`."""
    warm_up: bool = True
    """Whether the model answers a call with what its `example()` gives, if it has one, before it counts as ready."""
    isolation: str = "thread"
    """Where each replica lives: in a `thread` of the service, or in a `process` of its own, which is started again
    where a call ends it, or takes longer than `timeout`."""
    max_process_memory: int = 0
    """Bytes that a replica's process may take. One that takes more is replaced by another, between two calls; 0: no
    limit. Needs `isolation = "process"`, and Linux."""
    max_process_calls: int = 0
    """Calls, or batches of them, after which a replica's process is replaced in the same way; 0: never. Needs
    `isolation = "process"`."""
    replicas: int = 1
    """Instances, so that many calls run at once; each is given one call, or one batch, at a time. They share the
    threads that torch computes with."""
    keep: bool = False
    """Whether it stays loaded where `max_memory` makes room."""
    memory: int = 0
    """Bytes that it counts as under `max_memory`; 0: as measured."""
    timeout: float = 0.0
    """Seconds after which a call is given up; 0: never."""
    max_queue: int = 1024
    """Calls that may wait; more are refused."""
    batch: Batch | None = None
    """How its calls are batched, instead of what the package's settings say of its methods."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings of a running service."""

    host: str = "127.0.0.1"
    """Address to listen on; `0.0.0.0` for every interface."""
    http_port: int = 8080
    """0: a free one."""
    grpc_port: int = 50051
    """0: a free one."""
    http: bool = True
    """Whether HTTP is served."""
    grpc: bool = True
    """Whether gRPC is served."""
    max_body: int = 64 * 1024 * 1024
    """Bytes of an HTTP body, of a line of a streamed one, and of a gRPC message; of compressed ones, as unpacked."""
    max_depth: int = 100
    """Levels of lists and objects, one in another, that a request may have."""
    max_elements: int = 32 * 1024 * 1024
    """Elements of one tensor in a request, however it is written."""
    header_timeout: float = 10.0
    """Seconds within which the head of an HTTP request must be there."""
    body_timeout: float = 30.0
    """Seconds within which more of a body must come, and a client take more of an answer; and for each MiB of a body
    that is read whole."""
    workers: int = 1
    """Processes that share the ports, each with models of its own."""
    max_memory: int = 0
    """Bytes that the models of a process may take together. Those that were called least recently make room, and are
    loaded again by the next call; 0: no limit."""
    grace: float = 30.0
    """Seconds that running calls have when the service stops."""
    state: str = "state"
    """Folder for jobs and what they trained; relative to the settings file."""
    max_jobs: int = 1
    """Training jobs that run at once."""
    management: str = "local"
    """Who may manage the service, and so train on it, where no token is configured: callers on this machine (`local`,
    which holds only while `host` is of this machine too), nobody (`token`), or everybody (`open`)."""
    management_port: int | None = None
    """A port of its own for management, `/metrics`, and all of HTTP beside them; the others serve neither then. 0: a
    free one. Without it, they are on the HTTP port."""
    management_host: str = "127.0.0.1"
    """Address of the management port."""
    tokens: str = ""
    """File of bearer tokens, each on a line with its scopes, `infer`, `manage` or both; relative to the settings file.
    Tokens may also be in the environment: `MODELGEN_TOKEN` (`infer`) and `MODELGEN_MANAGE_TOKEN` (both)."""
    open_inference: bool = False
    """Whether methods answer callers without a token although tokens are configured, which then protect management."""
    jwt_issuer: str = ""
    """OpenID Connect issuer whose tokens count too, with the scopes in their `scope` or `scp`. Needs the extra
    `modelgen[jwt]`."""
    jwt_audience: str = ""
    """What the issuer's tokens must be for."""
    jwt_keys: str = ""
    """URL of the issuer's keys; empty: what its discovery document says."""
    tls_certificate: str = ""
    """The server's certificate, in PEM, for HTTP and gRPC; relative to the settings file. Files that change count from
    the next connection on."""
    tls_key: str = ""
    """The certificate's key, not encrypted."""
    tls_client_authority: str = ""
    """Certificate of the authority that callers must have one of (mTLS); empty: they need none."""
    metrics: bool = True
    """Whether `/metrics` is there."""
    trace_endpoint: str = ""
    """Where an OpenTelemetry collector takes traces: `http://127.0.0.1:4318`. `OTEL_EXPORTER_OTLP_ENDPOINT` says it
    too; without either, nothing is traced. Needs the extra `modelgen[tracing]`."""
    log_level: str = "info"
    """The least that is logged."""
    log_format: str = "auto"
    """Lines to read, or an object of JSON a line; `auto`: lines on a terminal, JSON elsewhere."""
    access_log: bool = False
    """Whether every request is logged."""
    deployments: tuple[Deployment, ...] = ()
    """Models to serve; a module without one gets one, named by its path, if its constructor needs no arguments."""


KINDS: Mapping[str, tuple[type, ...]] = {
    "str": (str,),
    "int": (int,),
    "float": (int, float),
    "bool": (bool,),
    "Mapping[str, Any]": (dict,),
    "int | None": (int,),
    "Batch | None": (dict,),
    "float | Mapping[str, float]": (int, float, dict),
    "int | Mapping[str, int] | None": (int, dict),
}
ITEMS: Mapping[str, str] = {"float | Mapping[str, float]": "float", "int | Mapping[str, int] | None": "int"}
"""What stands in tables that may be there instead of a value."""
WORDS: Mapping[str, str] = {
    "str": "a string",
    "int": "an integer",
    "float": "a number",
    "bool": "true or false",
    "Mapping[str, Any]": "a table",
    "int | None": "an integer",
    "Batch | None": "a table",
    "float | Mapping[str, float]": "a number, or a table of numbers",
    "int | Mapping[str, int] | None": "an integer, or a table of integers",
}
LOWEST: Mapping[str, float] = {
    **{"http_port": 0, "grpc_port": 0, "management_port": 0, "grace": 0, "timeout": 0, "max_queue": 0},
    **{"max_body": 1, "max_jobs": 1, "replicas": 1, "workers": 1, "max_size": 1, "max_wait_ms": 0},
    **{"axis": 0, "pad_axis": 0, "cut_axis": 0},
    **{"max_depth": 1, "max_elements": 1, "header_timeout": 0.1, "body_timeout": 0.1, "memory": 0, "max_memory": 0},
    **{"max_process_memory": 0, "max_process_calls": 0},
}
HIGHEST: Mapping[str, float] = {
    **{"http_port": 65535, "grpc_port": 65535, "management_port": 65535},
    **{"max_depth": WIDEST.depth, "max_elements": WIDEST.elements},
}
CHOICES: Mapping[str, tuple[str, ...]] = {
    "log_level": ("debug", "info", "warning", "error"),
    "log_format": ("auto", "text", "json"),
    "management": ("local", "token", "open"),
    "isolation": ("thread", "process"),
    "pad_side": ("right", "left"),
    "dtype": ("float32", "float64", "float16", "bfloat16"),
    "autocast": ("float16", "bfloat16"),
}
MAY_BE_EMPTY = ("dtype", "autocast")
DEVICE = re.compile(r"auto|cpu|mps|cuda(:\d+)?")
PATHS = ("state", "tokens", "tls_certificate", "tls_key", "tls_client_authority")
"""Settings that are paths, relative to the settings file."""


def read(
    path: Path | None = None,
    environment: Mapping[str, str] | None = None,
    flags: Mapping[str, Any] | None = None,
    stated: Iterable[str] = (),
) -> tuple[Settings, tuple[Finding, ...]]:
    """The settings, and what is wrong with them.

    Args:
        path: `service.toml`; a file that is not there says nothing.
        environment: where `MODELGEN_*` is looked up.
        flags: of the command line; None means that a flag was not given.
        stated: `name=value` texts of the command line, which count as much.
    """
    document, text, findings = _document(path)
    place = _Places(path, text)
    tables = document.pop("deployments", {})
    values = dict(_checked(Settings, document, place, findings))
    values.update(_from_environment(os.environ if environment is None else environment, findings))
    values.update(_stated(stated, findings))
    values.update((name, value) for name, value in (flags or {}).items() if value is not None)
    deployments = tuple(_deployments(tables, place, findings))
    settings = replace(Settings(**values), deployments=deployments)
    return (settings if path is None else _beside(path.parent, settings)), tuple(findings)


def _beside(folder: Path, settings: Settings) -> Settings:
    """The settings with the paths in them from where the file is. An artifact that is no path there stays as it is."""
    deployments = tuple(
        (
            replace(found, artifact=str(folder / found.artifact))
            if found.artifact and (folder / found.artifact).exists()
            else found
        )
        for found in settings.deployments
    )
    paths: dict[str, Any] = {name: str(folder / value) for name in PATHS if (value := getattr(settings, name))}
    return replace(settings, **paths, deployments=deployments)


def _document(path: Path | None) -> tuple[dict[str, Any], str, list[Finding]]:
    if path is None or not path.is_file():
        return {}, "", []
    try:
        text = path.read_text(encoding="utf-8")
        return tomllib.loads(text), text, []
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        where = Location(path=path.name, line=_line_in(str(error)))
        return {}, "", [_error("settings-syntax", f"{path.name} cannot be read: {error}", where)]


def _line_in(message: str) -> int:
    found = re.search(r"line (\d+)", message)
    return int(found[1]) if found else 0


@dataclass(frozen=True, slots=True)
class _Places:
    """Where keys stand in the settings file."""

    path: Path | None
    text: str

    def of(self, key: str) -> Location | None:
        """The line that sets `key`, or the table of that name."""
        if self.path is None:
            return None
        name = rf"\"?{re.escape(key)}\"?"
        found = re.search(rf"(?:^|[{{,])\s*{name}\s*=|^\s*\[deployments\.(\S+\.)?{name}\]", self.text, re.MULTILINE)
        line = self.text.count("\n", 0, found.end()) + 1 if found else 0
        return Location(path=self.path.name, line=line)


def _error(code: str, message: str, where: Location | None, hint: str = "") -> Finding:
    return Finding(level=Level.ERROR, code=code, message=message, where=where, hint=hint)


def _checked(
    of: type[Settings] | type[Deployment] | type[Batch],
    table: Mapping[str, Any],
    place: _Places,
    findings: list[Finding],
) -> Iterator[tuple[str, Any]]:
    """The entries of a table that fit the dataclass; the others become findings."""
    kinds = {item.name: str(item.type) for item in fields(of) if item.name not in ("name", "deployments")}
    for key, value in table.items():
        if key not in kinds:
            findings.append(_unknown(key, kinds, place.of(key)))
        elif (problem := _problem(key, value, kinds[key])) is not None:
            findings.append(_error("settings-value", problem, place.of(key)))
        else:
            yield key, value


def _unknown(key: str, known: Iterable[str], where: Location | None) -> Finding:
    known = list(known)
    nearest = difflib.get_close_matches(key, known, n=1)
    hint = f"did you mean `{nearest[0]}`?" if nearest else f"known are {', '.join(known)}"
    return _error("settings-unknown", f"`{key}` is no setting", where, hint)


def _problem(key: str, value: Any, kind: str) -> str | None:
    if not isinstance(value, KINDS[kind]) or (isinstance(value, bool) and kind != "bool"):
        return f"`{key}` must be {WORDS[kind]}, not {value!r}"
    if isinstance(value, (int, float)):
        return _out_of_range(key, value)
    if isinstance(value, dict) and kind in ITEMS:
        return next((found for item in value.values() if (found := _problem(key, item, ITEMS[kind]))), None)
    if key in CHOICES and value not in CHOICES[key] and (value or key not in MAY_BE_EMPTY):
        return f"`{key}` must be one of {', '.join(CHOICES[key])}, not {value!r}"
    if key == "device" and not DEVICE.fullmatch(str(value)):
        return f"`{key}` must be auto, cpu, mps, cuda, or cuda:0 and so on, not {value!r}"
    return None


def _out_of_range(key: str, value: float) -> str | None:
    if value < LOWEST.get(key, value):
        return f"`{key}` must be {LOWEST[key]} or more, not {value!r}"
    if value > HIGHEST.get(key, value):
        return f"`{key}` must be {HIGHEST[key]} or less, not {value!r}"
    return None


def _from_environment(environment: Mapping[str, str], findings: list[Finding]) -> Iterator[tuple[str, Any]]:
    for item in fields(Settings):
        name = PREFIX + item.name.upper()
        if item.name == "deployments" or name not in environment:
            continue
        yield from _read(item, environment[name], Location(path=name), findings)


def _stated(stated: Iterable[str], findings: list[Finding]) -> Iterator[tuple[str, Any]]:
    """The settings that texts like `access_log=true` give."""
    known = {item.name: item for item in fields(Settings) if item.name != "deployments"}
    where = Location(path="--set")
    for text in stated:
        name, equals, value = text.partition("=")
        if not equals:
            hint = "`--set access_log=true`"
            findings.append(_error("settings-value", f"`{text}` is no setting with its value", where, hint))
        elif name not in known:
            findings.append(_unknown(name, known, where))
        else:
            yield from _read(known[name], value, where, findings)


def _read(item: Field[Any], text: str, where: Location, findings: list[Finding]) -> Iterator[tuple[str, Any]]:
    """The setting, if the text spells a value of it; else a finding."""
    value = _parsed(text, str(item.type))
    problem = _problem(item.name, value, str(item.type))
    if problem is None:
        yield item.name, value
    else:
        findings.append(_error("settings-value", problem, where))


def _parsed(text: str, kind: str) -> Any:
    """The value that an environment variable spells; the text itself where it does not spell one."""
    if kind == "bool":
        return {"1": True, "true": True, "0": False, "false": False}.get(text.lower(), text)
    try:
        return {"int": int, "int | None": int, "float": float}.get(kind, str)(text)
    except ValueError:
        return text


def _deployments(tables: Any, place: _Places, findings: list[Finding]) -> Iterator[Deployment]:
    if not isinstance(tables, dict):
        findings.append(_error("settings-value", "`deployments` must be tables", place.of("deployments")))
        return
    for name, table in tables.items():
        if not isinstance(table, dict):
            findings.append(_error("settings-value", f"`deployments.{name}` must be a table", place.of(name)))
        elif not re.fullmatch(r"[A-Za-z0-9._-]{1,64}", name):
            text = f"`{name}` is no name of a deployment"
            findings.append(_error("settings-value", text, place.of(name), "letters, digits, `.`, `_` and `-`"))
        elif "module" not in table:
            findings.append(
                _error("settings-missing", f"deployment `{name}` does not say its `module`", place.of(name))
            )
        else:
            values = dict(_checked(Deployment, table, place, findings))
            if "batch" in values:
                values["batch"] = Batch(**dict(_checked(Batch, values["batch"], place, findings)))
            yield Deployment(name=name, **{"module": "", **values})


def check_modules(settings: Settings, known: Mapping[str, str], file: str = "service.toml") -> tuple[Finding, ...]:
    """What is wrong with the deployments' modules; `known` maps the names of modules to their paths."""
    names = [*known, *known.values()]
    found = []
    for deployment in settings.deployments:
        if deployment.module not in names:
            finding = _unknown(deployment.module, names, Location(path=file))
            text = f"deployment `{deployment.name}` names the module `{deployment.module}`, which this service has not"
            found.append(replace(finding, code="settings-module", message=text))
    return tuple(found)

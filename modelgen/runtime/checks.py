"""What is wrong with settings that must hold together: told before anything is loaded."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from modelgen.finding import Finding, Level, Location
from modelgen.runtime import padding, security, tls
from modelgen.runtime.binding import ModuleBinding
from modelgen.runtime.settings import Settings
from modelgen.runtime.tracing import ENDPOINTS, PROTOCOL, PROTOCOLS, protocol


def check_settings(
    settings: Settings, environment: Mapping[str, str] | None = None, file: str = "service.toml"
) -> tuple[Finding, ...]:
    """What is wrong, and what is left open."""
    environment = os.environ if environment is None else environment
    where = Location(path=Path(file).name)
    return (
        *security.check(settings, environment, where.path),
        *_check_issuer(settings, where),
        *_check_tls(settings, where),
        *_check_tracing(settings, environment, where),
        *_check_processes(settings, where),
    )


def check_batches(
    settings: Settings, modules: Iterable[ModuleBinding], file: str = "service.toml"
) -> Iterator[Finding]:
    """What is wrong with how deployments fill up the tensors of their batches."""
    where = Location(path=Path(file).name)
    known = {name: module for module in modules for name in (module.name, module.path)}
    for deployment in settings.deployments:
        module, batch = known.get(deployment.module), deployment.batch
        if module is None or batch is None:
            continue
        inputs = {name for method in module.methods for name in method.inputs}
        named = batch.pad if isinstance(batch.pad, Mapping) else {}
        unknown = (f"`pad` names `{name}`, which is no input of {module.name}" for name in named if name not in inputs)
        for text in (*padding.problems(batch), *unknown):
            text = f"the batches of deployment `{deployment.name}`: {text}"
            yield Finding(level=Level.ERROR, code="settings-value", message=text, where=where)


def _check_issuer(settings: Settings, where: Location) -> Iterator[Finding]:
    for name in ("jwt_issuer", "jwt_keys"):
        address = getattr(settings, name)
        if address and not security.is_address(address):
            text = f"`{name}` must be a URL of HTTPS, or of this machine, not {address!r}"
            yield Finding(level=Level.ERROR, code="settings-value", message=text, where=where)
    if settings.jwt_issuer and not settings.jwt_audience:
        text = "`jwt_issuer` needs `jwt_audience`: without it, tokens for other services would count here"
        yield Finding(level=Level.ERROR, code="settings-missing", message=text, where=where)
    for name in ("jwt_audience", "jwt_keys"):
        if getattr(settings, name) and not settings.jwt_issuer:
            text = f"`{name}` says nothing without `jwt_issuer`"
            yield Finding(level=Level.ERROR, code="settings-missing", message=text, where=where)
    if settings.jwt_issuer and not _installed("jwt", "cryptography"):
        yield _extra("jwt_issuer", "jwt", where)


def _check_tls(settings: Settings, where: Location) -> Iterator[Finding]:
    given = [name for name in ("tls_certificate", "tls_key", "tls_client_authority") if getattr(settings, name)]
    absent = [name for name in ("tls_certificate", "tls_key") if name not in given]
    if given and absent:
        text = f"`{given[0]}` needs `{absent[0]}`"
        yield Finding(level=Level.ERROR, code="settings-missing", message=text, where=where)
    elif given:
        found = tls.check(tls.of(settings))
        if found is not None:
            yield found


def _check_tracing(settings: Settings, environment: Mapping[str, str], where: Location) -> Iterator[Finding]:
    asked = settings.trace_endpoint or any(environment.get(name) for name in ENDPOINTS)
    if settings.trace_endpoint and not settings.trace_endpoint.startswith(("http://", "https://")):
        text = f"`trace_endpoint` must be a URL such as http://127.0.0.1:4318, not {settings.trace_endpoint!r}"
        yield Finding(level=Level.ERROR, code="settings-value", message=text, where=where)
    if asked and (said := protocol(environment)) not in PROTOCOLS:
        text = f"traces can be sent by {' or '.join(PROTOCOLS)}, not by {said!r}, which `{PROTOCOL[1]}` asks for"
        yield Finding(level=Level.ERROR, code="settings-value", message=text, where=where)
    if asked and not _installed("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto"):
        yield _extra("trace_endpoint", "tracing", where)


def _check_processes(settings: Settings, where: Location) -> Iterator[Finding]:
    for deployment in settings.deployments:
        for name in ("max_process_memory", "max_process_calls"):
            if getattr(deployment, name) and deployment.isolation != "process":
                text = f'`{name}` of deployment `{deployment.name}` says nothing without `isolation = "process"`'
                yield Finding(level=Level.ERROR, code="settings-missing", message=text, where=where)


def _installed(*modules: str) -> bool:
    try:
        return all(importlib.util.find_spec(module) is not None for module in modules)
    except ModuleNotFoundError:  # a package above it is not there
        return False


def _extra(setting: str, extra: str, where: Location) -> Finding:
    text = f"`{setting}` needs packages that are not installed"
    hint = f"pip install 'modelgen[{extra}]'"
    return Finding(level=Level.ERROR, code="extra-not-installed", message=text, where=where, hint=hint)

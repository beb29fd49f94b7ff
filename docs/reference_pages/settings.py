"""The settings of packages and of services, with the docstrings of the classes that hold them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import MISSING, Field, fields

from docs.reference_pages.markdown import attribute_docs, code, paragraphs
from modelgen.project import keys
from modelgen.project import settings as package_settings
from modelgen.runtime import settings as service_settings

PACKAGE = """\
# Settings

## Of a package

In `[tool.modelgen]` of the package's `pyproject.toml`, or at the top of a `modelgen.toml` beside it; one of the two.
Both are looked for in the package's folder, beside it, and beside the `src` that it lies in. Every key is optional. An
unknown key and a wrong value are errors. A glob is matched against dotted public names: `mylib.Cls.run.top_k`."""

SERVICE = """\
## Of a service

In `service.toml` of the generated project, which is yours: `modelgen generate` writes it once. The environment counts
more than the file, and a flag more than the environment. An unknown key and a wrong value are errors. Those without a
flag of their own are given with `--set`: `--set log_format=json`."""

DEPLOYMENT = """\
## Of a deployment

In `[deployments.<name>]` of `service.toml`. The name is what callers send as `deployment`: letters, digits, `.`, `_`
and `-`."""

BATCH = """\
## Of a batch

In the table `batch` of a deployment, or of [`batching`](#batching) of a package."""

FLAGS = {
    "host": "--host",
    "http_port": "--http-port",
    "grpc_port": "--grpc-port",
    "http": "--no-http",
    "grpc": "--no-grpc",
    "management_port": "--management-port",
    "access_log": "--access-log",
    "workers": "--workers",
}
"""Settings of a service that flags of `serve` give."""


_VALUE = re.compile(r'"[^"]*"( = ("[^"]*"|\[[^\]]*\]))?|\[[^\]]*\]')
"""What a hint writes out as TOML."""


def page() -> str:
    """The whole page."""
    parts = [PACKAGE, *_package(), SERVICE, *_service(), DEPLOYMENT, *_deployment(), BATCH, *_batch()]
    return "\n\n".join(parts)


def _package() -> Iterator[str]:
    docs = attribute_docs(package_settings, "Settings")
    for field in fields(package_settings.Settings):
        if field.name in keys.CHECKS:
            yield f"### {field.name}"
            yield paragraphs(docs[field.name])
            _, hint = next(keys.CHECKS[field.name](0))  # what no setting is: each says what it wants
            yield paragraphs(f"{hint[0].upper()}{_VALUE.sub(_as_code, hint[1:])}." + _default(field))


def _as_code(match: re.Match[str]) -> str:
    return code(match[0])


def _service() -> Iterator[str]:
    docs = attribute_docs(service_settings, "Settings")
    for field in fields(service_settings.Settings):
        if field.name == "deployments":
            continue
        yield f"### {field.name}"
        yield paragraphs(docs[field.name])
        flag = f" or {code(FLAGS[field.name])}" if field.name in FLAGS else ""
        yield _kind(field) + f" Also: {code(service_settings.PREFIX + field.name.upper())}{flag}."


def _deployment() -> Iterator[str]:
    docs = attribute_docs(service_settings, "Deployment")
    yield paragraphs(attribute_docs(service_settings, "Settings")["deployments"])
    for field in fields(service_settings.Deployment):
        if field.name != "name":
            yield f"### {field.name}"
            yield paragraphs(docs[field.name])
            yield _kind(field)


def _batch() -> Iterator[str]:
    docs = attribute_docs(service_settings, "Batch")
    for field in fields(service_settings.Batch):
        yield f"### {field.name}"
        yield paragraphs(docs[field.name])
        yield _kind(field)


def _kind(field: Field[object]) -> str:
    word = service_settings.WORDS[str(field.type)]
    low, high = service_settings.LOWEST.get(field.name), service_settings.HIGHEST.get(field.name)
    limits = "" if low is None else f", {low} or more" if high is None else f" from {low} to {high}"
    choices = ", ".join(map(code, service_settings.CHOICES.get(field.name, ())))
    return f"{word[0].upper()}{word[1:]}{limits}{': ' + choices if choices else ''}." + _default(field)


def _default(field: Field[object]) -> str:
    if field.name == "version":  # its docstring says it
        return ""
    if field.default is MISSING:
        return "" if field.default_factory is not MISSING else " Required."
    written = json.dumps(field.default) if isinstance(field.default, str | int | float) and field.default != "" else ""
    return f" Default: {code(written)}." if written else ""

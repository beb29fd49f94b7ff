"""Packages written for a test, and served for real."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx

from modelgen.project.generate import generate
from modelgen.runtime.testing import Running, running


@dataclass(frozen=True)
class Served:
    """A package, its client, and where it is served."""

    local: ModuleType
    remote: ModuleType
    service: Running
    service_folder: Path

    def url(self, transport: str) -> str:
        return self.service.http if transport == "http" else f"grpc://{self.service.grpc}"

    def post(self, route: str, body: dict[str, Any]) -> httpx.Response:
        return httpx.post(f"{self.service.http}/api/v1/{route}", json=body)


def written(folder: Path, name: str, files: dict[str, str], settings: str) -> Path:
    (folder / "modelgen.toml").write_text(settings)
    for file, text in files.items():
        (folder / name / file).parent.mkdir(exist_ok=True)
        (folder / name / file).write_text(text)
    return folder / name


def served(package: Path, state: Path) -> Iterator[Served]:
    name, project = package.name, package.parent / "project"
    outcome = generate(package, project)
    assert not outcome.failed, outcome.findings
    folders = [str(project), str(project / "clients/python"), str(package.parent)]
    sys.path[:0] = folders
    try:
        service = importlib.import_module(f"{name}_service.bindings").SERVICE
        with running(service, state=state) as started:
            yield Served(importlib.import_module(name), importlib.import_module(f"{name}_client"), started, project)
    finally:
        for folder in folders:
            sys.path.remove(folder)
        for module in [one for one in sys.modules if one.split(".")[0] in (name, f"{name}_service", f"{name}_client")]:
            del sys.modules[module]

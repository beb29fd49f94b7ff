"""What is written once and then belongs to the project's owners: packaging, settings, README, a smoke test."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from modelgen.contract.model import Method
from modelgen.targets import client_readme
from modelgen.targets.samples import request_sample, sample
from modelgen.targets.service import shared_view
from modelgen.targets.stubs import floors
from modelgen.targets.target import Blueprint, File, Target
from modelgen.targets.templates import render

_FILES = {
    "README.md": "README.md",
    "pyproject.toml": "pyproject.toml",
    "service.toml": "service.toml",
    ".gitignore": "gitignore",
    ".github/workflows/ci.yml": "ci.yml",
    "tests/samples.py": "samples.py",
    "tests/test_smoke.py": "test_smoke.py",
}


def emit(blueprint: Blueprint) -> Iterable[File]:
    """The scaffolds."""
    view = shared_view(blueprint) | {
        "distribution": blueprint.distribution,
        "requires": blueprint.requires,
        "floors": floors(blueprint),
        "samples": samples(blueprint),
        "calls": client_readme.calls(blueprint) if "python-client" in blueprint.outputs else {},
        "clients": ["clients/python"] if "python-client" in blueprint.outputs else [],
        "tests": ["tests"] if "tests" in blueprint.outputs else [],
    }
    view["typed"] = [blueprint.service, *(f"{one}/{blueprint.client}" for one in view["clients"]), *view["tests"]]
    for path, name in _FILES.items():
        if path.startswith("tests/") and not view["tests"]:
            continue
        template = f"scaffolds/{name}"
        yield File(path=path, text=render(template, **view), state="scaffold", template=template)


def samples(blueprint: Blueprint) -> list[dict[str, Any]]:
    """A request for every method that is not training."""
    found = []
    for service in blueprint.wire.services:
        for rpc in service.methods:
            if rpc.method.kind == "train":
                continue
            request = request_sample(rpc.method, blueprint.contract)
            found.append(
                {
                    "module": service.module.name,
                    "method": rpc.method.name,
                    "route": f"{blueprint.route(service)}/{rpc.method.name.replace('_', '-')}",
                    "request": request,
                    "json": _shell(json.dumps(request, ensure_ascii=False)),
                    "pieces": _pieces(rpc.method, blueprint),
                    "lines": [_shell(json.dumps(one, ensure_ascii=False)) for one in _pieces(rpc.method, blueprint)],
                    "stream_in": rpc.client_streaming,
                    "stream_out": rpc.server_streaming,
                    "file": service.file,
                }
            )
    return found


def _pieces(method: Method, blueprint: Blueprint) -> list[Any]:
    stream = method.stream_parameter
    return [sample(stream.type, blueprint.contract)] * 2 if stream else []


def _shell(text: str) -> str:
    """Text for between single quotes of a shell."""
    return re.sub("'", "'\\\\''", text)


SCAFFOLDS = Target(name="scaffolds", emit=emit)

"""The generated project's own tests: that routes, protos and schemas agree, and that remote answers are local ones."""

from __future__ import annotations

from collections.abc import Iterable

from modelgen.targets.formatting import tidy
from modelgen.targets.scaffolds import samples
from modelgen.targets.service import shared_view
from modelgen.targets.target import Blueprint, File, Target
from modelgen.targets.templates import render

_FILES = ("conftest.py", "test_contract.py", "test_http.py", "test_grpc.py", "test_parity.py", "test_client.py")


def emit(blueprint: Blueprint) -> Iterable[File]:
    """The tests."""
    view = shared_view(blueprint) | {"samples": samples(blueprint)}
    for name in _FILES:
        if name == "test_client.py" and "python-client" not in blueprint.outputs:
            continue
        template = f"checks/{name}"
        yield File(path=f"tests/{name}", text=tidy(render(template, **view), blueprint.cache), template=template)
    yield File(path="tests/__init__.py", text="")


CHECKS = Target(name="checks", setting="tests", emit=emit)

"""The map of the architecture, held against the code."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "modelgen"
MODULES = sorted(PACKAGE.rglob("*.py"))

CATCH_ALLS = {"utils", "util", "helpers", "helper", "common", "base", "core", "manager", "managers", "misc"}
GENERATOR = ["modelgen.cli.main", "modelgen.project.generate", "modelgen.source", "modelgen.targets"]
NEVER_IN_THE_GENERATOR = {"torch", "fastapi", "starlette", "uvicorn", "grpc", "ray", "modelgen.runtime"}
NEVER_IN_THE_RUNTIME = {"libcst", "jinja2", "black", "datamodel_code_generator", "grpc_tools.protoc", "tomlkit"}


def loaded_by(*modules: str) -> set[str]:
    """What a fresh interpreter has loaded after importing some modules."""
    code = f"import json, sys, {', '.join(modules)}; print(json.dumps(sorted(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    return set(json.loads(run.stdout))


def imports(tree: ast.AST) -> Iterator[str]:
    """The top-level packages that a file imports, wherever it does so."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def test_imports_go_one_way() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    run = subprocess.run([linter, "--no-logo", "--no-cache"], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize("module", GENERATOR)
def test_the_generator_loads_nothing_of_serving(module: str) -> None:
    assert not loaded_by(module) & NEVER_IN_THE_GENERATOR


def test_the_runtime_loads_nothing_of_the_generator() -> None:
    assert not loaded_by("modelgen.runtime.server") & NEVER_IN_THE_RUNTIME


def test_the_command_line_starts_light() -> None:
    """`modelgen --version` must not wait for what only one command needs."""
    heavy = {
        "libcst",
        "jinja2",
        "black",
        "datamodel_code_generator",
        "grpc_tools",
        "google.protobuf",
        "numpy",
        "pydantic",
    }
    assert not loaded_by("modelgen.cli.main") & heavy


@pytest.mark.parametrize("module", [path for path in MODULES if path.is_relative_to(PACKAGE / "contract")], ids=str)
def test_the_contract_stands_on_the_standard_library(module: Path) -> None:
    foreign = set(imports(ast.parse(module.read_text(encoding="utf-8")))) - sys.stdlib_module_names - {"modelgen"}
    assert foreign <= {"tomli", "tomllib"}  # which the standard library has from 3.11 on


def test_no_room_is_called_anything() -> None:
    names = {part for path in MODULES for part in path.relative_to(PACKAGE).with_suffix("").parts}
    assert not names & CATCH_ALLS


def test_every_module_says_what_it_is() -> None:
    silent = [path for path in MODULES if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))]
    assert not silent

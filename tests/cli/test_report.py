"""The report on a messy package: what was found, served, left out and refused, in each of its forms."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

Modelgen = Callable[..., Result]

MESSY = '''"""Messy."""
from typing import Annotated, Any, Callable

import threading
from annotated_types import Ge


class Served:
    def run(self, x: list[Annotated[int, Ge(0)]]) -> int:
        return 1

    def run_less(self, x: int, hook: Callable[[int], int] = print, **more: Any) -> int:
        return x

    def run_refused(self, lock: threading.Lock) -> int:
        return 1

    def run_untyped(self, x):
        return x
'''


@pytest.fixture
def messy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "messy").mkdir()
    (tmp_path / "messy/__init__.py").write_text(MESSY)
    (tmp_path / "modelgen.toml").write_text('refused = "warning"\n[tasks]\n"messy.Nix" = "translation"\n')
    monkeypatch.chdir(tmp_path)
    return Path("messy")


TOLD = [
    ("parameter-left-out", "warning", "messy/__init__.py", 12, "Callable[[int], int]", "or give one in settings"),
    ("method-refused", "warning", "messy/__init__.py", 15, "threading.Lock", "or give one in settings"),
    ("type-missing", "warning", "messy/__init__.py", 18, "its result", "annotate the return"),
    ("type-missing", "warning", "messy/__init__.py", 18, "its parameter `x`", "annotate it"),
    ("parameter-left-out", "info", "messy/__init__.py", 12, "**more", "name the arguments"),
    ("settings-unused", "warning", "modelgen.toml", 3, "messy.Nix", "did you mean"),
]
"""Code, level, file, line, what was read, what to write."""


def test_as_a_table(modelgen: Modelgen, messy: Path) -> None:
    result = modelgen("inspect", messy)
    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
    assert lines[0] == "messy 0.1.0: 4 methods found, 2 served (1 without some parameters), 2 refused"
    assert any(line.startswith("Served.run_less served, without hook (") for line in lines)
    assert any(line.startswith("Served.run_refused refused: its parameter `lock`: ") for line in lines)
    words = " ".join(result.stderr.split())
    for code, level, file, line, read, write in TOLD:
        assert f"{file}:{line}:" in words
        assert f"{level} [{code}]" in words
        assert read in words
        assert write in words


def test_for_programs(modelgen: Modelgen, messy: Path) -> None:
    data = json.loads(modelgen("inspect", messy, "--format", "json").stdout)
    methods = {method["name"]: method for method in data["modules"][0]["methods"]}
    assert [(name, one["served"]) for name, one in methods.items()] == [
        ("run", True),
        ("run_less", True),
        ("run_refused", False),
        ("run_untyped", False),
    ]
    assert methods["run"]["parameters"][0]["constraints"] == {"inside": {"item": {"ge": 0}}}
    hook = methods["run_less"]["parameters"][1]
    assert (hook["left_out"], hook["type"], hook["location"]["line"]) == (True, "Callable[[int], int]", 12)
    (lock,) = methods["run_refused"]["parameters"]
    assert (lock["name"], lock["type"], lock["location"]["line"]) == ("lock", "threading.Lock", 15)
    assert [one["name"] for one in methods["run_untyped"]["parameters"]] == ["x", "return"]
    for code, level, file, line, read, write in TOLD:
        assert [
            one
            for one in data["findings"]
            if (one["code"], one["level"]) == (code, level)
            and (one["location"]["path"], one["location"]["line"]) == (file, line)
            and read in one["message"]
            and write in one["hint"]
        ]


def test_as_sarif(modelgen: Modelgen, messy: Path) -> None:
    (run,) = json.loads(modelgen("inspect", messy, "--format", "sarif").stdout)["runs"]
    levels = {"warning": "warning", "info": "note"}

    def place(result: dict[str, Any]) -> tuple[str, int]:
        physical = result["locations"][0]["physicalLocation"]
        return physical["artifactLocation"]["uri"], physical["region"]["startLine"]

    for code, level, file, line, read, write in TOLD:
        assert [
            one
            for one in run["results"]
            if (one["ruleId"], one["level"], place(one)) == (code, levels[level], (file, line))
            and read in one["message"]["text"]
            and write.lower() in one["message"]["text"].lower()
        ]

"""Settings of what is served and written: tasks, batching, deployments and targets, down to a running service."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from modelgen.finding import Finding, Level
from modelgen.project.generate import generate
from modelgen.project.inspection import inspect
from modelgen.project.numbers import LOCK
from modelgen.runtime.settings import Batch
from modelgen.runtime.testing import Running, running

MODEL = '''
"""Moods."""


class Teller:
    """Tells moods."""

    def __init__(self, language: str = "en", loud: bool = False) -> None:
        self.language = language
        self.loud = loud

    def run(self, text: str) -> str:
        """Tell."""
        told = f"{self.language} {text}"
        return told.upper() if self.loud else told

    def run_batch(self, texts: list[str]) -> list[str]:
        """Tell many."""
        return [self.run(text) for text in texts]


class Other:
    """Needs a word."""

    def __init__(self, word: str) -> None:
        self.word = word

    def run(self, text: str) -> str:
        """Answer the word."""
        return self.word
'''

SETTINGS = """
[tasks]
"moods.T*" = "text-classification"

[batching]
"moods.Teller.run" = { max_size = 8, adaptive = false, max_wait_ms = 2.5 }
"moods.Other.run" = { axis = 0, pad_axis = 1, pad = { text = 1 }, cut_axis = { "0" = 1 } }

[deployments.german]
module = "moods.Teller"
arguments = { language = "de" }
replicas = 2
batch = { max_size = 4 }

[deployments.loud]
module = "Teller"
arguments = { loud = true }

[deployments.other]
module = "other"
arguments = { word = "hm" }
"""


def written(folder: Path, settings: str) -> Path:
    (folder / "modelgen.toml").write_text(settings)
    (folder / "moods").mkdir(exist_ok=True)
    (folder / "moods/__init__.py").write_text(MODEL)
    return folder / "moods"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    package = written(tmp_path_factory.mktemp("moods"), SETTINGS)
    outcome = generate(package, package.parent / "project")
    assert outcome.findings == ()
    return package.parent / "project"


@pytest.fixture(scope="module")
def binding(project: Path) -> Iterator[Any]:
    folders = [str(project), str(project.parent)]
    sys.path[:0] = folders
    yield importlib.import_module("moods_service.bindings").SERVICE
    for folder in folders:
        sys.path.remove(folder)
    for name in [one for one in sys.modules if one.split(".")[0] in ("moods", "moods_service")]:
        del sys.modules[name]


@pytest.fixture(scope="module")
def service(binding: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(binding, tmp_path_factory.mktemp("state")) as started:
        yield started


@pytest.mark.parametrize(
    ("path", "deployment", "answer"),
    [("teller", "german", "de hi"), ("teller", "loud", "EN HI"), ("other", None, "hm"), ("other", "other", "hm")],
)
def test_deployments_of_the_settings_are_served(
    service: Running, path: str, deployment: str | None, answer: str
) -> None:
    body = {"inputs": "hi"} | ({"deployment": deployment} if deployment else {})
    found = httpx.post(f"{service.http}/api/v1/{path}/run", json=body)
    assert found.json() == {"result": answer}


def test_the_task_is_told_everywhere(service: Running, project: Path) -> None:
    models = {one["name"]: one for one in httpx.get(f"{service.http}/model/info").json()["models"]}
    assert (models["Teller"]["task"], models["Other"]["task"]) == ("text-classification", "")
    assert 'task = "text-classification"' in (project / LOCK).read_text()
    tags = {one["name"]: one for one in json.loads((project / "openapi.json").read_text())["tags"]}
    assert tags["Teller"]["x-task"] == "text-classification"
    assert "x-task" not in tags["Other"]


def test_batching_is_the_bindings(binding: Any) -> None:
    given = {f"{module.name}.{one.name}": one.batching for module in binding.modules for one in module.methods}
    assert given == {
        "Teller.run": Batch(max_size=8, adaptive=False, max_wait_ms=2.5),
        "Teller.run_batch": None,
        "Other.run": Batch(axis=0, pad_axis=1, pad={"text": 1}, cut_axis={"0": 1}),
    }
    deployed = {one.name: one for one in binding.deployments}
    assert (deployed["german"].replicas, deployed["german"].batch) == (2, Batch(max_size=4))


def told(tmp_path: Path, settings: str) -> list[Finding]:
    return list(inspect(written(tmp_path, settings)).findings)


@pytest.mark.parametrize(
    ("settings", "code", "line", "words"),
    [
        ('[tasks]\n"moods.Tellr" = "translation"', "settings-unused", 2, "did you mean 'moods.Teller'?"),
        ('[batching]\n"moods.Teller.rnu" = {}', "settings-unused", 2, "did you mean 'moods.Teller.run'?"),
        (
            '[batching]\n"moods.Other.run" = { axis = 0, pad_axis = 1, pad = { txt = 0 } }',
            "settings-argument",
            2,
            "did you mean 'text'?",
        ),
        ('[deployments.a]\nmodule = "moods.Teler"', "settings-module", 2, "did you mean 'moods.Teller'?"),
        (
            '[deployments.a]\nmodule = "Teller"\narguments = { langage = "de" }',
            "settings-argument",
            3,
            "did you mean 'language'?",
        ),
        ('[deployments.a]\nmodule = "Other"', "settings-argument", 1, "'word', which Other needs"),
    ],
)
def test_what_is_of_nothing_is_told(tmp_path: Path, settings: str, code: str, line: int, words: str) -> None:
    (finding,) = told(tmp_path, settings)
    assert (finding.code, finding.where.line if finding.where else 0) == (code, line)
    assert words in f"{finding.message} {finding.hint}"
    assert finding.level == (Level.WARNING if code == "settings-unused" else Level.ERROR)


@pytest.mark.parametrize("targets", [[], ["python-client"], ["tests"], ["python-client", "tests"]])
def test_targets_choose_what_is_written(tmp_path: Path, targets: list[str]) -> None:
    package = written(tmp_path, f"targets = {targets}")
    outcome = generate(package, tmp_path / "project")
    assert not outcome.failed
    files = {path.relative_to(tmp_path / "project").as_posix() for path in (tmp_path / "project").rglob("*.*")}
    assert "moods_service/app.py" in files
    assert any(file.startswith("clients/python") for file in files) == ("python-client" in targets)
    assert any(file.startswith("tests/") for file in files) == ("tests" in targets)
    assert ("tests/test_client.py" in files) == (len(targets) == 2)
    readme, about = ((tmp_path / "project" / name).read_text() for name in ("README.md", "pyproject.toml"))
    assert ("clients/python" in readme, "clients/python" in about) == ("python-client" in targets,) * 2
    assert ("pytest" in about) == ("tests" in targets)


def test_a_target_that_is_no_longer_wanted_goes(tmp_path: Path) -> None:
    package = written(tmp_path, "")
    assert not generate(package, tmp_path / "project").failed
    written(tmp_path, 'targets = ["tests"]')
    assert not generate(package, tmp_path / "project").failed
    assert not (tmp_path / "project/clients/python/moods_client/__init__.py").exists()

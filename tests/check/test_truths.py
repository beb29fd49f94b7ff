"""An old client calls a new service: what a check says of the wire and of JSON is what happens.

One package goes through many changes at once. Its project is generated before and after, with the numbers of the same
lock; the old client, over both transports, calls the service of the new one.
"""

from __future__ import annotations

import importlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from modelgen.check.change import Change
from modelgen.project.check import check
from modelgen.project.generate import generate
from modelgen.runtime.testing import running

from .judging import write

HEADER = """\
from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field


"""
MODELS = (
    "@dataclass\nclass Label:\n    name: str\n\n\n",
    "@dataclass\nclass Label:\n    name: str\n    score: float\n\n\n",
)
MOODS = ('class Mood(enum.Enum):\n    GOOD = "good"\n\n\n', 'class Mood(enum.Enum):\n    GOOD = "fine"\n\n\n')

# method, its signature and answer before and after, what the old client sends
ROWS: list[tuple[str, str, str, str, str, dict[str, Any]]] = [
    ("run", "text: str -> str", "text", "text: str -> str", "text", {"text": "a"}),
    ("run_removed", "text: str, size: int = 1 -> str", "text", "text: str -> str", "text", {"text": "a", "size": 2}),
    ("run_renamed", "text: str -> str", "text", "words: str -> str", "words", {"text": "a"}),
    ("run_second", "text: str, size: int = 1 -> str", "text * size", "text: str, count: int = 1 -> str", "text * count", {"text": "a", "size": 2}),
    ("run_optional", "text: str, size: int -> str", "text * size", "text: str, size: int = 3 -> str", "text * size", {"text": "a", "size": 2}),
    ("run_required", "text: str, size: int = 2 -> str", "text * size", "text: str, size: int -> str", "text * size", {"text": "a"}),
    ("run_added", "text: str -> str", "text", "text: str, more: int = 1 -> str", "text", {"text": "a"}),
    ("run_beside", "text: str -> str", "text", "text: str, more: int = 1 -> str", "text", {"text": "a"}),
    ("run_union", "source: str -> str", "source", "source: str | int -> str", "str(source)", {"source": "a"}),
    ("run_null", "text: str, size: int = 5 -> str", "text * size", "text: str, size: int | None = 5 -> str", "text * (size or 0)", {"text": "a", "size": 2}),
    ("run_wider", "text: str, size: int -> str", "f'{size:g}'", "text: str, size: float -> str", "f'{size:g}'", {"text": "a", "size": 2}),
    ("run_retyped", "text: str, size: int = 1 -> str", "str(size)", "text: str, size: str = '1' -> str", "size", {"text": "a", "size": 2}),
    ("run_list", "text: str, tag: str = 'x' -> str", "tag", "text: str, tag: list[str] = [] -> str", "tag[0]", {"text": "a", "tag": "y"}),
    ("run_opened", "text: str, mode: Literal['a', 'b'] = 'a' -> str", "mode", "text: str, mode: str = 'a' -> str", "mode", {"text": "a", "mode": "b"}),
    ("run_choice", "text: str, mode: Literal['a'] = 'a' -> str", "mode", "text: str, mode: Literal['b', 'a'] = 'b' -> str", "mode", {"text": "a", "mode": "a"}),
    ("run_bound", "text: str, size: int = 1 -> str", "str(size)", "text: str, size: Annotated[int, Field(ge=5)] = 5 -> str", "str(size)", {"text": "a", "size": 2}),
    ("run_mood", "mood: Mood -> str", "str(mood.name)", "mood: Mood -> str", "str(mood.name)", {"mood": "GOOD"}),
    ("run_answer", "text: str -> Label", "Label(name=text)", "text: str -> Label", "Label(name=text, score=0.5)", {"text": "a"}),
    ("run_none", "text: str -> str", "text", "text: str -> str | None", "None", {"text": "a"}),
    ("run_wide", "text: str -> int", "1", "text: str -> float", "1.5", {"text": "a"}),
]  # fmt: skip
EXPECTED: dict[str, Any] = {"run_answer": {"name": "a"}, "run_mood": "GOOD"}
SETTINGS = """\
[renames]
"mylib.Tagger.run_renamed.text" = "mylib.Tagger.run_renamed.words"
"mylib.Tagger.run_second.size" = "mylib.Tagger.run_second.count"

[roles]
"mylib.Tagger.run_beside.more" = "inputs"
"""


CLIENT = """\
import json, sys
import truth_client

def plain(value):
    found = vars(value) if isinstance(value, truth_client.Label) else value
    return [type(value).__name__, found]

rows, outcomes = json.loads(sys.stdin.read()), {}
for surface, url in zip(("json", "wire"), sys.argv[1:]):
    model = truth_client.Tagger.connect(url)
    for name, sent in rows.items():
        arguments = {key: truth_client.Mood[value] if key == "mood" else value for key, value in sent.items()}
        try:
            outcomes[f"{name} {surface}"] = plain(getattr(model, name)(**arguments))
        except Exception as error:
            outcomes[f"{name} {surface}"] = ["raised", repr(error)]
print(json.dumps(outcomes))
"""
"""The old client has a process of its own: a process holds the messages of one version."""


@dataclass(frozen=True)
class Old:
    """What the old client got of the new service, by method and surface, and what a check says of each method."""

    outcomes: dict[str, list[Any]]
    changes: dict[str, list[Change]]


def source(side: int) -> str:
    methods = []
    for name, *sides, _ in ROWS:
        signature, answer = sides[side * 2], sides[side * 2 + 1]
        parameters, _, result = signature.rpartition("->")
        methods.append(f"    def {name}(self, {parameters.strip()}) -> {result.strip()}:\n        return {answer}\n")
    return HEADER + MODELS[side] + MOODS[side] + "class Tagger:\n" + "\n".join(methods)


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Old]:
    root = tmp_path_factory.mktemp("truths")
    place = write(root / "new", {"truth/__init__.py": source(0).replace("mylib", "truth")})
    for step in ("before", "after"):
        if step == "after":
            shutil.copytree(root / "new", root / "old")
            after = {"truth/__init__.py": source(1), "modelgen.toml": SETTINGS.replace("mylib", "truth")}
            write(place, after)
        outcome = generate(place)
        assert not outcome.failed, outcome.findings
    report = check(place, str(root / "old" / "truth-service"))
    changes: dict[str, list[Change]] = {}
    for one in report.judgement.changes:
        for method in (one.change.element.owner, one.change.element.python, *one.change.via):
            changes.setdefault(method.rpartition(".")[2], []).append(one.change)
    folders = [place, place / "truth-service"]
    sys.path[:0] = map(str, folders)
    try:
        with running(importlib.import_module("truth_service.bindings").SERVICE, state=root / "state") as started:
            client = subprocess.run(
                [sys.executable, "-c", CLIENT, started.http, f"grpc://{started.grpc}"],
                input=json.dumps({row[0]: row[-1] for row in ROWS}),
                env={**os.environ, "PYTHONPATH": str(root / "old" / "truth-service" / "clients" / "python")},
                capture_output=True,
                text=True,
                timeout=120,
            )
        assert client.returncode == 0, client.stderr
        yield Old(json.loads(client.stdout), changes)
    finally:
        for folder in folders:
            sys.path.remove(str(folder))
        for name in [name for name in sys.modules if name.split(".")[0] in ("truth", "truth_service")]:
            del sys.modules[name]


@pytest.mark.parametrize("surface", ["json", "wire"])
@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_what_happens_is_what_is_said(
    row: tuple[str, str, str, str, str, dict[str, Any]], surface: str, old: Old
) -> None:
    name, _, answer, _, _, sent = row
    said = [getattr(one.surfaces, surface) for one in old.changes.get(name, [])]
    behaviour = [one.surfaces.behaviour for one in old.changes.get(name, [])]
    got = old.outcomes[f"{name} {surface}"]
    expected = EXPECTED.get(name) or eval(answer, {}, {"size": 2, **sent})  # what the old model answered
    well = got == ["Label" if isinstance(expected, dict) else type(expected).__name__, expected]
    if "breaking" in said:
        assert not well, f"said to break on {surface}, and works"
    elif {*said, *behaviour} <= {"safe"}:
        assert well, f"said not to break on {surface}, and gives {got} for {expected!r}"

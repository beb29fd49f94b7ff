"""`modelgen inspect`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

Modelgen = Callable[..., Result]

ODD = '''

class Odd:
    """Cannot be served whole."""

    def run(self, x: int, callback: "Callback" = None) -> int:
        return x

    def run_other(self, thing: "Unheard") -> int:
        return 1
'''


def test_a_table_of_what_would_be_served(modelgen: Modelgen, moods: Path) -> None:
    result = modelgen("inspect", moods)
    assert result.exit_code == 0
    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
    assert lines == [
        "moods 0.1.0: 1 method found, 1 served (0 without some parameters), 0 refused",
        "",
        "method status where answers takes",
        "Classifier.run served moods/__init__.py:25:5 message moods.Answer text: string, threshold: double = 0.5",
        "Classifier.__init__ construct moods/__init__.py:22:1",
        "",
        "type where holds",
        "message moods.Answer moods/__init__.py:15:1 mood: enum moods.Mood, score: double",
        "enum moods.Mood moods/__init__.py:7:1 HAPPY, SAD",
    ]
    assert result.stderr == ""


def test_the_contract_for_programs(modelgen: Modelgen, moods: Path) -> None:
    result = modelgen("inspect", moods, "--format", "json")
    assert result.exit_code == 0
    data = json.loads(result.stdout)
    (module,) = data["modules"]
    (method,) = module.pop("methods")
    assert (module["name"], module["path"]) == ("Classifier", "moods.Classifier")
    assert method == {
        "name": "run",
        "kind": "infer",
        "stream": False,
        "doc": "Tell one mood.",
        "parameters": [
            {"name": "text", "type": "string", "required": True, "stream": False, "role": "inputs"},
            {
                "name": "threshold",
                "type": "double",
                "required": False,
                "default": "0.5",
                "stream": False,
                "role": "parameters",
            },
        ],
        "returns": "message moods.Answer",
        "location": {"path": "moods/__init__.py", "line": 25, "column": 5},
        "served": True,
    }
    assert [field["type"] for field in data["models"][0]["fields"]] == ["enum moods.Mood", "double"]
    assert data["enums"][0]["members"] == [{"name": "HAPPY", "value": "happy"}, {"name": "SAD", "value": "sad"}]
    assert data["findings"] == []


def test_what_is_refused_or_left_out_is_told_with_its_place(modelgen: Modelgen, moods: Path) -> None:
    with (moods / "__init__.py").open("a") as file:
        file.write(ODD)
    result = modelgen("inspect", moods)
    assert result.exit_code == 2
    assert "3 methods found, 2 served (1 without some parameters), 1 refused" in result.stdout
    assert "Odd.run_other" in result.stdout
    assert "refused: " in result.stdout
    assert "without callback" in result.stdout
    assert "moods/__init__.py:41:25: error" in result.stderr
    assert "Unheard" in result.stderr
    data = json.loads(modelgen("inspect", moods, "--format", "json").stdout)
    odd = data["modules"][1]["methods"]
    assert [(method["name"], method["served"]) for method in odd] == [("run", True), ("run_other", False)]
    assert odd[1]["reason"]
    assert odd[0]["parameters"][1]["left_out"] is True
    assert {finding["level"] for finding in data["findings"]} == {"error", "warning"}


@pytest.mark.parametrize("format", ["text", "json"])
def test_no_package_is_a_finding(modelgen: Modelgen, tmp_path: Path, format: str) -> None:
    result = modelgen("inspect", tmp_path / "nowhere", "--format", format)
    assert result.exit_code == 2
    assert "package-not-found" in (result.stderr if format == "text" else result.stdout)


def test_wrong_settings_are_told_before_anything_is_read(modelgen: Modelgen, moods: Path, tmp_path: Path) -> None:
    (tmp_path / "modelgen.toml").write_text('versoin = "1"\n')
    result = modelgen("inspect", moods)
    assert result.exit_code == 2
    assert result.stderr.splitlines() == [
        "modelgen.toml:1: error [settings-unknown] 'versoin' is not a setting",
        "    did you mean 'version'?",
    ]


def test_the_settings_reach_the_reader(modelgen: Modelgen, moods: Path, tmp_path: Path) -> None:
    (tmp_path / "modelgen.toml").write_text('version = "3.0.0"\n[types]\n"moods.Classifier.run.threshold" = "int"\n')
    data = json.loads(modelgen("inspect", moods, "--format", "json").stdout)
    assert data["version"] == "3.0.0"
    assert data["modules"][0]["methods"][0]["parameters"][1]["type"] == "int64"


def test_it_writes_nothing_but_its_cache(modelgen: Modelgen, moods: Path, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    modelgen("inspect", moods)
    assert sorted(path for path in tmp_path.rglob("*") if ".cache" not in path.parts) == before


@pytest.mark.parametrize("format", ["text", "json", "sarif"])
def test_a_second_run_says_the_same_and_reads_nothing(
    modelgen: Modelgen, moods: Path, monkeypatch: pytest.MonkeyPatch, format: str
) -> None:
    with (moods / "__init__.py").open("a") as file:
        file.write(ODD)
    first = modelgen("inspect", moods, "--format", format)
    monkeypatch.setattr("modelgen.project.reading.inspect", None)
    second = modelgen("inspect", moods, "--format", format)
    assert (second.exit_code, second.stdout, second.stderr) == (first.exit_code, first.stdout, first.stderr)


def test_whatever_changes_is_seen_by_the_next_run(modelgen: Modelgen, moods: Path, tmp_path: Path) -> None:
    def threshold() -> str:
        data = json.loads(modelgen("inspect", moods, "--format", "json").stdout)
        return data["modules"][0]["methods"][0]["parameters"][1]["type"]

    assert threshold() == "double"
    file = moods / "__init__.py"
    file.write_text(file.read_text().replace("threshold: float", "threshold: Limit"))
    assert threshold() == "Limit"
    (tmp_path / "limits.py").write_text("Limit = int | str\n")
    file.write_text(f"from limits import Limit\n{file.read_text()}")
    assert threshold() == "oneof<int64 | string>"
    (tmp_path / "limits.py").write_text("Limit = float\n")
    assert threshold() == "double"
    (tmp_path / "modelgen.toml").write_text('[types]\n"moods.Classifier.run.threshold" = "int"\n')
    assert threshold() == "int64"

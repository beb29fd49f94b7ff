"""Findings in SARIF, held against the parts of the standard's schema that they use."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from typer.testing import Result

from modelgen.cli.sarif import sarif
from modelgen.finding import Finding, Level, Location

Modelgen = Callable[..., Result]

TEXT = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}}}
LEVEL = {"enum": ["none", "note", "warning", "error"]}
ARTIFACT = {
    "type": "object",
    "additionalProperties": False,
    "properties": {"uri": {"type": "string", "format": "uri-reference"}, "uriBaseId": {"type": "string"}},
}


def strict(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": required, "additionalProperties": False, "properties": properties}


def many(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


RULE = strict(
    ["id"],
    id={"type": "string"},
    name={"type": "string"},
    shortDescription=TEXT,
    help=TEXT,
    defaultConfiguration=strict([], level=LEVEL),
)
REGION = strict(
    ["startLine"], startLine={"type": "integer", "minimum": 1}, startColumn={"type": "integer", "minimum": 1}
)
RESULT = strict(
    ["message"],
    ruleId={"type": "string"},
    ruleIndex={"type": "integer", "minimum": 0},
    level=LEVEL,
    message=TEXT,
    locations=many(strict([], physicalLocation=strict(["artifactLocation"], artifactLocation=ARTIFACT, region=REGION))),
)
DRIVER = strict(
    ["name"],
    name={"const": "modelgen"},
    version={"type": "string"},
    semanticVersion={"type": "string"},
    rules={**many(RULE), "uniqueItems": True},
)
RUN = strict(
    ["tool", "results"],
    tool=strict(["driver"], driver=DRIVER),
    columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
    originalUriBaseIds={"type": "object", "additionalProperties": ARTIFACT},
    invocations=many(strict(["executionSuccessful"], executionSuccessful={"type": "boolean"})),
    results=many(RESULT),
)
LOG = strict(
    ["version", "runs"],
    **{"$schema": {"type": "string", "format": "uri"}, "version": {"const": "2.1.0"}, "runs": many(RUN)},
)
"""The standard's schema, version 2.1.0, for the properties that are written; no other may be."""


def checked(log: dict[str, Any]) -> dict[str, Any]:
    """The only run of a log that is as the standard wants it, and whose indices lead where they should."""
    jsonschema.Draft7Validator(LOG, format_checker=jsonschema.FormatChecker()).validate(log)
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert all(rules[one["ruleIndex"]]["id"] == one["ruleId"] for one in run["results"])
    assert all(base["uri"].endswith("/") for base in run["originalUriBaseIds"].values())
    return dict(run)


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    package = tmp_path / "some lib" / "broken"
    package.mkdir(parents=True)
    source = "class Model:\n    def run(self, x, y=None) -> int:\n        return 1\n\n    def run_more(self) -> int:\n        return 1\n"
    (package / "__init__.py").write_text(source)
    return package


@pytest.mark.parametrize("command", ["inspect", "generate"])
def test_what_stops_a_command(modelgen: Modelgen, broken: Path, command: str) -> None:
    done = modelgen(command, broken, "--format", "sarif")
    assert done.exit_code == 2
    run = checked(json.loads(done.stdout))
    assert run["invocations"] == [{"executionSuccessful": False}]
    found = {(one["ruleId"], one["level"]): one["locations"][0]["physicalLocation"] for one in run["results"]}
    assert found["type-missing", "error"] == {
        "artifactLocation": {"uri": "some%20lib/broken/__init__.py", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 2, "startColumn": 19},
    }
    assert ("parameter-left-out", "warning") in found


def test_nothing_to_say(modelgen: Modelgen, moods: Path) -> None:
    done = modelgen("generate", moods, "--format", "sarif")
    run = checked(json.loads(done.stdout))
    assert done.exit_code == 0
    assert (run["results"], run["tool"]["driver"]["rules"]) == ([], [])
    assert run["invocations"] == [{"executionSuccessful": True}]
    assert (moods.parent / "moods-service/modelgen.lock").is_file()


def test_a_file_of_the_project_and_one_of_the_settings(modelgen: Modelgen, moods: Path) -> None:
    modelgen("generate", moods)
    edited = moods.parent / "moods-service/openapi.json"
    edited.write_text("{}")
    (moods.parent / "modelgen.toml").write_text("\nversoin = 1\n")
    run = checked(json.loads(modelgen("generate", moods, "--format", "sarif").stdout))
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "modelgen.toml"
    assert place["region"]["startLine"] == 2
    (moods.parent / "modelgen.toml").unlink()
    run = checked(json.loads(modelgen("generate", moods, "--format", "sarif").stdout))
    places = [one["locations"][0]["physicalLocation"] for one in run["results"] if one["ruleId"] == "file-edited"]
    assert places == [{"artifactLocation": {"uri": "moods-service/openapi.json", "uriBaseId": "%SRCROOT%"}}]


def test_levels_hints_and_files_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here, other = tmp_path / "here", tmp_path / "other"
    here.mkdir()
    other.mkdir()
    (other / "a.py").touch()
    monkeypatch.chdir(here)
    findings = (
        Finding(level=Level.INFO, code="one-thing", message="Once", hint="do this"),
        Finding(level=Level.WARNING, code="one-thing", message="Twice", hint="do that", where=Location(path="a.py")),
        Finding(level=Level.INFO, code="another-thing", message="Thrice", where=Location(path="gone.py", line=3)),
    )
    run = checked(sarif(findings, (other,)))
    first, second = run["tool"]["driver"]["rules"]
    assert (first["id"], first["name"], first["defaultConfiguration"]) == (
        "another-thing",
        "AnotherThing",
        {"level": "note"},
    )
    assert (second["defaultConfiguration"], second["help"]) == ({"level": "warning"}, {"text": "do this\ndo that"})
    one, two, three = run["results"]
    assert (one["message"]["text"], one["locations"]) == ("Once\nDo this.", [])
    assert two["locations"][0]["physicalLocation"] == {"artifactLocation": {"uri": (other / "a.py").as_uri()}}
    assert three["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "gone.py"

"""Each format of `modelgen check`, held to the schema or the reader of those that take it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import junitparser
import pytest
from typer.testing import Result

from modelgen.cli.check import CheckFormat
from modelgen.cli.check_formats import FORMATS
from modelgen.cli.check_formats.sarif import FINGERPRINT
from tests.cli.test_sarif import DRIVER, LOG, RESULT, RULE, RUN, TEXT, many, strict

Modelgen = Callable[..., Result]
Edit = Callable[..., None]

SCHEMA = json.loads((Path(__file__).parents[2] / "docs/reference/check.schema.json").read_text(encoding="utf-8"))
KEY = "moods.Classifier.run:threshold:type-changed"
RETYPED = ("threshold: float = 0.5", "threshold: str = 'x,:%'")
OTHERS = ("score: float", "score: int", "-> Answer", '-> "Answer"')
"""A second change, and what is none."""


@pytest.fixture
def changed(published: Path, edit: Edit) -> Path:
    """Two breaking changes and a stale project."""
    edit(*RETYPED, *OTHERS)
    return published


def told(modelgen: Modelgen, format: str) -> str:
    done = modelgen("check", "moods", "--format", format)
    assert done.stderr == ""
    return done.stdout


def as_json(modelgen: Modelgen) -> dict[str, Any]:
    data = json.loads(told(modelgen, "json"))
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    jsonschema.Draft202012Validator(SCHEMA, format_checker=checker).validate(data)
    return dict(data)


def test_every_format_is_offered() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert {one.value for one in CheckFormat} == set(FORMATS)


def test_json(modelgen: Modelgen, changed: Path) -> None:
    data = as_json(modelgen)
    assert data["against"]["ref"] == "main"
    assert data["summary"] == {"error": 2, "warning": 0, "info": 1, "accepted": 0, "next_version": "0.2.0"}
    (one,) = (one for one in data["findings"] if one["rule"] == "type-changed")
    suggestion = one.pop("suggestion")
    assert suggestion.startswith("keep `threshold` as float")
    assert one == {
        "rule": "type-changed",
        "severity": "error",
        "surfaces": {"wire": "breaking", "json": "breaking", "source": "breaking", "behaviour": "safe"},
        "element": {
            "kind": "parameter",
            "python": "moods.Classifier.run.threshold",
            "proto": "moods.v1.ClassifierServiceRunRequest.threshold",
            "route": "POST /api/v1/classifier/run",
        },
        "before": "double",
        "after": "string",
        "location": {"path": "moods/__init__.py", "line": 25, "column": 30},
        "message": "float -> str",
        "accept_key": KEY,
        "via": [],
    }
    (other,) = (one for one in data["findings"] if one["rule"] == "type-narrowed")
    assert other["via"] == ["moods.Classifier.run"]


def test_json_of_what_is_accepted(modelgen: Modelgen, changed: Path) -> None:
    modelgen("check", "moods", "--accept", KEY, "--reason", "so", "--until", "2100-01-31")
    data = as_json(modelgen)
    assert (data["summary"]["error"], data["summary"]["accepted"]) == (1, 1)
    accepted = [one["accepted"] for one in data["findings"] if "accepted" in one]
    assert accepted == [{"reason": "so", "until": "2100-01-31"}]


def test_json_where_nothing_could_be_judged(modelgen: Modelgen, published: Path) -> None:
    done = modelgen("check", "moods", "--against", "v9", "--format", "json")
    data = json.loads(done.stdout)
    jsonschema.validate(data, SCHEMA)
    assert (done.exit_code, data["findings"], data["against"]["ref"]) == (2, [], "")
    assert "[revision-unknown]" in done.stderr


COMMAND = re.compile(r"::(error|warning|notice) ((?:\w+=[^:,]*)(?:,\w+=[^:,]*)*)::(.*)")
"""As the runner reads a workflow command: properties to the next `::`, parted by commas."""


def unescaped(text: str) -> str:
    for code, character in (("%0A", "\n"), ("%0D", "\r"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(code, character)
    return text


def test_github(modelgen: Modelgen, changed: Path) -> None:
    *lines, outcome, state = told(modelgen, "github").splitlines()
    assert outcome.startswith("2 breaking against main")
    assert state.startswith("the generated project is older")
    found = {}
    for line in lines:
        match = COMMAND.fullmatch(line)
        assert match, line
        properties = {name: unescaped(value) for name, value in re.findall(r"(\w+)=([^,]*)", match[2])}
        found[properties["title"].partition(":")[0]] = (match[1], properties, unescaped(match[3]))
    level, properties, message = found["type-changed"]
    assert level == "error"
    assert properties == {
        "file": "moods/__init__.py",
        "line": "25",
        "col": "30",
        "title": "type-changed: Classifier.run(threshold)",
    }
    assert message.splitlines()[0] == "Classifier.run(threshold): float -> str"
    assert f'accept: modelgen check moods --accept {KEY} --reason "…"' in message.splitlines()
    assert found["contract-stale"][0] == "notice"


def test_github_escapes_what_would_end_a_command(modelgen: Modelgen, edit: Edit) -> None:
    edit("threshold: float = 0.5", "threshold: float = 0.5, more: str = 'a%0A::error::b,c'")
    (line,) = (line for line in told(modelgen, "github").splitlines() if "field-added" in line)
    match = COMMAND.fullmatch(line)
    assert match
    assert unescaped(match[3]) == "Classifier.run(more) is new, 'a%0A::error::b,c' if left out"


def gitlab(modelgen: Modelgen) -> list[dict[str, Any]]:
    issue = strict(
        ["description", "check_name", "fingerprint", "severity", "location"],
        description={"type": "string", "minLength": 1},
        check_name={"type": "string"},
        fingerprint={"type": "string", "pattern": "^[0-9a-f-]+$"},
        severity={"enum": ["info", "minor", "major", "critical", "blocker"]},
        location=strict(
            ["path", "lines"],
            path={"type": "string", "pattern": r"^(?!\./|/)"},
            lines=strict(["begin"], begin={"type": "integer", "minimum": 1}),
        ),
    )
    issues = json.loads(told(modelgen, "gitlab"))
    jsonschema.validate(issues, many(issue))
    assert len({one["fingerprint"] for one in issues}) == len(issues)
    return list(issues)


def test_gitlab(modelgen: Modelgen, changed: Path, edit: Edit) -> None:
    before = {one["check_name"]: one for one in gitlab(modelgen)}
    assert before["type-changed"]["severity"] == "critical"
    assert before["type-changed"]["location"] == {"path": "moods/__init__.py", "lines": {"begin": 25}}
    edit('"""Tells moods."""\n', '"""Tells moods."""\n\n\n')
    after = {one["check_name"]: one for one in gitlab(modelgen)}
    assert after["type-changed"]["location"]["lines"] == {"begin": 27}
    assert {name: one["fingerprint"] for name, one in after.items()} == {
        name: one["fingerprint"] for name, one in before.items()
    }


def test_junit(modelgen: Modelgen, changed: Path) -> None:
    text = told(modelgen, "junit")
    suites = list(junitparser.JUnitXml.fromstring(text.encode()))
    (suite,) = suites
    assert (suite.tests, suite.failures, suite.errors, suite.skipped) == (3, 2, 0, 0)
    cases = {case.classname: case for case in suite}
    (failure,) = cases["type-changed"].result
    assert isinstance(failure, junitparser.Failure)
    assert failure.message == "Classifier.run(threshold): float -> str"
    assert failure.text.startswith("moods/__init__.py:25:30: error\nwire: breaking, ")
    assert cases["contract-stale"].is_passed
    modelgen("check", "moods", "--accept", KEY, "--reason", "so")
    (suite,) = junitparser.JUnitXml.fromstring(told(modelgen, "junit").encode())
    assert (suite.tests, suite.failures, suite.skipped) == (3, 1, 1)


def test_junit_of_what_fails_less(modelgen: Modelgen, edit: Edit) -> None:
    edit("threshold: float = 0.5", "threshold: float = 0.6")
    for fail_on, failures in (("error", 0), ("warning", 1), ("none", 0)):
        done = modelgen("check", "moods", "--format", "junit", "--fail-on", fail_on)
        (suite,) = junitparser.JUnitXml.fromstring(done.stdout.encode())
        assert suite.failures == failures


def test_junit_where_nothing_changed_or_could_be_judged(modelgen: Modelgen, published: Path) -> None:
    (suite,) = junitparser.JUnitXml.fromstring(told(modelgen, "junit").encode())
    assert (suite.tests, suite.failures) == (1, 0)
    done = modelgen("check", "moods", "--format", "junit", "--against", "v9")
    (suite,) = junitparser.JUnitXml.fromstring(done.stdout.encode())
    assert (suite.tests, suite.errors) == (1, 1)


def test_junit_says_no_character_that_xml_has_none_for(modelgen: Modelgen, edit: Edit) -> None:
    edit("threshold: float = 0.5", "threshold: float = 0.5, more: str = 'a\\x00\\x1b\\ud800<&\"'")
    assert ElementTree.fromstring(told(modelgen, "junit")) is not None


def sarif(modelgen: Modelgen, *arguments: str) -> dict[str, Any]:
    """The only run of the log, held to the standard's schema for what is written."""
    text = strict(["text"], text=TEXT["properties"]["text"], markdown={"type": "string", "minLength": 1})
    rule = {**RULE, "properties": {**RULE["properties"], "fullDescription": TEXT, "help": text}}
    physical = RESULT["properties"]["locations"]["items"]["properties"]["physicalLocation"]
    named = many(strict([], fullyQualifiedName={"type": "string"}))
    location = strict([], physicalLocation=physical, logicalLocations=named)
    suppression = strict(["kind"], kind={"enum": ["inSource", "external"]}, justification={"type": "string"})
    result = {
        **RESULT,
        "properties": {
            **RESULT["properties"],
            "locations": many(location),
            "partialFingerprints": {"type": "object", "additionalProperties": {"type": "string"}},
            "suppressions": many(suppression),
        },
    }
    notification = strict(
        ["message"],
        descriptor=strict([], id={"type": "string"}),
        level=RESULT["properties"]["level"],
        message=TEXT,
        locations=many(location),
    )
    invocation = strict(
        ["executionSuccessful"],
        executionSuccessful={"type": "boolean"},
        toolExecutionNotifications=many(notification),
    )
    driver = {**DRIVER, "properties": {**DRIVER["properties"], "rules": {**many(rule), "uniqueItems": True}}}
    run = {
        **RUN,
        "properties": {
            **RUN["properties"],
            "tool": strict(["driver"], driver=driver),
            "invocations": many(invocation),
            "results": many(result),
        },
    }
    log = {**LOG, "properties": {**LOG["properties"], "runs": many(run)}}
    data = json.loads(modelgen("check", "moods", "--format", "sarif", *arguments).stdout)
    jsonschema.Draft7Validator(log, format_checker=jsonschema.FormatChecker()).validate(data)
    (found,) = data["runs"]
    rules = found["tool"]["driver"]["rules"]
    assert all(rules[one["ruleIndex"]]["id"] == one["ruleId"] for one in found["results"])
    return dict(found)


def test_sarif(modelgen: Modelgen, changed: Path) -> None:
    run = sarif(modelgen)
    rules = {one["id"]: one for one in run["tool"]["driver"]["rules"]}
    assert rules["type-changed"]["name"] == "TypeChanged"
    assert "| wire | breaking |" in rules["type-changed"]["help"]["markdown"]
    results = {one["ruleId"]: one for one in run["results"]}
    one = results["type-changed"]
    assert (one["level"], results["contract-stale"]["level"]) == ("error", "note")
    assert one["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "moods/__init__.py", "uriBaseId": "%SRCROOT%"},
                "region": {"startLine": 25, "startColumn": 30},
            },
            "logicalLocations": [{"fullyQualifiedName": "moods.Classifier.run.threshold"}],
        }
    ]
    assert list(one["partialFingerprints"]) == [FINGERPRINT]
    assert "suppressions" not in one
    modelgen("check", "moods", "--accept", KEY, "--reason", "so")
    (accepted,) = (one for one in sarif(modelgen)["results"] if one["ruleId"] == "type-changed")
    assert accepted["suppressions"] == [{"kind": "external", "justification": "so"}]
    assert accepted["partialFingerprints"] == one["partialFingerprints"]


def test_sarif_where_nothing_could_be_judged(modelgen: Modelgen, published: Path) -> None:
    (invocation,) = sarif(modelgen, "--against", "v9")["invocations"]
    assert invocation["executionSuccessful"] is False
    assert [one["descriptor"]["id"] for one in invocation["toolExecutionNotifications"]] == ["revision-unknown"]


def test_markdown(modelgen: Modelgen, changed: Path) -> None:
    modelgen("check", "moods", "--accept", "moods.Answer:score:type-narrowed", "--reason", "a|b <c>")
    text = told(modelgen, "markdown")
    head, outcome, state, table, details = text.strip().split("\n\n", 4)
    assert head == "### modelgen check"
    assert outcome.startswith("1 breaking, 1 accepted against main (")
    assert state.endswith("modelgen generate moods")
    rows = [re.split(r"(?<!\\)\|", line)[1:-1] for line in table.splitlines()]
    assert {len(row) for row in rows} == {5}
    level, change, where, verdicts, instead = (cell.strip() for cell in rows[2])
    assert (level, where) == ("**breaking**", "`moods/__init__.py:25:30`")
    assert change == "Classifier.run(threshold): float -\\> str <br> `type-changed`"
    assert verdicts == "breaking · breaking · breaking · safe"
    assert instead.startswith("keep `threshold` as float")
    assert rows[3][4].strip() == r"accepted: a\|b \<c\>"
    assert f"modelgen check moods --accept {KEY} " in details


@pytest.mark.parametrize("format", sorted(FORMATS))
def test_a_change_that_is_nowhere_in_the_source(modelgen: Modelgen, published: Path, format: str) -> None:
    (published / "moods/__init__.py").write_text("class Other:\n    def run(self, x: int) -> int:\n        return x\n")
    done = modelgen("check", "moods", "--format", format)
    assert done.exit_code == 1
    assert "module-removed" in done.stdout


@pytest.mark.parametrize("format", sorted(FORMATS))
def test_nothing_to_say(modelgen: Modelgen, published: Path, format: str) -> None:
    done = modelgen("check", "moods", "--format", format)
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.strip()


@pytest.mark.parametrize("format", sorted(FORMATS))
def test_there_are_no_colours_where_there_is_no_terminal(modelgen: Modelgen, changed: Path, format: str) -> None:
    assert "\x1b" not in told(modelgen, format)

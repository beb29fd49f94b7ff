"""What buf and oasdiff call breaking, a check flags on the same surface; where not, a reason is listed here."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

from modelgen.check.change import Change
from modelgen.contract.pins import Pins

from . import fixtures
from .judging import Labelled, judged, labelled, package
from .published import publish
from .test_table import PRELUDE, ROWS

pytestmark = pytest.mark.conformance

BUF_YAML = "version: v2\nmodules:\n  - path: proto\nbreaking:\n  use: [FILE, WIRE_JSON, WIRE]\n"
UNREADABLE = ("pin-duplicate-number", "pin-out-of-range")
"""Fixtures whose lock nothing is generated from."""

NAMES = "protobuf's names in JSON and text, which no route carries: the routes have schemas of their own"
NUMBERS = "buf knows a field by its number, a check by its name: what a number that moved breaks is the wire"
EXCEPTIONS: Mapping[tuple[str, str], str] = {
    # buf's rule and the surface, or oasdiff's -> why a check does not say so there
    ("FIELD_SAME_JSON_NAME", "json"): NAMES,
    ("FIELD_SAME_NAME", "json"): NAMES,
    ("FIELD_SAME_NAME", "source"): NUMBERS,
    ("ENUM_VALUE_SAME_NAME", "json"): NAMES,
    ("FIELD_WIRE_JSON_COMPATIBLE_TYPE", "json"): NUMBERS,
    ("FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY", "json"): NUMBERS,
    ("FIELD_SAME_TYPE", "source"): NUMBERS,
    ("FIELD_SAME_CARDINALITY", "source"): NUMBERS,
    ("FIELD_NO_DELETE", "source"): NUMBERS,
    ("FIELD_NO_DELETE_UNLESS_NAME_RESERVED", "json"): NUMBERS,
}
"""Holds only where a check flags another surface."""
ANY = "any"
WRONG: Mapping[tuple[str, str, str], str] = {
    ("request-property-enum-value-removed", "enum-opened", ANY): "any text is taken now, the old choices among them",
    ("response-property-enum-value-added", "enum-closed", ANY): "any text was answered before",
    ("request-property-type-changed", "type-changed", "json"): "any value is taken now, the old ones among them",
    ("request-property-type-changed", "union-introduced", ANY): "the old type is one of those that are taken now",
    ("request-property-any-of-removed", "tensor-dtype-changed", ANY): "an array of any dtype is taken now",
    ("request-property-min-set", "constraint-loosened", ANY): "the bound was there, and excluded itself",
}
"""(rule, rule of a check, the type after) -> why the tool errs."""


def tool(name: str) -> str:
    found = shutil.which(name)
    assert found, f"{name} is not installed: make conformance"
    return found


@cache
def surfaces() -> Mapping[str, str]:
    """buf's rule -> the surface that it speaks of."""
    run = subprocess.run(
        [tool("buf"), "config", "ls-breaking-rules", "--version", "v2", "--format", "json"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    found = {}
    for line in run.stdout.splitlines():
        rule = json.loads(line)
        kinds = rule["categories"]
        found[rule["id"]] = "wire" if "WIRE" in kinds else "json" if "WIRE_JSON" in kinds else "source"
    return found


def flagged(before: Path, after: Path, folder: Path) -> Iterator[tuple[str, str]]:
    """What the tools call breaking: their rule, and the surface."""
    old = publish(before, Pins())
    new = publish(after, old.pins)
    sides = old.write(folder / "old"), new.write(folder / "new")
    for side in sides:
        (side / "buf.yaml").write_text(BUF_YAML, encoding="utf-8")
    buf = subprocess.Popen(
        [tool("buf"), "breaking", "--against", str(sides[0]), "--error-format", "json"],
        cwd=sides[1],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    documents = [str(side / "openapi.json") for side in sides]
    oasdiff = subprocess.run(
        [tool("oasdiff"), "breaking", *documents, "--format", "json"], capture_output=True, text=True, timeout=60
    )
    told, wrong = buf.communicate(timeout=60)
    assert not wrong, wrong
    assert buf.returncode in (0, 100), told
    assert oasdiff.returncode in (0, 1), oasdiff.stderr
    for line in told.splitlines():
        rule = json.loads(line)["type"]
        yield rule, surfaces()[rule]
    for finding in json.loads(oasdiff.stdout or "[]"):
        yield finding["id"], "json"


def missed(tools: set[tuple[str, str]], changes: list[Change]) -> list[tuple[str, str]]:
    """What the tools flag and a check does not, without a reason."""
    graver = {surface for one in changes for surface, verdict in one.surfaces.items() if verdict != "safe"}
    rules = {(one.rule, after) for one in changes for after in (ANY, one.after)}
    return sorted(
        (rule, surface)
        for rule, surface in tools
        if surface not in graver
        and not (graver and (rule, surface) in EXCEPTIONS)
        and not any((rule, *one) in WRONG for one in rules)
    )


@pytest.mark.parametrize(
    "folder", [one for one in fixtures.FOLDERS if one.name not in UNREADABLE], ids=lambda folder: folder.name
)
def test_what_others_flag_in_a_fixture_is_flagged(folder: Path, tmp_path: Path) -> None:
    tools = set(flagged(folder / "before", folder / "after", tmp_path))
    changes = [one.change for one in fixtures.judged(folder, "after").judgement.changes]
    assert missed(tools, changes) == []


@pytest.mark.parametrize("row", ROWS, ids=[f"{at}-{row[0]}" for at, row in enumerate(ROWS)])
def test_what_others_flag_in_a_row_of_the_table_is_flagged(row: tuple[str, str, str, str], tmp_path: Path) -> None:
    report = judged(tmp_path, package(PRELUDE, row[1]), package(PRELUDE, row[2]))
    tools = set(flagged(tmp_path / "before", tmp_path / "after", tmp_path))
    assert missed(tools, [one.change for one in report.judgement.changes]) == []


@pytest.mark.parametrize("pair", [one for one in labelled() if one.verdict == "safe"], ids=str)
def test_what_a_person_calls_safe_others_do_not_flag(pair: Labelled, tmp_path: Path) -> None:
    report = judged(tmp_path, pair.before, pair.after)
    tools = set(flagged(tmp_path / "before", tmp_path / "after", tmp_path))
    assert missed(tools, [one.change for one in report.judgement.changes]) == []

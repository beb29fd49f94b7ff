"""Accepting changes: `modelgen check --accept` and what it writes into the settings."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Modelgen = Callable[..., Result]
Edit = Callable[..., None]

KEY = "moods.Classifier.run:threshold:type-changed"
OTHER = "moods.Answer:score:type-narrowed"
REASON = 'nobody sends it, "says" João'


@pytest.fixture(autouse=True)
def two_changes(edit: Edit) -> None:
    edit("threshold: float = 0.5", "threshold: str = 'x'", "score: float", "score: int")


def entries(path: Path) -> list[dict[str, object]]:
    """The acceptances in a settings file."""
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    data = data.get("tool", {}).get("modelgen", {}) if path.name == "pyproject.toml" else data
    return list(data["check"]["accept"])


def test_the_entry_is_bound_to_the_change(modelgen: Modelgen, published: Path) -> None:
    done = modelgen("check", "moods", "--accept", KEY, "--reason", REASON)
    assert (done.exit_code, done.stdout) == (0, f"{KEY} is accepted: see [check] in modelgen.toml\n")
    wanted = {"change": KEY, "reason": REASON, "was": "double", "now": "string"}
    assert entries(published / "modelgen.toml") == [wanted]
    told = modelgen("check", "moods").stdout
    assert f"accepted  type-changed   Classifier.run(threshold): float -> str   ({REASON})" in told
    assert "1 breaking, 1 accepted against main" in told


def test_another_change_of_the_same_element_is_not_covered(modelgen: Modelgen, edit: Edit) -> None:
    modelgen("check", "moods", "--accept", KEY, "--reason", REASON)
    modelgen("check", "moods", "--accept", OTHER, "--reason", REASON)
    assert modelgen("check", "moods").exit_code == 3
    edit("threshold: str = 'x'", "threshold: bytes = b'x'")
    done = modelgen("check", "moods")
    assert done.exit_code == 1
    assert f"modelgen.toml:2: warning [acceptance-unused] {KEY} is accepted and does not occur" in done.stderr


def test_the_last_day(modelgen: Modelgen, published: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for key in (KEY, OTHER):
        assert modelgen("check", "moods", "--accept", key, "--reason", "x", "--until", "2100-01-31").exit_code == 0
    assert "until = 2100-01-31\n" in (published / "modelgen.toml").read_text()
    assert "(x, until 2100-01-31)" in modelgen("check", "moods").stdout
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "4105123200")  # 2100-02-01
    done = modelgen("check", "moods")
    assert done.exit_code == 1
    assert f"warning [acceptance-expired] {KEY} was accepted until 2100-01-31" in done.stderr


@pytest.mark.parametrize("day", ["2020-01-31", "soon", "2030-13-01"])
def test_a_day_that_cannot_be(modelgen: Modelgen, published: Path, day: str) -> None:
    done = modelgen("check", "moods", "--accept", KEY, "--reason", "x", "--until", day)
    assert (done.exit_code, "error [day-invalid]" in done.stderr) == (2, True)
    assert not (published / "modelgen.toml").exists()


def test_accepted_already(modelgen: Modelgen, published: Path) -> None:
    modelgen("check", "moods", "--accept", KEY, "--reason", REASON)
    before = (published / "modelgen.toml").read_text()
    done = modelgen("check", "moods", "--accept", KEY, "--reason", "again")
    assert (done.exit_code, done.stdout) == (0, f"{KEY} is accepted already, in modelgen.toml\n")
    assert (published / "modelgen.toml").read_text() == before


def test_a_key_that_is_none(modelgen: Modelgen, published: Path) -> None:
    done = modelgen("check", "moods", "--accept", KEY.replace("thresh", "tresh"), "--reason", "x")
    assert done.exit_code == 2
    assert f"did you mean {KEY!r}?" in done.stderr
    done = modelgen("check", "moods", "--accept", "zzz", "--reason", "x")
    assert (done.exit_code, KEY in done.stderr and OTHER in done.stderr) == (2, True)
    assert not (published / "modelgen.toml").exists()


@pytest.mark.parametrize("reason", [(), ("--reason", " ")])
def test_no_reason(modelgen: Modelgen, reason: tuple[str, ...]) -> None:
    done = modelgen("check", "moods", "--accept", KEY, *reason)
    assert (done.exit_code, "error [reason-missing]" in done.stderr) == (2, True)


def test_what_is_wrong_with_numbers_cannot_be_accepted(modelgen: Modelgen, published: Path) -> None:
    lock = published / "moods-service/modelgen.lock"
    lock.write_text(lock.read_text().replace('2 = { name = "threshold"', '7 = { name = "threshold"'))
    done = modelgen("check", "moods")
    key = next(line.split("--accept ")[1] for line in done.stdout.splitlines() if f"--accept {OTHER}" in line)
    assert key.startswith(OTHER)
    assert "pin-number-moved" in done.stdout
    assert not [line for line in done.stdout.splitlines() if "--accept" in line and "pin-" in line]
    key = "ClassifierServiceRunRequest:threshold:pin-number-moved"
    done = modelgen("check", "moods", "--accept", key, "--reason", "x")
    assert (done.exit_code, "pin-number-moved cannot be accepted" in done.stderr) == (2, True)


def test_where_it_could_not_be_judged_nothing_is_accepted(modelgen: Modelgen, published: Path) -> None:
    done = modelgen("check", "moods", "--against", "v9", "--accept", KEY, "--reason", "x")
    assert (done.exit_code, "revision-unknown" in done.stderr) == (2, True)
    assert not (published / "modelgen.toml").exists()


NEW = {"change": KEY, "reason": REASON, "was": "double", "now": "string"}
OLD = {"change": "a:b:c", "reason": "old"}
LAYOUTS = {
    "empty": ("modelgen.toml", "# nothing yet\n", []),
    "a table": ("modelgen.toml", '# ours\n[check] # here\nfail-on = "error"\n\n[types]\n"moods.x" = "int"\n', []),
    "tables": (
        "modelgen.toml",
        '[[check.accept]]\n# why\nchange = "a:b:c"\nreason = "old"\n[types]\n"moods.x" = "int"\n',
        [OLD],
    ),
    "a list": ("modelgen.toml", '[check]\naccept = [{ change = "a:b:c", reason = "old" }] # so\n', [OLD]),
    "lines": (
        "modelgen.toml",
        '[check]\naccept = [\n    # in March\n    { change = "a:b:c", reason = "old" },\n]\nfail-on = "error"\n',
        [OLD],
    ),
    "inline": ("modelgen.toml", 'check = { fail-on = "error" }\n', []),
    "CRLF": ("modelgen.toml", '# ours\r\n[check]\r\nfail-on = "error"\r\n', []),
    "pyproject": (
        "pyproject.toml",
        '[project]\nname = "x"\nversion = "0.1.0"\n\n[tool.modelgen]\n\n[tool.x]\ny = 1 # z\n',
        [],
    ),
    "pyproject check": ("pyproject.toml", '[tool.modelgen.check]\nfail-on = "error"\n\n[tool.x]\ny = 1\n', []),
    "dotted": ("pyproject.toml", '[tool]\nmodelgen.check.fail-on = "error"\n', []),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_file_keeps_its_comments_and_layout(modelgen: Modelgen, published: Path, layout: str) -> None:
    name, text, before = LAYOUTS[layout]
    file = published / name
    file.write_bytes(text.encode())
    done = modelgen("check", "moods", "--accept", KEY, "--reason", REASON)
    assert (done.exit_code, done.stderr) == (0, "")
    written = file.read_bytes().decode()
    assert entries(file) == [*before, NEW]
    lines = iter(written.splitlines())
    assert all(line in lines for line in text.splitlines() if "accept = [{" not in line and "check = {" not in line)
    assert "accepted  type-changed" in modelgen("check", "moods").stdout
    assert written.endswith("\n")
    assert not written.endswith("\n\n")
    modelgen("check", "moods", "--accept", OTHER, "--reason", "b")
    assert [one["change"] for one in entries(file)] == [*(str(one["change"]) for one in before), KEY, OTHER]

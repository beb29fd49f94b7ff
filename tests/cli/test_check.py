"""`modelgen check` from the outside: what it says to people, its exit codes, and what it cannot judge."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from modelgen.check.judge import RULES
from modelgen.check.verdicts import VERDICTS
from tests.project.repository import Repository

Modelgen = Callable[..., Result]
Edit = Callable[..., None]

RETYPED = ("threshold: float = 0.5", "threshold: str = 'x'")
"""A breaking change."""
OTHER_DEFAULT = ("threshold: float = 0.5", "threshold: float = 0.6")
"""A change to be warned of."""
ONE_MORE = ("threshold: float = 0.5", "threshold: float = 0.5, top_k: int = 1")
"""A safe change."""


def test_nothing_changed(modelgen: Modelgen, published: Path) -> None:
    done = modelgen("check", "moods")
    assert (done.exit_code, done.stderr) == (0, "")
    assert re.fullmatch(r"no change of the contract against main \([0-9a-f]{7}\)\n", done.stdout)


def test_a_breaking_change_is_told_surface_by_surface(modelgen: Modelgen, edit: Edit) -> None:
    edit(*RETYPED)
    done = modelgen("check", "moods")
    assert done.exit_code == 1
    head, *body, summary, state = done.stdout.splitlines()
    assert head == "moods/__init__.py:25:30  error  type-changed   Classifier.run(threshold): float -> str"
    rows = {line.split()[0]: line.split(maxsplit=1)[1] for line in body}
    assert rows["wire"].startswith("breaking  ClassifierServiceRunRequest.threshold = 2 is retired, 3 takes its place")
    assert rows["json"] == "breaking  POST /api/v1/classifier/run"
    assert "behaviour" not in rows
    assert "keep `threshold` as float" in rows["instead"]
    key = "'moods.Classifier.run:threshold:type-changed'"
    assert rows["accept"] == f'modelgen check moods --accept {key.strip(chr(39))} --reason "…"'
    assert re.fullmatch(r"1 breaking against main \([0-9a-f]{7}\) · next version: 0\.2\.0", summary)
    assert state == "the generated project is older than its source: modelgen generate moods"


def test_a_change_of_a_model_names_the_methods_that_meet_it(modelgen: Modelgen, edit: Edit) -> None:
    edit("score: float", "score: str")
    assert "\n    via       moods.Classifier.run\n" in modelgen("check", "moods").stdout


def test_the_command_to_accept_is_the_one_to_type(modelgen: Modelgen, published: Path, edit: Edit) -> None:
    edit(*RETYPED)
    (published / "deeper").mkdir()
    os.chdir(published / "deeper")
    done = modelgen("check", "../moods", "--against", "HEAD")
    command = next(line for line in done.stdout.splitlines() if line.startswith("    accept"))
    assert command.startswith("    accept    modelgen check ../moods --against HEAD --accept moods.Classifier.run:")
    assert "../moods/__init__.py:25:30  error" in done.stdout


@pytest.mark.parametrize(
    ("change", "fail_on", "code"),
    [
        (RETYPED, "error", 1),
        (RETYPED, "warning", 1),
        (RETYPED, "none", 3),  # the project is stale
        (OTHER_DEFAULT, "error", 3),
        (OTHER_DEFAULT, "warning", 1),
        (ONE_MORE, "warning", 3),
    ],
)
def test_exit_codes(modelgen: Modelgen, edit: Edit, change: tuple[str, str], fail_on: str, code: int) -> None:
    edit(*change)
    assert modelgen("check", "moods", "--fail-on", fail_on).exit_code == code
    modelgen("generate", "moods")
    done = modelgen("check", "moods", "--fail-on", fail_on)
    assert (done.exit_code, "older than its source" in done.stdout) == (code % 3, False)


def test_a_surface_that_was_not_asked_for_fails_nothing(modelgen: Modelgen, edit: Edit) -> None:
    edit(*OTHER_DEFAULT)
    assert modelgen("check", "moods", "--fail-on", "warning", "--surface", "behaviour").exit_code == 1
    assert modelgen("check", "moods", "--fail-on", "warning", "--surface", "wire,json").exit_code == 3
    done = modelgen("check", "moods", "--surface", "wires")
    assert (done.exit_code, "'wires' is none of wire, json, source, behaviour" in done.stderr) == (2, True)


def test_a_first_release_has_nothing_to_compare_with(modelgen: Modelgen, tmp_path: Path, moods: Path) -> None:
    Repository(tmp_path).commit("source only")
    done = modelgen("check", "moods")
    assert done.exit_code == 0
    assert re.fullmatch(
        r"nothing to compare with yet: main \(\w{7}\) has no modelgen.lock of this package; 1 module is new\n",
        done.stdout,
    )


def test_a_hand_edited_proto(modelgen: Modelgen, published: Path) -> None:
    proto = published / "moods-service/proto/moods/v1/classifier.proto"
    proto.write_text(proto.read_text().replace(" = 2;", " = 7;"))
    done = modelgen("check", "moods")
    assert done.exit_code == 3
    assert "moods-service/proto/moods/v1/classifier.proto  error  contract-edited" in done.stdout
    assert "\nthe generated project was edited: restore it from version control, and generate\n" in done.stdout


def test_a_duplicated_number(modelgen: Modelgen, published: Path) -> None:
    lock = published / "moods-service/modelgen.lock"
    lock.write_text(lock.read_text().replace("\n2 = ", "\n1 = ", 1))
    done = modelgen("check", "moods")
    assert done.exit_code == 1
    assert "error  pin-duplicate-number" in done.stdout
    assert "modelgen generate --repair" in done.stdout


LOCKS = {
    "corrupt": ("version = 1", "version = [", "lock-corrupt"),
    "newer": ("version = 1", "version = 2", "lock-newer"),
    "unmerged": ("version = 1", "<<<<<<< ours\nversion = 1", "lock-conflict"),
}


@pytest.mark.parametrize("side", ["on disk", "published"])
@pytest.mark.parametrize("case", LOCKS)
def test_a_lock_that_cannot_be_used(modelgen: Modelgen, published: Path, side: str, case: str) -> None:
    old, new, code = LOCKS[case]
    lock = published / "moods-service/modelgen.lock"
    good = lock.read_text()
    lock.write_text(good.replace(old, new, 1))
    if side == "published":
        Repository(published).commit("broken")
        lock.write_text(good)
    done = modelgen("check", "moods", "--against", "HEAD")
    assert done.exit_code == 2
    (problem,) = re.findall(r"^.*error \[.*$", done.stderr, re.MULTILINE)
    assert f"[{code}]" in problem
    assert ("HEAD:modelgen.lock" if side == "published" else "moods-service/modelgen.lock") in problem
    assert "Traceback" not in done.output


def test_an_unknown_revision(modelgen: Modelgen, published: Path) -> None:
    done = modelgen("check", "moods", "--against", "v9")
    assert done.exit_code == 2
    assert "error [revision-unknown] git knows no revision 'v9'" in done.stderr
    assert done.stdout == "nothing could be judged\n"


def test_files_that_parse_are_judged_where_others_do_not(modelgen: Modelgen, published: Path, edit: Edit) -> None:
    (published / "moods/other.py").write_text("class Other:\n    def run(self, x: int) -> int:\n        return x\n")
    edit('"""Tells moods."""\n', '"""Tells moods."""\nfrom .other import Other as Other\n')
    modelgen("generate", "moods")
    Repository(published).commit("two files")
    (published / "moods/other.py").write_text("class Other(:\n")
    edit(*RETYPED)
    done = modelgen("check", "moods", "--against", "HEAD")
    assert done.exit_code == 2
    assert re.match(r"moods/other.py:1:1[23]: error \[syntax-error\]", done.stderr)
    assert "error  type-changed   Classifier.run(threshold)" in done.stdout
    assert "module-removed" not in done.stdout
    assert "not everything could be judged" in done.stdout


def test_no_package(modelgen: Modelgen, tmp_path: Path) -> None:
    done = modelgen("check", tmp_path / "nowhere")
    assert (done.exit_code, "[package-not-found]" in done.stderr) == (2, True)


def test_wrong_settings(modelgen: Modelgen, published: Path) -> None:
    (published / "modelgen.toml").write_text('[check]\nseverity = { defualt-changed = "error" }\n')
    done = modelgen("check", "moods")
    assert done.exit_code == 2
    assert "did you mean 'default-changed'?" in done.stderr


# What the settings say


def test_severities(modelgen: Modelgen, published: Path, edit: Edit) -> None:
    edit(*OTHER_DEFAULT)
    for severity, told, code in (("error", "error", 1), ("info", "info", 3), ("off", "", 3)):
        (published / "modelgen.toml").write_text(f'[check]\nseverity = {{ default-changed = "{severity}" }}\n')
        done = modelgen("check", "moods")
        assert done.exit_code == code
        assert re.findall(r"(\w+)  default-changed", done.stdout) == ([told] if told else [])


def test_what_is_unstable_breaks_nothing(modelgen: Modelgen, published: Path, edit: Edit) -> None:
    edit(*RETYPED)
    (published / "modelgen.toml").write_text('[check]\nunstable = ["moods.Cl*"]\n')
    done = modelgen("check", "moods")
    assert (done.exit_code, "info  type-changed" in done.stdout) == (3, True)
    (published / "modelgen.toml").write_text('[check]\nunstable = ["moods.Answer"]\n')
    assert modelgen("check", "moods").exit_code == 1


def test_the_baseline_and_what_fails_are_settings(modelgen: Modelgen, published: Path, edit: Edit) -> None:
    Repository(published).git("tag", "v1")
    edit(*OTHER_DEFAULT)
    Repository(published).commit("second")
    assert "no change" not in modelgen("check", "moods").stdout  # against main, whose project is stale
    (published / "modelgen.toml").write_text('[check]\nbaseline = "v1"\nfail-on = "warning"\n')
    done = modelgen("check", "moods")
    assert (done.exit_code, "against v1 (" in done.stdout) == (1, True)
    assert modelgen("check", "moods", "--fail-on", "error").exit_code == 3


# The pages


def test_every_rule_is_explained(modelgen: Modelgen) -> None:
    for code in RULES:
        done = modelgen("check", "--explain", code)
        assert done.exit_code == 0
        assert done.stdout.startswith(f"# {code}\n\n")
        assert all(f"\n| {surface} | " in done.stdout for surface in ("wire", "json", "source", "behaviour"))


def test_an_unknown_rule(modelgen: Modelgen) -> None:
    done = modelgen("check", "--explain", "feild-removed")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == "error [rule-unknown] there is no rule 'feild-removed'\n    did you mean 'field-removed'?\n"


def test_every_rule_has_its_verdicts() -> None:
    assert VERDICTS.keys() == RULES.keys()

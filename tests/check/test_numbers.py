"""What a check makes of numbers: kept on purpose, given back, lost with the lock, of a package under another name."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from modelgen.project.check import Report, check
from modelgen.project.generate import generate

from .judging import rules, verdicts, write


def source(parameters: str) -> dict[str, str]:
    text = f"from __future__ import annotations\n\nimport numpy as np\n\n\nclass Tagger:\n    def run(self, {parameters}) -> str: ...\n"
    return {"mylib/__init__.py": text}


def generated(root: Path, parameters: str, *keep: str) -> Path:
    """The package with these parameters, and its project made anew."""
    write(root, source(parameters))
    outcome = generate(root, keep=keep)
    assert not outcome.failed, outcome.findings
    return root / "mylib-service"


def commit(root: Path) -> None:
    for words in (("init", "-q", "-b", "main"), ("add", "-A"), ("commit", "-qm", "As it is")):
        command = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", *words]
        subprocess.run(command, cwd=root, check=True, capture_output=True)


def found(report: Report) -> list[tuple[str, str]]:
    assert not report.failed, report.findings
    return [(one.change.rule, verdicts(one.change)) for one in report.judgement.changes]


@pytest.mark.parametrize("generating", [False, True], ids=["before-generating", "generated"])
def test_a_type_that_changes_takes_another_number(generating: bool, tmp_path: Path) -> None:
    shutil.copytree(generated(tmp_path, "text: str, size: np.int32"), tmp_path / "old")
    write(tmp_path, source("text: str, size: int"))
    if generating:
        generated(tmp_path, "text: str, size: int")
    report = check(tmp_path, str(tmp_path / "old"))
    changes = [one for one in found(report) if one[0] != "contract-stale"]
    assert changes == [("integer-type-changed", "breaking safe warning safe")]


def test_a_number_that_is_kept_on_purpose_is_safe_on_the_wire(tmp_path: Path) -> None:
    shutil.copytree(generated(tmp_path, "text: str, size: np.int32"), tmp_path / "old")
    generated(tmp_path, "text: str, size: int", "mylib.Tagger.run.size")
    report = check(tmp_path, str(tmp_path / "old"))
    assert found(report) == [("integer-type-changed", "safe safe warning safe")]


def test_a_name_that_comes_back_as_something_else_is_told_before_anything_is_generated(tmp_path: Path) -> None:
    generated(tmp_path, "text: str, size: int = 1")
    shutil.copytree(generated(tmp_path, "text: str"), tmp_path / "old")
    write(tmp_path, source("text: str, size: str = ''"))
    assert {"pin-name-reused", "field-added-optional"} <= set(rules(check(tmp_path, str(tmp_path / "old"))))


def test_a_parameter_that_comes_back_as_it_was_is_only_new(tmp_path: Path) -> None:
    generated(tmp_path, "text: str, size: int = 1")
    shutil.copytree(generated(tmp_path, "text: str"), tmp_path / "old")
    generated(tmp_path, "text: str, size: int = 1")
    assert rules(check(tmp_path, str(tmp_path / "old"))) == ["field-added-optional"]


def test_a_rename_that_is_not_generated_yet_is_no_edit_of_the_lock(tmp_path: Path) -> None:
    shutil.copytree(generated(tmp_path, "text: str, size: int = 1"), tmp_path / "old")
    write(tmp_path, source("text: str, count: int = 1"))
    write(tmp_path, {"modelgen.toml": '[renames]\n"mylib.Tagger.run.size" = "mylib.Tagger.run.count"\n'})
    assert rules(check(tmp_path, str(tmp_path / "old"))) == ["contract-stale", "field-renamed"]


def test_a_lock_that_is_lost_is_an_error_and_all_else_is_judged(tmp_path: Path) -> None:
    project = generated(tmp_path, "text: str, size: int = 1")
    commit(tmp_path)
    (project / "modelgen.lock").unlink()
    report = check(tmp_path, "main")
    assert [finding.code for finding in report.findings] == ["lock-missing"]
    assert report.failed
    write(tmp_path, source("text: str"))
    assert "field-removed" in rules(check(tmp_path, "main"))
    assert [finding.code for finding in generate(tmp_path).findings] == ["lock-missing"]
    assert not (project / "modelgen.lock").exists()


def test_a_package_under_another_name_is_one_finding(tmp_path: Path) -> None:
    write(tmp_path, {"modelgen.toml": 'service = "tagging"\n'})
    generated_at = tmp_path / "tagging"
    write(tmp_path, source("text: str, size: int = 1"))
    assert not generate(tmp_path).failed
    assert generated_at.is_dir()
    commit(tmp_path)
    (tmp_path / "mylib").rename(tmp_path / "ourlib")
    report = check(tmp_path, "main")
    assert [one for one in rules(report) if one != "contract-stale"] == ["package-changed"]

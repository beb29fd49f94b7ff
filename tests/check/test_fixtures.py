"""Every rule has a folder in fixtures/changes: what it finds there is recorded, and its safe twin stays silent."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelgen.check.rule import RULES

from .fixtures import FOLDERS, findings, judged

NAMES = [folder.name for folder in FOLDERS]


def test_every_rule_has_a_folder_and_every_folder_a_rule() -> None:
    assert sorted(RULES) == NAMES


@pytest.mark.parametrize("folder", FOLDERS, ids=NAMES)
def test_a_change_is_found_as_recorded(folder: Path) -> None:
    said = findings(folder)
    assert said == (folder / "findings.txt").read_text(encoding="utf-8"), "run: make regen, and read the diff"
    assert f" {folder.name} " in said


@pytest.mark.parametrize("folder", FOLDERS, ids=NAMES)
def test_a_safe_twin_is_silent(folder: Path) -> None:
    report = judged(folder, "safe")
    assert not report.failed, report.findings
    assert {one.change.rule for one in report.judgement.changes} <= {"module-added", "field-added-optional"} - {
        folder.name
    }
    assert {one.change.verdict() for one in report.judgement.changes} <= {"safe"}
    texts = [
        {
            path.relative_to(folder / side): path.read_text(encoding="utf-8")
            for path in (folder / side).rglob("*.*")
            if path.is_file()
        }
        for side in ("before", "safe")
    ]
    assert texts[0] != texts[1], "a twin is another text that means the same"


@pytest.mark.parametrize("folder", FOLDERS, ids=NAMES)
def test_what_was_before_is_no_change_of_itself(folder: Path) -> None:
    assert judged(folder, "before").judgement.changes == ()

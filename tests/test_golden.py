"""The committed projects are what modelgen makes of their packages today; `make regen` rewrites them."""

from __future__ import annotations

import pytest

import modelgen
from modelgen.finding import failed
from modelgen.project import tree
from tests.regenerate import Golden, goldens


@pytest.mark.parametrize("golden", [pytest.param(golden, id=golden.name) for golden in goldens()])
def test_a_golden_project_is_up_to_date(golden: Golden) -> None:
    rendering = golden.render()
    assert not failed(rendering.findings), "\n".join(map(str, rendering.findings))
    changes = tree.plan(golden.project, rendering.files, generator=modelgen.__version__)
    assert not changes.refused, "\n".join(map(str, changes.findings))
    assert changes.empty, "\n".join(change.diff() for change in changes.changes)
    scaffolds = {file.path: file.text for file in rendering.files if file.state == "scaffold"}
    assert {path: (golden.project / path).read_text(encoding="utf-8") for path in scaffolds} == scaffolds


def test_there_are_golden_projects() -> None:
    assert {"quickstart", "digits", "textgen"} <= {golden.name for golden in goldens()}

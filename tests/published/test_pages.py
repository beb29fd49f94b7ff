"""The how-to pages say what the tests do."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.published import (
    test_lightgbm,
    test_river,
    test_sentence_transformers,
    test_sklearn,
    test_statsmodels,
    test_symspell,
    test_vader,
)

PAGES = Path(__file__).parents[2] / "docs" / "how-to" / "published"
CASES = {
    "vader": (test_vader.VADER.requirement, test_vader.VADER.settings, ""),
    "sklearn": (test_sklearn.REQUIREMENT, test_sklearn.SETTINGS, test_sklearn.SERVICE),
    **{
        name: (case.requirement, case.settings, case.service)
        for name, case in {
            "lightgbm": test_lightgbm.LIGHTGBM,
            "river": test_river.RIVER,
            "sentence_transformers": test_sentence_transformers.SENTENCES,
            "statsmodels": test_statsmodels.STATSMODELS,
            "symspell": test_symspell.SYMSPELL,
        }.items()
    },
}


@pytest.mark.parametrize("name", CASES)
def test_a_page_has_what_is_tested(name: str) -> None:
    page = (PAGES / f"{name}.md").read_text(encoding="utf-8")
    requirement, settings, service = CASES[name]
    assert f"pip install {requirement} " in page
    assert f"```toml\n{settings}```" in page
    assert f"```toml\n{service}```" in page or not service


def test_every_page_is_listed_and_tested() -> None:
    pages = {file.stem for file in PAGES.glob("*.md")} - {"README"}
    assert pages == set(CASES)
    listed = (PAGES / "README.md").read_text(encoding="utf-8")
    assert all(f"({name}.md)" in listed for name in pages)

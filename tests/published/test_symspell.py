"""symspellpy: annotated, Google docstrings, an enumeration in, its own classes out, and a state that calls add to."""

from __future__ import annotations

import pytest

from tests.published.conftest import Case, Published, agreeing

SYMSPELL = Case(
    requirement="symspellpy==6.10.1",
    package="symspellpy",
    calls="symspell.py",
    settings="""\
[methods]
SymSpell = ["create_dictionary_entry", "lookup", "lookup_compound", "word_segmentation"]
""",
    service="""\
[deployments.english]
module = "SymSpell"
arguments = { max_dictionary_edit_distance = 2 }

[deployments.second]
module = "SymSpell"
arguments = { max_dictionary_edit_distance = 2 }

[deployments.third]
module = "SymSpell"
arguments = { max_dictionary_edit_distance = 2 }
""",
)


@pytest.mark.conformance
def test_answers_are_the_local_ones(published: Published) -> None:
    rows = published(SYMSPELL)
    assert agreeing(rows) == 33

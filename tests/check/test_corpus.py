"""Pairs of packages that a person labelled before any check ran: breaking is found, safe is silent."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelgen.check.change import worst

from .judging import Labelled, judged, labelled, rules, shown

PAIRS = labelled()


@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_a_pair_is_judged_as_a_person_would(pair: Labelled, tmp_path: Path) -> None:
    report = judged(tmp_path, pair.before, pair.after)
    changes = [one.change for one in report.judgement.changes]
    said = "\n".join(shown(one, tmp_path) for one in report.judgement.changes)
    assert rules(report) == sorted(pair.rules), said
    assert worst(*(change.verdict() for change in changes)) == pair.verdict, said
    for change in changes:
        assert change.message
        assert change.where, change
        assert change.element.kind == "result" or change.element.python.rpartition(".")[2] in change.element.label
        assert change.suggestion or change.verdict() == "safe", said


def test_the_corpus_is_large_and_of_every_style() -> None:
    assert len(PAIRS) >= 100
    assert {pair.style for pair in PAIRS} == {"annotated", "pydantic", "numpy", "google", "rest"}
    assert len({str(pair) for pair in PAIRS}) == len(PAIRS)
    assert sum(pair.verdict == "safe" for pair in PAIRS) >= 40

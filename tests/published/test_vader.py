"""vaderSentiment: no annotations, and docstrings without types; all types come from settings."""

from __future__ import annotations

import pytest

from tests.published.conftest import Case, Published, agreeing

VADER = Case(
    requirement="vaderSentiment==3.3.2",
    package="vaderSentiment",
    calls="vader.py",
    settings="""\
service = "vader-service"

[methods]
SentimentIntensityAnalyzer = ["polarity_scores"]

[types]
"*.polarity_scores.text" = "str"
"*.polarity_scores.return" = "dict[str, float]"
""",
)


@pytest.mark.conformance
def test_answers_are_the_local_ones(published: Published) -> None:
    rows = published(VADER)
    assert agreeing(rows) == 12

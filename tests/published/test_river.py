"""river: annotated through modules, generic dictionaries; it learns from each call."""

from __future__ import annotations

import pytest

from tests.published.conftest import Case, Published, agreeing

RIVER = Case(
    requirement="river==0.26.1",
    package="river",
    calls="river_learner.py",
    settings="""\
include = ["river.linear_model.LogisticRegression"]

[methods]
LogisticRegression = ["learn_one", "predict_proba_one", "predict_one"]

[types]
"*.predict_proba_one.return" = "dict[bool, float]"
""",
    service="""\
[deployments.spam]
module = "LogisticRegression"
arguments = { intercept_lr = 0.05 }

[deployments.second]
module = "LogisticRegression"
arguments = { intercept_lr = 0.05 }

[deployments.third]
module = "LogisticRegression"
arguments = { intercept_lr = 0.05 }
""",
)


@pytest.mark.conformance
def test_answers_are_the_local_ones(published: Published) -> None:
    rows = published(RIVER)
    assert agreeing(rows) == 45

"""statsmodels: old NumPy docstrings, deep inheritance, and a constructor that takes the data."""

from __future__ import annotations

import pytest

from tests.published.conftest import Case, Published, agreeing

STATSMODELS = Case(
    requirement="statsmodels==0.15.0",
    package="statsmodels",
    calls="statsmodels_ols.py",
    settings="""\
include = ["statsmodels.*.OLS"]

[methods]
OLS = ["predict", "score", "loglike"]

[types]
"*.OLS.loglike.return" = "float"
""",
    service="""\
[deployments.growth]
module = "OLS"

[deployments.growth.arguments]
endog = [1.0, 3.1, 4.9, 7.2, 9.0]
exog = [[1.0, 0.0], [1.0, 1.0], [1.0, 2.0], [1.0, 3.0], [1.0, 4.0]]
""",
)


@pytest.mark.conformance
def test_answers_are_the_local_ones(published: Published) -> None:
    rows = published(STATSMODELS)
    assert agreeing(rows) == 12

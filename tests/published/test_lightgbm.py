"""lightgbm: annotated through aliases of unions, with many options; scikit-learn's conventions."""

from __future__ import annotations

import pytest

from tests.published.conftest import Case, Published, agreeing

LIGHTGBM = Case(
    requirement="lightgbm==4.7.0",
    package="lightgbm",
    calls="lightgbm_regressor.py",
    settings="""\
include = ["lightgbm.LGBMRegressor"]

[methods]
LGBMRegressor = ["fit", "predict"]

[types]
"*.LGBMRegressor.*.X" = "numpy.ndarray"
""",
    service="""\
[deployments.lgbm-regressor]
module = "LGBMRegressor"
arguments = { n_estimators = 20, min_child_samples = 5, verbose = -1 }
""",
)


@pytest.mark.conformance
def test_answers_are_the_local_ones(published: Published) -> None:
    rows = published(LIGHTGBM)
    assert agreeing(rows) == 9

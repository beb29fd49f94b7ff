"""scikit-learn: NumPy docstrings, methods inherited over modules; `fit` over the wire fits the served instance."""

from __future__ import annotations

import pytest

from tests.published.conftest import Case, Published, agreeing

REQUIREMENT = "scikit-learn==1.9.1"

SETTINGS = """\
service = "estimators"
include = ["sklearn.preprocessing.StandardScaler", "sklearn.neighbors.KNeighborsClassifier"]

[methods]
StandardScaler = ["fit", "transform", "inverse_transform"]
KNeighborsClassifier = ["fit", "predict", "predict_proba", "kneighbors"]

[types]
"*.kneighbors.return_distance" = "drop"
"*.kneighbors.return" = "tuple[numpy.ndarray, numpy.ndarray]"
"""

SERVICE = """\
[deployments.nearest]
module = "KNeighborsClassifier"
arguments = { n_neighbors = 3, weights = "distance" }
"""


@pytest.mark.conformance
@pytest.mark.parametrize(("calls", "count"), [("sklearn_neighbours.py", 12), ("sklearn_scaler.py", 9)])
def test_answers_are_the_local_ones(published: Published, calls: str, count: int) -> None:
    rows = published(Case(requirement=REQUIREMENT, package="sklearn", calls=calls, settings=SETTINGS, service=SERVICE))
    assert agreeing(rows) == count

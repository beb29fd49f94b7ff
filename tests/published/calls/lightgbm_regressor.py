"""A regressor of lightgbm: fitted over the wire, then asked."""

from __future__ import annotations

import numpy as np
from lightgbm import LGBMRegressor


def make() -> LGBMRegressor:
    return LGBMRegressor(n_estimators=20, min_child_samples=5, verbose=-1)


MODULE = "LGBMRegressor"
X = np.random.default_rng(0).normal(size=(120, 3))
Y = X[:, 0] * 2 - X[:, 1]
CALLS = [
    ("fit", {"X": X, "y": Y}, {"inputs": {"X": X.tolist(), "y": Y.tolist()}}),
    ("predict", {"X": X[:7]}, {"inputs": X[:7].tolist()}),
    ("predict", {"X": X[:7], "num_iteration": 3}, {"inputs": X[:7].tolist(), "parameters": {"num_iteration": 3}}),
]


def plain(answer: object) -> object:
    return None if isinstance(answer, LGBMRegressor) else answer

"""A linear model of statsmodels, made with its data."""

from __future__ import annotations

import numpy as np
from statsmodels.api import OLS

ENDOG = [1.0, 3.1, 4.9, 7.2, 9.0]
EXOG = [[1.0, 0.0], [1.0, 1.0], [1.0, 2.0], [1.0, 3.0], [1.0, 4.0]]


def make() -> OLS:
    return OLS(endog=ENDOG, exog=EXOG)


MODULE = "OLS"
AT = np.array([1.0, 2.0])
NEW = np.array([[1.0, 10.0], [1.0, -1.0]])
CALLS = [
    ("predict", {"params": AT}, {"inputs": AT.tolist()}),
    ("predict", {"params": AT, "exog": NEW}, {"inputs": AT.tolist(), "parameters": {"exog": NEW.tolist()}}),
    ("score", {"params": AT}, {"inputs": AT.tolist()}),
    ("loglike", {"params": AT, "scale": 0.5}, {"inputs": AT.tolist(), "parameters": {"scale": 0.5}}),
]

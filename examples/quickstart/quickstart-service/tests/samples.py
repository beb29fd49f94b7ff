"""One call of each method, which the tests make. This file is yours: give the calls values that mean something."""

from __future__ import annotations

from typing import Any

REQUESTS: dict[tuple[str, str], dict[str, Any]] = {
    ("BinaryClassifier", "run"): {"inputs": [0.5]},
    ("BinaryClassifier", "run_batch"): {"inputs": [[0.5]]},
    ("QuadraticPredictor", "run"): {"inputs": 0.5},
    ("QuadraticPredictor", "run_batch"): {"inputs": [0.5]},
    ("QuadraticPredictor", "run_curve"): {"inputs": {"start": 0.5, "stop": 0.5}},
    ("QuadraticPredictor", "run_vertex"): {},
}
"""(module, method) -> the body of a request."""

PIECES: dict[tuple[str, str], list[Any]] = {}
"""For methods that read a stream: its pieces."""

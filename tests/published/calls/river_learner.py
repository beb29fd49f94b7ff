"""A classifier of river, which learns from each call."""

from __future__ import annotations

from river.linear_model import LogisticRegression

MODULE = "LogisticRegression"
DEPLOYMENTS = {"rest": "spam", "http": "second", "grpc": "third"}
SEEN = [({"links": 3.0, "caps": 0.9}, True), ({"links": 0.0, "caps": 0.1}, False), ({"links": 2.0, "caps": 0.5}, True)]


def make() -> LogisticRegression:
    return LogisticRegression(intercept_lr=0.05)


CALLS = [
    *(("learn_one", {"x": x, "y": y}, {"inputs": {"x": x, "y": y}}) for x, y in SEEN * 3),
    *(("predict_proba_one", {"x": x}, {"inputs": x}) for x, _ in SEEN),
    *(("predict_one", {"x": x}, {"inputs": x}) for x, _ in SEEN),
]

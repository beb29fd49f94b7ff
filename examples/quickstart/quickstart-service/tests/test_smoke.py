"""The service starts and is healthy. This file is yours: add what your models must answer."""

from __future__ import annotations

import httpx


def test_healthy(http: httpx.Client) -> None:
    assert http.get("/health").json()["status"] == "healthy"


def test_ready(http: httpx.Client) -> None:
    assert http.get("/ready").status_code == 200

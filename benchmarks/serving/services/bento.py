"""BentoML, with its adaptive batches of at most 32 rows, in one worker."""

from __future__ import annotations

import os
import sys

import bentoml
import numpy as np
import torch
from networks import network

LATENCY = 10_000
"""Milliseconds after which it refuses what waits: so many that it never does here."""


@bentoml.service(workers=1, traffic={"timeout": 60}, metrics={"enabled": False}, logging={"access": {"enabled": False}})
class Model:
    """The network behind BentoML."""

    def __init__(self) -> None:
        self.network = network(os.environ["BENCH_MODEL"])

    @bentoml.api(batchable=True, max_batch_size=32, max_latency_ms=LATENCY)
    def predict(self, instances: np.ndarray) -> np.ndarray:
        """The answers."""
        with torch.inference_mode():
            answers: np.ndarray = self.network(torch.from_numpy(instances.astype(np.float32))).numpy()
            return answers


if __name__ == "__main__":
    os.environ["BENCH_MODEL"] = sys.argv[1]
    flags = ("--host", "127.0.0.1", "--port", sys.argv[2], "--quiet")
    os.execv(sys.executable, (sys.executable, "-m", "bentoml", "serve", "bento:Model", *flags))

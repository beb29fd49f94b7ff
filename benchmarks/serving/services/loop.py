"""The limit of the model: rows a second in this process, at one size of batch."""

from __future__ import annotations

import sys
import time

import torch
from networks import network

SECONDS = 1.0


def main() -> None:
    """Print rows a second for each size of batch that the command line names."""
    model = network(sys.argv[1])
    width = model[0].in_features
    for size in map(int, sys.argv[2:]):
        rows = torch.randn(size, width)
        with torch.inference_mode():
            for _ in range(20):
                model(rows)
            done, start = 0, time.perf_counter()
            while time.perf_counter() - start < SECONDS:
                model(rows)
                done += size
        print(size, done / (time.perf_counter() - start))


if __name__ == "__main__":
    main()

"""LitServe, at its best with M2 and 64 connections: batches of 32 and a wait of 5 ms.

Tried were batches of 8, 16, 32 and 64, waits of 0, 1, 5 and 10 ms, and both of its queues, with one worker and one API
server. It answers by what its processes cost together, so that little differs between the best of them: less than a
tenth between 16, 32 and 64 rows, 1, 5 and 10 ms, and the queues. Without a wait its worker asks again and again, and
takes the processor from the others. M1 has a wait of a millisecond.
"""

from __future__ import annotations

import sys
from typing import Any

import litserve
import torch
from networks import network

BATCHES = {"tiny": (32, 0.001), "wide": (32, 0.005)}
"""Rows, and seconds, at most, by the model."""


class Model(litserve.LitAPI):
    """The network behind LitServe."""

    def setup(self, device: str) -> None:
        """Make the network."""
        self.network = network(sys.argv[1])

    def decode_request(self, request) -> list[float]:  # noqa: ANN001 - LitServe reads an annotation as a schema
        """A row."""
        row: list[float] = request["instances"][0]
        return row

    def batch(self, inputs: list[list[float]]) -> torch.Tensor:
        """Rows."""
        return torch.tensor(inputs)

    def predict(self, rows: torch.Tensor) -> torch.Tensor:
        """The answers."""
        with torch.inference_mode():
            return self.network(rows)

    def unbatch(self, output: torch.Tensor) -> list[list[float]]:
        """A row each."""
        found: list[list[float]] = output.tolist()
        return found

    def encode_response(self, output: list[float]) -> dict[str, Any]:
        """JSON."""
        return {"predictions": [output]}


if __name__ == "__main__":
    size, wait = BATCHES[sys.argv[1]]
    api = Model(max_batch_size=size, batch_timeout=wait)
    server = litserve.LitServer(api, accelerator="cpu", workers_per_device=1)
    server.run(
        host="127.0.0.1", port=int(sys.argv[2]), num_api_servers=1, log_level="warning", generate_client_file=False
    )

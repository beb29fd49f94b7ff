"""LitServe, with batches of 32 and a millisecond's wait."""

from __future__ import annotations

import sys
from typing import Any

import litserve
import torch
from networks import network


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
    api = Model(max_batch_size=32, batch_timeout=0.001)
    server = litserve.LitServer(api, accelerator="cpu", workers_per_device=1)
    server.run(
        host="127.0.0.1", port=int(sys.argv[2]), num_api_servers=1, log_level="warning", generate_client_file=False
    )

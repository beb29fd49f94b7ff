"""MLServer in one process, with its adaptive batches of at most 32 requests.

A millisecond's wait for M1, and 5 ms for M2, which with 64 calls in flight answer more than one does. Started with a
model, a port and the protocol that is spoken on it.
"""

from __future__ import annotations

import asyncio
import sys

import numpy as np
import torch
from mlserver import MLModel, MLServer, ModelSettings, Settings
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceRequest, InferenceResponse
from networks import network
from ports import free_port

WAITS = {"tiny": 0.001, "wide": 0.005}
"""Seconds, by the model."""


class Model(MLModel):
    """The network behind MLServer."""

    async def load(self) -> bool:
        """Make the network."""
        self.network = network(self.name)
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        """The answers."""
        rows = NumpyCodec.decode_input(payload.inputs[0])
        with torch.inference_mode():
            answers: np.ndarray = self.network(torch.from_numpy(rows)).numpy()
        return InferenceResponse(model_name=self.name, outputs=[NumpyCodec.encode_output("answers", answers)])


async def main(model: str, port: int, protocol: str) -> None:
    """Serve until killed."""
    ports = {"http_port": free_port(), "grpc_port": free_port(), f"{protocol}_port": port}
    settings = Settings(
        host="127.0.0.1", parallel_workers=0, debug=False, metrics_endpoint=None, load_models_at_startup=False, **ports
    )
    batches = ModelSettings(name=model, implementation=Model, max_batch_size=32, max_batch_time=WAITS[model])
    await MLServer(settings).start([batches])


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), sys.argv[3]))

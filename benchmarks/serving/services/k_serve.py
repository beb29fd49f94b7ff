"""KServe's model server over gRPC. It makes no batches: in a cluster an agent beside it does, over HTTP."""

from __future__ import annotations

import logging
import sys
from typing import Any

import torch
from kserve import InferOutput, InferRequest, InferResponse, Model, ModelServer
from networks import network


class Wide(Model):
    """The network behind KServe."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.network = network(name)
        self.ready = True

    async def predict(self, payload: InferRequest, headers: Any = None, response_headers: Any = None) -> InferResponse:
        """The answers."""
        rows = torch.from_numpy(payload.inputs[0].as_numpy().copy())
        with torch.inference_mode():
            answers = self.network(rows).numpy()
        output = InferOutput(name="answers", shape=list(answers.shape), datatype="FP32", data=answers)
        return InferResponse(response_id=payload.id, model_name=self.name, infer_outputs=[output])


if __name__ == "__main__":
    server = ModelServer(http_port=0, grpc_port=int(sys.argv[2]), workers=1, enable_latency_logging=False)
    logging.getLogger("kserve").setLevel(logging.WARNING)  # else a line a call
    server.start([Wide(sys.argv[1])])

"""Triton, as PyTriton brings it: batches of 32 without a wait, the network in this process."""

from __future__ import annotations

import os
import signal
import sys
import sysconfig

import numpy as np
import torch
from networks import network
from ports import free_port
from pytriton.decorators import batch
from pytriton.model_config import DynamicBatcher, ModelConfig, Tensor
from pytriton.triton import Triton, TritonConfig


def main(name: str, port: int) -> None:
    """Serve until killed."""
    model = network(name)

    @batch
    def answer(rows: np.ndarray) -> dict[str, np.ndarray]:
        with torch.inference_mode():
            return {"answers": model(torch.from_numpy(rows)).numpy()}

    ports = TritonConfig(grpc_address="127.0.0.1", grpc_port=port, http_port=free_port(), metrics_port=free_port())
    with Triton(config=ports) as triton:
        triton.bind(
            model_name=name,
            infer_func=answer,
            inputs=[Tensor(name="rows", dtype=np.float32, shape=(model[0].in_features,))],
            outputs=[Tensor(name="answers", dtype=np.float32, shape=(model[-1].out_features,))],
            config=ModelConfig(max_batch_size=32, batcher=DynamicBatcher()),
        )
        triton.serve()


if __name__ == "__main__":
    # Triton's own Python is to be this one, not what else of the same version the system has.
    os.environ["LD_LIBRARY_PATH"] = sysconfig.get_config_var("LIBDIR")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # what it keeps on disk goes away with it
    main(sys.argv[1], int(sys.argv[2]))

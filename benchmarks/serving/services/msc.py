"""mosec tuned for the work: msgspec in, rows of numpy, batches of 32 and a millisecond's wait."""

from __future__ import annotations

import sys
from typing import Any

MODEL, PORT = sys.argv[1:3] if len(sys.argv) == 3 and sys.argv[2].isdecimal() else ("", "")
if PORT:
    import os

    os.environ["BENCH_MODEL"] = MODEL
    sys.argv = [sys.argv[0], "--address", "127.0.0.1", "--port", PORT, "--log-level", "warning"]

import os  # noqa: E402

import msgspec  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402
from mosec import Server, Worker  # noqa: E402
from networks import network  # noqa: E402


class Request(msgspec.Struct):
    """Rows of numbers."""

    instances: list[list[float]]


class Model(Worker):
    """The network behind mosec."""

    def __init__(self) -> None:
        self.network = network(os.environ["BENCH_MODEL"])
        self.decoder = msgspec.json.Decoder(Request)

    def deserialize(self, data: bytes) -> Any:
        """A row."""
        return np.array(self.decoder.decode(data).instances[0], dtype=np.float32)

    def serialize(self, data: Any) -> bytes:
        """JSON."""
        return msgspec.json.encode({"predictions": [data]})

    def forward(self, data: list[Any]) -> list[Any]:
        """The answers."""
        with torch.inference_mode():
            found: list[Any] = self.network(torch.from_numpy(np.stack(data))).tolist()
            return found


if __name__ == "__main__":
    server = Server()
    server.append_worker(Model, num=1, max_batch_size=32, max_wait_time=1)
    server.run()

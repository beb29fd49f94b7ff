"""Tokens of a blocking generator as server-sent events, as LitServe streams them."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator

import litserve


class Model(litserve.LitAPI):
    """The generator behind LitServe."""

    def setup(self, device: str) -> None:
        """Nothing to load."""

    def decode_request(self, request) -> tuple[int, float]:  # noqa: ANN001 - LitServe reads an annotation as a schema
        """How many tokens, and how far apart."""
        return request["count"], request["seconds"]

    def predict(self, wanted: tuple[int, float]) -> Iterator[str]:
        """The tokens."""
        count, seconds = wanted
        for number in range(count):
            if seconds:
                time.sleep(seconds)
            yield f"token-{number}"

    def encode_response(self, tokens: Iterator[str]) -> Iterator[str]:
        """An event for each."""
        for token in tokens:
            yield f"event: message\ndata: {json.dumps({'result': token})}\n\n"
        yield "event: done\ndata: {}\n\n"


if __name__ == "__main__":
    server = litserve.LitServer(Model(stream=True), accelerator="cpu", workers_per_device=1)
    server.run(
        host="127.0.0.1", port=int(sys.argv[2]), num_api_servers=1, log_level="warning", generate_client_file=False
    )

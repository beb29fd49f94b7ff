"""Tokens as server-sent events, as everyone writes it with FastAPI: a blocking generator in a StreamingResponse."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator

import uvicorn
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

app = FastAPI()


class Request(BaseModel):
    """How many tokens, and how far apart."""

    count: int
    seconds: float = 0.0


def tokens(request: Request) -> Iterator[str]:
    """The events."""
    for number in range(request.count):
        if request.seconds:
            time.sleep(request.seconds)
        yield f"event: message\ndata: {json.dumps({'result': f'token-{number}'})}\n\n"
    yield "event: done\ndata: {}\n\n"


@app.post("/predict")
async def predict(request: Request) -> StreamingResponse:
    """The stream."""
    return StreamingResponse(tokens(request), media_type="text/event-stream")


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[2]), access_log=False, log_level="warning")

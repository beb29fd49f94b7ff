"""A FastAPI service as everyone writes it: no batching, the model on the event loop."""

from __future__ import annotations

import sys

import torch
import uvicorn
from fastapi import FastAPI
from networks import network
from pydantic import BaseModel

model = network(sys.argv[1])
app = FastAPI()


class Request(BaseModel):
    """Rows of numbers."""

    instances: list[list[float]]


class Response(BaseModel):
    """A row of numbers for each."""

    predictions: list[list[float]]


@app.post("/predict")
async def predict(request: Request) -> Response:
    """The answers of the model."""
    with torch.no_grad():
        return Response(predictions=model(torch.tensor(request.instances)).tolist())


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[2]), access_log=False, log_level="warning")

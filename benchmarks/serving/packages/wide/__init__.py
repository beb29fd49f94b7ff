"""M2: a network of five million numbers, where a batch of many rows costs little more than one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from jaxtyping import Float32


class Wide:
    """512 numbers in, 128 out."""

    def __init__(self) -> None:
        torch.manual_seed(0)
        sizes = (512, 2048, 2048, 128)
        layers: list[torch.nn.Module] = []
        for inputs, outputs in zip(sizes, sizes[1:]):  # noqa: B905, RUF007 - Python 3.10 reads it as well
            layers += [torch.nn.Linear(inputs, outputs), torch.nn.ReLU()]
        self.network = torch.nn.Sequential(*layers[:-1]).eval()

    def run(self, row: Float32[Tensor, 512]) -> Float32[Tensor, 128]:
        """The answer to one row."""
        return self.network(row)

    def run_batch(self, rows: list[Float32[Tensor, 512]]) -> list[Float32[Tensor, 128]]:
        """The answers to many rows."""
        return list(self.network(torch.stack(rows)))

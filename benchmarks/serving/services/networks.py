"""The same networks as in the packages that are generated from, for those who import nothing of them."""

from __future__ import annotations

import torch

torch.set_num_threads(1)


def network(model: str) -> torch.nn.Sequential:
    """The layers of `tiny` or `wide`."""
    torch.manual_seed(0)
    sizes = {"tiny": (3, 16, 1), "wide": (512, 2048, 2048, 128)}[model]
    layers: list[torch.nn.Module] = []
    for inputs, outputs in zip(sizes, sizes[1:]):  # noqa: B905, RUF007 - peers run it on whatever Python they have
        layers += [torch.nn.Linear(inputs, outputs), torch.nn.ReLU()]
    return torch.nn.Sequential(*layers[:-1]).eval()

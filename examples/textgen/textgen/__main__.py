"""Train the weights that come with the package: ``python -m textgen``."""

from __future__ import annotations

import torch

from textgen.corpus import encode, split
from textgen.generator import WEIGHTS, TextGenerator
from textgen.network import CharacterNetwork, fit


def main() -> None:
    """Train for some minutes, write the weights in half precision, and tell the perplexity of the held-out text."""
    learned, held_out = split()
    torch.manual_seed(0)
    network = CharacterNetwork()
    fit(network, encode(learned), steps=4000, learning_rate=0.004)
    torch.save({name: weights.half() for name, weights in network.state_dict().items()}, WEIGHTS)
    model = TextGenerator()
    print(f"perplexity {model.run_perplexity([learned]):.2f} learned, {model.run_perplexity([held_out]):.2f} held out")
    print(model.run_complete("The ", max_tokens=300).text)


if __name__ == "__main__":
    main()

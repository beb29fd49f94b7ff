"""The network and how it learns."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from textgen.corpus import UNKNOWN


class CharacterNetwork(nn.Module):
    """A gated recurrent network: characters in, logits of each next character out."""

    def __init__(self, embedding: int = 32, hidden: int = 128) -> None:
        """Make an untrained network.

        Args:
            embedding: Size of a character's vector.
            hidden: Size of the state.
        """
        super().__init__()
        self.embedding = nn.Embedding(UNKNOWN + 1, embedding)
        self.recurrent = nn.GRU(embedding, hidden, batch_first=True)
        self.head = nn.Linear(hidden, UNKNOWN + 1)

    def forward(self, characters: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Read characters.

        Args:
            characters: Indices, shape (batch, length).
            state: What was read before, shape (1, batch, hidden); None at the start.

        Returns:
            Logits of shape (batch, length, alphabet), and the new state.
        """
        outputs, state = self.recurrent(self.embedding(characters), state)
        return self.head(outputs), state


def fit(network: CharacterNetwork, characters: Tensor, steps: int, learning_rate: float) -> None:
    """Train a network in place with Adam, on batches of 32 random windows of 96 characters.

    Args:
        network: The network to train.
        characters: Indices of the text, shape (length,), more than 96 of them.
        steps: Batches to learn from.
        learning_rate: At the start; it falls to nothing along a cosine.
    """
    optimizer = torch.optim.Adam(network.parameters(), lr=learning_rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    windows = characters.unfold(0, 97, 1)
    for _ in range(steps):
        batch = windows[torch.randint(len(windows), (32,))]
        logits, _ = network(batch[:, :-1])
        loss = nn.functional.cross_entropy(logits.flatten(0, 1), batch[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        schedule.step()

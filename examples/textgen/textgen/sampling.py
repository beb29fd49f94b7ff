"""How the next character is chosen."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor


@dataclass
class Sampler:
    """Draws characters, the same ones for the same seed."""

    temperature: float
    """0 takes the likeliest character; 1 draws as the model says."""
    seed: int
    top_k: int | None = None
    """Draw from this many likeliest characters only."""
    _generator: torch.Generator = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Check the options."""
        if not 0 <= self.temperature <= 2:
            raise ValueError(f"temperature must be from 0 to 2, not {self.temperature}")
        if self.top_k is not None and self.top_k < 1:
            raise ValueError(f"top_k must be at least 1, not {self.top_k}")
        self._generator = torch.Generator().manual_seed(self.seed)

    def draw(self, logits: Tensor) -> int:
        """Choose an index by its logits, shape (alphabet,)."""
        if self.temperature < 1e-6:  # so little is 0, and dividing by it would overflow
            return int(logits.argmax())
        if self.top_k is not None and self.top_k < len(logits):
            least = logits.topk(self.top_k).values[-1]
            logits = logits.masked_fill(logits < least, -torch.inf)
        probabilities = (logits / self.temperature).softmax(dim=0)
        return int(torch.multinomial(probabilities, 1, generator=self._generator))

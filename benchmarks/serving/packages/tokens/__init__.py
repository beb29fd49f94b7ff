"""M3: a generator that blocks, as a language model's does."""

import time
from collections.abc import Iterator


class Tokens:
    """Says words."""

    def run(self, count: int, seconds: float = 0.0) -> Iterator[str]:
        """Say `count` words, with a pause before each."""
        for number in range(count):
            if seconds:
                time.sleep(seconds)
            yield f"token-{number}"

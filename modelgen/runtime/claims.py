"""Files that one process at a time has, until it gives them up or ends."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


class Claim:
    """A locked file."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @classmethod
    def of(cls, file: Path) -> Claim | None:
        """The file's, or None where it has been claimed already."""
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        return cls(descriptor)

    def release(self) -> None:
        """Let others have it."""
        os.close(self._descriptor)

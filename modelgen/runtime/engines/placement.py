"""Where a worker's thread runs while the event loop waits for it.

Two threads that take turns wake each other on every turn. On one processor that is a switch; between two it is an
interrupt, which on a virtual machine costs more than a small model does. Linux only; elsewhere nothing happens.
"""

from __future__ import annotations

import ctypes
import os
import sys

if sys.platform == "linux":
    _current = ctypes.CDLL(None).sched_getcpu

    def processor() -> int:
        """The number of the processor that the calling thread runs on; -1: not known."""
        number: int = _current()
        return number

    class Placement:
        """Of the one thread that calls it."""

        def __init__(self) -> None:
            self._own = os.sched_getaffinity(0)
            self._beside = -1

        def beside(self, number: int) -> None:
            """Run on that processor; -1: wherever the system likes."""
            if number != self._beside:
                self._beside = number
                os.sched_setaffinity(0, self._own if number < 0 else {number})

else:

    def processor() -> int:
        """The number of the processor that the calling thread runs on; -1: not known."""
        return -1

    class Placement:
        """Of the one thread that calls it."""

        def beside(self, number: int) -> None:
            """Run wherever the system likes."""

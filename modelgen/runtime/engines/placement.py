"""One processor for two threads that take turns: the event loop's, and a worker's that it waits for.

They wake each other on every turn. On one processor that is a switch; between two it is an interrupt, which on a
virtual machine costs more than a small model does, and the system likes to move whom it wakes. So the loop's thread
keeps to a processor while it takes turns, and has the worker wake there; a model's code runs wherever the system likes,
since threads that it starts inherit where it may run. Linux only; elsewhere nothing happens.
"""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from functools import cache

TURNS = 256
"""After so many turns the system may choose another processor, so that nobody stays on a busy one."""
ANYWHERE = -1


class _Seat(threading.local):
    """Where the calling thread sits."""

    number = ANYWHERE
    left = 0
    """Turns until it rises."""


_seat = _Seat()

if sys.platform == "linux":
    _system = ctypes.PyDLL(None)  # keeps the interpreter's lock: to give it up would hand the turn over
    _processors = os.sched_getaffinity(0)
    _Mask = ctypes.c_uint64 * (max(_processors) // 64 + 1)

    @cache
    def _mask(number: int) -> ctypes.Array[ctypes.c_uint64]:
        mask = _Mask()
        for one in _processors if number == ANYWHERE else (number,):
            mask[one // 64] |= 1 << one % 64
        return mask

    def _keep(thread: int, number: int) -> bool:
        """Have a thread (0: the calling one) run there alone; False where that is forbidden, or it has gone."""
        return number in _places and not _system.sched_setaffinity(thread, ctypes.sizeof(_Mask), _mask(number))

    _places = {ANYWHERE, *_processors}

    def sit() -> int:
        """Keep the event loop's thread to the processor that it runs on, and tell which; -1: it moves freely for a
        turn."""
        if _seat.left:
            _seat.left -= 1
        elif _seat.number == ANYWHERE:
            number: int = _system.sched_getcpu()
            if number != ANYWHERE and _keep(0, number):
                _seat.number, _seat.left = number, TURNS
        else:
            rise()
        return _seat.number

    def rise() -> None:
        """Let the calling thread move freely again, if it does not."""
        if _seat.number != ANYWHERE:
            _seat.number, _seat.left = ANYWHERE, 0
            _keep(0, ANYWHERE)

    class Placement:
        """Of the thread that makes it: a worker's."""

        def __init__(self) -> None:
            self._thread = threading.get_native_id()
            self._number = ANYWHERE
            _keep(0, ANYWHERE)  # whoever started it may have sat

        def draw(self, number: int) -> None:
            """Have the thread wake on that processor; -1: wherever the system likes (event loop)."""
            if number != self._number:
                self._number = number
                _keep(self._thread, number)

        def roam(self) -> int:
            """Move freely; answers where to come back to (the thread itself)."""
            number = self._number
            if number != ANYWHERE:
                _keep(0, ANYWHERE)
            return number

        def come_back(self, number: int) -> None:
            """Be where the event loop waits, which `roam` answered (the thread itself)."""
            if number != ANYWHERE and number == self._number:
                _keep(0, number)

else:

    def sit() -> int:
        """Nothing."""
        return ANYWHERE

    def rise() -> None:
        """Nothing."""

    class Placement:
        """Nothing."""

        def draw(self, number: int) -> None:
            """Nothing."""

        def roam(self) -> int:
            """Nothing."""
            return ANYWHERE

        def come_back(self, number: int) -> None:
            """Nothing."""

"""What the models of a process may take together, and who makes room."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import AbstractAsyncContextManager, nullcontext
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from typing import Any, Protocol, TypeVar

from modelgen.runtime.settings import Deployment

SELDOM = 100_000
"""New objects after which the collector looks through them while a process begins."""
_THRESHOLDS = gc.get_threshold()


class Sized(Protocol):
    """A loaded deployment."""

    settings: Deployment
    size: int
    used: int


T = TypeVar("T", bound=Sized)


class Memory:
    """The budget of a process; models are loaded one after another where there is one, so that each can be measured."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        """Bytes; 0: no limit."""
        self._one = asyncio.Lock()

    @property
    def turn(self) -> AbstractAsyncContextManager[Any]:
        """Inside it, nothing else is loaded if there is a limit."""
        return self._one if self.limit else nullcontext()

    def evicted(self, needed: int, present: Iterable[T]) -> Iterator[T]:
        """Of what is present, what must go so that the rest fits beside `needed` bytes: the least recently used first,
        but nothing that gives no room, or that its settings keep."""
        ranked = sorted(present, key=lambda one: one.used)
        taken = needed + sum(one.size for one in ranked)
        for one in ranked:
            if taken <= self.limit:
                return
            if one.size and not one.settings.keep:
                taken -= one.size
                yield one


def resident(process: int | str = "self") -> int:
    """Bytes of memory that a process takes; 0 where it has ended. Where the system does not tell, the most that this
    one has taken."""
    try:
        return int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        most = getrusage(RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        return 0 if sys.platform == "linux" or process != "self" else most


def begin() -> None:
    """When a service's process begins: what is imported stays, and to look through it again and again while it grows
    takes a fifth of a second."""
    gc.set_threshold(SELDOM)


def imported() -> None:
    """Once the served package has been: all that is there stays, and is looked through no more."""
    gc.freeze()


def settle() -> None:
    """Once models have been loaded: a full collection over what torch has loaded costs more than 100 ms, and need not
    look at it again."""
    gc.set_threshold(*_THRESHOLDS)
    gc.collect()
    gc.freeze()


def given_back() -> None:
    """Give the system what a model held that has gone."""
    gc.unfreeze()
    settle()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # of glibc alone
        if trim is not None:
            trim(0)

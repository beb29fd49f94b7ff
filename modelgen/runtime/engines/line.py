"""Calls that wait for a model: those that may share a batch together, and groups in turn."""

from __future__ import annotations

import threading
import time
from asyncio import Future
from collections import deque
from collections.abc import Hashable
from typing import Any, TypeAlias

from modelgen.runtime.call import Call


class Waiting:
    """One call in the line."""

    __slots__ = ("call", "future", "key", "since")

    def __init__(self, call: Call, future: Future[Any]) -> None:
        self.call = call
        self.future = future
        self.key: Hashable = (call.binding.name, call.group)
        self.since = 0.0


Batches: TypeAlias = "deque[Waiting]"


class Line:
    """Calls by group, first come first served; a group of which a batch was taken goes to the end.

    It hands out at most as many turns as there are workers to take them.
    """

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._turns = 0
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._groups: dict[Hashable, Batches] = {}

    def join(self, waiting: Waiting) -> None:
        """Put a call into the line (event loop)."""
        patient = waiting.call.batcher.patience
        if patient:
            waiting.since = time.monotonic()
        with self._lock:
            group = self._groups.get(waiting.key)
            if group is None:
                group = self._groups[waiting.key] = deque()
            group.append(waiting)
            if patient:
                self._changed.notify_all()

    def open(self) -> int:
        """How many workers must be told to take a turn (event loop)."""
        with self._lock:
            batches = sum(-(-len(group) // group[0].call.batcher.limit) for group in self._groups.values())
            turns = min(batches, self._workers - self._turns)
            self._turns += turns
            return turns

    def leave(self, waiting: Waiting) -> None:
        """Take a call out of the line, if it is still there (event loop)."""
        with self._lock:
            group = self._groups.get(waiting.key)
            if group is not None and waiting in group:
                group.remove(waiting)
                self._drop_if_empty(waiting.key, group)

    def take(self) -> list[Waiting]:
        """The next batch (worker thread); empty where others have taken all."""
        with self._lock:
            if not self._groups:
                return []
            key, group = next(iter(self._groups.items()))
            batcher = group[0].call.batcher
            limit = batcher.limit
            if batcher.patience:
                self._wait(group, limit, group[0].since + batcher.patience)
            batch = [group.popleft() for _ in range(min(limit, len(group)))]
            if self._groups.get(key) is group:  # it is not, where others emptied it while this one waited
                del self._groups[key]
                if group:
                    self._groups[key] = group
            return batch

    def again(self) -> bool:
        """End a turn (worker thread); whether another one must be taken because somebody waits."""
        with self._lock:
            if self._groups:
                return True
            self._turns -= 1
            return False

    def _wait(self, group: Batches, limit: int, until: float) -> None:
        while 0 < len(group) < limit and (left := until - time.monotonic()) > 0:
            self._changed.wait(left)

    def _drop_if_empty(self, key: Hashable, group: Batches) -> None:
        if not group:
            self._groups.pop(key, None)

"""How many requests ended how, and how long they took: counted for every request, and so counted cheaply.

The library's own counters lock and look around at each step. One event loop counts all requests of a process, so a
process by itself keeps plain numbers and makes the library's families of them when somebody reads. Where several
processes count together, the library's files are what joins them.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from typing import TypeAlias

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

REQUESTS = ("inference_requests", "Requests by what they ended in.")
DURATIONS = ("inference_request_duration_seconds", "From the request to its answer.")
CALL = ("deployment", "method", "protocol")
"""Labels of durations; those of requests have the code too."""

Count: TypeAlias = Callable[[float], None]
"""Counts one request that took so many seconds."""


class _Tally:
    """Requests with the same labels, and the same code."""

    __slots__ = ("_bounds", "counts", "created", "seconds")

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        """By duration: each up to its bound, the last one above all."""
        self.seconds = 0.0
        self.created = time.time()

    def add(self, seconds: float) -> None:
        self.counts[bisect_left(self._bounds, seconds)] += 1
        self.seconds += seconds


class Own(Collector):
    """The requests of this process."""

    def __init__(self, registry: CollectorRegistry, bounds: Sequence[float]) -> None:
        self._bounds = bounds
        self._tallies: dict[tuple[str, ...], _Tally] = {}
        registry.register(self)

    def count(self, labels: tuple[str, ...], code: str) -> Count:
        """What counts the requests with these labels and this code."""
        return self._tallies.setdefault((*labels, code), _Tally(self._bounds)).add

    def collect(self) -> Iterator[Metric]:
        """The two families."""
        requests = CounterMetricFamily(*REQUESTS, labels=(*CALL, "code"))
        by_call: dict[tuple[str, ...], list[_Tally]] = {}
        for labels, tally in tuple(self._tallies.items()):
            requests.add_metric(labels, sum(tally.counts), created=tally.created)
            by_call.setdefault(labels[:-1], []).append(tally)
        yield requests
        durations = HistogramMetricFamily(*DURATIONS, labels=CALL)
        names = [*(str(float(bound)) for bound in self._bounds), "+Inf"]
        for labels, tallies in by_call.items():
            counts = map(sum, zip(*(tally.counts for tally in tallies), strict=True))
            buckets = list(zip(names, accumulate(counts), strict=True))
            durations.add_metric(labels, buckets, sum(tally.seconds for tally in tallies))
        yield durations


class Shared:
    """The requests of several processes."""

    def __init__(self, registry: CollectorRegistry, bounds: Sequence[float]) -> None:
        self._requests = Counter(*REQUESTS, (*CALL, "code"), registry=registry)
        self._durations = Histogram(*DURATIONS, CALL, registry=registry, buckets=bounds)

    def count(self, labels: tuple[str, ...], code: str) -> Count:
        """What counts the requests with these labels and this code."""
        increment, observe = self._requests.labels(*labels, code).inc, self._durations.labels(*labels).observe

        def count(seconds: float) -> None:
            increment()
            observe(seconds)

        return count

"""What Prometheus reads at `GET /metrics`.

Labels are bounded: deployments are those of the service, methods those of the contract, codes those of `errors`. What a
caller makes up never becomes one. Where PROMETHEUS_MULTIPROC_DIR names a folder, several processes count into it, and
each of them answers for all.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections import Counter as Tally
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, get_args

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from modelgen.runtime.jobs import State
from modelgen.runtime.memory import resident
from modelgen.runtime.tallies import Count, Own, Shared

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

    from modelgen.runtime.binding import MethodBinding
    from modelgen.runtime.service import Service

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""Bounds of durations."""
SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256)
"""Bounds of batches."""
INTERVAL = 1.0
"""Seconds between two looks at what is measured, where several processes count together."""
UNKNOWN = ""
"""The deployment of a request that reached none."""


def shared() -> bool:
    """Whether several processes count together."""
    return "PROMETHEUS_MULTIPROC_DIR" in os.environ


class Metrics:
    """The metrics of one service."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        counter = partial(Counter, registry=self._registry)
        gauge = partial(Gauge, registry=self._registry)
        histogram = partial(Histogram, registry=self._registry)
        method = ("deployment", "method")
        self._requests = (Shared if shared() else Own)(self._registry, SECONDS)
        self._firsts = histogram(
            "inference_time_to_first_item_seconds", "From the request to the first item of a stream.", method,
            buckets=SECONDS,
        )  # fmt: skip
        self._items = counter("inference_stream_items", "Items that streams answered: tokens of a generator.", method)
        self._batches = histogram("inference_batch_size", "Calls that one call of the model answered.", method,
                                  buckets=SIZES)  # fmt: skip
        self._denied = counter("inference_requests_denied", "Requests without the right to be answered.", ("code",))
        self._depths = gauge("inference_queue_depth", "Calls that run or wait.", ("deployment",),
                             multiprocess_mode="livesum")  # fmt: skip
        self._ready = gauge("inference_deployment_ready", "1 while it can be called.", ("deployment",),
                            multiprocess_mode="livemin")  # fmt: skip
        self._loads = gauge("inference_model_load_seconds", "How long its model took to load.", ("deployment",),
                            multiprocess_mode="livemax")  # fmt: skip
        self._memory = gauge("service_resident_memory_bytes", "Memory of the service.", multiprocess_mode="livesum")
        self._devices = gauge("service_device_memory_bytes", "Memory that torch has taken of a device.", ("device",),
                              multiprocess_mode="livesum")  # fmt: skip
        self._longest = gauge("inference_longest_call_seconds", "How long the call has run that began first.",
                              ("deployment",), multiprocess_mode="livemax")  # fmt: skip
        self._processes = gauge("inference_process_memory_bytes", "Memory of its models' own processes.",
                                ("deployment",), multiprocess_mode="livesum")  # fmt: skip
        self._replaced = counter("inference_processes_replaced", "Processes in whose place another was started.",
                                 ("deployment", "reason"))  # fmt: skip
        self._jobs = gauge("training_jobs", "Training jobs by state.", ("state",), multiprocess_mode="livemax")
        self._info = gauge("service_info", "1, with what is served.", ("service", "version", "contract"),
                           multiprocess_mode="livemax")  # fmt: skip
        self._counts: dict[tuple[int, str, str, str], Count] = {}

    def ended(self, binding: MethodBinding, deployment: str, protocol: str, code: str, seconds: float) -> None:
        """Count one request."""
        key = (id(binding), deployment, protocol, code)
        count = self._counts.get(key)
        if count is None:
            count = self._counts[key] = self._requests.count((deployment, _name(binding), protocol), code)
        count(seconds)

    def streamed(self, binding: MethodBinding, deployment: str, items: int, first: float | None) -> None:
        """Count what one stream answered, and how long its first item took."""
        labels = (deployment, _name(binding))
        self._items.labels(*labels).inc(items)
        if first is not None:
            self._firsts.labels(*labels).observe(first)

    def denied(self, code: str) -> None:
        """Count one request that was not let in."""
        self._denied.labels(code).inc()

    def loaded(self, deployment: str, seconds: float) -> None:
        """Say how long a deployment's model took to load."""
        self._loads.labels(deployment).set(seconds)

    def batches(self, deployment: str) -> Callable[[MethodBinding, int], None]:
        """What a deployment's engine tells of each batch, on any thread."""
        bound: dict[int, Callable[[float], None]] = {}

        def observe(binding: MethodBinding, size: int) -> None:
            found = bound.get(id(binding))
            if found is None:
                found = bound[id(binding)] = self._batches.labels(deployment, _name(binding)).observe
            found(size)

        return observe

    def replaced(self, deployment: str) -> Callable[[str], None]:
        """What is told whenever another process takes the place of one, with the reason, on any thread."""
        return lambda reason: self._replaced.labels(deployment, reason).inc()

    def refresh(self, service: Service) -> None:
        """Look at what is not counted but measured."""
        binding = service.binding
        self._info.labels(binding.name, binding.version, binding.contract_hash).set(1)
        for deployed in service.deployments:
            self._depths.labels(deployed.name).set(deployed.depth)
            self._ready.labels(deployed.name).set(not deployed.missing)
            if deployed.loaded is None:
                continue
            self._longest.labels(deployed.name).set(deployed.loaded.longest)
            if deployed.settings.isolation == "process":
                self._processes.labels(deployed.name).set(deployed.loaded.memory)
        states = Tally(job["state"] for job in service.jobs.list())
        for state in get_args(State):
            self._jobs.labels(state).set(states[state])
        self._memory.set(resident())
        for device, size in _device_memory():
            self._devices.labels(device).set(size)

    async def keep(self, service: Service) -> None:
        """Look again and again, where the process that answers may be another one."""
        while shared():
            self.refresh(service)
            await asyncio.sleep(INTERVAL)

    def close(self) -> None:
        """Take back what only holds while this process runs."""
        if shared():
            mark_process_dead(os.getpid())  # type: ignore[no-untyped-call]

    def text(self, accept: str) -> tuple[bytes, str]:
        """The metrics, those of the model's own code too, in the form that is asked for; and its media type."""
        encode, media_type = choose_encoder(accept)
        return encode(_All(self._registry)), media_type


class _All:
    """Several registries as one."""

    def __init__(self, own: CollectorRegistry) -> None:
        self._registries: tuple[CollectorRegistry, ...] = (own, REGISTRY)
        if shared():
            together = CollectorRegistry()
            MultiProcessCollector(together)  # type: ignore[no-untyped-call]
            self._registries = (together,)

    def collect(self) -> Iterator[Metric]:
        for registry in self._registries:
            yield from registry.collect()


def _name(binding: MethodBinding) -> str:
    return f"{binding.module}.{binding.name}"


def _device_memory() -> Iterator[tuple[str, int]]:
    torch: Any = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        for number in range(torch.cuda.device_count()):
            yield f"cuda:{number}", torch.cuda.memory_reserved(number)

"""From a deployment's settings to models that can be called."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from modelgen.runtime.binding import ModuleBinding
from modelgen.runtime.engines.accelerator import Placing
from modelgen.runtime.engines.host import Host, Loaded, Replica, Watcher, warmed
from modelgen.runtime.settings import Deployment


def creator(module: ModuleBinding, settings: Deployment) -> Callable[[], Any]:
    """What makes the model. Raises LookupError where the settings do not say enough."""
    if settings.artifact:
        if module.load is None:
            raise LookupError(f"`{module.name}` has no `load` for the artifact that the settings name")
        return partial(module.load, settings.artifact)
    absent = [name for name in module.needs if name not in settings.arguments]
    if absent:
        raise LookupError(f"`{module.name}` needs {', '.join(absent)}: set them under arguments, or name an artifact")
    return partial(module.create, **settings.arguments)


def host(
    service: str, module: ModuleBinding, settings: Deployment, *, watcher: Watcher, trace_endpoint: str
) -> Callable[[Replica], Host]:
    """What makes a replica, on its thread. `watcher` is told what becomes of its process, whose spans go to the
    endpoint, as the service's do. Raises LookupError where the settings do not say enough."""
    create = creator(module, settings)
    place = Placing(
        device=settings.device,
        dtype=settings.dtype,
        autocast=settings.autocast,
        compile=settings.compile,
        share=settings.replicas if settings.isolation == "thread" else 1,  # a process is told by its environment
    )
    if settings.isolation == "process":
        from modelgen.runtime.engines.process import ProcessHost
        from modelgen.runtime.engines.started import Plan

        plan = Plan(
            service=service,
            module=module.name,
            deployment=settings,
            placing=place,
            trace_endpoint=trace_endpoint,
        )
        return lambda replica: ProcessHost(plan, watcher)

    def load(replica: Replica) -> Host:
        loaded = Loaded(create, place)
        if settings.warm_up:
            warmed(loaded, replica, module.example, module.methods)
        return loaded

    return load

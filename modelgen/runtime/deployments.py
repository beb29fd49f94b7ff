"""Which loaded model answers which name."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from time import perf_counter
from typing import Any, Literal

from modelgen.runtime.batching import Batcher, batcher
from modelgen.runtime.binding import ModuleBinding, ServiceBinding
from modelgen.runtime.call import Engine
from modelgen.runtime.engines.channels import ModelRaised
from modelgen.runtime.engines.local import LocalEngine
from modelgen.runtime.errors import Detail, FailedPrecondition, InvalidArgument, NotFound, Unavailable
from modelgen.runtime.limits import Deadlines, Queue
from modelgen.runtime.metrics import Metrics
from modelgen.runtime.settings import Deployment, Settings

logger = logging.getLogger("modelgen.runtime")

State = Literal["loading", "active", "failed"]


@dataclass(slots=True, kw_only=True)
class Deployed:
    """A deployment and what became of it."""

    settings: Deployment
    module: ModuleBinding
    required: bool = True
    """Whether the service is ready only with it."""
    state: State = "loading"
    reason: str = ""
    """Why loading failed."""
    loaded: LocalEngine | None = None
    """The engine itself."""
    engine: Engine | None = None
    """What calls are given to: the engine within its limits."""
    queue: Queue | None = None
    """What bounds its calls."""
    batchers: dict[str, Batcher] = field(default_factory=dict)
    """How calls of each method are batched."""
    done: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once it is active or failed."""

    @property
    def name(self) -> str:
        """What callers call it."""
        return self.settings.name

    @property
    def depth(self) -> int:
        """Calls that run or wait."""
        return self.queue.depth if self.queue is not None else 0

    @property
    def device(self) -> str:
        """Where its model is; empty before it is loaded, and for models that are no torch modules."""
        return self.loaded.device if self.loaded is not None else ""


class Deployments:
    """The deployments of a service by name."""

    def __init__(self, service: ServiceBinding, settings: Settings, metrics: Metrics) -> None:
        self._metrics = metrics
        self._modules = {module.name: module for module in service.modules}
        self._paths = {module.path: module for module in service.modules}
        self._by_name: dict[str, Deployed] = {}
        self._loads: set[asyncio.Task[None]] = set()
        named = {deployment.name for deployment in settings.deployments}
        stated = (*settings.deployments, *(one for one in service.deployments if one.name not in named))
        self._planned = (*stated, *_default(service.modules, stated))

    def __iter__(self) -> Iterator[Deployed]:
        return iter(tuple(self._by_name.values()))

    def start(self) -> None:
        """Begin to load all that the settings ask for."""
        for deployment in self._planned:
            self.deploy(deployment)

    def deploy(self, deployment: Deployment, *, required: bool = True) -> Deployed:
        """Begin to load one more; `done` of what is answered is set when that is over."""
        module = self._modules.get(deployment.module) or self._paths[deployment.module]
        batchers = {method.name: batcher(method, deployment.batch) for method in module.methods}
        deployed = Deployed(settings=deployment, module=module, required=required, batchers=batchers)
        self._by_name[deployment.name] = deployed
        task = asyncio.get_running_loop().create_task(_load(deployed, self._metrics))
        self._loads.add(task)
        task.add_done_callback(self._loads.discard)
        return deployed

    def missing(self) -> dict[str, str]:
        """What the service is not ready without, and why it is not there."""
        awaited = (deployed for deployed in self if deployed.required and deployed.state != "active")
        return {deployed.name: deployed.reason or "loading" for deployed in awaited}

    def find(self, module: str, name: str | None) -> Deployed:
        """The deployment of the module that the caller named, or the module's default."""
        deployed = self._named(module, name) if name else self._default(module)
        if deployed.state == "loading":
            raise Unavailable(f"Deployment `{deployed.name}` is still loading", retry_after=1.0)
        if deployed.state == "failed":
            raise Unavailable(f"Deployment `{deployed.name}` could not be loaded")
        return deployed

    def of(self, module: str) -> list[Deployed]:
        """The module's deployments, in the order they were made."""
        return [deployed for deployed in self if deployed.module.name == module]

    def default(self, module: str) -> Deployed | None:
        """The one named like the module's path, else the only one."""
        named = self._by_name.get(self._modules[module].path)
        if named is not None and named.module.name == module:
            return named
        choices = self.of(module)
        return choices[0] if len(choices) == 1 else None

    async def close(self) -> None:
        """Stop loading and end the models' threads."""
        for task in tuple(self._loads):
            task.cancel()
        await asyncio.gather(*self._loads, return_exceptions=True)
        for deployed in self:
            if deployed.loaded is not None:
                deployed.loaded.close()

    def _named(self, module: str, name: str) -> Deployed:
        deployed = self._by_name.get(name)
        if deployed is None or deployed.module.name != module:
            raise NotFound(f"`{module}` has no deployment `{name}`; it has {_listed(self.of(module))}")
        return deployed

    def _default(self, module: str) -> Deployed:
        deployed = self.default(module)
        if deployed is not None:
            return deployed
        choices = self.of(module)
        if choices:
            raise InvalidArgument.of(Detail(field="deployment", message=f"is required: {_listed(choices)}"))
        needs = ", ".join(f"`{name}`" for name in self._modules[module].required)
        raise FailedPrecondition(
            f"`{module}` is not deployed: its constructor needs {needs}. Add it to service.toml, or train one"
        )


def _default_name(module: ModuleBinding) -> Deployment:
    return Deployment(name=module.path, module=module.name)


def _default(modules: Iterable[ModuleBinding], settings: Iterable[Deployment]) -> list[Deployment]:
    """One deployment for every module that the settings do not mention and that can be made from nothing."""
    mentioned = {deployment.module for deployment in settings}
    return [
        _default_name(module)
        for module in modules
        if not module.required and not mentioned & {module.name, module.path}
    ]


def _listed(deployments: Iterable[Deployed]) -> str:
    return ", ".join(f"`{deployed.name}`" for deployed in deployments) or "none"


async def _load(deployed: Deployed, metrics: Metrics) -> None:
    settings = deployed.settings
    began = perf_counter()
    try:
        create = _creator(deployed.module, settings)
        engine = await LocalEngine.load(create, name=settings.name, replicas=settings.replicas, device=settings.device)
    except ModelRaised as raised:
        deployed.state, deployed.reason = "failed", f"{type(raised.error).__name__}: {raised.error}"
        logger.error("deployment %s could not be loaded", settings.name, exc_info=raised.error)
    except LookupError as error:
        deployed.state, deployed.reason = "failed", str(error.args[0])
    else:
        deployed.loaded = engine
        engine.on_batch = metrics.batches(settings.name)
        deployed.queue = Queue(engine, settings.replicas + settings.max_queue)
        deployed.engine = Deadlines(deployed.queue)
        metrics.loaded(settings.name, perf_counter() - began)
        deployed.state = "active"
        logger.info("deployment %s is active", settings.name)
    deployed.done.set()


def _creator(module: ModuleBinding, settings: Deployment) -> Callable[[], Any]:
    """What makes the model. Raises LookupError where the settings do not say enough."""
    if settings.artifact:
        if module.load is None:
            raise LookupError(f"`{module.name}` has no `load` for the artifact that the settings name")
        return partial(module.load, settings.artifact)
    absent = [name for name in module.required if name not in settings.arguments]
    if absent:
        raise LookupError(f"`{module.name}` needs {', '.join(absent)}: set them under arguments, or name an artifact")
    return partial(module.create, **settings.arguments)

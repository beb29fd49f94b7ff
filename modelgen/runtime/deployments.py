"""Which loaded model answers which name."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, Literal

from modelgen.runtime.batching import Batcher, batcher
from modelgen.runtime.binding import ModuleBinding, ServiceBinding
from modelgen.runtime.call import Engine
from modelgen.runtime.engines.channels import ModelRaised
from modelgen.runtime.engines.host import Watcher
from modelgen.runtime.engines.loading import host
from modelgen.runtime.engines.local import LocalEngine
from modelgen.runtime.errors import (
    Detail,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    ResourceExhausted,
    Unavailable,
)
from modelgen.runtime.limits import Deadlines, Queue
from modelgen.runtime.memory import Memory, given_back, resident
from modelgen.runtime.metrics import Metrics
from modelgen.runtime.settings import Deployment, Settings

logger = logging.getLogger("modelgen.runtime")

State = Literal["loading", "active", "failed", "unloaded", "waking"]


@dataclass(slots=True, kw_only=True, eq=False)
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
    queue: Queue | None = None
    """What bounds its calls."""
    engine: Engine | None = None
    """What calls are given to: the engine within its limits."""
    batchers: dict[str, Batcher] = field(default_factory=dict)
    """How calls of each method are batched."""
    size: int = 0
    """Bytes that it takes, as far as that is known."""
    waiting: int = 0
    """Calls that wait until it has been loaded again."""
    stuck: int = 0
    """Replicas of which the log says that they do not come back from a call."""
    used: int = 0
    """When it was called last, on a clock that counts calls."""
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
    def capacity(self) -> int:
        """Calls that may run and wait."""
        return self.settings.replicas + self.settings.max_queue

    @property
    def device(self) -> str:
        """Where its model is; empty before it is loaded, and for models that are no torch modules."""
        return self.loaded.device if self.loaded is not None else ""

    @property
    def missing(self) -> str:
        """Why it cannot be called; empty where it can, or is loaded by the next call."""
        if self.state == "active":
            return self.loaded.missing if self.loaded is not None else ""
        return "" if self.state in ("unloaded", "waking") else self.reason or "loading"

    def take(self, engine: LocalEngine) -> None:
        """Answer with it from now on."""
        self.loaded = engine
        self.queue = Queue(engine, self.capacity)
        self.engine = Deadlines(self.queue)
        self.state = "active"

    def give(self) -> tuple[LocalEngine, Queue] | None:
        """Answer with it no more; what is answered may still run."""
        loaded, queue = self.loaded, self.queue
        self.loaded = self.queue = self.engine = None
        return (loaded, queue) if loaded is not None and queue is not None else None


class Deployments:
    """The deployments of a service by name."""

    def __init__(self, service: ServiceBinding, settings: Settings, metrics: Metrics) -> None:
        self._metrics = metrics
        self._service = service
        self._modules = {module.name: module for module in service.modules}
        self._paths = {module.path: module for module in service.modules}
        self._by_name: dict[str, Deployed] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._memory = Memory(settings.max_memory)
        self._calls = 0
        self._settings = settings
        self.watchers: list[Callable[[], object]] = []
        """Called whenever a deployment has become active, failed, or gone."""

    def __iter__(self) -> Iterator[Deployed]:
        return iter(tuple(self._by_name.values()))

    def start(self) -> None:
        """Begin to load all that the settings ask for."""
        self._loop = asyncio.get_running_loop()
        for deployment in self._planned(self._settings):
            self.deploy(deployment)

    def reload(self, settings: Settings) -> list[str]:
        """Follow other settings, without dropping a call; tells what begins to change, in words.

        A deployment that is changed goes on answering as it was until it has been loaded as it is to be; where that
        fails, it stays as it was.
        """
        self._settings = settings
        self._memory.limit = settings.max_memory
        wanted = {deployment.name: deployment for deployment in self._planned(settings)}
        told = []
        for deployed in self:
            if deployed.required and deployed.name not in wanted:
                told.append(f"{deployed.name} goes")
                del self._by_name[deployed.name]
                self._retire(deployed)
        for name, deployment in wanted.items():
            present = self._by_name.get(name)
            if present is None:
                told.append(f"{name} comes")
                self.deploy(deployment)
            elif present.settings != deployment or present.state == "failed":
                told.append(f"{name} changes")
                self._replace(present, deployment)
        self._changed()
        return told

    def deploy(self, deployment: Deployment, *, required: bool = True) -> Deployed:
        """Begin to load one more; `done` of what is answered is set when that is over."""
        deployed = self._made(deployment, required=required)
        self._by_name[deployment.name] = deployed
        self._begin(self._load(deployed))
        return deployed

    def missing(self) -> dict[str, str]:
        """What the service is not ready without, and why it is not there."""
        awaited = ((deployed.name, deployed.missing) for deployed in self if deployed.required)
        return {name: reason for name, reason in awaited if reason}

    def look(self) -> None:
        """Tell the log of replicas that do not come back from a call, or have."""
        for deployed in self:
            stuck = deployed.loaded.stuck if deployed.loaded is not None else 0
            if stuck != deployed.stuck:
                text = "deployment %s: %d of %d replicas have been at a call for twice its timeout"
                logger.error(text, deployed.name, stuck, deployed.settings.replicas)
            deployed.stuck = stuck

    def find(self, module: str, name: str | None) -> Deployed:
        """The deployment of the module that the caller named, or the module's default."""
        return self._named(module, name) if name else self._default(module)

    def use(self, deployed: Deployed) -> None:
        """It is called now; it may have to be woken. Raises Unavailable where it cannot be called."""
        if deployed.state == "loading":
            raise Unavailable(f"Deployment `{deployed.name}` is still loading", retry_after=1.0)
        if deployed.state == "failed":
            raise Unavailable(f"Deployment `{deployed.name}` could not be loaded")
        if deployed.loaded is not None and (reason := deployed.loaded.missing):
            raise Unavailable(f"Deployment `{deployed.name}`: {reason}", retry_after=1.0)
        self._calls += 1
        deployed.used = self._calls

    async def wake(self, deployed: Deployed) -> None:
        """Load a model again that had to make room. Raises Unavailable where that fails."""
        if deployed.state == "unloaded":
            deployed.state = "waking"
            deployed.done.clear()
            self._begin(self._load(deployed))
        if deployed.waiting >= deployed.settings.max_queue:
            raise ResourceExhausted(f"Too many calls wait for `{deployed.name}` to be loaded", retry_after=1.0)
        deployed.waiting += 1
        try:
            await deployed.done.wait()
        finally:
            deployed.waiting -= 1
        if deployed.state == "failed":
            raise Unavailable(f"Deployment `{deployed.name}` could not be loaded")

    def named(self, name: str) -> Deployed | None:
        """The one of that name, whatever its module is."""
        return self._by_name.get(name)

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

    async def close(self, patience: float = 0.0) -> None:
        """Stop loading and end the models' threads; so many seconds are given to the models' own processes."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        engines = [deployed.loaded for deployed in self if deployed.loaded is not None]
        for engine in engines:
            engine.close()
        if patience:
            await asyncio.gather(*(asyncio.to_thread(engine.ended, patience) for engine in engines))

    def _planned(self, settings: Settings) -> tuple[Deployment, ...]:
        named = {deployment.name for deployment in settings.deployments}
        stated = (*settings.deployments, *(one for one in self._service.deployments if one.name not in named))
        return (*stated, *_default(self._service.modules, stated))

    def _made(self, deployment: Deployment, *, required: bool) -> Deployed:
        module = self._modules.get(deployment.module) or self._paths[deployment.module]
        batchers = {method.name: batcher(method, deployment.batch) for method in module.methods}
        return Deployed(settings=deployment, module=module, required=required, batchers=batchers)

    def _begin(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _changed(self) -> None:
        for watcher in self.watchers:
            watcher()

    def _changed_elsewhere(self) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody watches any more
            self._loop.call_soon_threadsafe(self._changed)

    def _watcher(self, name: str) -> Watcher:
        return Watcher(changed=self._changed_elsewhere, replaced=self._metrics.replaced(name))

    async def _load(self, deployed: Deployed) -> None:
        """Load it; it is active or failed then."""
        settings = deployed.settings
        async with self._memory.turn:
            self._make_room(deployed)
            before, began = resident(), perf_counter()
            try:
                watcher, endpoint = self._watcher(settings.name), self._settings.trace_endpoint
                create = host(self._service.name, deployed.module, settings, watcher=watcher, trace_endpoint=endpoint)
                engine = await LocalEngine.over(
                    create, name=settings.name, replicas=settings.replicas, timeout=settings.timeout
                )
            except ModelRaised as raised:
                deployed.state, deployed.reason = "failed", _sentence(raised.error)
                logger.error("deployment %s could not be loaded", settings.name, exc_info=raised.error)
            except LookupError as error:
                deployed.state, deployed.reason = "failed", str(error.args[0])
            else:
                deployed.size = settings.memory or engine.size or max(0, resident() - before)
                engine.on_batch = self._metrics.batches(settings.name)
                self._metrics.loaded(settings.name, perf_counter() - began)
                deployed.take(engine)
                logger.info("deployment %s is active", settings.name)
                self._make_room(deployed)
        deployed.done.set()
        self._changed()

    def _make_room(self, newest: Deployed) -> None:
        """Unload what was called least recently, until the others fit beside the newest."""
        if not self._memory.limit:
            return
        needed = newest.settings.memory or newest.size
        present = [deployed for deployed in self if deployed.loaded is not None and deployed is not newest]
        for deployed in self._memory.evicted(needed, present):
            logger.info("deployment %s is unloaded: it makes room for %s", deployed.name, newest.name)
            deployed.state = "unloaded"
            self._retire(deployed)

    def _replace(self, present: Deployed, deployment: Deployment) -> None:
        if present.state != "active":
            self._retire(present)
            self.deploy(deployment)
            return
        self._begin(self._swap(present, self._made(deployment, required=True)))

    async def _swap(self, old: Deployed, new: Deployed) -> None:
        await self._load(new)
        if new.state == "failed":
            logger.error("deployment %s stays as it was: %s", old.name, new.reason)
            return
        if self._by_name.get(old.name) is not old:  # it has gone, or changed once more, while this was loaded
            self._retire(new)
            return
        self._by_name[old.name] = new
        self._retire(old)

    def _retire(self, deployed: Deployed) -> None:
        """End its models once its calls have been answered."""
        given = deployed.give()
        if given is not None:
            self._begin(_drained(*given))
        elif deployed.state in ("loading", "waking"):
            self._begin(_given_up(deployed))

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
        absent = self._modules[module]
        needs = ", ".join(f"`{name}`" for name in absent.needs)
        also = ", or train one" if absent.train is not None else ""
        raise FailedPrecondition(
            f"`{module}` is not deployed: its constructor needs {needs}. Add it to service.toml{also}"
        )


async def _drained(engine: LocalEngine, queue: Queue) -> None:
    await queue.empty()
    engine.close()
    del engine
    await asyncio.to_thread(given_back)


async def _given_up(deployed: Deployed) -> None:
    await deployed.done.wait()
    given = deployed.give()
    if given is not None:
        await _drained(*given)


def _sentence(error: BaseException) -> str:
    from modelgen.runtime.engines.started import NotLoaded

    return str(error) if isinstance(error, NotLoaded) else f"{type(error).__name__}: {error}"


def _default_name(module: ModuleBinding) -> Deployment:
    return Deployment(name=module.path, module=module.name)


def _default(modules: Iterable[ModuleBinding], settings: Iterable[Deployment]) -> list[Deployment]:
    """One deployment for every module that the settings do not mention and that can be made from nothing."""
    mentioned = {deployment.module for deployment in settings}
    return [
        _default_name(module) for module in modules if not module.needs and not mentioned & {module.name, module.path}
    ]


def _listed(deployments: Iterable[Deployed]) -> str:
    return ", ".join(f"`{deployed.name}`" for deployed in deployments) or "none"

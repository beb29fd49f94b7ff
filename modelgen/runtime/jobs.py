"""Training jobs: each in a process of its own, kept as files, so that a restart and other workers still know them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import re
import secrets
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import orjson
from pydantic import BaseModel

from modelgen.runtime.binding import MethodBinding, ServiceBinding
from modelgen.runtime.claims import Claim
from modelgen.runtime.errors import NotFound
from modelgen.runtime.settings import Deployment, Settings

if TYPE_CHECKING:
    from modelgen.runtime.deployments import Deployed, Deployments

logger = logging.getLogger("modelgen.runtime")

State = Literal["queued", "running", "succeeded", "failed", "cancelled"]
FINISHED = ("succeeded", "failed", "cancelled")
LOG_TAIL = 50
"""Lines of a job's output that its state shows."""
IDENTIFIER = re.compile(r"[0-9a-f]{16}")
OWNER, CANCEL = "owner.lock", "cancel"
"""In a job's folder: locked by the process that has it; there once another process wants it cancelled."""
LOOK = 0.1
"""Seconds between looks at what other processes do."""
MOST_TAIL = 64 * 1024
"""Bytes of a job's output that are looked at for them."""


@dataclass(slots=True, kw_only=True)
class Job:
    """What `job.json` holds."""

    id: str
    module: str
    state: State = "queued"
    created_at: str = ""
    started_at: str | None = None
    finished_at: str | None = None
    error: str | None = None
    """Why it failed, in a sentence."""
    error_code: str | None = None
    deployment: str | None = None
    """The deployment that serves what it trained."""


class Jobs:
    """The jobs of a service. `start` brings back those of earlier runs."""

    def __init__(self, service: ServiceBinding, settings: Settings, deployments: Deployments) -> None:
        self._service = service
        self._folder = Path(settings.state) / "jobs"
        self._deployments = deployments
        self._modules = {module.name: module for module in service.modules}
        self._places = asyncio.Semaphore(settings.max_jobs)
        self._slots = [self._folder / f"place-{number}.lock" for number in range(settings.max_jobs)]
        self._jobs: dict[str, Job] = {}
        """Those of this process, and those that have ended."""
        self._claims: dict[str, Claim] = {}
        self._watching: asyncio.Task[None] | None = None
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._changed: dict[str, asyncio.Event] = {}

    def start(self) -> None:
        """Find the jobs of earlier runs: what they trained is deployed, those that did not end and that no other
        process has are failed."""
        for job in self._read():
            if job.state in FINISHED:
                self._deploy(job)
            elif (own := Claim.of(self._folder / job.id / OWNER)) is not None:
                self._finish(job, "failed", error="The service stopped while the job ran", code="CANCELLED")
                own.release()

    async def adopted(self, name: str) -> bool:
        """Deploy what a job of that name trained, if it did so in another process."""
        job = self._found(name)
        if job is None or job.state not in FINISHED:
            return False
        deployed = self._deployments.named(name) or self._deploy(job)
        if deployed is not None:
            await deployed.done.wait()
        return deployed is not None

    def _read(self) -> Iterator[Job]:
        for file in sorted(self._folder.glob("*/job.json")):
            if (job := self._found(file.parent.name)) is not None:
                yield job

    def _found(self, id: str) -> Job | None:
        """The job: as it is here, else as its process has left it."""
        if id in self._jobs:
            return self._jobs[id]
        if not IDENTIFIER.fullmatch(id):
            return None
        try:
            job = Job(**json.loads((self._folder / id / "job.json").read_bytes()))
        except (OSError, ValueError, TypeError):  # not one of ours, or cut short
            return None
        if job.state in FINISHED:
            self._jobs[id] = job
        return job

    async def submit(self, binding: MethodBinding, request: BaseModel) -> dict[str, Any]:
        """Queue a training with a validated request; answers the job."""
        job = Job(id=secrets.token_hex(8), module=binding.module, created_at=_now())
        self._jobs[job.id] = job
        folder = self._folder / job.id
        sent = request.model_dump_json(exclude_unset=True, by_alias=True)
        await asyncio.to_thread(_prepare, folder, sent)
        own = Claim.of(folder / OWNER)
        if own is None:
            raise RuntimeError(f"{folder} belongs to another process")
        self._claims[job.id] = own
        if self._watching is None or self._watching.done():
            self._watching = asyncio.create_task(self._watch())
        self._save(job)
        self._tasks[job.id] = asyncio.create_task(self._run(job, folder))
        return self.describe(job.id)

    def describe(self, id: str) -> dict[str, Any]:
        """A job as callers see it: its state and the tail of its output."""
        return {**asdict(self._known(id)), "log": _tail(self._folder / id / "log.txt")}

    def list(self) -> list[dict[str, Any]]:
        """All jobs, the newest first, without their output."""
        newest = sorted(self._read(), key=lambda job: job.created_at, reverse=True)
        return [asdict(job) for job in newest]

    async def cancel(self, id: str) -> dict[str, Any]:
        """End a job that has not ended yet; answers it."""
        self._known(id)
        if id in self._jobs:
            await self._cancel_own(id)
        else:
            (self._folder / id / CANCEL).touch()
            while self._known(id).state not in FINISHED and not self._orphaned(id):
                await asyncio.sleep(LOOK)
        return self.describe(id)

    async def follow(self, id: str) -> AsyncIterator[dict[str, Any]]:
        """The job, again at each change of its state, to its end."""
        told = ""
        while True:
            changed = self._changed.setdefault(id, asyncio.Event()) if id in self._jobs else None
            job = self.describe(id)
            if job["state"] != told:
                told = job["state"]
                yield job
            if told in FINISHED:
                return
            if changed is None:  # another process runs it
                await asyncio.sleep(LOOK)
            else:
                await changed.wait()

    async def close(self) -> None:
        """End what runs."""
        for id, task in tuple(self._tasks.items()):
            if not task.done():
                await self._cancel_own(id)
        if self._watching is not None:
            self._watching.cancel()

    def _known(self, id: str) -> Job:
        job = self._found(id)
        if job is None:
            raise NotFound(f"There is no job `{id[:64]}`")
        return job

    def _orphaned(self, id: str) -> bool:
        """Whether the process that ran it has gone; the job is failed then."""
        own = Claim.of(self._folder / id / OWNER)
        if own is None:
            return False
        job = self._known(id)
        if job.state not in FINISHED:
            self._jobs[id] = job
            self._finish(job, "failed", error="The service stopped while the job ran", code="CANCELLED")
        own.release()
        return True

    async def _cancel_own(self, id: str) -> None:
        task = self._tasks.get(id)
        if task is not None and not task.done():
            task.cancel()
            await asyncio.wait({task})
        job = self._jobs[id]
        if job.state not in FINISHED:  # cancelled before its task first ran
            self._finish(job, "cancelled")

    async def _watch(self) -> None:
        """Cancel what other processes are asked to cancel, while something runs here."""
        while self._claims:
            for id in tuple(self._claims):
                if (self._folder / id / CANCEL).exists():
                    await self._cancel_own(id)
            await asyncio.sleep(LOOK)

    @asynccontextmanager
    async def _place(self) -> AsyncIterator[None]:
        """Inside it, no more than `max_jobs` run, whatever process has them."""
        async with self._places:
            while (claim := next(filter(None, map(Claim.of, self._slots)), None)) is None:
                await asyncio.sleep(LOOK)
            try:
                yield
            finally:
                claim.release()

    async def _run(self, job: Job, folder: Path) -> None:
        try:
            async with self._place():
                self._change(job, state="running", started_at=_now())
                code = await self._process(job, folder)
            outcome = await asyncio.to_thread(_outcome, folder, code)
        except asyncio.CancelledError:
            self._finish(job, "cancelled")
            return
        except OSError as error:
            outcome = {"error": f"The job's process could not be started: {error.strerror}", "code": "INTERNAL"}
        if "error" in outcome:
            self._finish(job, "failed", error=outcome["error"], code=outcome["code"])
            return
        if outcome["saved"]:
            job.deployment = job.id
            if (deployed := self._deploy(job)) is not None:
                await deployed.done.wait()  # who sees that it succeeded calls its model next
        self._finish(job, "succeeded")

    async def _process(self, job: Job, folder: Path) -> int:
        """Run the training in a process group of its own, which ends with this task."""
        arguments = ("-m", "modelgen.runtime.training", self._service.name, job.module, str(folder))
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(part or str(Path.cwd()) for part in sys.path)}
        with (folder / "log.txt").open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *arguments,
                stdin=asyncio.subprocess.PIPE,  # its end tells the process that this one is gone
                stdout=log,
                stderr=log,
                env=environment,
                start_new_session=True,
            )
        try:
            return await process.wait()
        except asyncio.CancelledError:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
            raise

    def _deploy(self, job: Job) -> Deployed | None:
        if job.deployment is None:
            return None
        artifact = str(self._folder / job.id / "artifact")
        deployment = Deployment(name=job.id, module=job.module, artifact=artifact)
        return self._deployments.deploy(deployment, required=False) if job.module in self._modules else None

    def _finish(self, job: Job, state: State, *, error: str | None = None, code: str | None = None) -> None:
        job.error, job.error_code = error, code
        self._change(job, state=state, finished_at=_now())
        if (own := self._claims.pop(job.id, None)) is not None:
            own.release()

    def _change(self, job: Job, **values: Any) -> None:
        for name, value in values.items():
            setattr(job, name, value)
        self._save(job)
        if (changed := self._changed.pop(job.id, None)) is not None:
            changed.set()

    def _save(self, job: Job) -> None:
        file = self._folder / job.id / "job.json"
        draft = file.with_suffix(".tmp")
        draft.write_bytes(orjson.dumps(asdict(job), option=orjson.OPT_INDENT_2))
        draft.replace(file)


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _prepare(folder: Path, request: str) -> None:
    folder.mkdir(parents=True)
    (folder / "request.json").write_text(request, encoding="utf-8")
    (folder / "log.txt").touch()


def _tail(log: Path) -> list[str]:
    try:
        with log.open("rb") as stream:
            stream.seek(max(0, log.stat().st_size - MOST_TAIL))
            return stream.read().decode("utf-8", "replace").splitlines()[-LOG_TAIL:]
    except FileNotFoundError:
        return []


def _outcome(folder: Path, code: int) -> dict[str, Any]:
    """What the job's process left behind; a process that left nothing was killed, or died of its own."""
    try:
        found: dict[str, Any] = json.loads((folder / "outcome.json").read_bytes())
    except (FileNotFoundError, ValueError):
        cause = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
        return {"error": f"The job's process {cause}", "code": "INTERNAL"}
    return found

"""Other servers of the same models, as they are installed, started and called."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from benchmarks.serving import open_inference
from benchmarks.serving.entrants import Entrants, instances, row, tokens
from benchmarks.serving.environments import Environment, InstallError
from benchmarks.serving.starting import SERVICES, Entrant


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """A service in `services/`, which is started with a model and a port."""

    name: str
    path: str
    """The route, with `{model}` for the model's name; or the method of gRPC."""
    body: Callable[[str], bytes]
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A server that is installed from PyPI."""

    name: str
    requirements: tuple[str, ...]
    """What is installed beside torch."""
    http: Script | None = None
    """Answers one row of JSON."""
    grpc: Script | None = None
    """Answers one row of `wide`."""
    stream: Script | None = None
    """Answers 64 tokens."""

    def enter(self, entrants: Entrants) -> None:
        """Install it, and add what it has to those who are measured.

        Raises:
            InstallError: it cannot be had here.
        """
        environment = Environment(name=self.name.lower(), requirements=self.requirements)
        environment.install()
        if self.http:
            entrants.http.append(self._entrant(environment, self.http))
        if self.grpc:
            entrants.grpc["wide"].append(self._entrant(environment, self.grpc, "grpc"))
        if self.stream:
            entrants.streams.append(self._entrant(environment, self.stream))

    def _entrant(self, environment: Environment, script: Script, protocol: str = "http") -> Entrant:
        start = (str(environment.python), str(SERVICES / f"{script.name}.py"))
        return Entrant(
            name=self.name,
            command=lambda model, port: (*start, model, str(port), *script.flags),
            path=lambda model: script.path.format(model=model),
            body=script.body,
            protocol=protocol,
            optional=True,
        )


def _document(model: str) -> bytes:
    return json.dumps(open_inference.document(row(model))).encode()


def _message(model: str) -> bytes:
    return open_inference.message(model, row(model))


PEERS = (
    Peer(
        name="LitServe",
        requirements=("litserve==0.2.19",),
        http=Script(name="lit", path="/predict", body=instances),
        stream=Script(name="lit_tokens", path="/predict", body=tokens),
    ),
    Peer(
        name="BentoML",
        requirements=("bentoml==1.4.39",),
        http=Script(name="bento", path="/predict", body=instances),
    ),
    Peer(
        name="MLServer",
        requirements=("mlserver==1.7.1",),
        http=Script(name="ml_server", path="/v2/models/{model}/infer", body=_document, flags=("http",)),
        grpc=Script(name="ml_server", path=open_inference.METHOD, body=_message, flags=("grpc",)),
    ),
    Peer(
        name="mosec",
        requirements=("mosec==0.9.8", "msgspec==0.22.0", "numpy"),
        http=Script(name="msc", path="/inference", body=instances),
    ),
    Peer(
        name="KServe",
        requirements=("kserve==0.21.0",),
        grpc=Script(name="k_serve", path=open_inference.METHOD, body=_message),
    ),
    Peer(
        name="Triton",
        requirements=("nvidia-pytriton==0.7.0",),
        grpc=Script(name="py_triton", path=open_inference.METHOD, body=_message),
    ),
)


def enter(entrants: Entrants, report: Callable[[str], None], peers: Iterable[Peer] = PEERS) -> dict[str, str]:
    """Install every peer and add it to those who are measured; answers why one is not there, by its name."""
    missing: dict[str, str] = {}
    for peer in peers:
        report(f"installing {peer.name}")
        try:
            peer.enter(entrants)
        except InstallError as error:
            missing[peer.name] = error.reason
    return missing

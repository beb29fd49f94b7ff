"""Other servers, each in an environment of its own outside the checkout, made when it is first measured."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.serving.entrants import CHECKOUT, SERVICES, Entrant, instances

CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "modelgen-bench"


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A server that is installed from PyPI."""

    name: str
    requirements: tuple[str, ...]
    """What is installed beside torch, whose release is that of `constraints.txt`."""
    script: str
    """In `services/`; started with a model and a port."""
    path: str

    @property
    def python(self) -> Path:
        """Its environment's interpreter."""
        return CACHE / self.script / "bin" / "python"

    def install(self) -> None:
        """Make the environment, if it is not there."""
        ready = self.python.parents[1] / "ready"
        if ready.exists():
            return
        subprocess.run((sys.executable, "-m", "venv", str(self.python.parents[1])), check=True)
        command = (str(self.python), "-m", "pip", "install", "--quiet", "torch", "numpy", *self.requirements)
        subprocess.run((*command, "-c", str(CHECKOUT / "constraints.txt")), check=True)
        ready.touch()

    def entrant(self) -> Entrant:
        """The server as it is measured."""
        return Entrant(
            name=self.name,
            command=lambda model, port: (str(self.python), str(SERVICES / f"{self.script}.py"), model, str(port)),
            path=lambda model: self.path,
            body=instances,
        )


PEERS = (
    Peer(name="LitServe", requirements=("litserve",), script="lit", path="/predict"),
    Peer(name="mosec", requirements=("mosec", "msgspec"), script="msc", path="/inference"),
)


def peers() -> Iterator[Entrant]:
    """Every one, installed."""
    for peer in PEERS:
        peer.install()
        yield peer.entrant()

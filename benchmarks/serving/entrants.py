"""The servers that are measured side by side, each with how it is started and what it is sent."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.serving.starting import SERVICES, Entrant

PACKAGES = Path(__file__).parent / "packages"
CHECKOUT = Path(__file__).parents[2]
WIDTHS = {"tiny": 3, "wide": 512}
"""Numbers in a row of each model."""


def row(model: str) -> list[float]:
    """The row that every server is sent."""
    numbers = random.Random(0)
    return [round(numbers.gauss(0, 1), 6) for _ in range(WIDTHS[model])]


def _script(name: str) -> Callable[[str, int], tuple[str, ...]]:
    return lambda model, port: (sys.executable, str(SERVICES / f"{name}.py"), model, str(port))


def instances(model: str) -> bytes:
    """The request of a service that takes rows."""
    return json.dumps({"instances": [row(model)]}).encode()


def tokens(model: str) -> bytes:
    """The request of a service that streams."""
    return json.dumps({"count": 64, "seconds": 0.0}).encode()


def _inputs(model: str) -> bytes:
    if model == "tokens":
        return json.dumps({"inputs": 64, "parameters": {"seconds": 0.0}}).encode()
    return json.dumps({"inputs": row(model)}).encode()


BARE = Entrant(name="bare uvicorn", command=_script("bare"), path=lambda model: "/predict", body=instances)
PLAIN = Entrant(name="plain FastAPI", command=_script("plain"), path=lambda model: "/predict", body=instances)
ECHO = Entrant(
    name="bare grpc.aio",
    command=_script("echo"),
    path=lambda model: "/bench.Echo/Echo",
    body=lambda model: bytes(26),  # as much as `Tiny.run` is sent
    protocol="grpc",
)
STREAMING = Entrant(name="plain FastAPI", command=_script("streaming"), path=lambda model: "/predict", body=tokens)
NAME = "modelgen"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrants:
    """Those who are measured in one run, the generated service last."""

    http: list[Entrant]
    """Answer a row of M1 or M2."""
    grpc: dict[str, list[Entrant]]
    """The same over gRPC, by the package whose model they serve."""
    streams: list[Entrant]
    """Answer tokens."""


def generated(root: Path) -> Entrant:
    """The generated service over HTTP, with `root` as the folder of what was generated."""
    return Entrant(
        name=NAME,
        command=lambda model, port: _serve(model, "--http-port", str(port), "--no-grpc"),
        path=lambda model: f"/api/v1/{model}/run",
        body=_inputs,
        folder=lambda model: project(root, model),
        environment={"PYTHONPATH": f"{PACKAGES}:{CHECKOUT}"},
    )


def generated_grpc(root: Path) -> Entrant:
    """The same over gRPC."""
    return Entrant(
        name=NAME,
        command=lambda model, port: _serve(model, "--grpc-port", str(port), "--no-http"),
        path=lambda model: f"/{model}.v1.{model.capitalize()}Service/Run",
        body=lambda model: _message(root, model),
        protocol="grpc",
        folder=lambda model: project(root, model),
        environment={"PYTHONPATH": f"{PACKAGES}:{CHECKOUT}"},
    )


MESSAGES = {
    "tiny": "TinyServiceRunRequest(row=row)",
    "wide": "WideServiceRunRequest(row={'dtype': 'float32', 'shape': [512], 'data': array('f', row).tobytes()})",
}


def _message(root: Path, model: str) -> bytes:
    """The row in protobuf, written by the generated module in a process of its own."""
    code = (
        f"import sys; from array import array; from {model}_service.pb.{model}.v1.{model}_pb2 import *; "
        f"row = {row(model)}; sys.stdout.buffer.write({MESSAGES[model]}.SerializeToString())"
    )
    environment = {"PYTHONPATH": f"{project(root, model)}:{PACKAGES}:{CHECKOUT}"}
    return subprocess.run((sys.executable, "-c", code), env=environment, capture_output=True, check=True).stdout


def _serve(model: str, *flags: str) -> tuple[str, ...]:
    return (sys.executable, "-m", f"{model}_service", "serve", *flags)


def project(root: Path, model: str) -> Path:
    """Where the generated service of a package is."""
    return root / f"{model}-service"


def generate(root: Path) -> None:
    """Generate the services of every package."""
    for package in sorted(PACKAGES.iterdir()):
        command = (sys.executable, "-m", "modelgen", "generate", str(package))
        subprocess.run((*command, "-o", str(project(root, package.name))), check=True, capture_output=True)

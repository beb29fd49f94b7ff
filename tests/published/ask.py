"""Runs where the package is installed: `python ask.py PROJECT CALLS HTTP GRPC`. Asks the class here, and over each wire.

A file of calls holds `MODULE` (the class's name), `make()` (the local instance) and `CALLS`: (method, arguments, body).
`DEPLOYMENTS` (wire -> name) gives each wire an instance of its own where calls change it; `plain(answer)` makes the
package's own values comparable with the client's.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from modelgen.runtime.testing import alike, in_json

WAIT = 120.0


def main(project: Path, calls: Path, http: str, grpc: str) -> None:
    """Print a row for each call and wire."""
    sys.path[:0] = [str(project), str(project / "clients" / "python")]
    asked = load(calls)
    service = importlib.import_module(next(project.glob("*/bindings")).parent.name + ".bindings").SERVICE
    client = importlib.import_module(next((project / "clients" / "python").glob("*_client")).name)
    module = next(one for one in service.modules if one.name == asked.MODULE)
    local = asked.make()
    answers = [getattr(local, method)(**arguments) for method, arguments, _ in asked.CALLS]
    ready(http)
    deployments = getattr(asked, "DEPLOYMENTS", {})
    for (method, _, body), answer in zip(asked.CALLS, answers, strict=True):
        url = f"{http}/api/v1/{module.path}/{method.replace('_', '-')}"
        sent = {**body, **({"deployment": deployments["rest"]} if deployments else {})}
        started = time.perf_counter()
        told = httpx.post(url, content=json.dumps(sent), timeout=WAIT)
        expected = in_json(service, asked.MODULE, method, answer)
        same = told.status_code == 200 and alike(told.json().get("result"), json.loads(json.dumps(expected)))
        show("rest", method, same, started, told.text if not same else "")
    for wire, url in (("http", http), ("grpc", f"grpc://{grpc}")):
        named = {"deployment": deployments[wire]} if deployments else {}
        with getattr(client, asked.MODULE).connect(url, **named) as model:
            for (method, arguments, _), answer in zip(asked.CALLS, answers, strict=True):
                started = time.perf_counter()
                told = getattr(model, method)(**arguments)
                show(wire, method, same_value(asked, told, answer), started, repr(told))


def load(path: Path) -> Any:
    """The file of calls."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def ready(http: str) -> None:
    """Wait until every model is loaded; a model that cannot be is told."""
    until = time.monotonic() + WAIT
    while (told := httpx.get(f"{http}/ready", timeout=WAIT)).status_code != 200:
        if time.monotonic() > until or "Error" in told.text:
            sys.exit(told.text)


def same_value(asked: Any, told: Any, answer: Any) -> bool:
    """Whether the client's answer is the local one."""
    plain = getattr(asked, "plain", lambda value: value)
    one, other = plain(told), plain(answer)
    if isinstance(other, np.ndarray):
        return np.asarray(one).shape == other.shape and np.allclose(np.asarray(one), other, rtol=1e-5, atol=1e-6)
    return bool(alike(one, other))


def show(wire: str, method: str, same: bool, started: float, told: str) -> None:
    """One row."""
    took = (time.perf_counter() - started) * 1000
    row = {"wire": wire, "method": method, "same": same, "ms": round(took, 1), "told": "" if same else told[:800]}
    print(json.dumps(row))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4])

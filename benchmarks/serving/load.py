"""Load on a server: `wrk` with one thread, and what it measured."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

SCRIPT = Path(__file__).with_name("wrk.lua")


class LoadError(Exception):
    """Answers under load that were no answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """One measurement of one server at one number of connections."""

    rate: float
    """Answers a second."""
    p50: float
    """Seconds that half of the answers took at most."""
    p99: float
    """Seconds that all but one in a hundred took at most."""


def load(url: str, body: bytes, connections: int, seconds: int) -> Load:
    """Send one request after another on each connection.

    Raises:
        LoadError: an answer had another status than 200, or none came.
    """
    with tempfile.NamedTemporaryFile() as file:
        file.write(body)
        file.flush()
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", "-s", str(SCRIPT), url]
        environment = {**os.environ, "BENCH_BODY": file.name}
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    if found["failed"] or not found["requests"]:
        raise LoadError(f"{url}: {found['failed']} of {found['requests']} answers failed")
    return Load(rate=found["requests"] / found["seconds"], p50=found["p50"], p99=found["p99"])

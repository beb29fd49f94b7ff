"""How fast a server streams: tokens a second, the time to the first, and what it adds to tokens that come slowly."""

from __future__ import annotations

import http.client
import json
import time
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from urllib.parse import urlsplit

from benchmarks.serving.load import LoadError

TOKENS = 64
PAUSE = 0.005
"""Seconds between paced tokens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Streamed:
    """One measurement of one server."""

    rate: float
    """Tokens a second, one stream after another."""
    first: float
    """Seconds to the first token."""
    added: float
    """Seconds that the server adds to the generator's own pause before a token."""


def stream(url: str, body: dict[str, object], seconds: float) -> Streamed:
    """Read streams of 64 tokens, one after another; `body` holds `count` and `seconds` somewhere."""
    place = urlsplit(url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=60)
    sent = json.dumps(body).encode()
    firsts: list[float] = []
    tokens, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        times = _times(connection, place.path, sent)
        firsts.append(times[0])
        tokens += len(times)
    rate = tokens / (time.perf_counter() - began)
    paced = [
        _times(connection, place.path, sent.replace(b'"seconds": 0.0', b'"seconds": %g' % PAUSE)) for _ in range(3)
    ]
    gaps = [later - earlier - PAUSE for times in paced for earlier, later in pairwise(times)]
    connection.close()
    return Streamed(rate=rate, first=median(firsts), added=median(gaps))


def _times(connection: http.client.HTTPConnection, path: str, sent: bytes) -> list[float]:
    """When each token arrived, in seconds from the request on."""
    began = time.perf_counter()
    times: list[float] = []
    try:
        connection.request("POST", path, sent, {"content-type": "application/json"})
        answer = connection.getresponse()
        while line := answer.readline():
            if line.startswith(b"data: ") and b"token" in line:
                times.append(time.perf_counter() - began)
    except (OSError, http.client.HTTPException) as error:
        raise LoadError(f"{path}: {error}") from error
    if len(times) != TOKENS:
        raise LoadError(f"{path}: {len(times)} tokens of {TOKENS}")
    return times

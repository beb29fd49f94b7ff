"""`python -m benchmarks.soak`: a service under all kinds of callers for some minutes; its memory must stay flat.

Well-behaved callers, streams that are read and streams that are left, requests that are wrong, too large, cut off or
never finished, all at once, against a generated service with a replica on a thread and one in a process. Every tenth of
a second the memory of its processes is added up. Answers that are not what they should be, and growth, are failures.
"""

from __future__ import annotations

import argparse
import http.client
import json
import random
import shutil
import socket
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

from benchmarks.serving.starting import family
from examples.demo import EXAMPLES, ready, served

ALLOWED = 0.05
"""Growth of the memory, as a part of what it was after the first quarter, that is still called flat."""
SETTINGS = """\
header_timeout = 2.0
body_timeout = 2.0
max_body = 1000000
log_level = "error"

[deployments.text-generator]
module = "TextGenerator"

[deployments.apart]
module = "TextGenerator"
isolation = "process"
"""
ROUTE = "/api/v1/text-generator/run"


class Load:
    """Callers of one service."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._over = threading.Event()
        self.outcomes: Counter[str] = Counter()
        self._lock = threading.Lock()

    def run(self, seconds: float, watch: Callable[[], None]) -> None:
        """Call for so long, and watch ten times a second."""
        kinds = [self.reads, self.reads, self.leaves, self.wrong, self.too_large, self.cut, self.silent]
        threads = [threading.Thread(target=self._repeat, args=(kind,)) for kind in kinds]
        for thread in threads:
            thread.start()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            watch()
            time.sleep(0.1)
        self._over.set()
        for thread in threads:
            thread.join()

    def reads(self) -> str:
        """A stream to its end."""
        answer = self._post(self._body(random.randrange(1, 64)))
        events = answer.read().count(b"event: ")
        return "read" if answer.status == 200 and events else f"read: {answer.status}"

    def leaves(self) -> str:
        """A stream of which only the beginning is read."""
        answer = self._post(self._body(2048))
        answer.read(100)
        answer.close()
        return "left" if answer.status == 200 else f"left: {answer.status}"

    def wrong(self) -> str:
        """A request that the schema refuses."""
        status = self._post(random.choice([b"{", b'{"inputs": 5}', b"[]", b'{"inputs": "a", "more": 1}'])).status
        return "wrong" if status in (400, 422) else f"wrong: {status}"

    def too_large(self) -> str:
        """A body over the limit."""
        try:
            status = self._post(b'"' + b"a" * 1_000_000 + b'"').status
        except (BrokenPipeError, ConnectionResetError):  # refused while it was still sent
            status = 413
        return "too large" if status == 413 else f"too large: {status}"

    def cut(self) -> str:
        """A request whose sender goes."""
        time.sleep(0.005)
        with self._opened() as connection:
            whole = self._raw(self._body(100))
            connection.sendall(whole[: random.randrange(1, len(whole))])
        return "cut"

    def silent(self) -> str:
        """A request that is never finished."""
        with self._opened() as connection:
            connection.sendall(self._raw(self._body(100))[:-5])
            found = connection.recv(1000)
        return "silent" if b" 408 " in found[:20] else f"silent: {found[:30]!r}"

    def _repeat(self, kind: Callable[[], str]) -> None:
        while not self._over.is_set():
            try:
                outcome = kind()
            except (OSError, http.client.HTTPException) as error:
                outcome = f"{kind.__name__}: {type(error).__name__}"
            with self._lock:
                self.outcomes[outcome] += 1

    @staticmethod
    def _body(tokens: int) -> bytes:
        deployment = random.choice(["text-generator", "apart"])
        return json.dumps({"inputs": "The ", "parameters": {"max_tokens": tokens}, "deployment": deployment}).encode()

    def _raw(self, body: bytes) -> bytes:
        return f"POST {ROUTE} HTTP/1.1\r\nhost: a\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body

    def _opened(self) -> socket.socket:
        host, port = self._address.split(":")
        return socket.create_connection((host, int(port)), timeout=60)

    def _post(self, body: bytes) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection(self._address, timeout=60)
        connection.request("POST", ROUTE, body, {"connection": "close"})
        return connection.getresponse()


def memory(process: int) -> float:
    """MiB of a process and those that it started, what they share counted once."""
    return sum(_proportional(one) for one in family(process)) / 1024


def _proportional(process: int) -> int:
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:  # it has just ended
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def quarters(samples: list[float]) -> Iterator[float]:
    """The medians of the four quarters."""
    size = max(1, len(samples) // 4)
    return (median(samples[number * size : (number + 1) * size]) for number in range(4))


def main() -> int:
    """Soak; 0 where nothing went wrong and nothing grew."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--seconds", type=float, default=180.0, help="how long (default 180)")
    seconds = parser.parse_args().seconds
    samples: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        example = Path(folder) / "textgen"
        shutil.copytree(EXAMPLES / "textgen", example)
        project = example / "textgen-service"
        (project / "service.toml").write_text(SETTINGS)
        with served(project) as addresses:
            serving = _serving(urlsplit(addresses["http"]).port or 0)
            load = Load(urlsplit(addresses["http"]).netloc)
            load.run(seconds, lambda: samples.append(memory(serving)))
            load.outcomes["ready" if ready(addresses["http"]) else "ready: no"] += 1
    found = list(quarters(samples))
    growth = found[3] / found[1] - 1
    for outcome, count in load.outcomes.most_common():
        print(f"{count:>8}  {outcome}")
    print("MiB, medians of the four quarters:", ", ".join(f"{each:.1f}" for each in found))
    print(f"growth from the second to the last: {growth:+.1%}")
    wrong = [outcome for outcome in load.outcomes if ":" in outcome]
    return 1 if wrong or growth > ALLOWED else 0


def _serving(port: int) -> int:
    """The process that listens on a port of this machine."""
    wanted = f"{port:04X}"
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    inode = next(row[9] for row in rows if row[1].endswith(":" + wanted) and row[3] == "0A")
    for process in (folder for folder in Path("/proc").iterdir() if folder.name.isdigit()):
        try:
            links = [str(link.readlink()) for link in (process / "fd").iterdir()]
        except OSError:  # it has just ended, or is somebody else's
            continue
        if f"socket:[{inode}]" in links:
            return int(process.name)
    raise LookupError(f"nobody listens on port {port}")


if __name__ == "__main__":
    sys.exit(main())

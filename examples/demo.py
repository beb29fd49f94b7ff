"""`make demo`: from a typed package to a running service and its answers, in a folder that is gone afterwards."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

EXAMPLES = Path(__file__).parent
CALLS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("quickstart", "quadratic-predictor/run", {"inputs": 3.0}),
    ("quickstart", "binary-classifier/run", {"inputs": [0.4, -1.2], "parameters": {"threshold": 0.3}}),
    ("quickstart", "binary-classifier/run", {"inputs": "not a point"}),
    ("textgen", "text-generator/run", {"inputs": "The ", "parameters": {"max_tokens": 3}}),
)
CLIENT: dict[str, tuple[str, ...]] = {
    "quickstart": (
        "from quickstart_client import BinaryClassifier, QuadraticPredictor",
        "QuadraticPredictor.connect('{http}').run(3.0)",
        "BinaryClassifier.connect('{grpc}').run([0.4, -1.2], threshold=0.3)",
    ),
    "textgen": (
        "from textgen_client import TextGenerator",
        "[token.text for token in TextGenerator.connect('{grpc}').run('The ', max_tokens=8)]",
    ),
}
"""What is asked over REST and over gRPC through the generated client, which needs nothing of the package."""


def main() -> None:
    """Generate, serve and call each example that CALLS names."""
    with tempfile.TemporaryDirectory() as folder:
        for name in dict.fromkeys(name for name, _, _ in CALLS):
            example = Path(folder) / name
            shutil.copytree(EXAMPLES / name, example, ignore=shutil.ignore_patterns("*-service", "__pycache__"))
            show(f"modelgen generate {name}")
            subprocess.run(
                [sys.executable, "-m", "modelgen", "generate", example], check=True, stdout=subprocess.DEVNULL
            )
            show(f"modelgen serve {name}-service")
            with served(example / f"{name}-service") as addresses:
                for _, route, body in (call for call in CALLS if call[0] == name):
                    ask(f"{addresses['http']}/api/v1/{route}", body)
                use(example / f"{name}-service/clients/python", CLIENT[name], addresses)


@contextmanager
def served(project: Path) -> Iterator[dict[str, str]]:
    """The addresses of the project's service, `http` and `grpc`, while it runs."""
    command = [sys.executable, "-m", "modelgen", "serve", project, "--http-port", "0", "--grpc-port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        addresses = banner(process)
        while not ready(addresses["http"]):
            time.sleep(0.1)
        yield addresses
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)


def banner(process: subprocess.Popen[str]) -> dict[str, str]:
    """Show where the service says that it listens, and answer that."""
    addresses: dict[str, str] = {}
    for line in process.stdout or ():
        print(f"  {line.rstrip()}")
        if line.startswith("HTTP"):
            addresses["http"] = line.split()[1]
        if line.startswith("gRPC"):
            addresses["grpc"] = f"grpc://{line.split()[1]}"
        if not line.strip():
            return addresses
    raise SystemExit(f"the service did not start: exit code {process.wait()}")


def ready(address: str) -> bool:
    """Whether every model is loaded."""
    try:
        with urllib.request.urlopen(f"{address}/ready", timeout=60):
            return True
    except urllib.error.HTTPError:
        return False


def use(client: Path, lines: tuple[str, ...], addresses: dict[str, str]) -> None:
    """Run lines of Python that know the generated client, and show them with what they answer."""
    show("python")
    filled = [line.format(**addresses) for line in lines]
    code = "\n".join(line if line.startswith("from ") else f"print({line})" for line in filled)
    environment = {**os.environ, "PYTHONPATH": str(client)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, check=True, capture_output=True, text=True)
    answers = iter(done.stdout.splitlines())
    for line in filled:
        print(f"  >>> {line}")
        if not line.startswith("from "):
            print(f"  {next(answers)}")


def ask(url: str, body: dict[str, Any]) -> None:
    """Send a request, and show what comes back as it comes."""
    show(f"curl {url} -d '{json.dumps(body)}'")
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    try:
        answer = urllib.request.urlopen(request, timeout=60)
    except urllib.error.HTTPError as error:
        print(f"  {error.code}")
        answer = error
    with answer:
        for line in answer:
            print(f"  {line.decode().rstrip()}")


def show(command: str) -> None:
    """A command as one would type it."""
    print(f"\n$ {command}", flush=True)


if __name__ == "__main__":
    main()

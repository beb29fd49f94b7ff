"""Follows a tutorial to the letter: makes its files, runs its commands, and compares what it says that one sees.

A comment above a code block says what the block is: `file: PATH`, `append to: PATH`, `replace in: PATH` (what lies
between its first and its last line, as far as their `(` or `=`) or `part of: PATH` (which must be there). Blocks of the
language `console` are commands, each after `$ `, with what they print; `…` stands for anything, and alone on a line for
any number of lines.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from modelgen.project import cache

HTTP, GRPC = "127.0.0.1:8080", "127.0.0.1:50051"
BLOCK = re.compile(
    r"(?:<!-- (?P<task>[a-z ]+): (?P<path>\S+) -->\n)?```(?P<language>\w+)\n(?P<body>.*?)^```", re.M | re.S
)
JOB = re.compile(r'"id":"([0-9a-f]{16})"')
PROGRESS = re.compile(r"^[A-Z].* \.\.\.\n", re.MULTILINE)
"""What commands say that take more than a second; a reader's machine may be faster."""
SKIPPED = ("pip ", "python3 -m venv", "modelgen --version")
"""What a test must not do, or what is done before it."""
PATIENCE = 60.0


@dataclass
class Walk:
    """One reader of one tutorial, in a folder of their own."""

    folder: Path
    replaced: dict[str, str] = field(default_factory=dict)
    """What the tutorial writes -> what it is here: addresses and ids."""
    project: str = ""
    service: subprocess.Popen[bytes] | None = None
    served: str = ""
    """The settings that the service was started with."""

    def follow(self, page: Path) -> int:
        """Do all that the page says; answers how many commands that were."""
        commands = 0
        text = page.read_text(encoding="utf-8")
        try:
            for block in BLOCK.finditer(text):
                if block["language"] == "console":
                    commands += sum(self.run(command, expected) for command, expected in _commands(block["body"]))
                elif block["task"]:
                    self.write(block["task"], self.folder / block["path"], block["body"])
        finally:
            self.stop()
        return commands

    def write(self, task: str, path: Path, body: str) -> None:
        """Change a file as told."""
        if task == "part of":
            assert body in path.read_text(encoding="utf-8"), f"{path.name} does not hold:\n{body}"
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        if task == "append to":
            body = path.read_text(encoding="utf-8") + "\n" + self.here(body)
        elif task == "replace in":
            body = _replaced(path.read_text(encoding="utf-8"), body)
        path.write_text(self.here(body), encoding="utf-8")

    def run(self, command: str, expected: str) -> bool:
        """Run a command and compare what it prints."""
        if command.startswith(SKIPPED):
            return False
        if command.startswith("modelgen serve"):
            self.project = command.split()[-1]
            printed = self.start()
        else:
            if command.startswith("curl") and self.changed():
                self.stop()
                self.start()
            done = subprocess.run(
                ["bash", "-c", self.here(command)],
                cwd=self.folder,
                env=self.environment(),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=PATIENCE,
            )
            printed = PROGRESS.sub("", done.stdout)
        for wanted, found in zip(JOB.findall(expected), JOB.findall(printed), strict=False):
            self.replaced.setdefault(wanted, found)
        pattern = _pattern(self.here(expected))
        assert re.fullmatch(pattern, printed.strip() + "\n"), f"$ {command}\n{printed}\nis not:\n{expected}"
        return True

    def start(self) -> str:
        """Start the service and wait until it is ready; answers what it printed."""
        printed, log = self.folder.parent / "printed", self.folder.parent / "log"
        free = {"MODELGEN_HTTP_PORT": "0", "MODELGEN_GRPC_PORT": "0"}
        with printed.open("w") as out, log.open("w") as err:
            self.service = subprocess.Popen(
                ["modelgen", "serve", self.project],
                cwd=self.folder,
                env=self.environment() | free,
                stdout=out,
                stderr=err,
            )
        end = time.monotonic() + PATIENCE
        while '"message": "ready"' not in log.read_text():
            assert self.service.poll() is None, log.read_text()
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.02)
        found = dict(re.findall(r"^(HTTP|gRPC)  (?:http://)?(\S+)$", printed.read_text(), re.M))
        self.replaced |= {HTTP: found["HTTP"], GRPC: found["gRPC"]}
        self.served = self.settings()
        return printed.read_text()

    def stop(self) -> None:
        """Stop the service, as Ctrl-C does."""
        if self.service is not None:
            self.service.send_signal(signal.SIGINT)
            assert self.service.wait(PATIENCE) == 0
            self.service = None

    def settings(self) -> str:
        """What the service is told."""
        return (self.folder / self.project / "service.toml").read_text(encoding="utf-8")

    def changed(self) -> bool:
        """Whether the service's settings changed since it started, so that the reader was told to start it again."""
        return self.service is not None and self.settings() != self.served

    def here(self, text: str) -> str:
        """A text of the tutorial with this reader's addresses and ids."""
        for wanted, found in self.replaced.items():
            text = text.replace(wanted, found)
        return text

    def environment(self) -> dict[str, str]:
        """The environment with this interpreter's programs first and each generated client installed."""
        clients = [str(path) for path in self.folder.glob("*/clients/python")]
        git = {f"GIT_{who}_{what}": "reader" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        return {
            **os.environ,
            **git,
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            "PYTHONPATH": os.pathsep.join(clients),
            cache.VARIABLE: str(self.folder.parent / "cache"),
        }


def equipped() -> bool:
    """Whether this machine has what the tutorials call by name."""
    return all(shutil.which(program) for program in ("bash", "curl", "git"))


def _commands(body: str) -> Iterator[tuple[str, str]]:
    """Each command of a block, and what it prints."""
    for part in re.split(r"^\$ ", body, flags=re.M)[1:]:
        lines = part.splitlines()
        command = [lines.pop(0)]
        while lines and (command[-1].endswith(("\\", "|")) or "\n".join(command).count("'") % 2):
            command.append(lines.pop(0))
        yield "\n".join(command), "\n".join(lines)


def _pattern(expected: str) -> str:
    lines = expected.strip().splitlines()
    if not lines:
        return r"\s*"
    return "".join(r"(?:.*\n)*?" if line == "…" else re.escape(line).replace("…", ".*") + r"\n" for line in lines)


def _replaced(text: str, body: str) -> str:
    """The text with the block in place of what begins and ends like it."""
    lines, new = text.splitlines(), body.splitlines()
    head, tail = (re.split(r"(?<=[(=])", line)[0] for line in (new[0], new[-1]))
    first = next(at for at, line in enumerate(lines) if line.startswith(head))
    last = next(at for at, line in enumerate(lines) if at >= first and line.startswith(tail))
    return "\n".join([*lines[:first], *new, *lines[last + 1 :]]) + "\n"

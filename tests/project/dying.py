"""Updates a project and dies, or fails, at a chosen touch of its files.

Reads lines of JSON: the project's `root`, the files' `texts`, `how` and at which touch (`point`): `kill` is SIGKILL
then, `once` is a full disk then, `always` is a full disk from then on; `once then kill` is a full disk then and SIGKILL
`later` touches on. Each update runs in a fork of its own. Answers a line each: the `findings`, or null where it was
killed, and the number of `touches`. A touch is whatever the interpreter audits that changes files under the root, and,
for SIGKILL, the moment in which a file was opened and nothing is written to it yet.
"""

from __future__ import annotations

import errno
import json
import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Any

from modelgen.project import tree
from modelgen.targets.target import File

WRITES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.chmod"}


class Watch:
    """Counts the touches, and strikes at one."""

    def __init__(self, root: Path, how: str, point: int, later: int) -> None:
        self.root = str(root)
        self.how = how
        self.point = point
        self.kill_at = {"kill": point, "once then kill": point + later}.get(how, 0)
        self.touches = 0
        self.opening = False

    def __call__(self, event: str, args: tuple[Any, ...]) -> None:
        opens = event == "open" and isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR)
        if not (event in WRITES or opens) or not str(args[0]).startswith(self.root):
            return
        self.opening = bool(opens)
        self.touch()
        if self.touches == self.point or (self.touches > self.point and self.how == "always"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(args[0]))

    def touch(self) -> None:
        self.touches += 1
        if self.touches == self.kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def profile(self, frame: FrameType, event: str, function: Any) -> None:
        """A file was opened: the moment before anything is written to it."""
        if self.opening and event == "c_return" and function.__name__ == "open":
            self.opening = False
            self.touch()


def update(root: str, texts: dict[str, str], how: str, point: int, later: int = 0) -> str:
    files = [File(path=p, text=t, state="generated", source="", template="") for p, t in texts.items()]
    watch = Watch(Path(root), how, point, later)
    sys.addaudithook(watch)
    if watch.kill_at or not point:
        sys.setprofile(watch.profile)
    findings = []
    try:
        with tree.opened(Path(root)):
            tree.apply(tree.plan(Path(root), files, generator="1"))
    except tree.ApplyError as error:
        findings = [[error.finding.code, error.finding.message]]
    return json.dumps({"touches": watch.touches, "findings": findings})


def main() -> None:
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            print(update(**json.loads(line)), flush=True)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if status:
            print(json.dumps({"findings": None, "touches": 0, "status": status}), flush=True)


if __name__ == "__main__":
    main()

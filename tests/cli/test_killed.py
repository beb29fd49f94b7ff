"""`modelgen generate`, killed at random moments: the project is the old one or the new one, and the user's files stay."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from modelgen.project import cache, transaction

TIMES = 50
MINE = {"moods_service/mine.py": b"MINE = True\n", "README.md": b"# Mine\n", "notes/mine.txt": b"mine\n"}


def start(folder: Path) -> subprocess.Popen[bytes]:
    environment = {**os.environ, cache.VARIABLE: str(folder / ".cache")}
    return subprocess.Popen(
        [sys.executable, "-m", "modelgen", "generate", "moods"],
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def contents(project: Path) -> dict[str, bytes]:
    """The project's files, the manifest included, all but what a run leaves to be completed."""
    staging = project / transaction.STAGING
    files = (path for path in project.rglob("*") if path.is_file() and not path.is_relative_to(staging))
    return {path.relative_to(project).as_posix(): path.read_bytes() for path in files}


@pytest.mark.conformance
def test_a_killed_run_leaves_the_old_project_or_the_new_one(moods: Path, tmp_path: Path) -> None:
    """Half of the moments are anywhere in a run, half in the short time in which files are written.

    A run that died while it put files in place is completed by the next one, and says so until then.
    """
    source, project, moments = moods / "__init__.py", tmp_path / "moods-service", random.Random(50)
    texts = [source.read_text(), source.read_text().replace("Classifier", "Judge") + "\n\nclass Extra(Judge): ...\n"]
    wanted: list[dict[str, bytes]] = []
    for text in (*texts, texts[0]):  # again the first: the lock remembers the second
        source.write_text(text)
        began = time.monotonic()
        assert start(tmp_path).wait(120) == 0
        length = time.monotonic() - began
        for path, data in MINE.items():
            (project / path).parent.mkdir(exist_ok=True)
            (project / path).write_bytes(data)
    for text in reversed(texts):
        source.write_text(text)
        assert start(tmp_path).wait(120) == 0
        wanted.insert(0, contents(project))
    assert wanted[0].keys() != wanted[1].keys()
    killed = old = new = begun = 0
    now = 0
    for turn in range(TIMES):
        source.write_text(texts[1 - now])
        process = start(tmp_path)
        if turn % 2:
            while process.poll() is None and not (project / transaction.STAGING).exists():
                pass
            delay = moments.random() * 0.03
        else:
            delay = moments.random() * length * 1.1
        try:
            process.wait(delay)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            killed += 1
        found = contents(project)
        assert {path: found.get(path) for path in MINE} == MINE
        if transaction.interrupted(project):
            begun += 1
            known = {data for files in wanted for data in files.values()}
            assert set(found.values()) <= known
            assert start(tmp_path).wait(120) == 0
            found = contents(project)
            assert found == wanted[1 - now]
        assert found in wanted
        old, new = old + (found == wanted[now]), new + (found == wanted[1 - now])
        now = wanted.index(found)
    assert killed > TIMES // 2
    assert min(old, new, begun) > 0, (old, new, begun)
    source.write_text(texts[0])
    assert start(tmp_path).wait(120) == 0
    assert contents(project) == wanted[0]
    assert not (project / transaction.STAGING).exists()

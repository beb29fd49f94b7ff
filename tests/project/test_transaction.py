"""Whatever happens in the middle, the project is the old one or the next run makes it the new one."""

from __future__ import annotations

import itertools
import json
import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from modelgen.project import transaction, tree
from modelgen.project.manifest import MANIFEST, digest
from modelgen.targets.target import File

DYING = Path(__file__).with_name("dying.py")
OLD = {"a.py": "a = 1\n", "b/c.py": "c = 1\n", "b/gone.py": "g = 1\n", "old/gone.py": "g = 2\n", "same.md": "same\n"}
NEW = {"a.py": "a = 2\n", "b/c.py": "c = 2\n", "new/deep/d.py": "d = 2\n", "same.md": "same\n", "z.json": "{}\n"}
MINE = {"mine.txt": "mine\n", "b/mine.txt": "mine too\n"}


def update(root: Path, texts: Mapping[str, str]) -> tree.Changes:
    files = [File(path=p, text=t, state="generated", source="", template="") for p, t in texts.items()]
    try:
        with tree.opened(root):
            changes = tree.plan(root, files, generator="1")
            tree.apply(changes)
            return changes
    except tree.ApplyError as error:
        return tree.Changes(root=root, findings=(error.finding,))


def contents(root: Path) -> dict[str, str]:
    """The project's files, all but what only modelgen looks at."""
    files = (path for path in root.rglob("*") if path.is_file())
    texts = {path.relative_to(root).as_posix(): path.read_text() for path in files}
    return {path: text for path, text in texts.items() if not path.startswith(".modelgen/")}


def folders(root: Path) -> set[str]:
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_dir()}


def prepare(root: Path) -> str:
    """The old project, with files of the user's; its manifest."""
    update(root, OLD)
    for path, text in MINE.items():
        (root / path).write_text(text)
    return (root / MANIFEST).read_text()


class Mortals:
    """Updates that die: a process of `dying.py`."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(DYING)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def update(self, root: Path, how: str, point: int, later: int = 0) -> dict[str, Any]:
        """What the update to NEW answered; its findings are None where it was killed."""
        assert self.process.stdin
        assert self.process.stdout
        print(order(root, NEW, how, point, later), file=self.process.stdin, flush=True)
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        assert answer.get("status", signal.SIGKILL) == signal.SIGKILL
        return answer

    def close(self) -> None:
        self.process.communicate(timeout=60)


def order(root: Path, texts: Mapping[str, str], how: str, point: int, later: int = 0) -> str:
    return json.dumps({"root": str(root), "texts": texts, "how": how, "point": point, "later": later})


@pytest.fixture
def mortals() -> Iterator[Mortals]:
    mortals = Mortals()
    yield mortals
    mortals.close()


@pytest.fixture
def touches(tmp_path: Path, mortals: Mortals) -> int:
    """How often an undisturbed update touches files."""
    root = tmp_path / "undisturbed"
    prepare(root)
    answer = mortals.update(root, "kill", 0)
    assert answer["findings"] == []
    assert contents(root) == {**NEW, **MINE}
    return int(answer["touches"])


def settle(root: Path, texts: Mapping[str, str] = NEW) -> None:
    """What the next run does, whatever it is asked for, and that it leaves that project and nothing else."""
    changes = update(root, texts)
    assert not changes.refused, changes.findings
    assert contents(root) == {**texts, **MINE}
    parents = {parent.as_posix() for path in {**texts, **MINE} for parent in Path(path).parents}
    assert folders(root) == parents - {"."} | {".modelgen"}
    assert update(root, texts).empty


def test_killed_at_any_touch_the_project_is_the_old_one_or_is_completed(
    tmp_path: Path, mortals: Mortals, touches: int
) -> None:
    begun = finished = 0
    for point in range(1, touches + 1):
        root = tmp_path / f"at-{point}"
        manifest = prepare(root)
        assert mortals.update(root, "kill", point)["findings"] is None
        if not transaction.interrupted(root):
            done = contents(root) == {**NEW, **MINE}
            assert done or contents(root) == {**OLD, **MINE}
            assert done == ((root / MANIFEST).read_text() != manifest)
            finished += done
        else:
            begun += 1
            assert [finding.code for finding in tree.plan(root, [], generator="1").findings] == [
                "generation-interrupted"
            ]
        settle(root)
    assert begun > 5
    assert finished > 0


def test_killed_at_a_random_moment_likewise(tmp_path: Path) -> None:
    many = {f"m{number}/f.py": "x = 1\n" for number in range(150)}
    newer = {path: text * 2 for path, text in many.items()}
    root = tmp_path / "project"
    update(root, many)
    moments = random.Random(20)
    for turn in range(50):
        process = Mortals().process
        try:
            process.communicate(
                order(root, newer if turn % 2 else many, "kill", 0), timeout=0.12 + moments.random() * 0.35
            )
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        found = contents(root)
        assert found.keys() == many.keys()
        assert all(text in {many[path], newer[path]} for path, text in found.items())
        if not transaction.interrupted(root):
            assert found in (many, newer)
    assert not update(root, newer).refused
    assert contents(root) == newer


@pytest.mark.parametrize("how", ["once", "always"])
def test_a_full_disk_leaves_the_old_project_or_one_that_the_next_run_completes(
    tmp_path: Path, mortals: Mortals, touches: int, how: str
) -> None:
    whole = 0
    for point in range(1, touches + 1):
        root = tmp_path / f"at-{point}"
        manifest = prepare(root)
        result = mortals.update(root, how, point)
        if not transaction.interrupted(root) and contents(root) == {**OLD, **MINE}:
            assert (root / MANIFEST).read_text() == manifest
            whole += 1
        if contents(root) != {**NEW, **MINE}:
            assert [code for code, _ in result["findings"]] == ["project-unwritable"]
            assert "No space left on device" in result["findings"][0][1]
        settle(root)
    assert whole > (touches // 2 if how == "once" else 5)


def test_killed_while_it_undoes_what_a_full_disk_stopped(tmp_path: Path, mortals: Mortals, touches: int) -> None:
    killed = 0
    for point, later in itertools.product(range(touches // 2, touches, 3), range(1, 40, 2)):
        root = tmp_path / f"at-{point}-{later}"
        prepare(root)
        killed += mortals.update(root, "once then kill", point, later)["findings"] is None
        settle(root, OLD)
    assert killed > 50


def test_an_edit_between_a_kill_and_the_next_run_is_not_lost(tmp_path: Path, mortals: Mortals, touches: int) -> None:
    refused = 0
    for point in range(1, touches + 1):
        root = tmp_path / f"at-{point}"
        prepare(root)
        mortals.update(root, "kill", point)
        (root / "b/c.py").write_text("mine = True\n")
        refused += update(root, NEW).refused
        assert (root / "b/c.py").read_text() == "mine = True\n"
    assert refused == touches


def test_a_first_run_that_was_killed_can_be_repeated(tmp_path: Path, mortals: Mortals) -> None:
    root = tmp_path / "fresh"
    for point in itertools.count(1):
        answer = mortals.update(root, "kill", point)
        assert not update(root, NEW).refused
        assert contents(root) == NEW
        shutil.rmtree(root)
        if answer["findings"] is not None:
            break
    assert point > 15


@pytest.mark.parametrize(
    "line",
    [
        {"path": "../victim", "staged": None, "before": None, "after": None},
        {"path": "a.py", "staged": "../../victim", "before": None, "after": None},
        {"path": "a.py", "staged": "/etc/passwd", "before": None, "after": None},
        {"path": "a.py"},
        "a.py",
        7,
    ],
)
def test_a_journal_that_modelgen_did_not_write_is_not_followed(tmp_path: Path, line: object) -> None:
    root = tmp_path / "project"
    prepare(root)
    (tmp_path / "victim").write_text("victim")
    (root / transaction.STAGING).mkdir()
    (root / transaction.STAGING / "journal.json").write_text(json.dumps({"steps": [line]}))
    changes = update(root, NEW)
    assert [finding.code for finding in changes.findings] == ["project-unwritable"]
    assert contents(root) == {**OLD, **MINE}
    assert (tmp_path / "victim").read_text() == "victim"


def test_what_was_staged_must_be_what_the_journal_says(tmp_path: Path) -> None:
    """As after a power failure: a staged file is not what it was. The manifest must then not vouch for it."""
    root = tmp_path / "project"
    manifest = prepare(root).encode()
    claims = manifest.replace(digest(b"a = 1\n").encode(), digest(b"a = 2\n").encode())
    after = digest(claims)
    staging = root / transaction.STAGING
    staging.mkdir()
    steps = [
        {"path": "a.py", "staged": "00000.new", "before": digest(b"a = 1\n"), "after": "0" * 64},
        {"path": MANIFEST, "staged": "00001.new", "before": digest(manifest), "after": after},
    ]
    (staging / "00000.new").write_text("torn")
    (staging / "00001.new").write_bytes(claims)
    (staging / "journal.json").write_text(json.dumps({"steps": steps}))
    settle(root)


def test_two_processes_do_not_write_one_project(tmp_path: Path) -> None:
    root = tmp_path / "project"
    prepare(root)
    with transaction.exclusive(root):
        changes = update(root, NEW)
    assert "another modelgen is writing" in changes.findings[0].message
    assert contents(root) == {**OLD, **MINE}
    settle(root)

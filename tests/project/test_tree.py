"""Who owns a file, and what happens to it: rows of what was there, what is planned, what is there afterwards."""

from __future__ import annotations

import json
import os
import string
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelgen.finding import Level
from modelgen.project import tree
from modelgen.project.manifest import MANIFEST
from modelgen.targets.target import File

VERSION = "1.2.3"


def file(path: str, text: str, state: Literal["generated", "scaffold"] = "generated") -> File:
    return File(path=path, text=text, state=state, source="lib.Model", template="t.jinja")


def update(root: Path, *files: File, force: bool = False) -> tree.Changes:
    try:
        with tree.opened(root):
            changes = plan(root, *files, force=force)
            tree.apply(changes)
            return changes
    except tree.ApplyError as error:
        return tree.Changes(root=root, findings=(error.finding,))


def plan(root: Path, *files: File, force: bool = False) -> tree.Changes:
    return tree.plan(root, files, generator=VERSION, force=force)


def snapshot(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def codes(changes: tree.Changes) -> list[str]:
    return [finding.code for finding in changes.findings]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "lib-service"


def test_a_first_run_writes_everything_and_says_so_in_the_manifest(root: Path) -> None:
    changes = update(root, file("a.py", "a = 1\n"), file("sub/README.md", "hello\n", "scaffold"))
    assert [(change.path, change.action) for change in changes.changes] == [
        ("a.py", "create"),
        ("sub/README.md", "create"),
    ]
    assert set(snapshot(root)) == {"a.py", "sub/README.md", MANIFEST}
    manifest = json.loads((root / MANIFEST).read_text())
    assert manifest["generator"] == VERSION
    assert manifest["files"]["a.py"] == {
        "state": "generated",
        "sha256": "cb78bd8a17f7b751fe0d4663366dcbc257204033ef7ddd64b1f2969573b5b2e2",
        "template": "t.jinja",
        "source": "lib.Model",
    }


def test_the_manifest_is_written_last_and_what_is_stale_goes_first(root: Path) -> None:
    update(root, file("z.py", ""))
    assert [step.path for step in plan(root, file("a.py", ""), file("b.py", "")).steps()] == [
        "z.py",
        "a.py",
        "b.py",
        MANIFEST,
    ]


def test_the_same_again_is_nothing_to_do(root: Path) -> None:
    files = [file("a.py", "a = 1\n"), file("b/c.txt", "é\n")]
    update(root, *files)
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*")}
    changes = update(root, *reversed(files))
    assert changes.empty
    assert changes.unchanged == ("a.py", "b/c.txt")
    assert before == {path: path.stat().st_mtime_ns for path in root.rglob("*")}


def test_planning_writes_nothing(root: Path) -> None:
    assert plan(root, file("a.py", "a = 1\n")).count("create") == 1
    assert not root.exists()


def test_only_what_changed_is_replaced(root: Path) -> None:
    update(root, file("a.py", "a = 1\n"), file("b.py", "b = 1\n"))
    kept = (root / "b.py").stat()
    changes = update(root, file("a.py", "a = 2\n"), file("b.py", "b = 1\n"))
    assert [(change.path, change.action) for change in changes.changes] == [("a.py", "replace")]
    assert "-a = 1\n+a = 2\n" in changes.changes[0].diff()
    assert (root / "a.py").read_text() == "a = 2\n"
    assert (root / "b.py").stat().st_ino == kept.st_ino


def test_a_hand_edit_is_refused_with_its_diff_and_nothing_is_written(root: Path) -> None:
    update(root, file("a.py", "a = 1\n"), file("b.py", "b = 1\n"))
    (root / "a.py").write_text("a = 1\nmine = True\n")
    before = snapshot(root)
    changes = update(root, file("a.py", "a = 1\n"), file("b.py", "b = 2\n"))
    assert codes(changes) == ["file-edited"]
    assert "+mine = True\n" in changes.edits[0].diff()
    assert "hooks.py" in changes.findings[0].hint
    assert snapshot(root) == before


def test_force_overwrites_a_hand_edit(root: Path) -> None:
    update(root, file("a.py", "a = 1\n"))
    (root / "a.py").write_text("mine\n")
    assert not update(root, file("a.py", "a = 1\n"), force=True).refused
    assert (root / "a.py").read_text() == "a = 1\n"


def test_an_edit_to_what_would_be_generated_is_no_edit(root: Path) -> None:
    update(root, file("a.py", "a = 1\n"))
    (root / "a.py").write_text("a = 2\n")
    changes = update(root, file("a.py", "a = 2\n"))
    assert not changes.refused
    assert not changes.changes
    assert update(root, file("a.py", "a = 2\n")).empty


def test_line_ends_of_another_platform_are_no_edit(root: Path) -> None:
    update(root, file("a.py", "a = 1\n"))
    (root / "a.py").write_bytes(b"a = 1\r\n")
    assert update(root, file("a.py", "a = 1\n")).empty
    assert update(root, file("a.py", "a = 2\n")).count("replace") == 1


def test_a_generated_file_that_was_deleted_comes_back(root: Path) -> None:
    update(root, file("a.py", "a = 1\n"))
    (root / "a.py").unlink()
    assert update(root, file("a.py", "a = 1\n")).count("create") == 1


@pytest.mark.parametrize("remains", ["mine\n", None])
def test_a_scaffold_is_written_once(root: Path, remains: str | None) -> None:
    update(root, file("hooks.py", "x = 1\n", "scaffold"))
    (root / "hooks.py").unlink() if remains is None else (root / "hooks.py").write_text(remains)
    for force in (False, True):
        changes = update(root, file("hooks.py", "x = 2\n", "scaffold"), force=force)
        assert changes.empty
        assert changes.kept == ("hooks.py",)
        assert (root / "hooks.py").exists() == (remains is not None)


def test_a_new_scaffold_leaves_a_file_of_the_user_alone(root: Path) -> None:
    update(root, file("a.py", "a = 1\n"))
    (root / "hooks.py").write_text("mine\n")
    assert update(root, file("a.py", "a = 1\n"), file("hooks.py", "x = 1\n", "scaffold")).empty
    assert (root / "hooks.py").read_text() == "mine\n"


def test_an_ejected_file_is_the_users(root: Path) -> None:
    update(root, file("a.py", "a = 1\n"))
    manifest = (root / MANIFEST).read_text().replace('"state": "generated"', '"state": "ejected"')
    (root / MANIFEST).write_text(manifest)
    (root / "a.py").write_text("mine\n")
    assert update(root, file("a.py", "a = 2\n"), force=True).empty
    assert (root / "a.py").read_text() == "mine\n"


def test_a_stale_file_is_removed_and_so_are_the_folders_it_leaves_empty(root: Path) -> None:
    update(root, file("a.py", "a = 1\n"), file("old/deep/b.py", "b = 1\n"), file("old/c.py", "c = 1\n"))
    (root / "old/mine.txt").write_text("mine")
    changes = update(root, file("a.py", "a = 1\n"))
    assert changes.count("remove") == 2
    assert set(snapshot(root)) == {"a.py", "old/mine.txt", MANIFEST}
    assert not (root / "old/deep").exists()


def test_a_stale_file_that_was_edited_stays_and_is_told_of_until_it_is_gone(root: Path) -> None:
    update(root, file("a.py", "a = 1\n"), file("b.py", "b = 1\n"))
    (root / "b.py").write_text("mine\n")
    for _ in range(2):
        changes = update(root, file("a.py", "a = 1\n"))
        assert [(finding.code, finding.level) for finding in changes.findings] == [("file-stale", Level.WARNING)]
        assert not changes.refused
        assert (root / "b.py").read_text() == "mine\n"
    (root / "b.py").unlink()
    assert not update(root, file("a.py", "a = 1\n")).findings
    assert "b.py" not in (root / MANIFEST).read_text()


def test_a_stale_scaffold_stays(root: Path) -> None:
    update(root, file("a.py", "a = 1\n"), file("hooks.py", "x = 1\n", "scaffold"))
    update(root, file("a.py", "a = 1\n"))
    assert (root / "hooks.py").read_text() == "x = 1\n"


def test_a_file_of_the_user_in_the_way_is_refused_even_by_force(root: Path) -> None:
    update(root, file("a.py", "a = 1\n"))
    (root / "b.py").write_text("mine\n")
    before = snapshot(root)
    for force in (False, True):
        assert codes(update(root, file("a.py", "a = 2\n"), file("b.py", "b = 1\n"), force=force)) == ["file-foreign"]
    assert snapshot(root) == before


@pytest.mark.parametrize("force", [False, True])
def test_a_folder_of_someone_else_is_refused(root: Path, force: bool) -> None:
    root.mkdir()
    (root / "thesis.tex").write_text("mine\n")
    changes = update(root, file("a.py", "a = 1\n"), force=force)
    assert codes(changes) == ["folder-foreign"]
    assert "thesis.tex" in changes.findings[0].message
    assert snapshot(root) == {"thesis.tex": b"mine\n"}
    assert [path.name for path in root.iterdir()] == ["thesis.tex"]


def test_a_fresh_repository_is_no_folder_of_someone_else(root: Path) -> None:
    (root / ".git").mkdir(parents=True)
    (root / ".git/config").write_text("[core]\n")
    (root / "LICENSE").write_text("free\n")
    assert not update(root, file("a.py", "a = 1\n")).refused


def test_a_lost_manifest_is_rebuilt_where_everything_is_as_generated(root: Path) -> None:
    files = [file("a.py", "a = 1\n"), file("hooks.py", "x = 1\n", "scaffold")]
    update(root, *files)
    (root / MANIFEST).unlink()
    (root / "hooks.py").write_text("mine\n")
    assert not update(root, *files).refused
    (root / MANIFEST).unlink()
    (root / "a.py").write_text("mine\n")
    assert codes(update(root, *files)) == ["folder-foreign"]


def test_a_file_keeps_its_mode(root: Path) -> None:
    update(root, file("run.sh", "echo 1\n"))
    (root / "run.sh").chmod(0o755)
    update(root, file("run.sh", "echo 2\n"))
    assert (root / "run.sh").stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.py", "def f(:\n"),
        ("a.py", "return 1\n"),
        ("a.py", "x = '\\d'\n"),
        ("a.py", "x = '\ud800'\n"),
        ("a.py", "x = 1\0\n"),
        ("a.pyi", "def f(:\n"),
        ("a.json", "{,}"),
        ("a.toml", "a = \n"),
        ("a.yaml", "a: [\n"),
        ("a.md", "\udc80"),
    ],
)
def test_a_text_that_is_not_of_its_kind_is_never_written(root: Path, path: str, text: str) -> None:
    changes = update(root, file("fine.py", "x = 1\n"), file(path, text))
    assert codes(changes) == ["file-invalid"]
    assert "lib.Model" in changes.findings[0].message
    assert not root.exists()


@pytest.mark.parametrize(
    "path", ["../a.py", "/etc/a", "a/../../b", "a//b", "./a", "a\\b", "C:/a", ".git/config", MANIFEST, "a\0b", ""]
)
def test_no_planned_path_leaves_the_project(root: Path, path: str) -> None:
    assert codes(update(root, file(path, ""))) == ["path-outside"]


def test_two_files_that_one_file_system_takes_for_one_are_refused(root: Path) -> None:
    assert codes(update(root, file("Straße.md", ""), file("STRASSE.md", ""))) == ["path-twice"]


@pytest.mark.parametrize(
    "path", ["../victim", "/etc/passwd", "sub/../../victim", "..\\victim", ".git/config", ".modelgen/manifest.json", ""]
)
def test_a_path_of_the_manifest_that_leaves_the_project_is_refused(root: Path, path: str) -> None:
    update(root, file("a.py", "a = 1\n"))
    manifest = json.loads((root / MANIFEST).read_text())
    manifest["files"][path] = manifest["files"]["a.py"]
    (root / MANIFEST).write_text(json.dumps(manifest))
    (root.parent / "victim").write_text("a = 1\n")
    changes = update(root, file("a.py", "a = 2\n"), force=True)
    assert codes(changes) == ["manifest-invalid"]
    assert (root.parent / "victim").read_text() == "a = 1\n"
    assert (root / "a.py").read_text() == "a = 1\n"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        "<<<<<<< HEAD\n",
        '{"version": 1}',
        '{"version": 2, "files": {}}',
        '{"version": "1", "files": {}}',
        '{"version": 1, "files": {"a.py": []}}',
        '{"version": 1, "files": {"a.py": {}}}',
        '{"version": 1, "files": {"a.py": {"state": "mine", "sha256": ""}}}',
        '{"version": 1, "files": {"a.py": {"state": "generated", "sha256": 3}}}',
        "[" * 100_000,
    ],
)
def test_a_manifest_that_is_none_is_a_finding(root: Path, text: str) -> None:
    (root / MANIFEST).parent.mkdir(parents=True)
    (root / MANIFEST).write_text(text)
    assert codes(update(root, file("a.py", "a = 1\n"))) == ["manifest-invalid"]
    assert (root / MANIFEST).read_text() == text


@pytest.mark.parametrize("link", ["a.py", "sub", ".modelgen", ".modelgen/staging", MANIFEST])
@pytest.mark.parametrize("dangling", [False, True])
def test_no_symlink_is_followed(root: Path, tmp_path: Path, link: str, dangling: bool) -> None:
    files = [file("a.py", "a = 1\n"), file("sub/b.py", "b = 1\n")]
    update(root, *files)
    outside = tmp_path / "outside"
    if (root / link).exists():
        (root / link).rename(outside)
    else:
        outside.mkdir()
    if dangling:
        outside = tmp_path / "nowhere"
    (root / link).symlink_to(outside)
    before = snapshot(tmp_path)
    changes = update(root, file("a.py", "a = 2\n"), file("sub/b.py", "b = 2\n"), force=True)
    assert changes.refused
    if not (dangling and link.startswith(".modelgen")):
        assert "symlink" in changes.findings[0].message
    assert snapshot(tmp_path) == before


def test_a_stale_file_behind_a_symlink_is_left(root: Path, tmp_path: Path) -> None:
    update(root, file("a.py", "a = 1\n"), file("sub/b.py", "b = 1\n"))
    (root / "sub").rename(tmp_path / "outside")
    (root / "sub").symlink_to(tmp_path / "outside")
    assert codes(update(root, file("a.py", "a = 1\n"))) == ["file-stale"]
    assert (tmp_path / "outside/b.py").exists()


def test_a_folder_in_the_place_of_a_file_is_refused_and_so_is_the_reverse(root: Path) -> None:
    update(root, file("a.py", "a = 1\n"))
    (root / "b.py").mkdir()
    (root / "sub").write_text("mine")
    assert codes(update(root, file("b.py", ""), file("sub/c.py", ""))) == ["path-blocked", "path-blocked"]


PATHS = st.sampled_from([f"{folder}{name}" for folder in ("", "x/", "x/y/") for name in ("a", "b", "c", "d.py")])
TEXTS = st.text(string.ascii_letters + "\n", max_size=8).map(
    lambda text: "".join(f"# {line}\n" for line in text.split())
)
PLANS = st.dictionaries(PATHS, st.tuples(TEXTS, st.sampled_from(["generated", "generated", "scaffold"])), max_size=6)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plans=st.lists(PLANS, min_size=1, max_size=4), foreign=st.dictionaries(PATHS, TEXTS, max_size=4), data=st.data())
def test_what_modelgen_did_not_write_stays_as_it_is(
    tmp_path_factory: pytest.TempPathFactory,
    plans: list[dict[str, tuple[str, Literal["generated", "scaffold"]]]],
    foreign: dict[str, str],
    data: st.DataObject,
) -> None:
    """Through any series of plans, forced or not: foreign files keep their bytes, and a refused run changes nothing.

    But for a file that holds, byte for byte, what modelgen would write there: that one is taken for its own.
    """
    root = tmp_path_factory.mktemp("project")
    update(root, file("first.py", ""))
    for path, text in foreign.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    for step in plans:
        before = snapshot(root)
        force = data.draw(st.booleans())
        changes = update(root, *(file(path, *rest) for path, rest in step.items()), force=force)
        after = snapshot(root)
        if changes.refused:
            assert after == before
        own = {(path, text) for plan in plans for path, (text, state) in plan.items() if state == "generated"}
        for path, text in foreign.items():
            assert (path, text) in own or after[path] == text.encode()
        if not changes.refused:
            assert {p for p, (_, state) in step.items() if state == "generated"} <= set(after)
            assert update(root, *(file(path, *rest) for path, rest in step.items())).empty


def test_a_project_that_cannot_be_written_is_told(root: Path) -> None:
    root.parent.joinpath("lib-service").write_text("a file")
    changes = update(root, file("a.py", "a = 1\n"))
    assert codes(changes) == ["project-unwritable"]
    assert "cannot be written to" in changes.findings[0].message


def test_an_empty_folder_of_the_user_outlives_a_refused_run(root: Path) -> None:
    root.mkdir()
    assert update(root, file("a.py", "def\n")).refused
    assert os.listdir(root) == []  # noqa: PTH208 - the point is that the folder is there and empty

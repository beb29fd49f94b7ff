"""A cache that may be torn, edited, unwritable or gone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from modelgen.project import cache
from modelgen.project.cache import FolderCache


@pytest.fixture
def store(tmp_path: Path) -> FolderCache:
    return FolderCache(tmp_path / "cache")


def only_file(folder: Path) -> Path:
    (path,) = (folder / "cache").iterdir()
    return path


@pytest.mark.parametrize("text", ["", "one\ntwo\n", "é 🎉\r\n", "\n" * 3])
def test_what_was_put_is_got(store: FolderCache, text: str) -> None:
    assert store.get("key") is None
    store.put("key", text)
    assert store.get("key") == text
    store.put("key", "newer")
    assert store.get("key") == "newer"


@pytest.mark.parametrize("damage", [b"", b"\xff", b"0\nedited"])
def test_a_torn_or_edited_text_is_lost(tmp_path: Path, store: FolderCache, damage: bytes) -> None:
    store.put("key", "text")
    only_file(tmp_path).write_bytes(damage)
    assert store.get("key") is None


def test_half_of_a_text_is_lost(tmp_path: Path, store: FolderCache) -> None:
    store.put("key", "text" * 100)
    data = only_file(tmp_path).read_bytes()
    only_file(tmp_path).write_bytes(data[: len(data) // 2])
    assert store.get("key") is None


def test_what_a_run_did_not_ask_for_is_swept(tmp_path: Path, store: FolderCache) -> None:
    store.put("old", "text")
    store.put("kept", "text")
    later = FolderCache(tmp_path / "cache")
    assert later.get("kept") == "text"
    later.put("new", "text")
    later.sweep()
    assert later.get("old") is None
    assert (later.get("kept"), later.get("new")) == ("text", "text")


def test_no_place_for_it_is_no_failure(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in (None, tmp_path / "file", tmp_path / "file" / "below"):
        store = FolderCache(folder)
        store.put("key", "text")
        assert store.get("key") is None
        store.sweep()
    assert (tmp_path / "file").read_text() == ""


def test_each_project_has_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "cache"))
    cache.of_project(tmp_path / "one").put("key", "text")
    assert cache.of_project(tmp_path / "one").get("key") == "text"
    assert cache.of_project(tmp_path / "two").get("key") is None


def test_texts_are_told_apart() -> None:
    assert cache.hash_of("ab", "c") != cache.hash_of("a", "bc")
    assert cache.hash_of("") != cache.hash_of()


def test_files_are_known_by_name_and_bytes(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text("x")
    before = cache.hash_of_files([one, two])
    two.write_text("")
    assert cache.hash_of_files([one, two]) != before
    assert cache.hash_of_files([one, two]) != cache.hash_of_files([two, one])
    one.write_text("y")
    two.unlink()
    assert cache.hash_of_files([one, two]) != before


def test_what_another_modelgen_made_is_not_taken_for_this_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site, package, templates = tmp_path / "site", tmp_path / "modelgen", tmp_path / "templates"
    for folder in (site, package, templates):
        folder.mkdir()
    (package / "__init__.py").write_text("")
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "cache"))
    monkeypatch.setattr("sys.path", [str(site)])
    monkeypatch.setattr("modelgen.__file__", str(package / "__init__.py"))
    changes: list[Callable[[], object]] = [
        lambda: (site / "black-26.1.dist-info").mkdir(),
        lambda: (package / "__init__.py").write_text("x = 1"),
        lambda: (templates / "a.jinja").write_text(""),
        lambda: monkeypatch.setattr("modelgen.__version__", "99"),
    ]
    for change in changes:
        cache.of_project(tmp_path / "project").put("key", "text")
        assert cache.of_project(tmp_path / "project").get("key") == "text"
        change()
        assert cache.of_project(tmp_path / "project").get("key") is None

"""What counts as a change, and when it is told."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from modelgen.project import watch
from modelgen.project.watch import Watcher

NEVER = threading.Event()


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package beside other things."""
    folder = tmp_path / "mylib"
    folder.mkdir()
    (folder / "__init__.py").write_text("x = 1\n")
    (tmp_path / "other.py").write_text("y = 1\n")
    return folder


def told(watcher: Watcher, within: float = 10.0) -> set[str]:
    """The names of the files that are told as changed; none after a while."""
    stop = threading.Event()
    timer = threading.Timer(within, stop.set)
    timer.start()
    try:
        return {path.name for path in watcher.wait(stop)}
    finally:
        timer.cancel()


def test_nothing_is_told_while_nothing_changes(package: Path) -> None:
    assert told(Watcher(package), within=0.6) == set()


def test_what_is_not_read_does_not_count(package: Path, tmp_path: Path) -> None:
    watcher = Watcher(package)
    (tmp_path / "other.py").write_text("y = 2\n")
    (package / "notes.txt").write_text("hm")
    (package / "__pycache__").mkdir()
    (package / "__pycache__/x.py").write_text("")
    assert told(watcher, within=0.6) == set()


@pytest.mark.parametrize(
    "name", ["__init__.py", "new.py", "stub.pyi", "deep/new.py", "pyproject.toml", "../modelgen.toml"]
)
def test_sources_and_settings_count(package: Path, name: str) -> None:
    watcher = Watcher(package)
    path = package / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("z = 3\n")
    assert told(watcher) == {path.name}
    path.unlink()
    assert told(watcher) == {path.name}


def test_a_change_during_a_run_is_told_after_it(package: Path) -> None:
    watcher = Watcher(package)
    (package / "__init__.py").write_text("x = 22\n")
    (package / "new.py").write_text("")
    watcher.after(())
    assert told(watcher) == {"__init__.py", "new.py"}
    assert told(watcher, within=0.6) == set()


def test_what_a_run_read_elsewhere_counts_from_then_on(package: Path, tmp_path: Path) -> None:
    watcher = Watcher(package)
    watcher.after([tmp_path / "other.py"])
    assert told(watcher, within=0.6) == set()
    (tmp_path / "other.py").write_text("y = 22\n")
    assert told(watcher) == {"other.py"}
    watcher.after(())
    (tmp_path / "other.py").write_text("y = 333\n")
    assert told(watcher, within=0.6) == set()


def test_templates_that_the_settings_name_count_once_they_do(package: Path, tmp_path: Path) -> None:
    template = tmp_path / "own/service/app.py.jinja"
    template.parent.mkdir(parents=True)
    template.write_text("x")
    watcher = Watcher(package)
    (tmp_path / "modelgen.toml").write_text('templates = "own"\n')
    assert told(watcher) == {"modelgen.toml"}
    watcher.after(())
    template.write_text("xx")
    assert told(watcher) == {"app.py.jinja"}


def test_changes_that_come_together_are_told_together(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "CALM", 0.4)
    names = {f"m{number}.py" for number in range(6)}

    def write() -> None:
        for name in sorted(names):
            (package / name).write_text("")
            NEVER.wait(0.1)

    writer = threading.Thread(target=write)
    watcher = Watcher(package)
    writer.start()
    try:
        assert told(watcher) == names
    finally:
        writer.join()


def test_what_never_comes_to_rest_is_told_in_the_end(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "PATIENCE", 0.5)
    ended = threading.Event()

    def write() -> None:
        length = 1
        while not ended.wait(0.01):
            length += 1
            (package / "__init__.py").write_text("x" * length)

    writer = threading.Thread(target=write)
    watcher = Watcher(package)
    writer.start()
    try:
        assert told(watcher) == {"__init__.py"}
    finally:
        ended.set()
        writer.join()


def test_a_package_that_goes_and_comes_back(package: Path, tmp_path: Path) -> None:
    watcher = Watcher(package)
    package.rename(tmp_path / "moved")
    assert told(watcher) == {"__init__.py"}
    watcher.after(())
    (tmp_path / "moved").rename(package)
    assert told(watcher) == {"__init__.py"}


def test_the_dearer_a_look_the_longer_the_pause(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long a look takes, watching takes two hundredths of the time."""
    pauses: list[float] = []
    clock = iter(range(1000))

    class Stop(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            pauses.append(timeout or 0.0)
            return len(pauses) > 2

    monkeypatch.setattr(watch.time, "monotonic", lambda: float(next(clock)))
    assert Watcher(package).wait(Stop()) == ()
    assert pauses == [watch.PAUSE, watch.SHARE, watch.SHARE]

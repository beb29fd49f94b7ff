"""`modelgen generate --watch`, as a process of its own."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import typer
from typer.testing import Result

from modelgen.cli.watch import watch
from modelgen.project import cache
from modelgen.project.generate import Outcome

PATIENCE = 60.0
READY = "watching moods, until Ctrl-C"
DONE = "next: modelgen serve"


class Watching:
    """A process that watches, and what it says."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        environment = {**os.environ, cache.VARIABLE: str(folder / ".cache")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "modelgen", "generate", "moods", "--watch", *arguments],
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.said: list[str] = []
        self._lines: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Watching:
        return self

    def __exit__(self, *problem: object) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join()
        assert self.process.stdout
        self.process.stdout.close()

    def until(self, words: str) -> str:
        """Wait until it says some words; answers the line."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                line = self._lines.get(timeout=max(0.0, end - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"never said {words!r}, but:\n" + "\n".join(self.said)) from None
            self.said.append(line)
            if words in line:
                return line

    def end(self, number: int = signal.SIGINT) -> int:
        """Ask for the end; answers the exit code."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)

    def processor_time(self) -> float:
        """Seconds of processor time so far, of every thread."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self._lines.put(line.rstrip("\n"))


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture
def watching(moods: Path, tmp_path: Path) -> Iterator[Watching]:
    """A process that watches `moods` and has generated its project."""
    with Watching(tmp_path) as one:
        one.until(READY)
        yield one


def test_a_change_of_the_source_is_generated_and_ctrl_c_ends_it(
    watching: Watching, moods: Path, tmp_path: Path
) -> None:
    document = tmp_path / "moods-service/openapi.json"
    edit(moods / "__init__.py", "Tell one mood.", "Tell a single mood.")
    assert watching.until("changed: ") == "changed: moods/__init__.py"
    watching.until(READY)
    assert "Tell a single mood." in document.read_text()
    assert watching.end() == 0
    watching.until("stopped watching")
    assert not any("Traceback" in line for line in watching.said)
    assert not (tmp_path / "moods-service/.modelgen/staging").exists()


def test_new_files_removed_files_and_settings_count_too(watching: Watching, moods: Path, tmp_path: Path) -> None:
    project = tmp_path / "moods-service"
    (moods / "more.py").write_text("class Extra:\n    def run(self, x: int) -> int:\n        return x\n")
    watching.until("changed: moods/more.py")
    watching.until(READY)
    assert (project / "moods_service/routers/extra.py").exists()
    (moods / "more.py").unlink()
    watching.until("changed: moods/more.py")
    watching.until(READY)
    assert not (project / "moods_service/routers/extra.py").exists()
    (tmp_path / "modelgen.toml").write_text('version = "3.2.1"\n')
    watching.until("changed: modelgen.toml")
    watching.until(READY)
    assert '"3.2.1"' in (project / "openapi.json").read_text()


def test_errors_do_not_end_it(watching: Watching, moods: Path, tmp_path: Path) -> None:
    before = (tmp_path / "moods-service/openapi.json").read_bytes()
    for broken in (
        "class Classifier:\n    def run(self, x: int -> int:\n",
        "def run(x: int) -> int:\n    return x\n",
        "",
    ):
        whole = (moods / "__init__.py").read_text()
        (moods / "__init__.py").write_text(broken)
        watching.until("nothing was written")
        watching.until(READY)
        assert (tmp_path / "moods-service/openapi.json").read_bytes() == before
        (moods / "__init__.py").write_text(whole)
        watching.until("is up to date")
        watching.until(READY)
    (tmp_path / "modelgen.toml").write_text("version = \n")
    watching.until("error [settings-invalid]")
    watching.until(READY)
    moods.rename(tmp_path / "moved")
    watching.until("error [package-not-found]")
    watching.until(READY)
    (tmp_path / "moved").rename(moods)
    watching.until("changed: ")
    (tmp_path / "modelgen.toml").unlink()
    watching.until("is up to date")
    assert watching.process.poll() is None


def test_a_hand_edit_is_refused_and_goes_when_it_is_put_right(watching: Watching, moods: Path, tmp_path: Path) -> None:
    edited = tmp_path / "moods-service/moods_service/app.py"
    generated = edited.read_bytes()
    edited.write_bytes(generated + b"# mine\n")
    edit(moods / "__init__.py", "score: float", "score: float\n    sure: bool = False")
    watching.until("[file-edited]")
    watching.until(READY)
    assert edited.read_bytes() == generated + b"# mine\n"
    edited.write_bytes(generated)
    edit(moods / "__init__.py", "sure: bool = False", "sure: bool = True")
    watching.until(DONE)


def test_many_changes_at_once_are_one_run(watching: Watching, moods: Path, tmp_path: Path) -> None:
    for number in range(40):
        (moods / f"more_{number}.py").write_text("x = 1\n")
    watching.until("changed: ")
    watching.until(READY)
    edit(moods / "__init__.py", "Tell one mood.", "Tell a single mood.")
    watching.until("changed: moods/__init__.py")
    watching.until(READY)
    runs = [line for line in watching.said if line.startswith("changed: ")]
    assert len(runs) <= 3
    assert sum("more_" in line for line in runs) <= 2


def test_a_change_during_a_run_is_not_lost(watching: Watching, moods: Path, tmp_path: Path) -> None:
    """However the changes fall: what is generated in the end is of the last of them."""
    for number in range(12):
        edit(moods / "__init__.py", "Tell", f"Tell{number}x")
        end = time.monotonic() + number * 0.05
        while time.monotonic() < end:
            watching.process.poll()
    document = tmp_path / "moods-service/openapi.json"
    end = time.monotonic() + PATIENCE
    while "Tell11x" not in document.read_text():
        assert time.monotonic() < end
        assert watching.process.poll() is None


def test_templates_are_watched(moods: Path, tmp_path: Path) -> None:
    own = tmp_path / "own/service/app.py.jinja"
    own.parent.mkdir(parents=True)
    own.write_text('{% include "modelgen/service/app.py.jinja" %}\n# first\n')
    with Watching(tmp_path, "--templates", "own") as watching:
        watching.until(READY)
        own.write_text(own.read_text().replace("first", "second"))
        watching.until("changed: own/service/app.py.jinja")
        watching.until(READY)
        (own.parent / "hooks.py.jinja").write_text("{% if %}")
        watching.until("own/service/hooks.py.jinja:1: error")
        watching.until(READY)
    assert (tmp_path / "moods-service/moods_service/app.py").read_text().endswith("# second\n")


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads the processor time from /proc")
def test_it_costs_little_while_nothing_changes(watching: Watching, moods: Path) -> None:
    """In seconds of processor time, over three seconds of nothing."""
    before, end = watching.processor_time(), time.monotonic() + 3.0
    with pytest.raises(subprocess.TimeoutExpired):
        watching.process.wait(end - time.monotonic())
    assert watching.processor_time() - before < 0.15


def test_sigterm_ends_it_too(watching: Watching) -> None:
    assert watching.end(signal.SIGTERM) == 0


def test_ctrl_c_in_a_run_completes_it(moods: Path, tmp_path: Path) -> None:
    with Watching(tmp_path) as watching:
        end = time.monotonic() + PATIENCE
        while not (tmp_path / "moods-service/.modelgen").exists():
            assert time.monotonic() < end
        assert watching.end() == 0
        watching.until("stopped watching")
    assert not (tmp_path / "moods-service/.modelgen/staging").exists()
    assert (tmp_path / "moods-service/modelgen.lock").exists()


def test_a_file_that_goes_while_it_is_read_does_not_end_it(
    moods: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    runs = 0

    def run() -> Outcome:
        nonlocal runs
        runs += 1
        if runs == 3:
            os.kill(os.getpid(), signal.SIGINT)
        else:
            (moods / "__init__.py").write_text(f"x = {runs}\n")
        if runs == 2:
            raise FileNotFoundError(2, "No such file or directory", "moods/gone.py")
        return Outcome(package="moods", root=tmp_path)

    with pytest.raises(typer.Exit) as ended:
        watch(moods, None, run)
    assert (ended.value.exit_code, runs) == (0, 3)
    assert "error: [Errno 2] No such file or directory: 'moods/gone.py'" in capsys.readouterr().err
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_package_that_is_not_there_is_an_error_at_once(tmp_path: Path) -> None:
    with Watching(tmp_path) as watching:
        assert watching.process.wait(PATIENCE) == 2
        watching.until("[package-not-found]")


@pytest.mark.parametrize("flag", ["--check", "--diff", "--dry-run", "--format=json"])
def test_it_writes_and_talks_to_people(modelgen: Callable[..., Result], moods: Path, flag: str) -> None:
    result = modelgen("generate", moods, "--watch", flag)
    assert result.exit_code == 2
    assert "--watch writes" in result.stderr

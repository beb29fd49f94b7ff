"""What is different on a terminal, and what is told while one waits."""

from __future__ import annotations

import os
import pty
import re
import sys
from pathlib import Path

import pytest

from modelgen.cli import progress
from modelgen.cli.progress import Progress


def on_a_terminal(*command: str) -> str:
    """What a command shows on a terminal of its own."""
    child, terminal = pty.fork()
    if child == 0:
        os.environ.update(COLUMNS="100", TERM="xterm-256color")
        os.execv(sys.executable, [sys.executable, "-m", "modelgen", *command])
    shown = b""
    while True:
        try:
            data = os.read(terminal, 4096)
        except OSError:  # how Linux says that the other end is closed
            data = b""
        if not data:
            break
        shown += data
    os.waitpid(child, 0)
    os.close(terminal)
    return shown.decode()


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_tables_are_drawn_and_findings_coloured_on_a_terminal(moods: Path) -> None:
    text = (moods / "__init__.py").read_text()
    (moods / "__init__.py").write_text(text.replace("threshold: float = 0.5", 'threshold: "Unheard" = 0.5'))
    shown = on_a_terminal("inspect", str(moods))
    assert "───" in shown
    assert re.search(r"\x1b\[33m\x1b\[1mwarning\x1b\[0m", shown)


def test_steps_are_told_once_a_second_has_passed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with Progress() as steps:
        steps("Reading")
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    with Progress() as steps:
        steps._timer.join(timeout=10)
        steps("Reading")
        steps("Writing")
    assert capsys.readouterr().err == "Reading ...\nWriting ...\n"

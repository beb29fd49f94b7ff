"""The command line as a process: what it prints, where, and how it exits."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import modelgen
from modelgen.cli.main import COMMANDS


def run(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "modelgen", *arguments]
    environment = {**os.environ, "COLUMNS": "100"}
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=environment, timeout=120)


def test_the_version() -> None:
    done = run("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"modelgen {modelgen.__version__}\n", "")


@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help_names_every_command(flag: str) -> None:
    done = run(flag)
    assert done.returncode == 0
    for name, command in COMMANDS:
        assert f"\n  {name} " in done.stdout
        assert command.__doc__


@pytest.mark.parametrize("name", [name for name, _ in COMMANDS])
def test_each_command_has_help(name: str) -> None:
    done = run(name, "--help")
    assert done.returncode == 0
    assert done.stdout.startswith(f"Usage: python -m modelgen {name} ")


@pytest.mark.parametrize(
    "arguments", [("generat",), ("generate",), ("generate", "x", "--format", "xml"), ("--nonsense",)]
)
def test_a_wrong_command_line_exits_2_and_says_why_on_stderr(arguments: tuple[str, ...]) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert "Error" in done.stderr


def test_without_arguments_it_helps() -> None:
    done = run()
    assert "Usage:" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_ctrl_c_is_no_traceback(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from modelgen.cli import main

    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(main, "application", lambda: interrupted)
    with pytest.raises(SystemExit) as stop:
        main.main()
    assert stop.value.code == main.INTERRUPTED
    assert capsys.readouterr().err == "interrupted\n"

"""A lock that cannot be used: each command says so in one sentence, and changes nothing."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from modelgen.cli.main import COMMANDS, application
from modelgen.project import cache

Modelgen = Callable[..., Result]

PACKAGE = "class Classifier:\n    def run(self, text: str) -> str:\n        return text\n"
HEAD = 'version = 1\npackage = "moods.v1"\nrelease = "0.1.0"\n'
MESSAGE = f'{HEAD}[message."Answer"]\nsource = "moods.Answer"\n'

LOCKS: dict[str, tuple[bytes, str]] = {
    "of a newer format": (b'version = 7\npackage = "moods.v1"\n', "lock-newer"),
    "empty": (b"", "lock-corrupt"),
    "no TOML": (b"version = [", "lock-corrupt"),
    "not UTF-8": (b"\xff\xfe\x00v", "lock-invalid"),
    "another file": (b'[project]\nname = "moods"\n', "lock-corrupt"),
    "without a package": (b"version = 1\n", "lock-corrupt"),
    "a version that is a text": (b'version = "1"\n', "lock-corrupt"),
    "a message that is a number": (f"{HEAD}message = 3\n".encode(), "lock-corrupt"),
    "a section without source": (f'{HEAD}[message."Answer"]\n'.encode(), "lock-corrupt"),
    "a source that is a number": (f'{HEAD}[message."Answer"]\nsource = 3\n'.encode(), "lock-corrupt"),
    "a line that is a text": (f'{MESSAGE}1 = "mood"\n'.encode(), "lock-corrupt"),
    "a name that is a number": (f"{MESSAGE}1 = {{ name = 3 }}\n".encode(), "lock-corrupt"),
    "a type that is none": (f'{MESSAGE}1 = {{ name = "mood", type = "list<" }}\n'.encode(), "lock-corrupt"),
    "renames that are a text": (f'{HEAD}renamed = "x"\n'.encode(), "lock-corrupt"),
    "a number of protobuf's": (f'{MESSAGE}19001 = {{ name = "mood", type = "string" }}\n'.encode(), "pin-out-of-range"),
    "the number 0": (f'{MESSAGE}0 = {{ name = "mood", type = "string" }}\n'.encode(), "pin-out-of-range"),
    "a number twice": (
        f'{MESSAGE}1 = {{ name = "a", type = "string" }}\n1 = {{ name = "b", type = "string" }}\n'.encode(),
        "pin-duplicate-number",
    ),
    "a number twice, spelled apart": (
        f'{MESSAGE}1 = {{ name = "a", type = "string" }}\n01 = {{ name = "b", type = "string" }}\n'.encode(),
        "pin-duplicate-number",
    ),
    "a section twice": (f'{MESSAGE}[message."Answer"]\nsource = "moods.Answer"\n'.encode(), "lock-conflict"),
    "a conflict": (f"{HEAD}<<<<<<< HEAD\n=======\n>>>>>>> other\n".encode(), "lock-conflict"),
}

COMMANDS_THAT_READ_IT = {
    "generate": ("generate", "moods"),
    "generate --check": ("generate", "moods", "--check"),
    "rename": ("rename", "Classifier.run.said", "Classifier.run.text", "moods"),
    "diff --scaffold": ("diff", "--scaffold", "moods-service"),
    "check": ("check", "moods", "--against", "moods-service"),
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package and its project, generated once."""
    folder = tmp_path_factory.mktemp("locks")
    (folder / "moods").mkdir()
    (folder / "moods" / "__init__.py").write_text(PACKAGE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(cache.VARIABLE, os.devnull)
        result = CliRunner().invoke(application(), ["generate", str(folder / "moods")])
    assert result.exit_code == 0, result.output
    return folder


@pytest.mark.parametrize("command", COMMANDS_THAT_READ_IT)
@pytest.mark.parametrize("case", LOCKS)
def test_a_bad_lock_is_told_in_one_sentence(
    modelgen: Modelgen, project: Path, monkeypatch: pytest.MonkeyPatch, command: str, case: str
) -> None:
    words = COMMANDS_THAT_READ_IT[command]
    if words[0] not in dict(COMMANDS):
        pytest.skip(f"there is no {words[0]}")
    monkeypatch.chdir(project)
    text, code = LOCKS[case]
    lock = project / "moods-service" / "modelgen.lock"
    good = lock.read_bytes()
    manifest = (project / "moods-service" / ".modelgen" / "manifest.json").read_bytes()
    lock.write_bytes(text)
    try:
        result = modelgen(*words)
        assert lock.read_bytes() == text
    finally:
        lock.write_bytes(good)
    assert result.exit_code == 2
    told = [line for line in result.stderr.splitlines() if " [" in line]
    assert len(told) == 1
    assert f"error [{code}] " in told[0]
    assert "modelgen.lock" in told[0]
    assert "Traceback" not in result.output
    assert (project / "moods-service" / ".modelgen" / "manifest.json").read_bytes() == manifest


@pytest.mark.parametrize("made", ["folder", "symlink"])
def test_a_lock_that_is_no_file_is_told(modelgen: Modelgen, moods: Path, tmp_path: Path, made: str) -> None:
    assert modelgen("generate", moods).exit_code == 0
    lock = tmp_path / "moods-service" / "modelgen.lock"
    text = lock.read_text()
    lock.unlink()
    if made == "folder":
        lock.mkdir()
    else:
        (tmp_path / "elsewhere.lock").write_text(text)
        lock.symlink_to(tmp_path / "elsewhere.lock")
    for words in (("generate", moods), ("rename", "Classifier.run.text", "Classifier.run.x", moods)):
        result = modelgen(*words)
        assert result.exit_code == 2
        assert "[lock-invalid] modelgen.lock is" in result.stderr

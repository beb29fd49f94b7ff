"""`modelgen generate`, from a package to a project on disk and back to nothing to do."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from modelgen.project.manifest import MANIFEST

Modelgen = Callable[..., Result]
Files = dict[str, bytes]

BROKEN = {
    "syntax-error": "class Model:\n    def run(self, x: int -> int:\n        return x\n",
    "nothing-servable": "def run(x: int) -> int:\n    return x\n",
    "type-missing": "class Model:\n    def run(self, x) -> int:\n        return 1\n",
    "type-unresolved": 'class Model:\n    def run(self, x: "Unheard") -> int:\n        return 1\n',
    "name-is-keyword": "class Import:\n    def run(self, x: int) -> int:\n        return x\n",
    "class-redefined": "class Model:\n    def run(self, x: int) -> int:\n        return x\n" * 2,
}


def snapshot(root: Path) -> Files:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture
def project(modelgen: Modelgen, moods: Path, tmp_path: Path) -> Path:
    """The project of `moods`, just generated."""
    assert modelgen("generate", moods).exit_code == 0
    return tmp_path / "moods-service"


@pytest.fixture
def unrendered(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From when it is called, making a project's text fails the test: what is told must be known without."""

    def forbid() -> None:
        def refuse(*arguments: object) -> None:
            raise AssertionError("rendered again")

        monkeypatch.setattr("modelgen.project.render.render", refuse)

    return forbid


# Writing


def test_a_project_is_written_beside_the_package(modelgen: Modelgen, moods: Path, tmp_path: Path) -> None:
    result = modelgen("generate", "moods")
    assert result.exit_code == 0
    files = snapshot(tmp_path / "moods-service")
    assert {"modelgen.lock", "openapi.json", "moods_service/bindings/__init__.py", MANIFEST} <= files.keys()
    lines = result.stdout.splitlines()
    assert lines[0].startswith("moods 0.1.0: 1 method found, 1 served")
    assert lines[-2] == f"moods-service: {len(files) - 1} created, 0 changed, 0 removed, 0 as they were"
    assert lines[-1] == "next: modelgen serve moods-service"
    assert set(json.loads(files[MANIFEST])["files"]) == files.keys() - {MANIFEST}


def test_the_same_again_is_nothing_to_do_and_is_known_without_making_it(
    modelgen: Modelgen, moods: Path, project: Path, unrendered: Callable[[], None]
) -> None:
    before = snapshot(project)
    unrendered()
    for arguments in ((), ("--check",), ("--force",)):
        result = modelgen("generate", moods, *arguments)
        assert result.exit_code == 0
        assert "moods-service is up to date" in result.stdout
    assert snapshot(project) == before


def test_a_change_of_the_source_reaches_the_files_it_touches(modelgen: Modelgen, moods: Path, project: Path) -> None:
    before = snapshot(project)
    edit(moods / "__init__.py", "text: str, threshold", "text: str, language: str, threshold")
    result = modelgen("generate", moods)
    assert result.exit_code == 0
    after = snapshot(project)
    changed = {path for path in after if after[path] != before[path]}
    assert "modelgen.lock" in changed
    assert "buf.yaml" not in changed
    assert f"0 created, {len(changed) - 1} changed, 0 removed" in result.stdout
    assert re.search(rb"^3 = .*language", after["modelgen.lock"], re.M)


def test_what_is_no_longer_made_is_removed(modelgen: Modelgen, moods: Path, project: Path) -> None:
    (moods / "more.py").write_text("class Extra:\n    def run(self, x: int) -> int:\n        return x\n")
    assert modelgen("generate", moods).exit_code == 0
    assert list(project.rglob("extra.proto"))
    (moods / "more.py").unlink()
    result = modelgen("generate", moods)
    assert result.exit_code == 0
    assert not list(project.rglob("extra.py"))
    assert re.search(r" [1-9]\d* removed", result.stdout)


def test_the_settings_say_where_and_under_which_name(modelgen: Modelgen, moods: Path, tmp_path: Path) -> None:
    (tmp_path / "modelgen.toml").write_text('service = "feelings-api"\noutput = "services/feelings"\n')
    assert modelgen("generate", moods).exit_code == 0
    assert (tmp_path / "services/feelings/feelings_api/bindings/__init__.py").is_file()
    assert modelgen("generate", moods, "-o", "elsewhere").exit_code == 0
    assert (tmp_path / "elsewhere/feelings_api/bindings/__init__.py").is_file()


def test_a_rename_in_the_settings_keeps_the_number(
    modelgen: Modelgen, moods: Path, project: Path, tmp_path: Path
) -> None:
    edit(moods / "__init__.py", "text: str, threshold", "content: str, threshold")
    (tmp_path / "modelgen.toml").write_text('[renames]\n"moods.Classifier.run.text" = "moods.Classifier.run.content"\n')
    assert modelgen("generate", moods).exit_code == 0
    lock = (project / "modelgen.lock").read_text()
    assert re.search(r'^1 = \{ name = "content"', lock, re.M)
    assert "retired" not in lock


def test_a_package_that_cannot_be_imported_still_generates(modelgen: Modelgen, moods: Path) -> None:
    edit(moods / "__init__.py", "from dataclasses", 'raise RuntimeError("imported")\nfrom dataclasses')
    assert modelgen("generate", moods).exit_code == 0


@pytest.mark.parametrize("form", ["folder", "project", "module"])
def test_a_package_is_a_folder_a_project_or_a_module(
    modelgen: Modelgen, moods: Path, tmp_path: Path, form: str
) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "moods"\nversion = "1.0.0"\n')
    given = {"folder": moods, "project": tmp_path, "module": tmp_path / "moods.py"}[form]
    if form == "module":
        (moods / "__init__.py").rename(given)
        moods.rmdir()
    assert modelgen("generate", given).exit_code == 0
    assert (tmp_path / "moods-service/modelgen.lock").is_file()


def test_the_same_bytes_from_another_folder_and_with_other_hashes(moods: Path, tmp_path: Path) -> None:
    found: list[Files] = []
    for seed in ("0", "1", "4242"):
        place = tmp_path / f"place {seed}"
        shutil.copytree(moods, place / "moods")
        environment = {**os.environ, "PYTHONHASHSEED": seed, "MODELGEN_CACHE_DIR": str(place / "cache"), "LC_ALL": "C"}
        command = [sys.executable, "-m", "modelgen", "generate", str(place / "moods")]
        subprocess.run(command, check=True, capture_output=True, env=environment, timeout=120)
        found.append(snapshot(place / "moods-service"))
    assert found[0] == found[1] == found[2]


# Looking


@pytest.mark.parametrize("flag", ["--check", "--diff", "--dry-run"])
def test_to_look_writes_nothing_and_exits_1_if_there_is_something_to_do(
    modelgen: Modelgen, moods: Path, tmp_path: Path, flag: str
) -> None:
    result = modelgen("generate", moods, flag)
    assert result.exit_code == 1
    assert not (tmp_path / "moods-service").exists()
    assert "moods_service/bindings/__init__.py" in result.stdout
    assert re.search(r"^moods-service: would create \d+, change 0, remove 0, leave 0$", result.stdout, re.M)
    assert "next:" not in result.stdout
    modelgen("generate", moods)
    assert modelgen("generate", moods, flag).exit_code == 0
    before = snapshot(tmp_path)
    edit(moods / "__init__.py", "float = 0.5", "float = 0.75")
    result = modelgen("generate", moods, flag)
    assert result.exit_code == 1
    assert ("+" in result.stdout and "0.75" in result.stdout) == (flag == "--diff")
    edit(moods / "__init__.py", "float = 0.75", "float = 0.5")
    assert snapshot(tmp_path / "moods-service") == {
        path.removeprefix("moods-service/"): data for path, data in before.items() if path.startswith("moods-service/")
    }


def test_a_project_of_another_version_has_only_its_manifest_to_change(
    modelgen: Modelgen, moods: Path, project: Path
) -> None:
    edit(project / MANIFEST, '"generator": "', '"generator": "0.0.')
    result = modelgen("generate", moods, "--check")
    assert (result.exit_code, result.stdout) == (1, f"moods-service: only {MANIFEST} would change\n")
    assert f"moods-service: only {MANIFEST} changed\n" in modelgen("generate", moods).stdout
    assert modelgen("generate", moods, "--check").exit_code == 0


def test_an_outcome_for_programs(modelgen: Modelgen, moods: Path, tmp_path: Path) -> None:
    result = modelgen("generate", moods, "--diff", "--format", "json")
    assert result.exit_code == 1
    data = json.loads(result.stdout)
    assert (data["package"], data["project"], data["written"]) == ("moods", str(tmp_path / "moods-service"), False)
    assert {change["action"] for change in data["changes"]} == {"create"}
    assert all(
        change["diff"].startswith("--- /dev/null") for change in data["changes"] if change["path"].endswith("y.py")
    )
    result = modelgen("generate", moods, "--format", "json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["written"]
    data = json.loads(modelgen("generate", moods, "--format", "json").stdout)
    assert (data["changes"], data["edited"], data["findings"]) == ([], [], [])
    assert data["unchanged"] > 10


# What stands in the way


def test_a_hand_edit_is_refused_with_its_diff(modelgen: Modelgen, moods: Path, project: Path) -> None:
    edited = project / "moods_service/bindings/__init__.py"
    with edited.open("a") as file:
        file.write("MINE = True\n")
    before = snapshot(project)
    result = modelgen("generate", moods)
    assert result.exit_code == 2
    assert "+MINE = True" in result.stderr
    assert "moods_service/bindings/__init__.py: error [file-edited]" in result.stderr
    assert "--force" in result.stderr
    assert "nothing was written" in result.stderr
    assert snapshot(project) == before
    data = json.loads(modelgen("generate", moods, "--check", "--format", "json").stdout)
    assert [row["path"] for row in data["edited"]] == ["moods_service/bindings/__init__.py"]
    assert modelgen("generate", moods, "--force").exit_code == 0
    assert "MINE" not in edited.read_text()


def test_a_scaffold_is_the_users(modelgen: Modelgen, moods: Path, project: Path) -> None:
    (project / "moods_service/hooks.py").write_text("MINE = True\n")
    edit(moods / "__init__.py", "float = 0.5", "float = 0.75")
    assert modelgen("generate", moods, "--force").exit_code == 0
    assert (project / "moods_service/hooks.py").read_text() == "MINE = True\n"


def test_a_folder_of_someone_else_is_refused(modelgen: Modelgen, moods: Path, tmp_path: Path) -> None:
    thesis = tmp_path / "thesis"
    thesis.mkdir()
    (thesis / "thesis.tex").write_text("mine")
    result = modelgen("generate", moods, "-o", thesis)
    assert result.exit_code == 2
    assert "[folder-foreign]" in result.stderr
    assert snapshot(thesis) == {"thesis.tex": b"mine"}


def test_a_project_in_its_own_package_is_refused(modelgen: Modelgen, moods: Path) -> None:
    result = modelgen("generate", moods, "-o", moods / "service")
    assert result.exit_code == 2
    assert "[output-in-package]" in result.stderr
    assert not (moods / "service").exists()


def test_a_service_that_hides_its_package_is_refused(modelgen: Modelgen, moods: Path, tmp_path: Path) -> None:
    (tmp_path / "modelgen.toml").write_text('service = "moods"\n')
    result = modelgen("generate", moods)
    assert result.exit_code == 2
    assert "[service-shadows-package]" in result.stderr


@pytest.mark.parametrize("code", BROKEN)
def test_a_source_that_cannot_be_served_writes_nothing(
    modelgen: Modelgen, moods: Path, tmp_path: Path, code: str
) -> None:
    (moods / "__init__.py").write_text(BROKEN[code])
    result = modelgen("generate", moods)
    assert result.exit_code == 2
    assert re.search(rf"moods/__init__\.py:\d+.*: error \[{code}\]", result.stderr) or code == "nothing-servable"
    assert f"[{code}]" in result.stderr
    assert "nothing was written" in result.stderr
    assert not (tmp_path / "moods-service").exists()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("version = 1\n", "version = 2\n", "newer"),
        ('2 = { name = "threshold"', '1 = { name = "threshold"', "duplicate"),
        ("version = 1\n", "version = \n", "TOML"),
    ],
)
def test_a_lock_that_cannot_be_kept_writes_nothing(
    modelgen: Modelgen, moods: Path, project: Path, old: str, new: str, words: str
) -> None:
    edit(project / "modelgen.lock", old, new)
    before = snapshot(project)
    result = modelgen("generate", moods, "--force")
    assert result.exit_code == 2
    assert "modelgen.lock" in result.stderr
    assert words in result.stderr
    assert snapshot(project) == before


def test_a_warning_is_told_again_when_there_is_nothing_to_do(modelgen: Modelgen, moods: Path, tmp_path: Path) -> None:
    edit(moods / "__init__.py", "threshold: float = 0.5", 'threshold: float = 0.5, hook: "Hook" = None')
    first, second = (modelgen("generate", moods) for _ in range(2))
    assert "up to date" in second.stdout
    told = [[line for line in run.stderr.splitlines() if not line.endswith(" ...")] for run in (first, second)]
    assert told[0] == told[1]
    assert "warning" in second.stderr


# Knowing when there is something to do


def touch_nothing(moods: Path, project: Path) -> None:
    """The control: what the others change is what makes the difference."""


def change_source(moods: Path, project: Path) -> None:
    edit(moods / "__init__.py", "How a text sounds", "How it sounds")


def add_source(moods: Path, project: Path) -> None:
    (moods / "more.py").write_text("class Extra:\n    def run(self, x: int) -> int:\n        return x\n")


def add_settings(moods: Path, project: Path) -> None:
    (moods.parent / "modelgen.toml").write_text('version = "2.0.0"\n')


def change_settings(moods: Path, project: Path) -> None:
    edit(moods.parent / "pyproject.toml", "1.0.0", "1.0.1")


def delete_generated(moods: Path, project: Path) -> None:
    (project / "openapi.json").unlink()


def edit_lock(moods: Path, project: Path) -> None:
    edit(project / "modelgen.lock", "1 = {", "7 = {")


def delete_manifest(moods: Path, project: Path) -> None:
    (project / MANIFEST).unlink()


def delete_project(moods: Path, project: Path) -> None:
    shutil.rmtree(project)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (touch_nothing, 0),
        (change_source, 1),
        (add_source, 1),
        (add_settings, 1),
        (change_settings, 1),
        (delete_generated, 1),
        (edit_lock, 2),
        (delete_manifest, 1),
        (delete_project, 1),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_a_memory_of_the_last_run_never_hides_a_change(
    modelgen: Modelgen, moods: Path, project: Path, change: Callable[[Path, Path], None], code: int
) -> None:
    (moods.parent / "pyproject.toml").write_text('[project]\nname = "moods"\nversion = "1.0.0"\n')
    assert modelgen("generate", moods).exit_code == 0
    assert modelgen("generate", moods, "--check").exit_code == 0
    change(moods, project)
    assert modelgen("generate", moods, "--check").exit_code == code


def test_a_broken_memory_is_none(modelgen: Modelgen, moods: Path, project: Path, tmp_path: Path) -> None:
    for path in (tmp_path / ".cache").rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes()[:-3])
    assert modelgen("generate", moods, "--check").exit_code == 0

"""`modelgen eject` and `modelgen diff --scaffold`: files that are the user's, and what has become of them."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from modelgen.project import transaction
from modelgen.project.manifest import MANIFEST

Modelgen = Callable[..., Result]

APP = "moods_service/app.py"
SCHEMA = "moods_service/schemas/models.py"


def append(path: Path, text: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(text)


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def states(project: Path) -> dict[str, str]:
    files = json.loads((project / MANIFEST).read_text(encoding="utf-8"))["files"]
    return {path: entry["state"] for path, entry in files.items()}


@pytest.fixture
def project(modelgen: Modelgen, moods: Path, tmp_path: Path) -> Path:
    """The project of `moods`, just generated."""
    assert modelgen("generate", moods).exit_code == 0
    return tmp_path / "moods-service"


# Ejecting


def test_an_edited_file_can_be_made_ones_own_and_is_never_written_again(
    modelgen: Modelgen, moods: Path, project: Path
) -> None:
    append(project / SCHEMA, "MINE = True\n")
    refused = modelgen("generate", moods)
    assert refused.exit_code == 2
    assert f"modelgen eject moods-service {SCHEMA}" in refused.stderr
    result = modelgen("eject", project, SCHEMA)
    assert (result.exit_code, result.stdout) == (0, f"{SCHEMA} is yours now\n")
    assert states(project)[SCHEMA] == "ejected"
    mine = (project / SCHEMA).read_bytes()
    edit(moods / "__init__.py", "score: float", "score: float\n    sure: bool = False")
    for arguments in ((), ("--force",)):
        result = modelgen("generate", moods, *arguments)
        assert result.exit_code == 0, result.stderr
        assert f"{SCHEMA}: info [file-behind]" in result.stderr
        assert (project / SCHEMA).read_bytes() == mine
    assert modelgen("generate", moods, "--check").exit_code == 0


def test_what_would_be_generated_is_told_only_when_it_changes_and_until_it_was_seen(
    modelgen: Modelgen, moods: Path, project: Path
) -> None:
    modelgen("eject", project, SCHEMA)
    append(project / SCHEMA, "MINE = True\n")
    assert "file-behind" not in modelgen("generate", moods).stderr
    edit(moods / "__init__.py", "score: float", "score: float\n    sure: bool = False")
    told = [modelgen("generate", moods).stderr for _ in range(2)]
    assert all("file-behind" in text for text in told)
    result = modelgen("eject", project, SCHEMA)
    assert result.stdout == f"{SCHEMA} is yours, and up to date with what would be generated\n"
    assert "file-behind" not in modelgen("generate", moods).stderr
    edit(moods / "__init__.py", "sure: bool = False", "sure: bool = True")
    assert "file-behind" in modelgen("generate", moods).stderr


def test_a_file_that_caught_up_with_what_would_be_generated_is_not_told_of(
    modelgen: Modelgen, moods: Path, project: Path, tmp_path: Path
) -> None:
    modelgen("eject", project, SCHEMA)
    edit(moods / "__init__.py", "score: float", "score: float\n    sure: bool = False")
    assert "file-behind" in modelgen("generate", moods).stderr
    assert modelgen("generate", moods, "-o", "other").exit_code == 0
    shutil.copyfile(tmp_path / "other" / SCHEMA, project / SCHEMA)
    assert "file-behind" not in modelgen("generate", moods).stderr


def test_an_ejected_file_that_was_removed_stays_away(modelgen: Modelgen, moods: Path, project: Path) -> None:
    modelgen("eject", project, "tests/test_parity.py")
    (project / "tests/test_parity.py").unlink()
    edit(moods / "__init__.py", "float = 0.5", "float = 0.75")
    assert modelgen("generate", moods).exit_code == 0
    assert not (project / "tests/test_parity.py").exists()


def test_an_ejected_file_of_a_module_that_goes_and_comes_back_is_still_the_users(
    modelgen: Modelgen, moods: Path, project: Path
) -> None:
    more = "class Extra:\n    def run(self, x: int) -> int:\n        return x\n"
    (moods / "more.py").write_text(more)
    assert modelgen("generate", moods).exit_code == 0
    path = "moods_service/routers/extra.py"
    modelgen("eject", project, path)
    (project / path).write_text("MINE = True\n")
    (moods / "more.py").unlink()
    assert modelgen("generate", moods).exit_code == 0
    (moods / "more.py").write_text(more)
    assert modelgen("generate", moods).exit_code == 0
    assert (project / path).read_text() == "MINE = True\n"


def test_undoing_it_loses_no_edit(modelgen: Modelgen, moods: Path, project: Path) -> None:
    generated = (project / APP).read_bytes()
    modelgen("eject", project, APP)
    append(project / APP, "# mine\n")
    result = modelgen("eject", "--undo", project, APP)
    assert (result.exit_code, result.stdout) == (0, f"{APP} is generated again\n")
    refused = modelgen("generate", moods)
    assert refused.exit_code == 2
    assert "+# mine" in refused.stderr
    (project / APP).write_bytes(generated)
    assert modelgen("generate", moods).exit_code == 0


def test_undoing_it_where_nothing_was_edited_is_generating_it_again(
    modelgen: Modelgen, moods: Path, project: Path
) -> None:
    modelgen("eject", project, "openapi.json")
    edit(moods / "__init__.py", "Tell one mood", "Tell a single mood")
    modelgen("generate", moods)
    assert modelgen("eject", project, "openapi.json").stdout.startswith("openapi.json is yours, and up to date")
    assert modelgen("diff", "--scaffold", project, "openapi.json").exit_code == 1
    modelgen("eject", "--undo", project, "openapi.json")
    assert modelgen("generate", moods).exit_code == 0
    assert "Tell a single mood" in (project / "openapi.json").read_text()


@pytest.mark.parametrize("form", ["from the project", "from here", "absolute", "with detours"])
def test_a_file_is_named_from_the_project_or_from_here(modelgen: Modelgen, project: Path, form: str) -> None:
    name = {
        "from the project": APP,
        "from here": f"moods-service/{APP}",
        "absolute": str(project / APP),
        "with detours": f"./moods_service/../{APP}",
    }[form]
    assert modelgen("eject", "moods-service", name).exit_code == 0
    assert [path for path, state in states(project).items() if state == "ejected"] == [APP]


def test_a_folder_is_all_that_is_generated_in_it(modelgen: Modelgen, project: Path) -> None:
    before = states(project)
    assert modelgen("eject", project, "tests").exit_code == 0
    assert states(project) == {
        path: "ejected" if path.startswith("tests/") and state == "generated" else state
        for path, state in before.items()
    }
    assert modelgen("eject", "--undo", project, "tests/").exit_code == 0
    assert states(project) == before


def test_the_whole_project_but_its_lock(modelgen: Modelgen, moods: Path, project: Path) -> None:
    assert modelgen("eject", project, ".").exit_code == 0
    assert [path for path, state in states(project).items() if state == "generated"] == ["modelgen.lock"]
    lock = (project / "modelgen.lock").read_text()
    edit(moods / "__init__.py", "score: float", "score: float\n    sure: bool = False")
    assert modelgen("generate", moods).exit_code == 0
    assert (project / "modelgen.lock").read_text() != lock


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("modelgen.lock", "holds the numbers"),
        ("app.py", f"did you mean '{APP}'?"),
        ("moods_service/ap.py", f"did you mean '{APP}'?"),
        ("../moods/__init__.py", "not a file that modelgen wrote"),
        (MANIFEST, "not a file that modelgen wrote"),
    ],
)
def test_what_cannot_be_ejected_changes_nothing(modelgen: Modelgen, project: Path, name: str, words: str) -> None:
    before = (project / MANIFEST).read_bytes()
    result = modelgen("eject", project, APP, name)
    assert result.exit_code == 2
    assert "[file-not-ejectable]" in result.stderr
    assert words in result.stderr
    assert (project / MANIFEST).read_bytes() == before


def test_what_is_the_users_already_is_said_to_be(modelgen: Modelgen, project: Path) -> None:
    result = modelgen("eject", project, "README.md")
    assert result.exit_code == 0
    assert "README.md was written once and is yours since" in result.stderr
    assert "nothing to undo" in modelgen("eject", "--undo", project, APP).stderr


def test_a_symlink_in_the_place_of_a_file_of_the_users_is_theirs(
    modelgen: Modelgen, moods: Path, project: Path
) -> None:
    modelgen("eject", project, APP)
    for path in (APP, "README.md"):
        (project / path).rename(project / "moved")
        (project / path).symlink_to(project / "moved")
    edit(moods / "__init__.py", "float = 0.5", "float = 0.75")
    assert modelgen("generate", moods).exit_code == 0
    assert (project / APP).is_symlink()


def test_a_project_that_an_interrupted_run_left_is_completed_first(modelgen: Modelgen, project: Path) -> None:
    staging = project / transaction.STAGING
    staging.mkdir()
    (staging / transaction.JOURNAL).write_text('{"steps": []}')
    assert modelgen("diff", "--scaffold", project).exit_code == 2
    assert modelgen("serve", project).exit_code == 2
    assert modelgen("eject", project, APP).exit_code == 0
    assert not staging.exists()


@pytest.mark.parametrize("command", [("eject", ".", APP), ("diff", "--scaffold")])
def test_a_folder_that_is_no_project_is_told(modelgen: Modelgen, moods: Path, command: tuple[str, ...]) -> None:
    result = modelgen(*command)
    assert result.exit_code == 2
    assert "[project-not-found]" in result.stderr


# Comparing


def test_nothing_differs_in_a_fresh_project(modelgen: Modelgen, project: Path) -> None:
    result = modelgen("diff", "--scaffold", project)
    assert result.exit_code == 0
    assert result.stdout.startswith("0 files of yours differ, ")


def test_each_file_comes_with_who_changed_it(modelgen: Modelgen, moods: Path, project: Path) -> None:
    append(project / "service.toml", "http_port = 9000\n")
    append(project / "README.md", "Mine.\n")
    (project / "tests/test_smoke.py").unlink()
    edit(moods / "__init__.py", "class Classifier", "class Judge")
    modelgen("generate", moods)
    result = modelgen("diff", "--scaffold", project)
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert "service.toml (scaffold): you changed it, and modelgen would write it otherwise now" in lines
    assert "README.md (scaffold): you changed it, and modelgen would write it otherwise now" in lines
    assert "tests/samples.py (scaffold): modelgen would write it otherwise now" in lines
    assert "tests/test_smoke.py (scaffold): you removed it" in lines
    assert "-http_port = 9000" in lines
    assert "+++ b/tests/test_smoke.py" in lines
    assert not any(line.startswith(".gitignore") for line in lines)
    assert result.stdout == modelgen("diff", "--scaffold").stdout  # found below here


def test_an_edit_of_the_users_alone_is_told_as_such(modelgen: Modelgen, project: Path) -> None:
    append(project / "service.toml", "http_port = 9000\n")
    assert "service.toml (scaffold): you changed it\n" in modelgen("diff", "--scaffold", project).stdout


def test_a_file_that_was_there_before_is_told_as_such(modelgen: Modelgen, moods: Path, tmp_path: Path) -> None:
    (tmp_path / "moods-service").mkdir()
    (tmp_path / "moods-service/.gitignore").write_text("mine\n")
    modelgen("generate", moods)
    assert ".gitignore (scaffold): was there before" in modelgen("diff", "--scaffold", "moods-service").stdout


def test_ejected_files_are_compared_like_scaffolds(modelgen: Modelgen, moods: Path, project: Path) -> None:
    modelgen("eject", project, SCHEMA)
    edit(moods / "__init__.py", "score: float", "score: float\n    sure: bool = False")
    modelgen("generate", moods)
    result = modelgen("diff", "--scaffold", project, SCHEMA)
    assert result.exit_code == 1
    assert f"{SCHEMA} (ejected): modelgen would write it otherwise now" in result.stdout
    assert "+    sure: " in result.stdout


@pytest.mark.parametrize("tool", [("patch", "-p1"), ("git", "apply")])
def test_the_diff_is_a_patch(modelgen: Modelgen, moods: Path, project: Path, tool: tuple[str, ...]) -> None:
    if shutil.which(tool[0]) is None:
        pytest.skip(f"{tool[0]} is not installed")
    append(project / "README.md", "Mine.\n")
    (project / "tests/test_smoke.py").unlink()
    edit(project / "service.toml", "# host", "# hosts")
    patch = modelgen("diff", "--scaffold", project).stdout
    subprocess.run(tool, cwd=project, input=patch, text=True, check=True, capture_output=True, timeout=60)
    assert modelgen("diff", "--scaffold", project).exit_code == 0


def test_for_programs(modelgen: Modelgen, project: Path) -> None:
    append(project / "README.md", "Mine.\n")
    result = modelgen("diff", "--scaffold", project, "--format", "json")
    assert result.exit_code == 1
    data = json.loads(result.stdout)
    assert (data["project"], data["findings"]) == (str(project), [])
    (row,) = data["files"]
    assert (row["path"], row["state"], row["changed_by"], row["removed"]) == ("README.md", "scaffold", "you", False)
    assert "-Mine.\n" in row["diff"]


def test_a_file_that_is_not_the_users_is_told(modelgen: Modelgen, project: Path) -> None:
    result = modelgen("diff", "--scaffold", project, "READ.md")
    assert result.exit_code == 2
    assert "did you mean 'README.md'?" in result.stderr


@pytest.mark.parametrize("layout", ["beside", "src", "far"])
def test_the_package_is_found_from_the_project(modelgen: Modelgen, moods: Path, tmp_path: Path, layout: str) -> None:
    home = {"beside": tmp_path, "src": tmp_path / "src", "far": tmp_path / "elsewhere/src"}[layout]
    home.mkdir(parents=True, exist_ok=True)
    package = moods.rename(home / "moods")
    project = tmp_path / "services/v1/moods-service"
    assert modelgen("generate", package, "-o", project).exit_code == 0
    result = modelgen("diff", "--scaffold", project)
    assert result.exit_code == (2 if layout == "far" else 0)
    if layout == "far":
        assert "give it with --package" in result.stderr
        assert modelgen("diff", "--scaffold", project, "--package", package).exit_code == 0


def test_what_to_compare_has_to_be_said(modelgen: Modelgen, project: Path) -> None:
    assert modelgen("diff", project).exit_code == 2

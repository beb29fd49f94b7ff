"""`modelgen rename`: the settings get a line, and the numbers stay."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from modelgen.contract import codec

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Modelgen = Callable[..., Result]


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def numbers(project: Path) -> dict[str, dict[str, int]]:
    """The living numbers, by message and name."""
    pins = codec.load((project / "modelgen.lock").read_text(), "modelgen.lock").pins
    found: dict[str, dict[str, int]] = {}
    for pin in pins.pins:
        if not pin.retired:
            found.setdefault(pin.owner, {})[pin.name] = pin.number
    return found


@pytest.fixture
def project(modelgen: Modelgen, moods: Path, tmp_path: Path) -> Path:
    """The project of `moods`, just generated."""
    assert modelgen("generate", moods).exit_code == 0
    return tmp_path / "moods-service"


RENAMES = {
    "a class": ("moods.Classifier", "moods.Tagger", "class Classifier", "class Tagger"),
    "a method": ("moods.Classifier.run", "moods.Classifier.run_one", "def run(", "def run_one("),
    "a parameter": ("moods.Classifier.run.text", "moods.Classifier.run.said", "text: str", "said: str"),
    "a data model": ("moods.Answer", "moods.Verdict", "Answer", "Verdict"),
    "a field": ("moods.Answer.score", "moods.Answer.certainty", "score: float", "certainty: float"),
    "an enumeration": ("moods.Mood", "moods.Feeling", "Mood", "Feeling"),
    "a member": ("moods.Mood.HAPPY", "moods.Mood.GLAD", "HAPPY", "GLAD"),
}


@pytest.mark.parametrize("case", RENAMES)
def test_the_numbers_stay(modelgen: Modelgen, moods: Path, project: Path, case: str) -> None:
    old, new, before, after = RENAMES[case]
    published = numbers(project)
    edit(moods / "__init__.py", before, after)
    result = modelgen("rename", old, new, moods)
    assert result.exit_code == 0, result.output
    assert "stays" in result.stdout
    assert f"modelgen.toml: {old} is {new} now" in result.stdout
    result = modelgen("generate", moods)
    assert (result.exit_code, result.stderr) == (0, "")
    assert [sorted(names.values()) for names in numbers(project).values()] == [
        sorted(names.values()) for names in published.values()
    ]
    assert numbers(project).keys() == published.keys()
    assert "retired" not in (project / "modelgen.lock").read_text()
    assert "is up to date" in modelgen("generate", moods).stdout


def test_the_package_may_be_left_out_of_symbols(modelgen: Modelgen, moods: Path, project: Path) -> None:
    edit(moods / "__init__.py", "text: str", "said: str")
    result = modelgen("rename", "Classifier.run.text", "Classifier.run.said", moods)
    assert result.stdout.splitlines()[0] == "number 1 of ClassifierServiceRunRequest stays: text -> said"


@pytest.mark.parametrize(
    ("old", "new", "said", "hint"),
    [
        (
            "Classifier.run.txt",
            "Classifier.run.said",
            "moods.Classifier.run.txt is not in",
            "moods.Classifier.run.text",
        ),
        ("Classifier.run.text", "Classifier.run.sayd", "moods.Classifier.run.sayd is not in the source", ".said"),
        ("Classifier.run.threshold", "Classifier.run.said", "is in the source still", "rename it"),
        ("Classifier.run.text", "Answer.score", "cannot move to another message", "rename it in place"),
        ("Classifier.run.text", "Classifier.run.threshold", "has numbers of its own already", "restore"),
    ],
)
def test_a_rename_that_cannot_be_is_refused(
    modelgen: Modelgen, moods: Path, project: Path, old: str, new: str, said: str, hint: str
) -> None:
    edit(moods / "__init__.py", "text: str", "said: str")
    result = modelgen("rename", old, new, moods)
    assert result.exit_code == 2
    assert "rename-impossible" in result.stderr
    assert said in result.stderr
    assert hint in result.stderr
    assert not (moods.parent / "modelgen.toml").exists()


def test_before_the_first_generation_there_is_nothing_to_rename(modelgen: Modelgen, moods: Path) -> None:
    result = modelgen("rename", "Classifier.run.text", "Classifier.run.threshold", moods)
    assert result.exit_code == 2
    assert "there is no modelgen.lock yet" in result.stderr


# The file that it writes

COMMENTED = """\
# What is served.
service   = "moods-service"   # not just "moods"

[renames]
# By hand, last year.
"moods.Old" = 'moods.Classifier'

[types] # odd ones
"moods.Classifier.run.threshold" = "float"
"""


def test_comments_and_layout_stay(modelgen: Modelgen, moods: Path, project: Path) -> None:
    file = moods.parent / "modelgen.toml"
    file.write_text(COMMENTED)
    edit(moods / "__init__.py", "text: str", "said: str")
    assert modelgen("rename", "Classifier.run.text", "Classifier.run.said", moods).exit_code == 0
    line = "\"moods.Old\" = 'moods.Classifier'\n"
    added = '"moods.Classifier.run.text" = "moods.Classifier.run.said"\n'
    assert file.read_text() == COMMENTED.replace(line, line + added)


@pytest.mark.parametrize(
    "table",
    [
        "[tool.modelgen]\nservice = 'moods-service'\n",
        "[tool.modelgen.types]\n'moods.Classifier.run.threshold' = 'float'\n",
        "[tool.modelgen]\nrenames = { 'moods.Old' = 'moods.Classifier' }\n",
        "[tool]\nmodelgen = { service = 'moods-service' }\n[tool.other]\nx = 1\n",
        "[tool.modelgen.renames]\n'moods.Old' = 'moods.Classifier'\n\n[tool.other] # last\nx = 1\n",
    ],
)
def test_a_table_of_the_pyproject_gets_the_line(modelgen: Modelgen, moods: Path, project: Path, table: str) -> None:
    file = moods.parent / "pyproject.toml"
    file.write_bytes(f"[project] # ours\nname = 'moods'\n\n{table}".replace("\n", "\r\n").encode())
    before = tomllib.loads(file.read_text())
    edit(moods / "__init__.py", "text: str", "said: str")
    result = modelgen("rename", "Classifier.run.text", "Classifier.run.said", moods)
    assert result.exit_code == 0, result.output
    renames = before["tool"]["modelgen"].setdefault("renames", {})
    renames["moods.Classifier.run.text"] = "moods.Classifier.run.said"
    assert tomllib.loads(file.read_text()) == before
    assert b"# ours\r\n" in file.read_bytes()
    generated = modelgen("generate", moods)
    assert generated.exit_code == 0, generated.output
    assert numbers(project)["ClassifierServiceRunRequest"] == {"said": 1, "threshold": 2}


def test_a_rename_back_takes_the_first_one_out(modelgen: Modelgen, moods: Path, project: Path) -> None:
    source = moods / "__init__.py"
    for old, new in (("text", "said"), ("said", "text"), ("text", "said")):
        edit(source, f"{old}: str", f"{new}: str")
        assert modelgen("rename", f"Classifier.run.{old}", f"Classifier.run.{new}", moods).exit_code == 0
        assert modelgen("generate", moods).exit_code == 0
        assert numbers(project)["ClassifierServiceRunRequest"] == {new: 1, "threshold": 2}
    assert (moods.parent / "modelgen.toml").read_text().count("=") == 1


def test_settings_that_cannot_be_written_are_told(modelgen: Modelgen, moods: Path, project: Path) -> None:
    (moods.parent / "modelgen.toml").mkdir()
    edit(moods / "__init__.py", "text: str", "said: str")
    result = modelgen("rename", "Classifier.run.text", "Classifier.run.said", moods)
    assert result.exit_code == 2
    assert "settings-unwritable" in result.stderr

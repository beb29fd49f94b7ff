"""What changed, for those who call: `modelgen diff`, and the project's CHANGELOG and client version."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from tests.project.repository import Repository

Modelgen = Callable[..., Result]
Edit = Callable[..., None]

RETYPED = ("threshold: float = 0.5", "threshold: str = 'x'")
ONE_MORE = ("threshold: float = 0.5", "threshold: float = 0.5, *, top_k: int = 1")
TWO_MORE = ("threshold: float = 0.5", "threshold: float = 0.5, *, top_k: int = 1, seed: int = 0")


def read(root: Path, name: str) -> str:
    return (root / "moods-service" / name).read_text(encoding="utf-8")


def sections(root: Path) -> dict[str, str]:
    """Version -> what the CHANGELOG says of it, the newest first."""
    parts = re.split(r"^## (\S+)\n", read(root, "CHANGELOG.md"), flags=re.MULTILINE)
    return {version: text.strip() for version, text in zip(parts[1::2], parts[2::2], strict=True)}


def client(root: Path) -> str:
    """The client's version, which all of its files agree on."""
    match = re.search(r'^version = "(.*)"$', read(root, "clients/python/pyproject.toml"), re.MULTILINE)
    assert match
    assert f'__version__ = "{match[1]}"' in read(root, "clients/python/moods_client/__init__.py")
    return match[1]


def version(root: Path, stated: str) -> None:
    (root / "modelgen.toml").write_text(f'version = "{stated}"\n')


# modelgen diff


def test_what_changed_since_it_was_published(modelgen: Modelgen, published: Path, edit: Edit) -> None:
    assert modelgen("diff", "moods").exit_code == 0
    edit(*RETYPED, "score: float", "score: float\n    more: int = 0")
    done = modelgen("diff", "moods")
    assert (done.exit_code, done.stderr) == (1, "")
    assert re.findall(r"^\w+$", done.stdout, re.MULTILINE) == ["Breaking", "Added"]
    assert "\n  Classifier.run(threshold): float -> str\n      gRPC           breaking  Classifier" in done.stdout
    assert "\n  Answer.more is new, 0 if left out\n" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("1 breaking, 1 safe against main (")


def test_against_a_revision_as_markdown_and_json(modelgen: Modelgen, published: Path, edit: Edit) -> None:
    edit(*RETYPED)
    modelgen("generate", "moods")
    Repository(published).commit("second")
    assert modelgen("diff", "moods").stdout.startswith("no change of the contract")
    told = modelgen("diff", "moods", "--against", "HEAD~1", "--format", "markdown").stdout
    assert told.startswith("## 0.2.0\n\n### Breaking\n\n- `Classifier.run(threshold)`: float -> str\n  - gRPC: ")
    data = json.loads(modelgen("diff", "moods", "--against", "HEAD~1", "--format", "json").stdout)
    assert (data["against"]["ref"], data["release"], data["next_version"]) == ("HEAD~1", "0.1.0", "0.2.0")
    (row,) = data["changes"]["breaking"]
    assert (row["rule"], row["element"]) == ("type-changed", "moods.Classifier.run.threshold")
    assert row["notes"]["json"] == "POST /api/v1/classifier/run"


@pytest.mark.parametrize("arguments", [("--against", "v9"), ("--package", "moods"), ("--scaffold", "--against", "x")])
def test_what_cannot_be_compared(modelgen: Modelgen, published: Path, arguments: tuple[str, ...]) -> None:
    done = modelgen("diff", "moods", *arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr


# The project's CHANGELOG


def test_a_first_generation(published: Path) -> None:
    assert sections(published) == {"0.1.0": "The first version that this file tells of."}
    assert client(published) == "0.1.0"


def test_a_change_is_told_and_the_client_gets_the_version_for_it(
    modelgen: Modelgen, published: Path, edit: Edit
) -> None:
    edit(*RETYPED)
    modelgen("generate", "moods")
    assert list(sections(published)) == ["0.2.0", "0.1.0"]
    assert sections(published)["0.2.0"].startswith("### Breaking\n\n- `Classifier.run(threshold)`: float -> str\n")
    assert client(published) == "0.2.0"
    before = {path: path.read_bytes() for path in (published / "moods-service").rglob("*") if path.is_file()}
    assert modelgen("generate", "moods", "--check").exit_code == 0
    (published / "moods/__init__.py").write_text((published / "moods/__init__.py").read_text() + "\n# nothing\n")
    modelgen("generate", "moods")
    assert {path: path.read_bytes() for path in before} == before


def test_what_is_taken_back_before_a_release_was_never_there(modelgen: Modelgen, published: Path, edit: Edit) -> None:
    changelog = read(published, "CHANGELOG.md")
    edit(*RETYPED)
    modelgen("generate", "moods")
    edit(*RETYPED[::-1])
    modelgen("generate", "moods")
    assert read(published, "CHANGELOG.md") == changelog
    assert client(published) == "0.1.0"


def test_the_order_of_changes_does_not_matter(modelgen: Modelgen, published: Path, edit: Edit) -> None:
    edit(*ONE_MORE)
    modelgen("generate", "moods")
    edit("top_k: int = 1", "top_k: int = 1, seed: int = 0")
    modelgen("generate", "moods")
    by_steps = read(published, "CHANGELOG.md"), client(published)
    Repository(published).git("checkout", "--quiet", ".")
    edit(*TWO_MORE)
    modelgen("generate", "moods")
    assert (read(published, "CHANGELOG.md"), client(published)) == by_steps


def test_the_version_is_set_when_it_is_released(modelgen: Modelgen, published: Path, edit: Edit) -> None:
    version(published, "1.0.0")
    shutil.rmtree(published / "moods-service")
    modelgen("generate", "moods")
    assert client(published) == "1.0.0"
    edit(*ONE_MORE)
    modelgen("generate", "moods")
    assert client(published) == "1.1.0"
    told = sections(published)["1.1.0"]
    version(published, "1.1.0")  # released
    modelgen("generate", "moods")
    assert (client(published), sections(published)["1.1.0"]) == ("1.1.0", told)
    edit(*RETYPED)
    modelgen("generate", "moods")
    assert client(published) == "2.0.0"
    assert list(sections(published)) == ["2.0.0", "1.1.0", "1.0.0"]
    assert sections(published)["1.1.0"] == told


def test_the_version_is_set_when_work_on_it_begins(modelgen: Modelgen, published: Path, edit: Edit) -> None:
    version(published, "1.0.0")
    modelgen("generate", "moods")
    version(published, "1.1.0")
    edit(*ONE_MORE)
    modelgen("generate", "moods")
    assert client(published) == "1.1.0"
    edit("top_k: int = 1", "top_k: int = 1, seed: int = 0")
    modelgen("generate", "moods")
    assert (client(published), next(iter(sections(published)))) == ("1.1.0", "1.1.0")
    assert len(re.findall("is new", sections(published)["1.1.0"])) == 2
    edit(*RETYPED)  # more than was foreseen
    modelgen("generate", "moods")
    assert client(published) == "2.0.0"


def test_a_version_that_goes_back_takes_no_client_back(modelgen: Modelgen, published: Path, edit: Edit) -> None:
    edit(*RETYPED)
    modelgen("generate", "moods")
    version(published, "0.1.1")
    modelgen("generate", "moods")
    assert client(published) == "0.2.0"


def test_before_a_final_version_everything_may_change(modelgen: Modelgen, published: Path, edit: Edit) -> None:
    version(published, "2.0.0-rc.1")
    modelgen("generate", "moods")
    edit(*RETYPED)
    modelgen("generate", "moods")
    assert client(published) == "2.0.0-rc.1"
    assert list(sections(published)) == ["2.0.0", "0.1.0"]


def test_a_project_of_before_there_were_changelogs(modelgen: Modelgen, published: Path, edit: Edit) -> None:
    for name in ("CHANGELOG.md", "released.lock"):
        (published / "moods-service" / name).unlink()
    edit(*ONE_MORE)
    modelgen("generate", "moods")
    assert list(sections(published)) == ["0.1.1", "0.1.0"]


def test_a_section_that_two_branches_wrote_is_written_anew(modelgen: Modelgen, published: Path, edit: Edit) -> None:
    edit(*ONE_MORE)
    modelgen("generate", "moods")
    wanted = read(published, "CHANGELOG.md")
    torn = wanted.replace("### Added\n", "<<<<<<< HEAD\n### Added\n=======\n### Changed\n>>>>>>> other\n")
    (published / "moods-service/CHANGELOG.md").write_text(torn)
    assert modelgen("generate", "moods").exit_code == 2  # it is a hand edit
    assert modelgen("generate", "moods", "--force").exit_code == 0
    assert read(published, "CHANGELOG.md") == wanted


def test_of_two_branches_that_released_the_later_release_counts(modelgen: Modelgen, published: Path) -> None:
    one = read(published, "released.lock")
    other = re.sub(r'release = ".*"', 'release = "0.3.0"', one)
    for ours, theirs in ((one, other), (other, one)):
        torn = f"<<<<<<< HEAD\n{ours}=======\n{theirs}>>>>>>> other\n"
        (published / "moods-service/released.lock").write_text(torn)
        assert modelgen("generate", "moods").exit_code == 2  # it is a hand edit
        assert modelgen("generate", "moods", "--force").exit_code == 0
        assert read(published, "released.lock") == other


def test_severities_of_the_settings_count(modelgen: Modelgen, published: Path, edit: Edit) -> None:
    (published / "modelgen.toml").write_text('version = "1.0.0"\n[check]\nseverity = { type-changed = "warning" }\n')
    shutil.rmtree(published / "moods-service")
    modelgen("generate", "moods")
    edit(*RETYPED)
    modelgen("generate", "moods")
    assert client(published) == "1.1.0"
    assert sections(published)["1.1.0"].startswith("### Changed\n")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("version = 1", "version = [", "is not TOML"),
        ('request = "', 'request = "Un', "speaks of what it does not hold"),
    ],
)
def test_a_broken_lock_of_the_release(
    modelgen: Modelgen, published: Path, edit: Edit, old: str, new: str, told: str
) -> None:
    kept = read(published, "released.lock")
    assert old in kept
    (published / "moods-service/released.lock").write_text(kept.replace(old, new))
    edit(*ONE_MORE)
    done = modelgen("generate", "moods")
    assert done.exit_code == 2
    assert f"error [lock-corrupt] released.lock {told}" in done.stderr
    assert "Traceback" not in done.output

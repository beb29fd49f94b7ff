"""`modelgen generate --repair`, in real repositories in which real branches were merged."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from modelgen.contract import codec
from tests.project.repository import Repository

Modelgen = Callable[..., Result]

SOURCE = '''"""Tells moods."""

from enum import Enum


class Mood(Enum):
    """How a text sounds."""

    HAPPY = "happy"
    SAD = "sad"
    # members


class Classifier:
    """Tells the mood of a text."""

    def run(
        self,
        text: str,
        # parameters
    ) -> Mood:
        """Tell one mood."""
        return Mood.HAPPY

    # methods
'''
METHOD = '''
    def run_{0}(self, {0}: str) -> str:
        """Tell {0}."""
        return {0}
'''


class Package:
    """The package `moods` and its project, in a repository."""

    def __init__(self, repository: Repository, modelgen: Modelgen) -> None:
        self.repository = repository
        self.git = repository.git
        self.modelgen = modelgen
        self.file = repository.root / "moods" / "__init__.py"
        self.project = repository.root / "moods-service"

    def add(self, *, field: str = "", member: str = "", method: str = "", place: str = "") -> None:
        """Add to the source, where both branches would, or at a place of its own so that git sees no conflict."""
        text = self.file.read_text()
        if field:
            text = text.replace("        # parameters\n", f"        {field}: str = '',\n        # parameters\n")
        if member:
            text = text.replace("    # members\n", f'    {member} = "{member.lower()}"\n    # members\n')
        if method:
            text = text.replace("    # methods\n", METHOD.format(method) + "\n    # methods\n")
        if place:
            text = text.replace("        text: str,\n", f"        text: str,\n        {place}: str = '',\n")
        self.file.write_text(text)

    def generate(self, *arguments: str, code: int = 0) -> Result:
        """Generate; without conflicts left in the source."""
        result = self.modelgen("generate", self.repository.root / "moods", *arguments)
        assert result.exit_code == code, result.output
        return result

    def branch(self, name: str, **additions: str) -> None:
        """A branch off main that adds something, generated and committed."""
        self.git("switch", "--quiet", "--create", name, "main")
        self.add(**additions)
        self.generate()
        self.repository.commit(name)

    def resolve_source(self) -> None:
        """Keep what both branches did to the source."""
        text = self.file.read_text()
        self.file.write_text(re.sub(r"^(<<<<<<<|=======|>>>>>>>).*\n", "", text, flags=re.MULTILINE))

    def numbers(self, owner: str = "ClassifierServiceRunRequest") -> dict[str, int]:
        """The living numbers in the lock."""
        pins = codec.load((self.project / "modelgen.lock").read_text(), "modelgen.lock").pins
        return {one.name: one.number for one in pins.of(owner) if not one.retired}

    def holds(self) -> None:
        """The project is whole: nothing to do, no marker of a conflict anywhere."""
        self.generate("--check")
        for path in self.project.rglob("*"):
            if path.is_file() and path.name not in ("README.md", "pyproject.toml"):
                assert "<<<<<<<" not in path.read_text(), path


@pytest.fixture
def package(modelgen: Modelgen, tmp_path: Path) -> Package:
    """The package, generated and committed on main."""
    repository = Repository(tmp_path / "repository")
    found = Package(repository, modelgen)
    found.file.parent.mkdir()
    found.file.write_text(SOURCE)
    found.generate()
    repository.commit("first")
    return found


@pytest.fixture
def met(package: Package) -> Package:
    """main with `one`, and the branch `two`, each with a field, a member and a method more."""
    package.branch("one", field="first", member="CALM", method="one")
    package.branch("two", field="second", member="WILD", method="two")
    package.git("switch", "--quiet", "main")
    package.git("merge", "--quiet", "--ff-only", "one")
    return package


def test_a_branch_that_is_merged_into_main_moves(met: Package) -> None:
    met.git("merge", "two", fails=True)
    met.resolve_source()
    refused = met.generate(code=2)
    assert "lock-conflict" in refused.stderr
    assert "modelgen generate --repair" in refused.stderr
    result = met.generate("--repair")
    assert (
        "number 2 of ClassifierServiceRunRequest stays first, on main; second, on two, gets a new one" in result.stderr
    )
    assert met.numbers() == {"text": 1, "first": 2, "second": 3}
    assert met.numbers("Mood") == {"HAPPY": 1, "SAD": 2, "CALM": 3, "WILD": 4}
    assert met.numbers("ClassifierServiceRunTwoRequest") == {"two": 1}
    met.holds()
    met.repository.commit("merged")
    met.generate("--repair")
    assert met.numbers() == {"text": 1, "first": 2, "second": 3}


def test_what_is_on_main_stays_when_main_is_merged_into_a_branch(met: Package) -> None:
    met.git("switch", "--quiet", "two")
    met.git("merge", "main", fails=True)
    met.resolve_source()
    result = met.generate("--repair")
    assert "stays first, on main; second, on two, gets a new one" in result.stderr
    assert met.numbers() == {"text": 1, "first": 2, "second": 3}
    met.holds()


def test_what_is_on_main_stays_when_a_branch_is_rebased(met: Package) -> None:
    met.git("switch", "--quiet", "two")
    met.git("rebase", "main", fails=True)
    met.resolve_source()
    met.generate("--repair")
    assert met.numbers() == {"text": 1, "first": 2, "second": 3}
    met.holds()
    met.git("add", "--all")
    met.git("rebase", "--continue")
    met.generate("--check")


def test_a_side_that_was_taken_whole_gives_back_what_it_took(met: Package) -> None:
    """`git checkout --ours` on a branch: the lock is valid, and gives main's number to the branch's field."""
    met.git("switch", "--quiet", "two")
    met.git("merge", "main", fails=True)
    met.resolve_source()
    met.git("checkout", "--ours", "--", "moods-service")
    assert met.numbers() == {"text": 1, "second": 2}
    met.repository.commit("merged by hand")
    met.generate("--repair")
    assert met.numbers() == {"text": 1, "first": 2, "second": 3}
    met.holds()


def test_both_lines_kept_in_a_commit_without_a_merge(met: Package) -> None:
    """As after a squash: git knows nothing of the sides but what main and the tags have."""
    met.git("switch", "--quiet", "two")
    lock = met.project / "modelgen.lock"
    line = '2 = { name = "first", type = "string", default = "" }\n'
    theirs = lock.read_text().replace('2 = { name = "second"', line + '2 = { name = "second"')
    assert line in theirs
    met.add(place="first")
    lock.write_text(theirs)
    refused = met.generate(code=2)
    assert "pin-duplicate-number" in refused.stderr
    result = met.generate("--repair")
    assert "number 2 of ClassifierServiceRunRequest stays first, on main" in result.stderr
    assert met.numbers() == {"text": 1, "first": 2, "second": 3}
    met.holds()


def test_what_is_released_stays_wherever_it_is(met: Package) -> None:
    met.git("tag", "v1.1.0", "two")
    met.git("merge", "two", fails=True)
    met.resolve_source()
    result = met.generate("--repair")
    assert "stays second, released as v1.1.0; first, on main, gets a new one" in result.stderr
    assert met.numbers() == {"text": 1, "second": 2, "first": 3}
    met.holds()


def test_two_releases_are_refused_and_named(met: Package) -> None:
    met.git("tag", "v1.1.0", "two")
    met.git("tag", "v1.2.0", "main")
    met.git("merge", "two", fails=True)
    met.resolve_source()
    before = (met.project / "modelgen.lock").read_text()
    refused = met.generate("--repair", code=2)
    assert "repair-refused" in refused.stderr
    assert "first in v1.2.0 and second in v1.1.0" in refused.stderr
    assert (met.project / "modelgen.lock").read_text() == before


def test_the_same_field_on_both_branches_has_one_number(package: Package) -> None:
    package.branch("one", field="language")
    package.branch("two", field="extra")
    package.add(field="language")
    package.generate()
    package.repository.commit("language too")
    package.git("switch", "--quiet", "main")
    package.git("merge", "--quiet", "--ff-only", "one")
    package.git("merge", "two", fails=True)
    package.file.write_text(SOURCE)
    package.add(field="language")
    package.add(field="extra")
    result = package.generate("--repair")
    assert "ClassifierServiceRunRequest.language stays number 2; 3, on two, is reserved" in result.stderr
    assert package.numbers() == {"text": 1, "language": 2, "extra": 4}
    package.holds()


def test_branches_that_do_not_meet_need_no_repair(package: Package) -> None:
    package.branch("one", field="first")
    package.branch("two", member="WILD")
    package.git("switch", "--quiet", "main")
    package.git("merge", "--quiet", "--ff-only", "one")
    package.git("merge", "--quiet", "--strategy-option=ours", "two", "--message", "merged")
    package.generate("--repair")
    assert (package.numbers(), package.numbers("Mood")) == (
        {"text": 1, "first": 2},
        {"HAPPY": 1, "SAD": 2, "WILD": 3},
    )
    package.holds()


def test_a_hand_edit_survives_a_repair(met: Package) -> None:
    edited = met.project / "buf.yaml"
    edited.write_text(edited.read_text() + "# mine\n")
    met.repository.commit("edited by hand")
    met.git("merge", "two", fails=True)
    met.resolve_source()
    refused = met.generate("--repair", code=2)
    assert "buf.yaml" in refused.stderr
    assert "file-edited" in refused.stderr
    assert edited.read_text().endswith("# mine\n")


def test_without_git_it_says_what_is_needed(met: Package) -> None:
    met.git("merge", "two", fails=True)
    met.resolve_source()
    shutil.rmtree(met.repository.root / ".git")
    refused = met.generate("--repair", code=2)
    assert "repair-needs-git" in refused.stderr
    assert "run it in the git repository in which the branches were merged" in refused.stderr


def test_nothing_to_repair_is_nothing_to_do(package: Package) -> None:
    before = (package.project / "modelgen.lock").read_text()
    assert "is up to date" in package.generate("--repair").stdout
    assert (package.project / "modelgen.lock").read_text() == before


@pytest.mark.conformance
def test_buf_finds_nothing_in_a_repaired_project(met: Package) -> None:
    buf = shutil.which("buf")
    assert buf, "buf is not installed: npm install @bufbuild/buf, or make conformance"
    met.git("merge", "two", fails=True)
    met.resolve_source()
    met.generate("--repair")
    against = f"{met.repository.root / '.git'}#branch=one,subdir=moods-service"
    for command in (["lint"], ["breaking", "--against", against]):
        run = subprocess.run([buf, *command], cwd=met.project, capture_output=True, text=True, timeout=120, check=False)
        assert run.returncode == 0, run.stdout + run.stderr

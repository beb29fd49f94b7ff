"""`modelgen check` in real git repositories of every shape: it works, or says the command that makes it work."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from modelgen.contract.pins import Pins
from modelgen.project.check import Report, check
from modelgen.project.found import found
from modelgen.project.numbers import LOCK, number
from modelgen.project.reading import inspect
from tests.project.repository import Repository

FLOAT = "class Tagger:\n    def run(self, text: str, top_k: float = 1.0) -> str:\n        return text\n"
INT = FLOAT.replace("float = 1.0", "int = 1")

Shape = Callable[[Path], Repository]


def package(root: Path, source: str = INT, name: str = "tags") -> Path:
    """A package, and the lock of its project beside it; no more of the project is read here."""
    (root / name).mkdir(parents=True, exist_ok=True)
    (root / name / "__init__.py").write_text(source)
    located, settings, _ = found(root / name)
    assert located
    service = root / f"{name}-service"
    service.mkdir(exist_ok=True)
    (service / LOCK).write_text(number(inspect(located, settings).contract, Pins(), settings).lock)
    return root / name


def edited(place: Path) -> Path:
    """The package, with a breaking change that was not generated."""
    (place / "__init__.py").write_text(FLOAT)
    return place


def breaks(report: Report) -> str:
    """The revision that it was compared with, once the breaking change was found."""
    assert not report.failed, report.findings
    assert "type-widened" in {one.change.rule for one in report.judgement.changes}
    return report.against.ref


def said(report: Report) -> tuple[str, str]:
    """Code and hint of what stood in the way: one finding, and nothing judged."""
    (finding,) = report.findings
    assert not report.judgement.changes
    return finding.code, finding.hint


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """The package on `main`, two commits."""
    repository = Repository(tmp_path / "origin")
    package(repository.root)
    repository.commit("first")
    repository.commit("second")
    return repository


# What is compared with


def test_where_the_branch_left_the_default_one(repository: Repository) -> None:
    repository.git("switch", "--quiet", "--create", "feature")
    left = repository.git("rev-parse", "HEAD")
    repository.git("switch", "--quiet", "main")
    package(repository.root, FLOAT)
    repository.commit("main went on")
    repository.git("switch", "--quiet", "feature")
    report = check(edited(repository.root / "tags"))
    assert (breaks(report), report.against.commit) == ("main", left)


@pytest.mark.parametrize("ref", ["main", "v1", "v1-annotated", "HEAD~1", "short", "full"])
def test_a_revision_by_any_name(repository: Repository, ref: str) -> None:
    repository.git("tag", "v1")
    repository.git("tag", "--annotate", "--message", "one", "v1-annotated")
    commit = repository.git("rev-parse", "HEAD")
    name = {"short": commit[:9], "full": commit}.get(ref, ref)
    assert breaks(check(edited(repository.root / "tags"), name)) == name


def test_a_folder_a_project_and_a_lock(repository: Repository, tmp_path: Path) -> None:
    before = shutil.copytree(repository.root, tmp_path / "before")
    place = edited(repository.root / "tags")
    for against in (before / "tags", before / "tags-service", before / "tags-service" / LOCK):
        assert breaks(check(place, str(against))) == str(against)


def test_without_a_default_branch_the_latest_tag(tmp_path: Path) -> None:
    repository = Repository(tmp_path)
    package(tmp_path)
    repository.git("symbolic-ref", "HEAD", "refs/heads/work")
    repository.commit("first")
    repository.git("tag", "v1")
    assert breaks(check(edited(tmp_path / "tags"))) == "v1"


def test_nothing_is_checked_out(repository: Repository) -> None:
    place = edited(repository.root / "tags")
    before = repository.git("status", "--porcelain"), repository.git("stash", "list"), repository.git("reflog")
    check(place, "HEAD~1")
    assert (
        repository.git("status", "--porcelain"),
        repository.git("stash", "list"),
        repository.git("reflog"),
    ) == before


# Shapes of repositories


def test_a_detached_head(repository: Repository) -> None:
    repository.git("checkout", "--quiet", "--detach", "HEAD~1")
    assert breaks(check(edited(repository.root / "tags"))) == "main"


def test_an_unborn_branch(tmp_path: Path) -> None:
    Repository(tmp_path)
    package(tmp_path)
    assert said(check(tmp_path / "tags")) == (
        "no-commits",
        "commit the generated project, and check the next change",
    )
    assert said(check(tmp_path / "tags", "main")) == ("revision-unknown", "the repository has no commit yet")


def test_an_unborn_branch_beside_others(repository: Repository) -> None:
    repository.git("checkout", "--quiet", "--orphan", "fresh")
    report = check(edited(repository.root / "tags"), "main")
    assert breaks(report) == "main"


def test_no_repository(tmp_path: Path) -> None:
    code, hint = said(check(package(tmp_path)))
    assert (code, hint) == ("not-a-repository", "compare with a folder or a lock instead: --against DIR")


def test_no_git(repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    code, hint = said(check(repository.root / "tags"))
    assert code == "git-missing"
    assert "--against DIR" in hint


def cloned(repository: Repository, target: Path, *words: str) -> Repository:
    """A clone, with every ref that the words leave."""
    repository.git("clone", "--quiet", *words, f"file://{repository.root}", str(target))
    return Repository(target)


def run(command: str, folder: Path) -> None:
    """Do what a hint says."""
    subprocess.run(command.split(), cwd=folder, check=True, capture_output=True, timeout=60)


@pytest.mark.parametrize("ref", ["main", "origin/main", "v1", "commit"])
def test_a_shallow_clone_says_what_to_fetch(repository: Repository, tmp_path: Path, ref: str) -> None:
    repository.git("tag", "v1", "HEAD~1")
    repository.git("switch", "--quiet", "--create", "feature")
    repository.commit("on the branch")
    repository.git("switch", "--quiet", "main")
    repository.commit("main went on")
    shallow = cloned(repository, tmp_path / "shallow", "--depth=1", "--branch=feature", "--no-tags")
    place = edited(shallow.root / "tags")
    against = repository.git("rev-parse", "v1") if ref == "commit" else ref
    code, hint = said(check(place, against))
    assert code == "revision-unknown"
    (command,) = re.findall(r"run: (git fetch .*)", hint)
    run(command, shallow.root)
    breaks(check(place, against))


def test_a_shallow_clone_without_the_merge_base(repository: Repository, tmp_path: Path) -> None:
    repository.git("switch", "--quiet", "--create", "feature")
    repository.commit("on the branch")
    repository.git("switch", "--quiet", "main")
    repository.commit("main went on")
    shallow = cloned(repository, tmp_path / "shallow", "--depth=1", "--branch=feature", "--no-single-branch")
    place = edited(shallow.root / "tags")
    code, hint = said(check(place))
    assert code == "history-shallow"
    run(hint.removeprefix("run: "), shallow.root)
    assert breaks(check(place)) == "origin/main"


def test_a_clone_without_blobs(repository: Repository, tmp_path: Path) -> None:
    repository.git("config", "uploadpack.allowFilter", "true")
    partial = cloned(repository, tmp_path / "partial", "--filter=blob:none")
    assert breaks(check(edited(partial.root / "tags"), "HEAD~1")) == "HEAD~1"


def test_inside_a_submodule(repository: Repository, tmp_path: Path) -> None:
    outer = Repository(tmp_path / "outer")
    outer.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(repository.root), "libs/tags")
    outer.commit("with a submodule")
    assert breaks(check(edited(outer.root / "libs/tags/tags"), "HEAD")) == "HEAD"


def test_what_was_in_a_submodule_and_is_not_any_more(repository: Repository, tmp_path: Path) -> None:
    outer = Repository(tmp_path / "outer")
    outer.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(repository.root), "tools")
    outer.commit("with a submodule")
    outer.git("rm", "--quiet", "-f", "tools")
    package(outer.root / "tools")
    outer.commit("without")
    code, hint = said(check(outer.root / "tools/tags", "HEAD~1"))
    assert (code, hint) == ("in-submodule", "run the check in it: cd tools && modelgen check")


def test_a_path_in_a_monorepo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = Repository(tmp_path)
    place = package(tmp_path / "teams/nlp")
    package(tmp_path / "teams/vision", name="other")
    repository.commit("two packages")
    assert breaks(check(edited(place))) == "main"
    monkeypatch.chdir(place.parent)
    report = check(Path("tags"))
    assert breaks(report) == "main"
    assert {one.change.where.path for one in report.judgement.changes if one.change.where} == {
        "tags/__init__.py",
        f"tags-service/{LOCK}",
    }


def test_a_project_that_lay_elsewhere_then(tmp_path: Path) -> None:
    repository = Repository(tmp_path)
    place = package(tmp_path)
    repository.commit("first")
    repository.git("mv", "tags-service", "moved")
    (tmp_path / "modelgen.toml").write_text('output = "moved"\n')
    assert breaks(check(edited(place), "HEAD")) == "HEAD"


def test_a_worktree(repository: Repository, tmp_path: Path) -> None:
    repository.git("worktree", "add", "--quiet", "-b", "feature", str(tmp_path / "tree"))
    assert breaks(check(edited(tmp_path / "tree/tags"))) == "main"


def test_a_folder_whose_name_git_quotes(tmp_path: Path) -> None:
    root = tmp_path / "für alle [1]"
    repository = Repository(root)
    place = package(root / "a b*")
    repository.commit("first")
    assert breaks(check(edited(place), "HEAD")) == "HEAD"


def test_a_lock_that_is_a_symlink_there(repository: Repository) -> None:
    lock = repository.root / "tags-service" / LOCK
    shutil.move(lock, lock.with_name("real"))
    lock.symlink_to("real")
    repository.commit("a symlink")
    lock.unlink()
    shutil.copy(lock.with_name("real"), lock)
    code, _ = said(check(repository.root / "tags", "HEAD"))
    assert code == "not-a-file"


def test_a_revision_that_looks_like_an_option(repository: Repository) -> None:
    code, _ = said(check(repository.root / "tags", "--output=/tmp/x"))
    assert code == "revision-unknown"

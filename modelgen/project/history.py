"""A project's files as of a git revision, through git's objects: nothing is checked out, nothing on disk changes."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from modelgen.finding import Finding, Level

TIMEOUT = 60.0
"""Seconds that git may take for one question."""

_DEFAULTS = ("main", "master", "trunk", "develop")
"""What a default branch is called where the remote does not say."""


class HistoryError(Exception):
    """A revision cannot be read; the finding says why and what to do."""

    def __init__(self, code: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.finding = Finding(level=Level.ERROR, code=code, message=message, hint=hint)


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """A commit, under the name that it was asked for by."""

    ref: str
    commit: str

    @property
    def short(self) -> str:
        """The commit as people write it."""
        return self.commit[:7]


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """The repository that a path lies in."""

    top: Path

    @classmethod
    def around(cls, path: Path) -> Repository:
        """The repository of a folder, or of the nearest folder above that exists.

        Raises:
            HistoryError: there is none, or git is not installed.
        """
        while not path.is_dir():
            path = path.parent
        answer = _git(path, "rev-parse", "--show-toplevel")
        if answer.returncode:
            raise HistoryError(
                "not-a-repository",
                f"{path} is not in a git repository",
                "compare with a folder or a lock instead: --against DIR",
            )
        return cls(top=Path(answer.stdout.decode("utf-8", "surrogateescape").rstrip("\n")))

    def baseline(self, wanted: str = "") -> Revision:
        """The revision to compare with: the wanted one, else where this branch left the default one, else the last tag.

        Raises:
            HistoryError: there is no such revision here.
        """
        if wanted:
            return self.revision(wanted)
        default = self.default_branch()
        if default and (base := self._merge_base(default)):
            return base
        tag = self.ask("describe", "--tags", "--abbrev=0")
        if tag:
            return self.revision(tag)
        if not self.ask("rev-parse", "--verify", "--quiet", "HEAD"):
            raise HistoryError(
                "no-commits",
                "the repository has no commit yet",
                "commit the generated project, and check the next change",
            )
        if self._shallow():
            raise HistoryError(
                "history-shallow",
                "the clone is shallow: where this branch left the default one is not in it",
                "run: git fetch --unshallow origin",
            )
        return self.revision("HEAD")

    def revision(self, ref: str) -> Revision:
        """The commit that a branch, a tag or an abbreviation names.

        Raises:
            HistoryError: there is no such commit here.
        """
        commit = "" if ref.startswith("-") else self.ask("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
        if commit:
            return Revision(ref=ref, commit=commit)
        remote = "" if ref.startswith("-") else self.ask("rev-parse", "--verify", "--quiet", f"origin/{ref}^{{commit}}")
        if remote:
            return Revision(ref=f"origin/{ref}", commit=remote)
        hint = "see what there is: git branch --all; git tag"
        if self._shallow():
            hint = f"the clone is shallow; run: git fetch --depth=1 origin {ref.removeprefix('origin/')}"
            if not _looks_like_commit(ref):
                hint += f":{ref}" if not ref.startswith("origin/") else f":refs/remotes/{ref}"
        elif not self.ask("rev-parse", "--verify", "--quiet", "HEAD"):
            hint = "the repository has no commit yet"
        raise HistoryError("revision-unknown", f"git knows no revision {ref!r}", hint)

    def read(self, revision: Revision, path: Path) -> bytes | None:
        """A file as of a revision; None where it was not there.

        Raises:
            HistoryError: it lies in another repository, or its object is not in this clone.
        """
        name = self._inside(path)
        listed = self._run("ls-tree", "-z", revision.commit, "--", name)
        if listed.returncode:
            raise self._missing(revision, listed)
        if not listed.stdout:
            self._refuse_submodule(revision, name)
            return None
        mode, kind, rest = listed.stdout.split(b"\0")[0].split(b" ", 2)
        if kind != b"blob" or mode == b"120000":
            raise HistoryError("not-a-file", f"{name} is not a file in {revision.ref}")
        shown = self._run("cat-file", "blob", rest.split(b"\t")[0].decode())
        if shown.returncode:
            raise self._missing(revision, shown)
        return shown.stdout

    def files(self, revision: Revision, folder: Path, suffixes: tuple[str, ...]) -> dict[str, bytes]:
        """The files of a folder as of a revision, by their path inside it.

        Raises:
            HistoryError: an object is not in this clone.
        """
        name = self._inside(folder)
        listed = self._run("ls-tree", "-rz", revision.commit, "--", f"{name}/" if name != "." else ".")
        if listed.returncode:
            raise self._missing(revision, listed)
        found = {}
        for row in filter(None, listed.stdout.split(b"\0")):
            about, path = row.split(b"\t", 1)
            mode, kind, sha = about.decode().split(" ")
            inside = path.decode("utf-8", "surrogateescape").removeprefix(f"{name}/")
            if kind == "blob" and mode != "120000" and inside.endswith(suffixes):
                shown = self._run("cat-file", "blob", sha)
                if shown.returncode:
                    raise self._missing(revision, shown)
                found[inside] = shown.stdout
        return found

    def _inside(self, path: Path) -> str:
        try:
            return path.resolve().relative_to(self.top.resolve()).as_posix()
        except ValueError:
            raise HistoryError(
                "outside-repository",
                f"{path} lies outside the repository {self.top}",
                "compare with a folder or a lock instead: --against DIR",
            ) from None

    def _refuse_submodule(self, revision: Revision, name: str) -> None:
        """A path inside what was a submodule then is in another repository."""
        parts = name.split("/")
        for count in range(1, len(parts)):
            listed = self._run("ls-tree", revision.commit, "--", "/".join(parts[:count]))
            if listed.stdout.startswith(b"160000 "):
                module = "/".join(parts[:count])
                raise HistoryError(
                    "in-submodule",
                    f"{name} is in the submodule {module}, whose history is its own",
                    f"run the check in it: cd {module} && modelgen check",
                )

    def default_branch(self) -> str:
        """The branch that others leave: as the remote says, else by its usual names; empty if there is none."""
        head = self.ask("symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD")
        names = [head] if head else []
        names += [f"{place}{name}" for name in _DEFAULTS for place in ("origin/", "")]
        return next((name for name in names if self.ask("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")), "")

    def _merge_base(self, branch: str) -> Revision | None:
        base = self.ask("merge-base", "HEAD", branch)
        if base:
            return Revision(ref=branch, commit=base)
        if self._shallow() and self.ask("rev-parse", "--verify", "--quiet", "HEAD"):
            raise HistoryError(
                "history-shallow",
                f"the clone is shallow: where this branch left {branch} is not in it",
                "run: git fetch --unshallow origin",
            )
        return None

    def _missing(self, revision: Revision, answer: subprocess.CompletedProcess[bytes]) -> HistoryError:
        said = answer.stderr.decode("utf-8", "replace").strip().splitlines()
        return HistoryError(
            "history-incomplete",
            f"git cannot read {revision.ref}: {said[-1] if said else 'it does not say why'}",
            f"run: git fetch origin {revision.commit}",
        )

    def _shallow(self) -> bool:
        return self.ask("rev-parse", "--is-shallow-repository") == "true"

    def ask(self, *words: str) -> str:
        """git's answer in one line; empty where it has none."""
        answer = self._run(*words)
        return answer.stdout.decode("utf-8", "surrogateescape").strip() if answer.returncode == 0 else ""

    def _run(self, *words: str) -> subprocess.CompletedProcess[bytes]:
        return _git(self.top, *words)


def _looks_like_commit(ref: str) -> bool:
    return len(ref) >= 7 and set(ref) <= set("0123456789abcdef")


def _git(folder: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    command: Sequence[str] = ("git", "-C", str(folder), *words)
    try:
        return subprocess.run(command, capture_output=True, check=False, timeout=TIMEOUT, stdin=subprocess.DEVNULL)
    except FileNotFoundError:
        raise HistoryError(
            "git-missing", "git is not installed", "install it, or compare with a folder: --against DIR"
        ) from None
    except subprocess.TimeoutExpired:
        raise HistoryError("git-slow", f"git did not answer within {TIMEOUT:.0f} s: git {' '.join(words)}") from None

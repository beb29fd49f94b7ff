"""What git knows of a merge: the locks and manifests of the branches that met, and which of them is released."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from pathlib import Path

from modelgen.contract import codec
from modelgen.contract.pins import Pin, Pins
from modelgen.contract.repair import Merged, Side, Tag, by_marker, merge, settle, split
from modelgen.finding import Finding, Level, Location
from modelgen.project import folder, manifest
from modelgen.project.history import HistoryError, Repository
from modelgen.project.manifest import MANIFEST, Entry, Manifest, ManifestError, digest
from modelgen.project.numbers import LOCK, lock_text

_HEADS = ("MERGE_HEAD", "CHERRY_PICK_HEAD", "REBASE_HEAD", "REVERT_HEAD")
"""What names the other side while git is in the middle of something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repaired:
    """A project as if nobody had to merge it by hand."""

    pins: Pins = field(default_factory=Pins)
    manifest: Manifest | None = None
    """None: what is on disk can be believed."""
    findings: tuple[Finding, ...] = ()
    """What moves; with an error among them the rest means nothing."""


def repair(root: Path, version: str, target: str = "") -> Repaired:
    """The numbers of a project in which branches were merged, and its manifest; an error where that cannot be told.

    `target` is the branch whose numbers stay; empty: the repository's default branch. `version` is written beside what
    retires.
    """
    loaded: Pins | None = None
    try:
        text = lock_text(root) or ""
        wrong = ""
        try:
            loaded = codec.load(text, LOCK).pins if text else Pins()
        except codec.LockError as error:
            wrong = error.findings[0].message
        merging = _Merge(root, Repository.around(root), target)
        merged = merging.merged(text, loaded, version)
        return Repaired(pins=merged.pins, manifest=merging.manifest(), findings=merged.findings)
    except codec.LockError as error:
        return Repaired(findings=error.findings)
    except HistoryError as error:
        return Repaired(pins=loaded) if loaded is not None else Repaired(findings=(_needs_git(wrong, error),))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Head:
    """A branch that met another one."""

    label: str
    commit: str
    target: bool
    """Whether the target branch has it already."""


class _Merge:
    """The merge that a project went through last."""

    def __init__(self, root: Path, repository: Repository, target: str) -> None:
        self._root = root
        self._repository = repository
        self._targets = tuple(_targets(repository, target))

    def merged(self, text: str, found: Pins | None, version: str) -> Merged:
        """The numbers of all sides; `found` are those of the lock's text, if it can be loaded."""
        locks = [(head, self._pins(head.commit)) for head in self._heads]
        if locks and all(pins is not None for _, pins in locks):
            base = self._pins(self._base) or Pins()
            sides = [
                Side(label=head.label, pins=pins or Pins(), target=head.target, released=self._released(head.commit))
                for head, pins in locks
            ]
            result = merge(sides, base, version)
            return result if self._under_way or found is None else settle(result, sides, found, version)
        if found is not None:
            return Merged(pins=found)
        halves, before = split(text)
        released = self._released("")
        return merge(
            [*self._target_side(halves), *(replace(one, released=released) for one in halves)], before, version
        )

    def manifest(self) -> Manifest | None:
        """The manifest of all sides, in which what git made of generated files counts as generated."""
        known = [(head.commit, one) for head in self._heads if (one := self._manifest(head.commit))]
        if not known:
            with contextlib.suppress(folder.PathError):  # which the plan tells
                known = [("", one) for one in _manifests(folder.read(self._root, MANIFEST))]
        files: dict[str, Entry] = {}
        for _, one in known:
            for path, entry in one.files.items():
                if path not in files or entry.state == "ejected":
                    files[path] = entry
        if not files:
            return None
        foreign = {path: entry for path, entry in files.items() if entry.state == "generated"}
        files |= {path: self._merged_file(path, entry, known) for path, entry in foreign.items()}
        return Manifest(generator=known[0][1].generator, files=files, overridden=known[0][1].overridden)

    def _merged_file(self, path: str, entry: Entry, known: Sequence[tuple[str, Manifest]]) -> Entry:
        """A generated file's entry: with the hash of what is there, if nobody but git changed it."""
        try:
            found = folder.read(self._root, path)
        except folder.PathError:
            return entry
        if found is None:
            return entry
        having = [(commit, one.files[path].sha256) for commit, one in known if path in one.files]
        generated = path == LOCK or digest(found) in {sha for _, sha in having} or b"\n<<<<<<< " in b"\n" + found
        if generated or (having[0][0] and all(self._unedited(path, *one) for one in having)):
            return replace(entry, sha256=digest(found))
        return entry

    def _unedited(self, path: str, commit: str, sha: str) -> bool:
        """Whether a file of a side was as modelgen wrote it there."""
        content = self._read(commit, path)
        return content is not None and digest(content) == sha

    # What git has

    @cached_property
    def _heads(self) -> tuple[_Head, ...]:
        """The branches that meet, or met in the last commit; none where that was no merge."""
        ask = self._repository.ask
        commits = [ask("rev-parse", "--verify", "--quiet", "HEAD"), *self._under_way]
        if not self._under_way:
            commits = ask("rev-list", "--no-walk", "--parents", "HEAD").split()[1:]
        if len(commits) < 2:
            return ()
        return tuple(_Head(label=self._label(one), commit=one, target=self._on_target(one)) for one in commits)

    @cached_property
    def _under_way(self) -> list[str]:
        """The other sides of what git is in the middle of."""
        for name in _HEADS:
            path = self._repository.top / self._repository.ask("rev-parse", "--git-path", name)
            if path.is_file():
                return path.read_text(encoding="utf-8").split()
        return []

    @property
    def _base(self) -> str:
        """What the sides have in common; of a commit that is applied anew, what it was made on."""
        merging = self._repository.ask("rev-parse", "--verify", "--quiet", "MERGE_HEAD") or not self._under_way
        first, *others = (head.commit for head in self._heads)
        if merging:
            return self._repository.ask("merge-base", "--octopus", first, *others)
        return self._repository.ask("rev-parse", "--verify", "--quiet", f"{others[0]}^")

    def _label(self, commit: str) -> str:
        name = self._repository.ask("name-rev", "--name-only", "--no-undefined", "--exclude=tags/*", commit)
        return name.removeprefix("remotes/") or commit[:7]

    def _on_target(self, commit: str) -> bool:
        base = self._repository.ask
        return any(base("merge-base", commit, target) == commit for target in self._targets)

    def _target_side(self, halves: Sequence[Side]) -> list[Side]:
        """The target branch's own lock, as far as the halves speak of the same numbers."""
        numbers = {(pin.owner, pin.number) for side in halves for pin in side.pins.pins}
        names = {pin.owner for side in halves for pin in side.pins.pins}
        for target in self._targets:
            if known := self._pins(target):
                pins = tuple(pin for pin in known.pins if (pin.owner, pin.number) in numbers)
                owners = tuple(owner for owner in known.owners if owner.name in names)
                return [Side(label=target, pins=Pins(owners=owners, pins=pins), target=True)]
        return []

    def _released(self, commit: str) -> Tag:
        """The first release that has a pin: of those that a commit came after, or of all."""

        @cache
        def releases() -> list[tuple[str, Mapping[tuple[str, int], str]]]:
            merged = (f"--merged={commit}",) if commit else ()
            listed = self._repository.ask(
                "for-each-ref", "--sort=creatordate", "--format=%(refname:short)", *merged, "refs/tags"
            )
            locks = [(name, self._pins(f"refs/tags/{name}")) for name in listed.splitlines()]
            return [(name, {(one.owner, one.number): one.name for one in pins.pins}) for name, pins in locks if pins]

        def tag(pin: Pin) -> str:
            return next((name for name, has in releases() if has.get((pin.owner, pin.number)) == pin.name), "")

        return tag

    def _pins(self, commit: str) -> Pins | None:
        """The numbers of a commit's lock; None where it cannot be loaded."""
        data = self._read(commit, LOCK)
        try:
            return Pins() if data is None else codec.load(data.decode("utf-8"), LOCK).pins
        except (codec.LockError, UnicodeDecodeError):
            return None

    def _manifest(self, commit: str) -> Manifest | None:
        return next(iter(_manifests(self._read(commit, MANIFEST))), None)

    def _read(self, commit: str, path: str) -> bytes | None:
        if not commit:
            return None
        return self._repository.read(self._repository.revision(commit), self._root / path)


def _targets(repository: Repository, wanted: str) -> Iterator[str]:
    """The target branch, as the remote has it and as it is here."""
    name = wanted or repository.default_branch()
    for one in dict.fromkeys((name, name.removeprefix("origin/"))):
        if one and repository.ask("rev-parse", "--verify", "--quiet", f"{one}^{{commit}}"):
            yield one


def _manifests(data: bytes | None) -> Iterator[Manifest]:
    """The manifest that some bytes hold, or the two that git marked in them."""
    text = (data or b"").decode("utf-8", errors="replace")
    (ours, theirs, _), _ = by_marker(text)
    for one in dict.fromkeys(("\n".join(ours), "\n".join(theirs))):
        try:
            yield manifest.load(one)
        except ManifestError:
            continue


def _needs_git(wrong: str, error: HistoryError) -> Finding:
    way = "or keep the line that is released by hand, delete the other, and generate"
    nowhere = error.finding.code in ("not-a-repository", "git-missing", "outside-repository")
    there = "run it in the git repository in which the branches were merged"
    return Finding(
        level=Level.ERROR,
        code="repair-needs-git",
        message=f"{wrong}, and {error.finding.message}: only git knows which was there first",
        where=Location(path=LOCK),
        hint=f"{there if nowhere else error.finding.hint}, {way}",
    )

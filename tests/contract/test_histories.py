"""The laws over random histories: of one line, and of branches that meet in a real git repository."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from modelgen.contract import codec
from modelgen.contract.pins import Pin, Pins
from modelgen.finding import Level
from modelgen.project.merging import repair
from modelgen.project.numbers import LOCK, Numbered, number
from modelgen.project.settings import Settings
from modelgen.targets.protos import emit
from modelgen.targets.target import Blueprint
from tests.project.repository import Repository

from .packages import State, Step, merged, rename, rename_class, steps

Meaning = tuple[str, str]
Meanings = dict[tuple[str, int], Meaning]

HISTORY = st.lists(steps(), min_size=4, max_size=14)


class Line:
    """A line of development: the source, the lock, and what each number has ever meant on it."""

    def __init__(self, state: State, pins: Pins, meanings: Meanings) -> None:
        self.state = state
        self.pins = pins
        self.meanings = meanings
        self.numbered: Numbered | None = None

    def copy(self) -> Line:
        line = Line(self.state, self.pins, dict(self.meanings))
        line.numbered = self.numbered
        return line

    def take(self, step: Step) -> bool:
        """Change the source and generate; the laws hold."""
        after = step(self.state)
        if after is None:
            return False
        before = self.state
        self.state = replace(after, keep=())
        self.generate(self.pins, after.keep, explained=_explained(before, after))
        return True

    def generate(self, given: Pins, keep: tuple[str, ...] = (), *, explained: bool = False) -> None:
        """Number the source; `explained` says that names or types may change under their numbers."""
        contract = self.state.contract()
        numbered = number(contract, given, Settings(renames=self.state.renames), keep)
        errors = [one.code for one in (*numbered.findings, *numbered.news) if one.level is Level.ERROR]
        if keep and errors == ["keep-number-refused"]:  # what was a union once
            self.generate(given)
            return
        assert not errors
        pins = codec.load(numbered.lock, LOCK).pins
        assert sorted(map(repr, pins.pins)) == sorted(map(repr, numbered.pins.pins)), "the lock round-trips"
        again = number(contract, pins, Settings(renames=self.state.renames))
        assert again.lock == numbered.lock, "generating again changes nothing"
        assert not again.news
        self._hold(self.pins, pins, explained=explained)
        self.pins, self.numbered = pins, numbered

    def _hold(self, before: Pins, after: Pins, *, explained: bool) -> None:
        seen: Meanings = {}
        for one in after.pins:
            place = one.owner, one.number
            assert place not in seen, "a number is given once"
            seen[place] = one.name, one.signature
            was = self.meanings.get(place)
            if was is not None and was != seen[place]:
                assert explained, f"{place} meant {was} and means {seen[place]}"
        assert self.meanings.keys() <= seen.keys(), "a number is never forgotten"
        self.meanings |= seen
        living = {(one.owner, one.name) for one in after.pins if not one.retired}
        gone = {(one.owner, one.number) for one in after.pins if one.retired}
        for one in before.pins:
            if one.retired and (one.owner, one.number) not in gone:
                assert (one.owner, one.name) in living, "only its own return takes a number out of `reserved`"
        names = [(one.owner, one.name) for one in after.pins if not one.retired]
        assert len(names) == len(set(names)), "a name has one number"


def _explained(before: State, after: State) -> bool:
    return before.renames != after.renames or bool(after.keep)


def started() -> Line:
    line = Line(State(), Pins(), {})
    line.generate(Pins())
    return line


@settings(max_examples=100, deadline=None)
@given(HISTORY)
def test_the_laws_hold_along_a_line(history: list[Step]) -> None:
    line = started()
    for step in history:
        line.take(step)


@settings(max_examples=40, deadline=None)
@given(HISTORY, st.sampled_from(["parameters", "fields", "members", "class"]))
def test_a_rename_keeps_every_number(history: list[Step], what: str) -> None:
    line = started()
    for step in history:
        line.take(step)
    was = _numbers(line)
    if what == "class":
        renaming = rename_class("Renamed")
    else:
        renaming = rename(what, getattr(line.state, what)[0][0], "RENAMED" if what == "members" else "renamed")  # type: ignore[arg-type]
    assert line.take(renaming)
    assert _numbers(line) == was


def _numbers(line: Line) -> dict[str, list[int]]:
    """The living numbers of each message, whatever is called by them."""
    found: dict[str, list[int]] = {}
    for one in line.pins.pins:
        if not one.retired:
            found.setdefault(one.owner, []).append(one.number)
    return {owner: sorted(numbers) for owner, numbers in found.items()}


@settings(max_examples=40, deadline=None)
@given(HISTORY)
def test_what_comes_back_is_itself_again(history: list[Step]) -> None:
    """A line that goes back to where it began has the numbers that it began with."""
    line = started()
    for step in history:
        line.take(step)
    assume(not line.state.renames)
    first = {(one.owner, one.name, one.signature): one.number for one in started().pins.pins}
    line.state = State()
    line.generate(line.pins, explained=True)
    now = {(one.owner, one.name, one.signature): one.number for one in line.pins.pins if not one.retired}
    assume(all(one.oneof == "" for one in line.pins.pins if not one.retired))  # what was a union stays one
    assert now == first


# Branches


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    start=st.lists(steps(), max_size=3),
    ours=st.lists(steps(), min_size=1, max_size=4),
    theirs=st.lists(steps(), min_size=1, max_size=4),
    later=st.lists(steps(), max_size=2),
    into_main=st.booleans(),
    tagged=st.sampled_from(["", "main", "feature"]),
)
def test_the_laws_hold_where_branches_meet(
    start: list[Step], ours: list[Step], theirs: list[Step], later: list[Step], into_main: bool, tagged: str
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        repository = Repository(Path(folder))
        main = started()
        for step in start:
            main.take(step)
        _commit(repository, main)
        base, feature = main.state, main.copy()
        shared = dict(main.meanings)
        repository.git("switch", "--quiet", "--create", "feature")
        for step in theirs:
            feature.take(step)
        _commit(repository, feature)
        repository.git("switch", "--quiet", "main")
        for step in ours:
            main.take(step)
        _commit(repository, main)
        if tagged:
            repository.git("tag", "v1.0.0", tagged)
        _merge(repository, into_main=into_main)
        repaired = repair(repository.root, "2.0.0")
        assert not [one for one in repaired.findings if one.level is Level.ERROR]
        stays = feature if tagged == "feature" else main
        _stay(stays, shared, repaired.pins)
        after = Line(merged(base, main.state, feature.state), Pins(), {})
        after.generate(repaired.pins)
        for step in later:
            after.take(step)
        _commit(repository, after)


def _stay(line: Line, shared: Meanings, after: Pins) -> None:
    """What a line gave since the branches parted means the same after they met."""
    now: dict[tuple[str, int], Pin] = {(one.owner, one.number): one for one in after.pins}
    for one in line.pins.pins:
        place = one.owner, one.number
        if place not in shared:
            assert place in now, f"{place} is forgotten"
            assert (now[place].name, now[place].signature) == (one.name, one.signature), f"{place} moved"


def _commit(repository: Repository, line: Line) -> None:
    assert line.numbered
    (repository.root / LOCK).write_text(line.numbered.lock)
    repository.commit("step")


def _merge(repository: Repository, *, into_main: bool) -> None:
    one, other = ("main", "feature") if into_main else ("feature", "main")
    repository.git("switch", "--quiet", one)
    run = subprocess.run(
        ["git", "merge", "--no-commit", "--no-ff", other], cwd=repository.root, capture_output=True, check=False
    )
    assert run.returncode in (0, 1), run.stderr


# Protos


@pytest.mark.conformance
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(HISTORY)
def test_the_protos_stay_clean_along_a_line(history: list[Step]) -> None:
    buf = shutil.which("buf")
    assert buf, "buf is not installed: npm install @bufbuild/buf, or make conformance"
    line = started()
    for step in history:
        if not line.take(step):
            continue
        with tempfile.TemporaryDirectory() as folder:
            _write_protos(line, Path(folder))
            lint = subprocess.run([buf, "lint"], cwd=folder, capture_output=True, text=True, check=False, timeout=60)
            assert lint.returncode == 0, lint.stdout + lint.stderr


def _write_protos(line: Line, folder: Path) -> None:
    assert line.numbered
    blueprint = Blueprint(
        contract=line.state.contract(),
        wire=line.numbered.wire,
        pins=line.numbered.pins,
        lock=line.numbered.lock,
        service="lib_service",
        client="lib_client",
    )
    for file in emit(blueprint):
        path = folder / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file.text, encoding="utf-8")

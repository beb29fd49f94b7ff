"""What every format has to tell of a check: the report, in the user's paths and with the user's command."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from modelgen.check.judge import NOT_A_CHANGE
from modelgen.cli.report import count
from modelgen.finding import Level, Location

if TYPE_CHECKING:
    from collections.abc import Iterator

    from modelgen.check.change import Change
    from modelgen.check.judge import Judged
    from modelgen.project.check import Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """A report, and how the user asked for it."""

    report: Report
    command: str = "modelgen check"
    """What the user typed, without what chose the format."""

    @property
    def changes(self) -> Iterator[Judged]:
        """What is to be told, what is accepted last: of a package that is new to all, only its state on disk."""
        for one in sorted(self.report.judgement.changes, key=lambda one: one.accepted is not None):
            if not self.report.new_to_all or one.change.fixed:
                yield one

    @property
    def open(self) -> Iterator[Judged]:
        """Those that nobody accepted."""
        return (one for one in self.changes if one.accepted is None)

    def count(self, level: Level) -> int:
        """How many open findings are of a level."""
        return sum(one.level is level for one in self.open)

    @property
    def accepted(self) -> int:
        """How many changes are accepted."""
        return sum(one.accepted is not None for one in self.changes)

    def place(self, change: Change) -> Location | None:
        """Where a change is, from the current folder."""
        where = change.where
        if where is None or not where.path:
            return None
        return Location(path=self._shown(where.path), line=where.line, column=where.column)

    def _shown(self, path: str) -> str:
        """A path of the reader's, which starts beside the package, from the current folder."""
        here = Path.cwd()
        places = ((folder / path).absolute() for folder in (self.report.source.parent, here))
        found = next((place for place in places if place.exists()), here / path)
        return found.relative_to(here).as_posix() if found.is_relative_to(here) else found.as_posix()

    def accepting(self, change: Change) -> str:
        """The command that accepts a change; empty where nothing can."""
        if change.fixed or change.rule in NOT_A_CHANGE:
            return ""
        return f'{self.command} --accept {shlex.quote(change.key)} --reason "…"'

    @property
    def against(self) -> str:
        """What was compared with: `main (4f2c1aa)`."""
        against = self.report.against
        if not against.commit or against.ref == against.commit:
            return against.commit[:7] or against.ref
        return f"{against.ref} ({against.commit[:7]})"

    @property
    def summary(self) -> str:
        """The outcome in a line."""
        report = self.report
        if not report.against.ref:
            return "nothing could be judged"
        if report.new_to_all:
            new = count(len(report.new.modules), "module is new", "modules are new")
            return f"nothing to compare with yet: {self.against} has no modelgen.lock of this package; {new}"
        counted = self._counted
        version = report.judgement.next_version
        told = ", ".join(counted) or "no change of the contract"
        following = f" · next version: {version}" if counted and version else ""
        short = " · not everything could be judged" if report.failed else ""
        return f"{told} against {self.against}{following}{short}"

    @property
    def _counted(self) -> list[str]:
        """How many changes of the contract there are of each weight."""
        changed = [one for one in self.changes if one.change.rule not in NOT_A_CHANGE]
        levels = [one.level for one in changed if one.accepted is None]
        words = {Level.ERROR: ("breaking", "breaking"), Level.WARNING: ("warning", ""), Level.INFO: ("safe", "safe")}
        told = [count(levels.count(level), *word) for level, word in words.items() if level in levels]
        return told + ([f"{self.accepted} accepted"] if self.accepted else [])

    @property
    def state(self) -> tuple[str, ...]:
        """What is to be done about a project that is stale or was edited."""
        rules = {one.change.rule for one in self.report.judgement.open}
        hints = {
            "contract-edited": "the generated project was edited: restore it from version control, and generate",
            "contract-stale": f"the generated project is older than its source: {self._generate}",
        }
        return tuple(hint for rule, hint in hints.items() if rule in rules)

    @property
    def _generate(self) -> str:
        from modelgen.cli.report import shown

        return f"modelgen generate {shlex.quote(shown(self.report.source))}"

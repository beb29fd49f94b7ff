"""What a package's authors decided on changes: how grave each rule is, what is unstable, and what they accept."""

from __future__ import annotations

import datetime
import fnmatch
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from modelgen.check.change import SURFACES, Change, Surface
from modelgen.finding import Level, Location

Severity: TypeAlias = Literal["error", "warning", "info", "off"]
FailOn: TypeAlias = Literal["error", "warning", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """One change that is wanted, breaking or not."""

    change: str
    """Its key: `mylib.Cls.run:top_k:type-changed`."""
    reason: str
    was: str = ""
    """What it changed from; empty: whatever it was."""
    now: str = ""
    until: datetime.date | None = None
    """The last day it holds."""
    where: Location | None = None

    def covers(self, change: Change, today: datetime.date) -> bool:
        """Whether it is this change, and still holds."""
        same = self.change == change.key
        bound = self.was in ("", change.before) and self.now in ("", change.after)
        return same and bound and not self.expired(today)

    def expired(self, today: datetime.date) -> bool:
        """Whether its last day is over."""
        return self.until is not None and today > self.until


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The settings of `modelgen check`."""

    baseline: str = ""
    """The git revision to compare with; empty: the merge base with the default branch, else the latest tag."""
    fail_on: FailOn = "error"
    surfaces: tuple[Surface, ...] = SURFACES
    severity: Mapping[str, Severity] = field(default_factory=dict)
    """Rule -> how grave its findings are."""
    unstable: tuple[str, ...] = ()
    """Globs on dotted symbols that promise nothing yet: their breaking changes are told and fail nothing."""
    accept: tuple[Acceptance, ...] = ()

    def level(self, change: Change) -> Level | None:
        """How grave a change is; None where it is not told."""
        verdict = change.verdict(self.surfaces)
        level = {"breaking": Level.ERROR, "warning": Level.WARNING, "safe": Level.INFO}[verdict]
        if change.fixed:
            return level
        stated = self.severity.get(change.rule)
        if stated == "off":
            return None
        if stated is not None:
            level = Level(stated)
        if any(fnmatch.fnmatchcase(change.element.python, glob) for glob in self._unstable()):
            return Level.INFO
        return level

    def _unstable(self) -> tuple[str, ...]:
        return tuple(one for glob in self.unstable for one in (glob, f"{glob}.*"))

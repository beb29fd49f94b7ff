"""Runs every rule over every pair, and weighs what they find by the policy."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from modelgen.check import rules
from modelgen.check.change import Change
from modelgen.check.pairs import Pair
from modelgen.check.policy import Acceptance, Policy
from modelgen.check.rule import RULES
from modelgen.finding import Finding, Level

__all__ = ["Judged", "Judgement", "changes", "judge", "next_version"]

_ = rules  # registers them

_ORDER = (Level.ERROR, Level.WARNING, Level.INFO)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A change, and how grave it is here."""

    change: Change
    level: Level
    accepted: Acceptance | None = None
    """The acceptance that covers it; it fails nothing then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What a check found."""

    changes: tuple[Judged, ...] = ()
    """The gravest first, then in the order of the source."""
    findings: tuple[Finding, ...] = ()
    """On the policy itself: acceptances that nothing needs, or that are over."""
    next_version: str = ""

    @property
    def open(self) -> tuple[Judged, ...]:
        """Those that nobody accepted."""
        return tuple(one for one in self.changes if one.accepted is None)

    def count(self, level: Level) -> int:
        """How many are of a level, the accepted ones apart."""
        return sum(one.level is level for one in self.open)

    def fails(self, fail_on: str) -> bool:
        """Whether there is anything at or above a level, stale projects apart."""
        levels = {"error": _ORDER[:1], "warning": _ORDER[:2], "none": ()}[fail_on]
        return any(one.level in levels and one.change.rule not in NOT_A_CHANGE for one in self.open)


NOT_A_CHANGE = frozenset(("contract-stale", "contract-edited"))
"""Rules on the project's state on disk, which has an exit code of its own."""


def changes(pairs: Iterable[Pair], wanted: frozenset[str] = frozenset()) -> Iterator[Change]:
    """What every rule finds; of the rules that are off, those that are wanted."""
    by_kind: dict[type, list[str]] = {}
    for code, rule in RULES.items():
        if rule.default == "on" or code in wanted:
            for kind in rule.looks_at:
                by_kind.setdefault(kind, []).append(code)
    for pair in pairs:
        for code in by_kind.get(type(pair), ()):
            yield from RULES[code].find(pair)


def judge(found: Iterable[Change], policy: Policy, version: str, today: datetime.date) -> Judgement:
    """The changes as the policy weighs them; `version` is the published one."""
    judged: list[Judged] = []
    used: set[int] = set()
    for change in found:
        level = policy.level(change)
        if level is None:
            continue
        index = next((at for at, one in enumerate(policy.accept) if one.covers(change, today)), None)
        if index is not None and change.fixed:
            index = None
        if index is not None:
            used.add(index)
        judged.append(Judged(change=change, level=level, accepted=None if index is None else policy.accept[index]))
    judged.sort(key=lambda one: (_ORDER.index(one.level), _place(one.change)))
    rest = [one for at, one in enumerate(policy.accept) if at not in used]
    return Judgement(
        changes=tuple(judged),
        findings=tuple(_unneeded(one, today) for one in rest),
        next_version=next_version(version, judged),
    )


def next_version(version: str, judged: Iterable[Judged]) -> str:
    """The semantic version that the changes ask for: before 1.0.0 a breaking one asks for a minor step."""
    core = version.partition("+")[0].partition("-")[0]
    try:
        major, minor, patch = (int(part) for part in core.split("."))
    except ValueError:
        return version
    kinds = {"breaking": False, "change": False}
    for one in judged:
        if one.change.rule in NOT_A_CHANGE:
            continue
        kinds["change"] = True
        kinds["breaking"] = kinds["breaking"] or one.level is Level.ERROR
    if kinds["breaking"] and major > 0:
        return f"{major + 1}.0.0"
    if kinds["breaking"] or (kinds["change"] and major > 0):
        return f"{major}.{minor + 1}.0"
    return f"{major}.{minor}.{patch + 1}" if kinds["change"] else version


def _place(change: Change) -> tuple[str, int, str]:
    where = change.where
    return (where.path, where.line, change.key) if where else ("", 0, change.key)


def _unneeded(acceptance: Acceptance, today: datetime.date) -> Finding:
    over = acceptance.expired(today)
    return Finding(
        level=Level.WARNING,
        code="acceptance-expired" if over else "acceptance-unused",
        message=(
            f"{acceptance.change} was accepted until {acceptance.until}"
            if over
            else f"{acceptance.change} is accepted and does not occur"
        ),
        where=acceptance.where,
        hint="take it out of the settings" if not over else "take it out of the settings, or give it another day",
    )

"""Accepting a change: an entry in the settings that is bound to it, with a reason, and a last day if there is one."""

from __future__ import annotations

import datetime
import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tomlkit
from tomlkit.items import Array, InlineTable, Table

from modelgen.check.judge import NOT_A_CHANGE
from modelgen.finding import Finding, Level
from modelgen.project import settings_file
from modelgen.project.check import today

if TYPE_CHECKING:
    from modelgen.check.judge import Judged
    from modelgen.project.check import Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """What accepting came to."""

    written: int = 0
    """How many entries are new."""
    before: int = 0
    """How many changes of the key were accepted already."""
    path: Path = Path()
    """The file of the settings."""
    findings: tuple[Finding, ...] = ()


def accept(report: Report, key: str, reason: str, until: str = "") -> Accepted:
    """Accept every change of a key that a check found, in the package's settings; comments and layout stay."""
    if report.failed:
        return Accepted(findings=report.findings)
    found = [one for one in report.judgement.changes if one.change.key == key]
    if wrong := _refusal(report, key, reason, found):
        return Accepted(findings=(wrong,))
    day, problem = _day(until)
    if problem:
        return Accepted(findings=(problem,))
    path = settings_file.home(report.source)
    new = [one for one in found if one.accepted is None]
    if new:
        entries = [_entry(one, reason.strip(), day) for one in new]
        try:
            settings_file.edit(path, lambda table: _add(table, entries))
        except settings_file.EditError as error:
            return Accepted(findings=(error.finding,))
    return Accepted(written=len(new), before=len(found) - len(new), path=path)


def _refusal(report: Report, key: str, reason: str, found: list[Judged]) -> Finding | None:
    """Why a key cannot be accepted."""
    if not found:
        keys = {one.change.key for one in report.judgement.changes if not one.change.fixed}
        near = difflib.get_close_matches(key, keys, n=1, cutoff=0.4)
        if near:
            hint = f"did you mean {near[0]!r}?"
        else:
            hint = f"there are {', '.join(sorted(keys))}" if keys else "there is nothing to accept"
        return _error("change-unknown", f"no change has the key {key!r}", hint)
    if any(one.change.fixed or one.change.rule in NOT_A_CHANGE for one in found):
        hint = found[0].change.suggestion or "put the project right instead"
        return _error("change-not-acceptable", f"{found[0].change.rule} cannot be accepted", hint)
    if not reason.strip():
        return _error("reason-missing", "accepting a change needs a reason", '--reason "nobody sends it any more"')
    return None


def _day(until: str) -> tuple[datetime.date | None, Finding | None]:
    if not until:
        return None, None
    try:
        day = datetime.date.fromisoformat(until)
    except ValueError:
        return None, _error("day-invalid", f"{until!r} is no date", "write the last day as --until 2030-01-31")
    if day < today():
        return None, _error("day-invalid", f"{until} is over", "give a day to come, or none")
    return day, None


def _entry(one: Judged, reason: str, until: datetime.date | None) -> dict[str, Any]:
    change = one.change
    entry = {"change": change.key, "reason": reason, "was": change.before, "now": change.after, "until": until}
    return {name: value for name, value in entry.items() if value}


def _add(table: Any, entries: Iterable[Mapping[str, Any]]) -> None:
    """Write entries below those that there are, in the form that those have."""
    check = settings_file.subtable(table, "check")
    if "accept" not in check:
        on_a_line = isinstance(check, InlineTable) or _is_dotted(table, "check")
        check["accept"] = tomlkit.array() if on_a_line else tomlkit.aot()
    accepted = check["accept"]
    for entry in entries:
        if isinstance(accepted, Array):
            _append(accepted, entry)
            continue
        item = tomlkit.table()
        item.update(entry)
        item.add(tomlkit.nl())  # an empty line parts each from what is around it
        if len(accepted) and not accepted[-1].as_string().endswith("\n\n"):
            accepted[-1].add(tomlkit.nl())
        accepted.append(item)


def _is_dotted(table: Any, name: str) -> bool:
    """Whether a table is there by keys such as `name.key = 1`: no table can be opened inside of it."""
    body = getattr(table.value if isinstance(table, Table) else table, "body", ())
    return any(key is not None and key.key == name and key.is_dotted() for key, _ in body)


def _append(array: Any, entry: Mapping[str, Any]) -> None:
    """A further item, on a line of its own where the others have one."""
    item = tomlkit.inline_table()
    item.update(entry)
    if "\n" in array.as_string():
        array.add_line(item)
    else:
        array.append(item)


def _error(code: str, message: str, hint: str) -> Finding:
    return Finding(level=Level.ERROR, code=code, message=message, hint=hint)

"""The settings' table `check`: how grave changes are, what is unstable, and which are accepted."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

from modelgen.check.change import SURFACES
from modelgen.check.policy import Acceptance, FailOn, Policy, Severity
from modelgen.finding import Location
from modelgen.project.values import instead

KEYS = ("baseline", "fail-on", "surfaces", "severity", "unstable", "accept")
_ACCEPTED = ("change", "reason", "was", "now", "until")
_EXAMPLE = '{ change = "mylib.Cls.run:top_k:type-changed", reason = "nobody sends it" }'


def problems(value: Any) -> Iterator[tuple[str, str]]:
    """What is wrong with the table, each with what to write instead."""
    if not isinstance(value, dict):
        yield "is not a table", 'write [check] above its keys, such as baseline = "origin/main"'
        return
    for key in value:
        if key not in KEYS:
            yield f"has {key!r}", instead(key, KEYS)
    if not isinstance(value.get("baseline", ""), str):
        yield "has a 'baseline' that is not a string", 'write a git revision, such as "origin/main"'
    fail_on = value.get("fail-on", "error")
    if fail_on not in get_args(FailOn):
        yield f"has 'fail-on' = {fail_on!r}", instead(fail_on, get_args(FailOn))
    for key, known in (("surfaces", SURFACES), ("unstable", ())):
        yield from _list(key, value.get(key, []), known)
    yield from _severity(value.get("severity", {}))
    yield from _accept(value.get("accept", []))


def policy(value: Mapping[str, Any], source: Path, shown: str) -> Policy:
    """The table, once nothing is wrong with it; `shown` is the path of its file as the user would type it."""
    return Policy(
        baseline=value.get("baseline", ""),
        fail_on=value.get("fail-on", "error"),
        surfaces=tuple(value.get("surfaces", SURFACES)) or SURFACES,
        severity=value.get("severity", {}),
        unstable=tuple(value.get("unstable", ())),
        accept=tuple(
            Acceptance(
                change=one["change"],
                reason=one["reason"],
                was=one.get("was", ""),
                now=one.get("now", ""),
                until=one.get("until"),
                where=Location(path=shown, line=_line(source, one["change"])),
            )
            for one in value.get("accept", ())
        ),
    )


def _list(key: str, value: Any, known: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
        example = known[0] if known else "mylib.experimental.*"
        yield f"has {key!r} that is not a list of strings", f'write {key} = ["{example}"]'
        return
    for item in value:
        if known and item not in known:
            yield f"has {item!r} among {key!r}", instead(item, known)


def _severity(value: Any) -> Iterator[tuple[str, str]]:
    from modelgen.check import rules  # loaded where they are asked for
    from modelgen.check.rule import RULES

    assert rules
    if not isinstance(value, dict):
        yield "has 'severity' that is not a table", 'write severity = { default-changed = "error" }'
        return
    for code, severity in value.items():
        if code not in RULES:
            yield f"gives a severity to {code!r}, which is no rule", instead(code, tuple(RULES))
        elif code.startswith(("pin-", "contract-")) and code != "pin-name-reused":
            yield f"gives a severity to {code!r}, which has the one it has", "numbers are for ever: take it out"
        if severity not in get_args(Severity):
            yield f"gives {code!r} the severity {severity!r}", instead(severity, get_args(Severity))


def _accept(value: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        yield "has 'accept' that is not a list of tables", f"write accept = [{_EXAMPLE}]"
        return
    for item in value:
        for key in item:
            if key not in _ACCEPTED:
                yield f"accepts with {key!r}", instead(key, _ACCEPTED)
        for key in ("change", "reason"):
            if not isinstance(item.get(key), str) or not item[key].strip():
                yield f"accepts a change without a {key!r}", f"write {_EXAMPLE}"
        until = item.get("until")
        if until is not None and (not isinstance(until, datetime.date) or isinstance(until, datetime.datetime)):
            yield f"accepts until {until!r}", "write a date, without quotes: until = 2030-01-31"


def _line(source: Path, text: str) -> int:
    try:
        lines = source.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return 0
    return next((at for at, line in enumerate(lines, 1) if text in line), 0)

"""For programs: the shape that docs/reference/check.schema.json describes."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from modelgen.check.wording import advice
from modelgen.finding import Level

if TYPE_CHECKING:
    from modelgen.check.judge import Judged
    from modelgen.cli.check_formats.telling import Telling

VERSION = 1
"""Of the format."""


def write(telling: Telling) -> str:
    """The whole report as JSON."""
    report = telling.report
    data = {
        "version": VERSION,
        "against": asdict(report.against),
        "summary": {
            **{level.value: telling.count(level) for level in Level},
            "accepted": telling.accepted,
            "next_version": report.judgement.next_version,
        },
        "findings": [_finding(telling, one) for one in telling.changes],
    }
    return json.dumps(data, indent=2, ensure_ascii=False)


def _finding(telling: Telling, one: Judged) -> dict[str, Any]:
    change, element = one.change, one.change.element
    place = telling.place(change)
    data: dict[str, Any] = {
        "rule": change.rule,
        "severity": one.level.value,
        "surfaces": dict(change.surfaces.items()),
        "element": {
            "kind": element.kind,
            "python": element.python,
            "proto": element.proto,
            "route": element.route,
        },
        "before": change.before,
        "after": change.after,
        "location": asdict(place) if place else None,
        "message": change.message,
        "suggestion": advice(change),
        "accept_key": change.key,
        "via": list(change.via),
    }
    if one.accepted is not None:
        until = one.accepted.until
        data["accepted"] = {"reason": one.accepted.reason, "until": until.isoformat() if until else None}
    return data

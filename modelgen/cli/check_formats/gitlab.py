"""GitLab's code quality report, which a merge request shows.

Source: GitLab Docs, "Code Quality", "Code Quality report format".
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from modelgen.check.wording import advice, fingerprint, sentence
from modelgen.finding import Level
from modelgen.project.numbers import LOCK

if TYPE_CHECKING:
    from modelgen.check.judge import Judged
    from modelgen.cli.check_formats.telling import Telling

_SEVERITIES = {Level.ERROR: "critical", Level.WARNING: "minor", Level.INFO: "info"}


def write(telling: Telling) -> str:
    """An issue for each open change."""
    seen: dict[str, int] = {}
    issues = []
    for one in telling.open:
        mark = fingerprint(one.change)
        seen[mark] = seen.get(mark, 0) + 1
        issues.append(_issue(telling, one, mark if seen[mark] == 1 else f"{mark}-{seen[mark]}"))
    return json.dumps(issues, indent=2, ensure_ascii=False)


def _issue(telling: Telling, one: Judged, mark: str) -> dict[str, Any]:
    from modelgen.cli.report import shown

    change, place = one.change, telling.place(one.change)
    hint = f". Instead: {advice(change)}" if advice(change) else ""
    return {
        "description": f"{sentence(change)}{hint}",
        "check_name": change.rule,
        "fingerprint": mark,
        "severity": _SEVERITIES[one.level],
        # An issue needs a file: of a change that is nowhere in the source, that is the lock.
        "location": {
            "path": place.path if place else shown(telling.report.root / LOCK),
            "lines": {"begin": place.line if place and place.line else 1},
        },
    }

"""SARIF 2.1.0, for code hosts and editors: each rule with its page, each change at its line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from modelgen.check.pages import page
from modelgen.check.rule import RULES
from modelgen.check.wording import advice, fingerprint, notes, sentence
from modelgen.cli.sarif import LEVELS, log, pascal, physical

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modelgen.check.judge import Judged
    from modelgen.cli.check_formats.telling import Telling
    from modelgen.finding import Finding

FINGERPRINT = "modelgenChange/v1"
"""What the fingerprint of a change is called: bump it where it is made otherwise."""


def write(telling: Telling) -> str:
    """The log of the check; what is accepted is in it, suppressed."""
    codes = sorted({one.change.rule for one in telling.changes})
    invocation = {
        "executionSuccessful": not telling.report.failed,
        "toolExecutionNotifications": [_notification(telling, finding) for finding in telling.report.findings],
    }
    results = [_result(telling, one, codes) for one in telling.changes]
    return json.dumps(log([_rule(code) for code in codes], results, invocation), indent=2, ensure_ascii=False)


def _rule(code: str) -> dict[str, Any]:
    rule = RULES[code]
    return {
        "id": code,
        "name": pascal(code),
        "shortDescription": {"text": code.replace("-", " ").capitalize()},
        "fullDescription": {"text": rule.page},
        "help": {"text": rule.page, "markdown": page(rule)},
    }


def _result(telling: Telling, one: Judged, codes: Sequence[str]) -> dict[str, Any]:
    change, place = one.change, telling.place(one.change)
    lines = [sentence(change), *(f"{surface}: {verdict}, {note}" for surface, verdict, note in notes(change))]
    lines += [f"Instead: {advice(change)}"] if advice(change) else []
    location: dict[str, Any] = {"logicalLocations": [{"fullyQualifiedName": change.element.python}]}
    if place:
        location = {"physicalLocation": physical(place), **location}
    result: dict[str, Any] = {
        "ruleId": change.rule,
        "ruleIndex": codes.index(change.rule),
        "level": LEVELS[one.level],
        "message": {"text": "\n".join(lines)},
        "locations": [location],
        "partialFingerprints": {FINGERPRINT: fingerprint(change)},
    }
    if one.accepted is not None:
        result["suppressions"] = [{"kind": "external", "justification": one.accepted.reason}]
    return result


def _notification(telling: Telling, finding: Finding) -> dict[str, Any]:
    """What the reader or the settings had to say, which is no change."""
    hint = f"\n{finding.hint}" if finding.hint else ""
    place = (
        {"locations": [{"physicalLocation": physical(finding.where, (telling.report.source.parent,))}]}
        if finding.where
        else {}
    )
    return {
        "descriptor": {"id": finding.code},
        "level": LEVELS[finding.level],
        "message": {"text": f"{finding.message}{hint}"},
        **place,
    }

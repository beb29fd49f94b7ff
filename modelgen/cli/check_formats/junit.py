"""JUnit's XML, which nearly every CI server shows: a test case for each finding.

Source: the schema of Jenkins' xunit plugin, "junit-10.xsd", in the part that all readers of the format share.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from modelgen.check.wording import advice, notes, sentence
from modelgen.finding import Level

if TYPE_CHECKING:
    from modelgen.check.judge import Judged
    from modelgen.cli.check_formats.telling import Telling

_UNSAYABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no character for."""


def write(telling: Telling) -> str:
    """A suite in which what fails the check fails, what is accepted is skipped, and the rest passes."""
    fails = {"error": (Level.ERROR,), "warning": (Level.ERROR, Level.WARNING), "none": ()}[
        telling.report.policy.fail_on
    ]
    suite = Element("testsuite", name="modelgen check")
    for one in telling.changes:
        _case(telling, suite, one, fails=one.level in fails)
    for finding in telling.report.findings:
        if finding.level is Level.ERROR:
            case = SubElement(suite, "testcase", name=_clean(finding.message), classname=finding.code)
            error = SubElement(case, "error", message=_clean(finding.message), type=finding.code)
            error.text = _clean(str(finding))
    if not len(suite):
        SubElement(suite, "testcase", name=_clean(telling.summary), classname="modelgen.check")
    for name, tag in (("tests", "testcase"), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(name, str(sum(1 for _ in suite.iter(tag))))
    SubElement(suite, "system-out").text = _clean("\n".join((telling.summary, *telling.state)))
    suites = Element("testsuites")
    suites.append(suite)
    indent(suites)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(suites, encoding="unicode")}'


def _case(telling: Telling, suite: Element, one: Judged, *, fails: bool) -> None:
    change = one.change
    case = SubElement(suite, "testcase", name=_clean(sentence(change)), classname=change.rule)
    if one.accepted is not None:
        SubElement(case, "skipped", message=_clean(f"accepted: {one.accepted.reason}"))
    elif fails:
        failure = SubElement(case, "failure", message=_clean(sentence(change)), type=change.rule)
        failure.text = _clean("\n".join(_lines(telling, one)))
    else:
        SubElement(case, "system-out").text = _clean("\n".join(_lines(telling, one)))


def _lines(telling: Telling, one: Judged) -> list[str]:
    change, place = one.change, telling.place(one.change)
    lines = [f"{place}: {one.level.value}" if place else one.level.value]
    lines += [f"{surface}: {verdict}, {note}" for surface, verdict, note in notes(change)]
    rest = (("instead", advice(change)), ("accept", telling.accepting(change)))
    return lines + [f"{name}: {value}" for name, value in rest if value]


def _clean(text: str) -> str:
    return _UNSAYABLE.sub("\ufffd", text)

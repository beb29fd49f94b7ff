"""GitHub's workflow commands: annotations at the lines of a pull request.

Source: GitHub Docs, "Workflow commands for GitHub Actions".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelgen.check.wording import advice, notes, sentence
from modelgen.finding import Level

if TYPE_CHECKING:
    from modelgen.check.judge import Judged
    from modelgen.cli.check_formats.telling import Telling

_COMMANDS = {Level.ERROR: "error", Level.WARNING: "warning", Level.INFO: "notice"}


def write(telling: Telling) -> str:
    """A command for each open change, and the outcome as a line of the log."""
    return "\n".join([*(_command(telling, one) for one in telling.open), telling.summary, *telling.state])


def _command(telling: Telling, one: Judged) -> str:
    change, place = one.change, telling.place(one.change)
    about = {"title": f"{change.rule}: {change.element.label}"}
    if place:
        about = {"file": place.path, "line": str(place.line or 1), **about}
        if place.column:
            about["col"] = str(place.column)
    lines = [sentence(change), *(f"{surface}: {verdict}, {note}" for surface, verdict, note in notes(change))]
    if advice(change):
        lines.append(f"instead: {advice(change)}")
    if telling.accepting(change) and one.level is not Level.INFO:
        lines.append(f"accept: {telling.accepting(change)}")
    stated = ",".join(f"{name}={_property(value)}" for name, value in about.items())
    return f"::{_COMMANDS[one.level]} {stated}::{_data(chr(10).join(lines))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")

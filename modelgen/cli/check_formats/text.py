"""For people in a terminal. Colours go where there is none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import typer

from modelgen.check.wording import advice, notes, sentence
from modelgen.finding import Level

if TYPE_CHECKING:
    from modelgen.check.change import Change
    from modelgen.check.judge import Judged
    from modelgen.cli.check_formats.telling import Telling

_COLOURS = {"error": "red", "breaking": "red", "warning": "yellow", "info": "blue", "safe": "green"}
_MANY = 5
"""How many callers are named."""


def write(telling: Telling) -> str:
    """A block for each change that matters, a line for each that is safe or accepted, and the outcome."""
    lines: list[str] = []
    for one in telling.open:
        if one.change.rule == "contract-stale":
            continue  # the outcome says it, with the command
        lines += _head(telling, one)
        if one.level is not Level.INFO:
            lines += _body(telling, one.change)
    for one in telling.changes:
        if one.accepted is not None:
            until = f", until {one.accepted.until}" if one.accepted.until else ""
            place = telling.place(one.change)
            start = f"{place}  " if place else ""
            what = f"{one.change.rule}   {sentence(one.change)}   ({one.accepted.reason}{until})"
            lines.append(f"{start}accepted  {what}")
    return "\n".join([*lines, telling.summary, *telling.state])


def _head(telling: Telling, one: Judged) -> Iterator[str]:
    place = telling.place(one.change)
    start = f"{place}  " if place else ""
    level = typer.style(one.level.value, fg=_COLOURS[one.level.value], bold=True)
    yield f"{start}{level}  {one.change.rule}   {sentence(one.change)}"


def _body(telling: Telling, change: Change) -> Iterator[str]:
    for surface, verdict, note in notes(change):
        word = typer.style(f"{verdict:<8}", fg=_COLOURS[verdict])
        yield f"    {surface:<9} {word}  {note}".rstrip()
    rest: Mapping[str, str] = {
        "via": _callers(change.via),
        "instead": advice(change),
        "accept": telling.accepting(change),
    }
    yield from (f"    {name:<9} {value}" for name, value in rest.items() if value)


def _callers(via: tuple[str, ...]) -> str:
    more = f" and {len(via) - _MANY} more" if len(via) > _MANY else ""
    return ", ".join(via[:_MANY]) + more

"""A comment on a pull request: the outcome, and a table."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from modelgen.check.judge import NOT_A_CHANGE
from modelgen.check.wording import advice, sentence
from modelgen.finding import Level

if TYPE_CHECKING:
    from modelgen.check.judge import Judged
    from modelgen.cli.check_formats.telling import Telling

_WORDS = {Level.ERROR: "**breaking**", Level.WARNING: "warning", Level.INFO: "safe"}
_MARKUP = re.compile(r"([\\`*_\[\]<>|~#@])")
_HEAD = ("", "Change", "Where", "wire · json · source · behaviour", "Instead")


def write(telling: Telling) -> str:
    """The outcome, and a row for each change; empty of rows where there is none."""
    parts = [f"### modelgen check\n\n{_plain(telling.summary)}"]
    parts += [_plain(line) for line in telling.state]
    rows = [_row(telling, one) for one in telling.changes if one.change.rule not in NOT_A_CHANGE]
    if rows:
        lines = (_HEAD, ("---",) * len(_HEAD), *rows)
        parts.append("\n".join(f"| {' | '.join(row)} |" for row in lines))
    commands = [telling.accepting(one.change) for one in telling.open if one.level is Level.ERROR]
    if commands := [one for one in dict.fromkeys(commands) if one]:
        listed = "\n".join(commands)
        parts.append(f"<details><summary>To accept what is wanted</summary>\n\n```sh\n{listed}\n```\n\n</details>")
    return "\n\n".join(parts)


def _row(telling: Telling, one: Judged) -> tuple[str, ...]:
    change, place = one.change, telling.place(one.change)
    level = "accepted" if one.accepted is not None else _WORDS[one.level]
    told = f"accepted: {one.accepted.reason}" if one.accepted is not None else advice(change)
    verdicts = " · ".join(verdict for _, verdict in change.surfaces.items())
    where = _code(str(place)) if place else ""
    return (level, f"{_plain(sentence(change))} <br> `{change.rule}`", where, verdicts, _plain(told))


def _plain(text: str) -> str:
    """Text on one line in which nothing is markup but code between backticks."""
    parts = re.split(r"(`[^`]*`)", " ".join(text.split()))
    return "".join(_code(part[1:-1]) if at % 2 else _MARKUP.sub(r"\\\1", part) for at, part in enumerate(parts))


def _code(text: str) -> str:
    return "`" + text.replace("`", "'").replace("|", "\\|") + "`"

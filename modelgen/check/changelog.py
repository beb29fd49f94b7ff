"""Changes of a contract in the words of those who call: what breaks, what is new, what else is different."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from modelgen.check.change import Change, Surface, Verdict
from modelgen.check.judge import NOT_A_CHANGE, Judged
from modelgen.check.wording import notes, sentence
from modelgen.finding import Level

READERS: Mapping[Surface, str] = {
    "wire": "gRPC",
    "json": "REST",
    "source": "Python client",
    "behaviour": "Meaning",
}
"""Who reads of a surface: those who call over gRPC or REST, those who use the client, and everybody."""

TITLES = ("Breaking", "Added", "Changed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One change."""

    text: str
    change: Change
    notes: tuple[tuple[str, Verdict, str], ...] = ()
    """For each kind of reader that it matters to: who, how much, and what it means."""


def grouped(judged: Iterable[Judged]) -> dict[str, tuple[Entry, ...]]:
    """The changes under their titles, in order; no title without an entry. What was accepted is a change as well."""
    found: dict[str, list[Entry]] = {title: [] for title in TITLES}
    for one in judged:
        if one.change.rule not in NOT_A_CHANGE and not one.change.fixed:
            found[_title(one)].append(_entry(one.change))
    return {title: tuple(entries) for title, entries in found.items() if entries}


def markdown(groups: Mapping[str, Iterable[Entry]]) -> Iterator[str]:
    """The groups as the blocks of a section."""
    for title, entries in groups.items():
        yield f"### {title}"
        yield "\n".join(line for entry in entries for line in _lines(entry))


def _title(one: Judged) -> str:
    if one.level is Level.ERROR:
        return "Breaking"
    return "Added" if "-added" in one.change.rule and one.level is Level.INFO else "Changed"


def _entry(change: Change) -> Entry:
    told = tuple((READERS[surface], verdict, note) for surface, verdict, note in notes(change))
    if not told:  # safe for everybody: it is enough to know where it is
        places = ((READERS["wire"], change.element.proto), (READERS["json"], change.element.route))
        told = tuple((reader, "safe", place) for reader, place in places if place)
    return Entry(text=sentence(change), change=change, notes=told)


def _lines(entry: Entry) -> Iterator[str]:
    label = entry.change.element.label
    text = entry.text.replace("`", "'")
    yield f"- {text.replace(label, f'`{label}`', 1)}" if label and label in text else f"- {text}"
    yield from (f"  - {reader}: {' '.join(note.split())}" for reader, _, note in entry.notes if note)

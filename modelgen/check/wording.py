"""A change in words, for those who made it and for those who call."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping

from modelgen.check.change import Change, Surface, Verdict

_VERB = re.compile(r"(is|was|had|has|cannot|may)\b")

_OUTCOMES: Mapping[tuple[Surface, Verdict], str] = {
    ("json", "breaking"): "requests or answers that were valid are not any more",
    ("json", "warning"): "answers may hold what callers do not know, or requests be refused",
    ("source", "breaking"): "code that calls the generated client fails",
    ("source", "warning"): "code that calls the generated client may have to change",
    ("behaviour", "breaking"): "calls that were accepted are refused, or mean something else",
    ("behaviour", "warning"): "calls stay valid, and may mean something else",
}


def sentence(change: Change) -> str:
    """What happened to what: `SentimentClassifier.run(top_k): int64 -> double`, `Label.score is gone`."""
    label, message = change.element.label, change.message
    named = message.startswith((label, change.element.name)) or label in message.split()
    if change.element.kind == "package" or named:
        return message
    return f"{label} {message}" if _VERB.match(message) else f"{label}: {message}"


def notes(change: Change) -> Iterator[tuple[Surface, Verdict, str]]:
    """Each surface that the change touches, or has something to say on: the verdict, and what it means there."""
    for surface, verdict in change.surfaces.items():
        note = change.notes.get(surface, "")
        if verdict != "safe" or note:
            yield surface, verdict, note or _place(change, surface) or _OUTCOMES.get((surface, verdict), "")


def advice(change: Change) -> str:
    """What to do instead; empty where there is nothing to do."""
    return change.suggestion.strip()


def fingerprint(change: Change) -> str:
    """The same for the same change, wherever its lines have moved to."""
    parts = (change.key, change.before, change.after, change.message)
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _place(change: Change, surface: Surface) -> str:
    """The element, as a surface calls it."""
    return {"wire": change.element.proto, "json": change.element.route}.get(surface, "")

"""How far a request may go beyond what a body's size says: how deep it is nested, how many numbers a tensor has."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Limits of every request of a service, from its settings."""

    depth: int
    """Levels of lists and objects, one in another."""
    elements: int
    """Numbers of one tensor."""


WIDEST = Bounds(depth=200, elements=1 << 48)
"""What parsers of JSON and arrays can do at all; for what has been let in before."""

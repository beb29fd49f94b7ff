"""Which distribution an installed package is of."""

from __future__ import annotations

import re
from importlib.metadata import Distribution, distributions
from pathlib import Path


def distribution_of(package: Path) -> str:
    """The name to install for the package at a path, by the `.dist-info` beside it; empty if there is none."""
    for one in distributions(path=[str(package.parent)]):
        if package.stem in _tops(one):
            return re.sub(r"[-_.]+", "-", one.metadata["Name"]).lower()
    return ""


def _tops(one: Distribution) -> set[str]:
    """What a distribution is imported as."""
    stated = one.read_text("top_level.txt")
    if stated:
        return set(stated.split())
    return {Path(file.parts[0]).stem for file in one.files or () if file.suffix == ".py"}

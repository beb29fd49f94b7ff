"""Writes the generated pages of the reference: `python -m docs.generate_reference`. A test fails when one is stale."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from docs.reference_pages import commands, docstrings, errors, findings, routes, rules, settings, type_texts

FOLDER = Path(__file__).parent / "reference"
NOTE = "<!-- Made of the code by `python -m docs.generate_reference`. Do not edit. -->"

PAGES: Mapping[str, Callable[[], str]] = {
    "commands": commands.page,
    "settings": settings.page,
    "routes": routes.page,
    "errors": errors.page,
    "types": type_texts.page,
    "docstrings": docstrings.page,
    "findings": findings.page,
    **rules.pages(),
}
"""Name of the page -> what makes it."""


def rendered(name: str) -> str:
    """The text that a page must hold."""
    return f"{NOTE}\n{PAGES[name]().strip()}\n"


def main() -> None:
    """Write the pages that are not as they must be, and name them."""
    for name in PAGES:
        file, text = FOLDER / f"{name}.md", rendered(name)
        if not file.is_file() or file.read_text(encoding="utf-8") != text:
            file.parent.mkdir(exist_ok=True)
            file.write_text(text, encoding="utf-8")
            sys.stdout.write(f"{file.name}\n")


if __name__ == "__main__":
    main()

"""A rule's page: what it finds, why that hurts, what to do, what it says of each surface, and an example."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path

import modelgen
from modelgen.check.rule import Rule
from modelgen.check.verdicts import VERDICTS

EXAMPLES = Path(modelgen.__file__).parents[1] / "fixtures/changes"
"""A folder for each rule: `before`, `after`, and `findings.txt`, what is found. In a checkout only."""


def page(rule: Rule) -> str:
    """The page, in Markdown."""
    return "\n\n".join(_parts(rule)) + "\n"


def _parts(rule: Rule) -> Iterator[str]:
    yield f"# {rule.code}"
    yield rule.page
    rows = [f"| {surface} | {' or '.join(verdicts)} |" for surface, verdicts in VERDICTS[rule.code].items()]
    yield "\n".join(["| surface | verdict |", "| --- | --- |", *rows])
    if rule.default == "off":
        yield f'Off unless the settings ask for it: `check.severity = {{ {rule.code} = "warning" }}`.'
    example = EXAMPLES / rule.code
    if (example / "findings.txt").is_file():
        yield "## Example"
        yield f"```diff\n{''.join(_difference(example)).rstrip()}\n```"
        yield f"```text\n{(example / 'findings.txt').read_text(encoding='utf-8').rstrip()}\n```"


def _difference(example: Path) -> Iterator[str]:
    """What changes between the example's folders, without what a machine wrote there."""
    before, after = (
        {file.relative_to(example / side).as_posix(): file for file in _files(example / side)}
        for side in ("before", "after")
    )
    for name in sorted(before.keys() | after.keys()):
        for line in difflib.unified_diff(
            _lines(before.get(name)), _lines(after.get(name)), f"before/{name}", f"after/{name}", n=2
        ):
            yield line if line.endswith("\n") else f"{line}\n"


def _lines(file: Path | None) -> list[str]:
    return file.read_text(encoding="utf-8").splitlines(keepends=True) if file else []


def _files(folder: Path) -> Iterator[Path]:
    for file in sorted(folder.rglob("*")):
        if file.is_file() and file.suffix in (".py", ".toml", ".lock"):
            yield file

"""Packages written to disk and checked against each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from modelgen.check.change import SURFACES, Change
from modelgen.check.judge import Judged
from modelgen.check.verdicts import VERDICTS
from modelgen.project.check import Report, check

CORPUS = Path(__file__).parent / "corpus"
STYLES = ("annotated", "pydantic", "numpy", "google", "rest")

PRESENCE = (", required now", ", with a default now")
"""How a message on a type ends where presence changed with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """Two packages, and what a person says of the step from one to the other."""

    style: str
    name: str
    verdict: str
    """`breaking`, `warning` or `safe`: the gravest of all that is found."""
    rules: tuple[str, ...]
    """All that is to be found."""
    before: Mapping[str, str]
    after: Mapping[str, str]

    def __str__(self) -> str:
        return f"{self.style}-{self.name}"


def labelled() -> list[Labelled]:
    """The whole corpus."""
    return [one for style in STYLES for one in _style(style)]


def _style(style: str) -> Iterable[Labelled]:
    prelude = ""
    for block in f"\n{(CORPUS / f'{style}.txt').read_text(encoding='utf-8')}".split("\n== ")[1:]:
        head, _, body = block.partition("\n")
        if head == "prelude":
            prelude = body
            continue
        name, verdict, rules = (part.strip() for part in head.split("|"))
        before, after = (package(prelude, side) for side in f"{body}\n".split("\n--\n"))
        yield Labelled(style=style, name=name, verdict=verdict, rules=tuple(rules.split()), before=before, after=after)


def package(prelude: str, text: str) -> dict[str, str]:
    """A package's files of a text: `mylib/__init__.py`, and what stands below each `# file: mylib/x.py`."""
    files = {"mylib/__init__.py": ""}
    name = "mylib/__init__.py"
    for line in text.splitlines(keepends=True):
        if line.startswith("# file: "):
            name = line.removeprefix("# file: ").strip()
            files.setdefault(name, "")
        else:
            files[name] += line
    return {name: prelude + body for name, body in files.items()}


def write(root: Path, files: Mapping[str, str]) -> Path:
    """Write files below a folder."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def judged(tmp_path: Path, before: Mapping[str, str], after: Mapping[str, str]) -> Report:
    """What `modelgen check` says of a package against another."""
    old, new = write(tmp_path / "before", before), write(tmp_path / "after", after)
    report = check(new / "mylib", str(old / "mylib"))
    assert not report.failed, report.findings
    for change in (one.change for one in report.judgement.changes):
        for surface, verdict in change.surfaces.items():
            known = verdict in VERDICTS[change.rule][surface] or change.message.endswith(PRESENCE)
            assert known, f"see modelgen/check/verdicts.py: {change}"
    return report


def rules(report: Report) -> list[str]:
    """The rules that found something."""
    return sorted(one.change.rule for one in report.judgement.changes)


def verdicts(change: Change) -> str:
    """The four verdicts in a row: `breaking safe warning safe`."""
    return " ".join(getattr(change.surfaces, surface) for surface in SURFACES)


def shown(one: Judged, root: Path) -> str:
    """A finding in a few lines that stay the same wherever it is run."""
    change, element = one.change, one.change.element
    where = f"{_relative(change.where.path, root)}:{change.where.line} " if change.where else ""
    lines = [f"{where}{one.level.value} {change.rule} {element.label}: {change.message}"]
    lines.append("    " + ", ".join(f"{surface} {verdict}" for surface, verdict in change.surfaces.items()))
    lines += [f"    {surface}: {note}" for surface, note in change.notes.items()]
    if change.suggestion:
        lines.append(f"    instead: {_relative(change.suggestion, root)}")
    if change.via:
        lines.append(f"    via: {', '.join(change.via)}")
    names = ", ".join(name for name in (element.proto, element.route) if name)
    lines.append(f"    {element.kind} {change.key}" + (f" ({names})" if names else ""))
    return "\n".join(lines)


def _relative(text: str, root: Path) -> str:
    return text.replace(f"{root}/", "")

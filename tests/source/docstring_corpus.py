"""How much of the corpus of real docstrings is read right. `python -m tests.source.docstring_corpus` shows what is not."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from modelgen.contract.model import Module
from modelgen.contract.types import text
from modelgen.source import Options, read

FOLDER = Path(__file__).parent / "corpus"
HALVES = ("building", "scoring")
FILLER = "Words of prose that say nothing of it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A parameter or a result of a docstring."""

    row: Mapping[str, object]
    name: str
    written: str
    means: str
    default: str | None

    @property
    def place(self) -> str:
        """Where it was published."""
        return f"{self.row['package']} {self.row['version']} {self.row['symbol']} {self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the reader made of an entry."""

    entry: Entry
    found: str

    @property
    def right(self) -> bool:
        """It is what a careful person would write."""
        return self.found == self.entry.means

    @property
    def wrong(self) -> bool:
        """It is served, as something else."""
        return not self.right and self.found not in ("refused", "left-out")


def entries(half: str) -> list[list[Entry]]:
    """The entries of each docstring of a half."""
    lines = (FOLDER / f"{half}.jsonl").read_text(encoding="utf-8").splitlines()
    return [
        [Entry(row=row, default=one.get("default"), **_stated(one)) for one in row["entries"]]
        for row in map(json.loads, lines)
    ]


def _stated(one: Mapping[str, str]) -> dict[str, str]:
    return {key: one[key] for key in ("name", "written", "means")}


def docstring(entries: Sequence[Entry]) -> str:
    """A docstring of the recorded lines, with filler for descriptions."""
    row = entries[0].row
    lines = "\n".join(dict.fromkeys(one.written for one in entries if one.name != "return")).splitlines()
    results = [line for one in entries if one.name == "return" for line in one.written.splitlines()]
    parts = ["Do it."]
    match row["style"]:
        case "numpy":
            title, line = str(row.get("section", "Parameters")), str(row.get("underline", "-"))
            for heading, found in ((title, lines), ("Returns", results)):
                if found:
                    parts.append(
                        "\n".join((heading, line * len(heading), *(f"{line}\n    {FILLER}" for line in found)))
                    )
        case "google":
            for heading, found in ((f"{row.get('section', 'Args')}:", lines), ("Returns:", results)):
                if found:
                    parts.append("\n".join((heading, *(f"    {_described(line)}" for line in found))))
        case _:
            parts.append("\n".join(_described(line) for line in (*lines, *results)))
    return "\n\n".join(parts)


def _described(line: str) -> str:
    return f"{line} {FILLER}" if line.endswith((":", " -")) and not line.startswith(":type") else line


def source(entry: Entry, doc: str) -> str:
    """A module with a class of the docstring's name whose method takes, or answers, the entry alone."""
    class_name = str(entry.row["symbol"]).partition(".")[0]
    default = f"={entry.default}" if entry.default is not None else ""
    signature = "(self)" if entry.name == "return" else f"(self, {entry.name}{default}) -> int"
    indented = doc.replace("\\", "\\\\").replace('"""', r"\"\"\"").replace("\n", "\n        ")
    return f'class {class_name}:\n    def run{signature}:\n        """{indented}\n        """\n        return answer\n'


def outcomes(half: str) -> Iterator[Outcome]:
    """What the reader makes of each entry of a half, read from a package that is written for it."""
    found: dict[str, Entry] = {}
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "corpus"
        root.mkdir()
        (root / "__init__.py").write_text("", encoding="utf-8")
        for index, group in enumerate(entries(half)):
            doc = docstring(group)
            for number, entry in enumerate(group):
                name = f"m{index}_{number}"
                found[f"corpus.{name}"] = entry
                (root / f"{name}.py").write_text(source(entry, doc), encoding="utf-8")
        modules = {module.symbol.rpartition(".")[0]: module for module in read(root, Options()).contract.modules}
    for place, entry in found.items():
        yield Outcome(entry=entry, found=_served(modules[place], entry.name))


def _served(module: Module, name: str) -> str:
    if module.refused:
        return "refused"
    (method,) = module.methods
    if name == "return":
        return f"stream of {text(method.returns)}" if method.stream else text(method.returns)
    if not method.parameters:
        return "left-out"
    (parameter,) = method.parameters
    return f"stream of {text(parameter.type)}" if parameter.stream else text(parameter.type)


def main(halves: Sequence[str]) -> None:
    """Print each half's score, and what is not read right."""
    for half in halves or HALVES:
        found = list(outcomes(half))
        right = sum(one.right for one in found)
        wrong = sum(one.wrong for one in found)
        for one in found:
            if not one.right:
                print(f"{'WRONG' if one.wrong else 'missed'}  {one.entry.place}: `{one.entry.written}`")
                print(f"        {one.entry.means}, and not {one.found}")
        print(
            f"{half}: {right} of {len(found)} right ({right / len(found):.1%}), {wrong} wrong ({wrong / len(found):.1%})"
        )


if __name__ == "__main__":
    main(sys.argv[1:])

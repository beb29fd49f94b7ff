"""fixtures/changes/<rule>: a package before, after, and a safe twin of the change.

`make regen` writes anew what a check says of each.
"""

from __future__ import annotations

import os
from pathlib import Path

from modelgen.project.check import Report, check

from .judging import shown

ROOT = Path(__file__).parents[2] / "fixtures" / "changes"
FOLDERS = sorted(path for path in ROOT.iterdir() if path.is_dir())


def judged(folder: Path, side: str) -> Report:
    """What a check says of a side of a fixture against the one before. Paths are those inside the fixture."""
    here = Path.cwd()
    os.chdir(folder)
    try:
        return check(Path(side), "before")
    finally:
        os.chdir(here)


def findings(folder: Path) -> str:
    """What a check says of the change, as `findings.txt` keeps it."""
    return "".join(f"{shown(one, folder)}\n" for one in judged(folder, "after").judgement.changes)


def main() -> None:
    """Write every `findings.txt` anew."""
    for folder in FOLDERS:
        (folder / "findings.txt").write_text(findings(folder), encoding="utf-8")


if __name__ == "__main__":
    main()

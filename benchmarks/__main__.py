"""The command behind `make bench`: measure, print the table, and with `--write` keep it in the reference."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks.generator import cases
from benchmarks.page import page, slopes, table
from benchmarks.timing import medians, time_all

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "performance.md"


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often each case is timed (default 5)")
    parser.add_argument("--modules", type=int, nargs="+", default=[1, 10, 50, 200], help="sizes (default 1 10 50 200)")
    parser.add_argument("--write", action="store_true", help=f"rewrite {PAGE.name}")
    arguments = parser.parse_args()
    sizes = tuple(sorted(set(arguments.modules)))
    with tempfile.TemporaryDirectory() as root:
        times = medians(time_all(cases(Path(root), sizes), arguments.rounds, _progress))
    print(table(times, sizes), slopes(times, sizes), sep="\n\n")
    if arguments.write:
        PAGE.parent.mkdir(parents=True, exist_ok=True)
        PAGE.write_text(page(times, sizes, arguments.rounds), encoding="utf-8")


def _progress(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()

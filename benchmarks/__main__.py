"""The command behind `make bench`: measure, print the tables, and with `--write` keep them in the reference."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks import checking
from benchmarks.generator import cases
from benchmarks.page import PARTS, generating, page
from benchmarks.serving.entrants import (
    BARE,
    ECHO,
    PLAIN,
    STREAMING,
    Entrants,
    generate,
    generated,
    generated_grpc,
)
from benchmarks.serving.peers import enter
from benchmarks.serving.report import section
from benchmarks.serving.rounds import measure
from benchmarks.timing import medians, time_all

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "performance.md"


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", choices=[part.lower() for part in PARTS], help="one part (default: all)")
    parser.add_argument("--rounds", type=int, default=5, help="how often each case is measured (default 5)")
    parser.add_argument("--modules", type=int, nargs="+", default=[1, 10, 50, 200], help="sizes (default 1 10 50 200)")
    parser.add_argument("--seconds", type=int, default=3, help="of load for each figure of a server (default 3)")
    parser.add_argument("--peers", action="store_true", help="install other servers and measure them as well")
    parser.add_argument("--write", action="store_true", help=f"rewrite {PAGE.name}")
    arguments = parser.parse_args()
    parts: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as root:
        if arguments.only in (None, "generating"):
            parts["Generating"] = _generating(Path(root), tuple(sorted(set(arguments.modules))), arguments.rounds)
        if arguments.only in (None, "checking"):
            parts["Checking"] = _checking(Path(root), arguments.rounds)
        if arguments.only in (None, "serving"):
            parts["Serving"] = _serving(Path(root), arguments)
    print(*parts.values(), sep="\n\n")
    if arguments.write:
        before = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
        PAGE.write_text(page(before, parts), encoding="utf-8")


def _generating(root: Path, sizes: tuple[int, ...], rounds: int) -> str:
    return generating(medians(time_all(cases(root, sizes), rounds, _progress)), sizes, rounds)


def _checking(root: Path, rounds: int) -> str:
    sizes = tuple(checking.BEST)
    times = medians(time_all(checking.cases(root, sizes), rounds, _progress))
    return checking.checking(times, sizes, rounds)


def _serving(root: Path, arguments: argparse.Namespace) -> str:
    generate(root)
    entrants = Entrants(http=[BARE, PLAIN], grpc={"tiny": [ECHO], "wide": []}, streams=[STREAMING])
    missing = enter(entrants, _progress) if arguments.peers else {}
    for servers in (entrants.http, entrants.streams):
        servers.append(generated(root))
    for servers in entrants.grpc.values():
        servers.append(generated_grpc(root))
    rounds, seconds = arguments.rounds, arguments.seconds
    return section(measure(entrants, rounds, seconds, _progress), missing, rounds, seconds)


def _progress(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()

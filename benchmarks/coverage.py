"""What is read of published libraries: `python -m benchmarks.coverage` writes docs/reference/coverage.md.

Each library's wheel is downloaded and unpacked, and read with the same names of methods; none is imported.
"""

from __future__ import annotations

import argparse
import gc
import re
import subprocess
import sys
import tempfile
import textwrap
import time
import traceback
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from modelgen.source import Options, read

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "coverage.md"

METHODS = (
    "predict predict_* decision_function score score_samples transform inverse_transform fit fit_transform fit_predict "
    "encode encode_* decode similarity rank embed generate transcribe translate classify tokenize stem lemmatize "
    "polarity_scores forecast kneighbors learn_one transform_one lookup lookup_*"
).split()
"""What is looked for in every class."""

LIBRARIES: tuple[tuple[str, str], ...] = (
    ("scikit-learn==1.9.1", "sklearn"),
    ("statsmodels==0.15.0", "statsmodels"),
    ("lightgbm==4.7.0", "lightgbm"),
    ("xgboost==3.2.0", "xgboost"),
    ("catboost==1.2.10", "catboost"),
    ("imbalanced-learn==0.14.2", "imblearn"),
    ("pyod==3.6.7", "pyod"),
    ("hdbscan==0.8.44", "hdbscan"),
    ("umap-learn==0.5.12", "umap"),
    ("river==0.26.1", "river"),
    ("sktime==1.2.0", "sktime"),
    ("prophet==1.5.0", "prophet"),
    ("sentence-transformers==6.2.0", "sentence_transformers"),
    ("transformers==5.23.0", "transformers"),
    ("tokenizers==0.23.3", "tokenizers"),
    ("keras==3.15.1", "keras"),
    ("spacy==3.8.18", "spacy"),
    ("gensim==4.4.0", "gensim"),
    ("nltk==3.10.4", "nltk"),
    ("textblob==0.20.1", "textblob"),
    ("vaderSentiment==3.3.2", "vaderSentiment"),
    ("symspellpy==6.10.1", "symspellpy"),
)
"""What is installed, and how it is imported."""

REASONS: tuple[tuple[str, str], ...] = (
    (r"it has no type", "no type is written, in an annotation or a docstring"),
    (r"data frame|DataFrame", "a data frame"),
    (r"sparse matrix", "a sparse matrix"),
    (r"dask|DataLoader|Dataset\b|Cache\b", "a live object of a framework"),
    (r"is served itself|instance of the served", "an instance of a served class, such as fitted results"),
    (r"come only at times", "a result whose number of parts depends on an option"),
    (r"the text is not a type", "prose where a type would stand"),
    (r"is not installed", "a type of a library that is not installed"),
    (r"is not defined here", "a name that is defined nowhere"),
    (r"is a function, not a type", "a word of prose that names a function"),
    (r"without typed fields|keeps no attribute", "a class whose fields are not typed"),
    (r"method ignores it", "an argument that is ignored"),
    (r"keys of a mapping", "a mapping whose keys JSON has not"),
    (r"function cannot be sent|Callable", "a function"),
)
"""What a reason says -> the row of the table that it counts for."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """What was read of a library."""

    requirement: str
    classes: int = 0
    served: int = 0
    partly: int = 0
    """Of those, how many without some parameters."""
    reasons: tuple[str, ...] = ()
    """Of each refused method."""
    seconds: float = 0.0
    crash: str = ""

    @property
    def found(self) -> int:
        """Methods that bear a configured name."""
        return self.served + len(self.reasons)

    @property
    def share(self) -> float:
        """The part of the methods that is served."""
        return self.served / self.found if self.found else 0.0


def main() -> None:
    """Read what the command line asks for, print the table, and keep it where all was read."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.coverage", description=__doc__)
    parser.add_argument("libraries", nargs="*", help="only these, as they are imported")
    parser.add_argument("--wheels", type=Path, help="a folder for wheels that are kept")
    arguments = parser.parse_args()
    chosen = [one for one in LIBRARIES if not arguments.libraries or one[1] in arguments.libraries]
    with tempfile.TemporaryDirectory() as temporary:
        wheels = (arguments.wheels or Path(temporary) / "wheels").absolute()
        rows = []
        for requirement, package in chosen:
            rows.append(read_library(requirement, unpacked(requirement, package, wheels, Path(temporary))))
            print(line(rows[-1]), flush=True)
    if not arguments.libraries:
        PAGE.write_text(page(rows), encoding="utf-8")


def unpacked(requirement: str, package: str, wheels: Path, folder: Path) -> Path:
    """The package's folder, of its wheel."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    subprocess.run([*command, "--dest", wheels, requirement], check=True, stderr=subprocess.DEVNULL)
    name, _, version = requirement.partition("==")
    starts = re.sub(r"[-_.]+", "_", name).lower() + f"-{version}-"
    wheel = next(file for file in wheels.iterdir() if file.name.lower().startswith(starts))
    place = folder / package
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(place, [one for one in archive.namelist() if one.endswith((".py", ".pyi"))])
    return place / package


def read_library(requirement: str, package: Path) -> Row:
    """Read a library; a crash is a row too."""
    gc.collect()
    gc.disable()  # as the commands do
    started = time.perf_counter()
    try:
        reading = read(package, Options(methods={"*": tuple(METHODS)}, refused="warning"))
    except Exception as error:  # noqa: BLE001 - whatever it is, the page says so
        traceback.print_exc()
        return Row(requirement=requirement, crash=repr(error), seconds=time.perf_counter() - started)
    modules = reading.contract.modules
    methods = [method for module in modules for method in module.methods]
    return Row(
        requirement=requirement,
        classes=len(modules),
        served=len(methods),
        partly=sum(bool(method.left_out) for method in methods),
        reasons=tuple(one.reason for module in modules for one in module.refused),
        seconds=time.perf_counter() - started,
    )


def kinds(rows: Sequence[Row]) -> Counter[str]:
    """How many refused methods each kind of reason has; a method with several counts for its first."""
    return Counter(kind(reason) for row in rows for reason in row.reasons)


def kind(reason: str) -> str:
    """The first kind of reason that a text tells of."""
    found = ((match.start(), name) for pattern, name in REASONS if (match := re.search(pattern, reason)))
    return min(found, default=(0, "anything else"))[1]


HEAD = """\
# What is read of published libraries

Made by `python -m benchmarks.coverage`, which downloads each wheel, unpacks it and reads it without importing it. The
libraries are unmodified, and there are no settings but these names of methods, looked for in every public class:

{methods}

*Without some* counts the served methods of which a parameter that cannot be sent, and has a default, is left out;
settings (`types`, `drop`, `adapters`) serve more. Seconds are of one cold run on a machine with other work.

| library | version | classes | methods | served | share | without some | refused | crashes | seconds | refused for |
|---|---|--:|--:|--:|--:|--:|--:|--:|--:|---|
"""


def page(rows: Sequence[Row]) -> str:
    """The page of the reference."""
    names = textwrap.fill(", ".join(f"`{name}`" for name in METHODS), width=120)
    head = HEAD.format(methods=names)
    reasons = "\n".join(f"| {name} | {count} |" for name, count in kinds(rows).most_common())
    table = "\n".join([*map(line, rows), total(rows)])
    return f"{head}{table}\n\n## Why methods are refused\n\n| because of | methods |\n|---|--:|\n{reasons}\n"


def line(row: Row) -> str:
    """The row of the table."""
    name, _, version = row.requirement.partition("==")
    return _cells(name, version, [row], ", ".join(_top(row)))


def total(rows: Sequence[Row]) -> str:
    """The last row of the table."""
    return _cells("**all**", "", rows, "")


def _cells(name: str, version: str, rows: Sequence[Row], reasons: str) -> str:
    found, served = sum(row.found for row in rows), sum(row.served for row in rows)
    cells = [
        name,
        version,
        sum(row.classes for row in rows),
        found,
        served,
        f"{served / found:.0%}" if found else "",
        sum(row.partly for row in rows),
        found - served,
        sum(bool(row.crash) for row in rows),
        f"{sum(row.seconds for row in rows):.1f}",
        reasons,
    ]
    return f"| {' | '.join(map(str, cells))} |"


def _top(row: Row) -> Iterator[str]:
    for name, count in kinds([row]).most_common(2):
        yield f"{name} ({count})"


if __name__ == "__main__":
    main()

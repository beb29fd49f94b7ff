"""How types are read from docstrings: the styles, what is skipped, what is not read, and how much is read right."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from docs.reference_pages.markdown import code, table
from modelgen.contract.types import text
from modelgen.source import Options, read
from tests.source.docstring_corpus import HALVES, Outcome, entries, outcomes

HEAD = """\
# Docstrings

Where a parameter or a result has no annotation, its type is read from the docstring. An annotation goes before a
docstring, except that `list`, `dict`, `Any`, `object` and arrays without dtype or shape are refined by it. The default
in the code counts, never the one in the text. [The how-to](../how-to/docstring-types.md) shows it at work;
[types](types.md#in-docstrings) says what becomes of each type.

## Styles

All of them can be mixed in one docstring. An entry that is not in the style of its section is read in the others'.

NumPy's:

```text
Parameters
----------
x1, x2 : ndarray of shape (n, 3)
    Several names share a type.
mode : {'fast', 'exact'}, default='fast'

Returns
-------
mean : float
spread : float
    Several results are a tuple. One that is `optional` comes only at times.
```

Google's, with `:`, `--` or `-` after the brackets, and with or without bullets:

```text
Args:
    text (str): What to read.
    top_k (`int`, *optional*, defaults to 3):
        How many.
    size: int, The type at the start of the description.

Returns:
    list[str]: The labels.
```

reST's field lists, with `:` or `@`:

```text
:param str text: What to read.
:param top_k: How many.
:type top_k: int, optional
:rtype: list(str)
```

Lists without a heading:

```text
text (str): What to read.
- top_k: int
```

A description is taken for a type only if it is nothing else: short, and made of the words of types (`text: str`)."""

SKIPPED = """\
## What is skipped

These say nothing of the type, wherever they stand:"""

DECORATED = (
    "`int`",
    "``int``",
    ":obj:`int`, `optional`",
    ":class:`~numpy.ndarray`",
    "int, *optional*, defaults to 3",
    "int (default=3)",
    "int, keyword-only",
    "positive int",
    "of type int",
    "float in [0, 1]",
    "float > 0",
    "float, between 0 and 1",
    "array-like of shape (n_samples, 3)",
    "(n, 3) ndarray",
    "ndarray of float32, shape (n, 2, 2)",
    "ndarray, dtype=int32",
    "1D array of length n",
    "{array-like, sparse matrix} of shape (n, m)",
    "{'auto', 8000}",
    "str in ['fast', 'exact']",
    "tuple of float (low, high)",
    "list or tuple of int",
    "list of ints or floats",
    "dict of {str: float} or None",
    "str or callable",
)

UNREAD = """\
## What is not read

A required parameter of these, or a result, refuses the method; one with a default is left out. Write the type into the
docstring, an annotation, or the setting [`types`](settings.md#types)."""

NOT_READ = (
    ("the number of rows", "prose"),
    ("attention rnn last output", "prose"),
    ("Tree", "a class that is not defined or imported where the docstring stands"),
    ("estimator", "an object that has no form on the wire"),
    ("callable", "a function"),
    ("DataFrame", "a data frame; `array or DataFrame` is the array"),
    ("csr_matrix", "a sparse matrix"),
    ("np.array of lists of strings", "an array of something that is no number"),
    ("list of (str, estimator) tuples", "a list of what cannot be sent"),
    ("number of splits, int", "a description before the type"),
    ("optional", "no type at all"),
)

SCORE = """\
## How much is read right

`tests/source/corpus` holds docstrings of published packages, unmodified, each with the types that it means, written
down from its text by hand before the reader saw it. The reader was improved with one half; the other half is of other
packages and is only scored.
*Wrong* is what is served as another type than expected; the rest that is not right is refused or left out though it
could be read. `python -m tests.source.docstring_corpus` prints every entry that is not right."""

HISTORY = """\
The scoring half was scored once with the reader as it was before: 444 of 450 right (98.7 %), 3 wrong (0.7 %). Two
scoring halves before it taught what was missing, and are in the building half now;
[their scores](../../tests/source/corpus/README.md#scores) were lower."""


def page() -> str:
    """The text of the page."""
    skipped = table(["docstring", "type text"], ((code(one), code(found)) for one, found in _read(DECORATED)))
    unread = table(
        ["docstring", "what it is", "modelgen says"],
        (
            (code(one), kind, reason)
            for (one, kind), (_, reason) in zip(NOT_READ, _read(one for one, _ in NOT_READ), strict=True)
        ),
    )
    return "\n\n".join((HEAD, SKIPPED, skipped, UNREAD, unread, SCORE, _scores(), HISTORY))


def _read(phrases: Iterable[str]) -> list[tuple[str, str]]:
    """What is read of a phrase, or why nothing is."""
    phrases = list(phrases)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "mylib"
        root.mkdir()
        (root / "__init__.py").write_text("", encoding="utf-8")
        for index, phrase in enumerate(phrases):
            doc = f"Run.\n\n    Parameters\n    ----------\n    x : {phrase}\n    ".replace("\n", "\n    ")
            source = f"import numpy\n\n\nclass Model:\n    def run(self, x) -> int:\n        '''{doc}'''\n".replace(
                "'''", '"""'
            )
            (root / f"m{index}.py").write_text(source, encoding="utf-8")
        modules = {module.symbol.split(".")[1]: module for module in read(root, Options()).contract.modules}
    found = []
    for index, phrase in enumerate(phrases):
        module = modules[f"m{index}"]
        if module.methods:
            found.append((phrase, text(module.methods[0].parameters[0].type)))
        else:
            found.append((phrase, module.refused[0].gaps[0].reason))
    return found


def _scores() -> str:
    rows = []
    for half in HALVES:
        groups = entries(half)
        found = list(outcomes(half))
        docstrings = Counter(str(group[0].row["style"]) for group in groups)
        for style in (*docstrings, ""):
            some = [one for one in found if style in ("", one.entry.row["style"])]
            number = docstrings[style] if style else len(groups)
            rows.append(_row(half, style, number, some))
    return table(["half", "style", "docstrings", "entries", "right", "wrong"], rows)


def _row(half: str, style: str, docstrings: int, found: list[Outcome]) -> tuple[str, ...]:
    right, wrong = sum(one.right for one in found), sum(one.wrong for one in found)
    shares = (f"{count / len(found):.1%} ({count})" for count in (right, wrong))
    return (half, style or "**all**", str(docstrings), str(len(found)), *shares)

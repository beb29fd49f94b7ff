"""Packages typed by docstrings: annotated, they promise what they promised, and a second run has nothing to do."""

from __future__ import annotations

import ast
import shutil
import textwrap
from pathlib import Path

import pytest

from modelgen.contract.types import text
from modelgen.project import annotate as module
from modelgen.project.annotate import Annotated, annotate
from modelgen.project.places import facts, stated
from modelgen.source import Options, Reading, read

ROOT = Path(__file__).parents[2]

# Source, and what the annotated text must contain.
SOURCES: dict[str, tuple[str, tuple[str, ...]]] = {
    "numpy": (
        '''
        """Classifies."""
        import numpy as np

        class Model:
            """Tells classes apart.

            Parameters
            ----------
            alpha : float, default=1.0
                Strength.
            solver : {'auto', 'svd'}, default='auto'
                Way to do it.
            """

            def __init__(self, alpha=1.0, solver="auto"):
                pass

            def run(self, X, top_k=3, names=None):
                """Classify.

                Parameters
                ----------
                X : ndarray of shape (n_samples, 4), dtype=float64
                    Samples.
                top_k : int
                    How many.
                names : list of str or None
                    What they are called.

                Returns
                -------
                labels : list of str
                    The best.
                scores : ndarray of shape (n_samples,)
                    How good.
                """
                return [], X[:, 0]
        ''',
        (
            '        alpha: float = 1.0,\n        solver: Literal["auto", "svd"] = "auto",\n    ):',
            "X: NDArray[np.float64]",
            "names: list[str] | None = None",
            "-> tuple[list[str], np.ndarray]:",
            "from typing import TYPE_CHECKING, Literal",
        ),
    ),
    "google": (
        '''
        """Counts."""

        class Model:
            def run(self, text, weights=None, strict=False):
                """Count.

                Args:
                    text (str): What to count.
                    weights (dict[str, float], optional): By word.
                    strict (bool): Whether to be strict.

                Returns:
                    dict of str to int: How often.
                """
                return {}

            def run_words(self, texts, *, limit=10):
                """List words.

                Args:
                    texts (Sequence[str]): Many texts.
                    limit (int): How many.

                Yields:
                    str: Each word.
                """
                yield from texts
        ''',
        (
            "        weights: dict[str, float] | None = None,\n        strict: bool = False,\n    ) -> dict[str, int]:",
            "def run_words(self, texts: Sequence[str], *, limit: int = 10) -> Iterator[str]:",
            "from collections.abc import Iterator, Sequence",
        ),
    ),
    "rest": (
        '''
        """Answers."""

        class Model:
            def run(self, question, deadline=None):
                """Answer.

                :param question: what to answer
                :type question: str
                :param deadline: by when
                :type deadline: datetime.timedelta
                :returns: the answer
                :rtype: str or None
                """
                return None

            async def run_stream(self, questions, seed):
                """Answer many.

                :param questions: what to answer
                :type questions: AsyncIterator[str]
                :param int seed: where to start
                :yields: each answer
                :ytype: str
                """
                async for one in questions:
                    yield one
        ''',
        (
            "        deadline: datetime.timedelta | None = None,\n    ) -> str | None:",
            "        questions: AsyncIterator[str],\n        seed: int,\n    ) -> AsyncIterator[str]:",
            "import datetime\n",
        ),
    ),
    "headless": (
        '''
        class Model:
            def run(self, text, factor) -> str:
                """Multiply.

                text: str
                factor: int
                """
                return text * factor
        ''',
        ("def run(self, text: str, factor: int)",),
    ),
    "life": (
        '''
        class Model:
            """Learns.

            Args:
                size (int): How large.
            """

            def __init__(self, size):
                self.size = size

            def run(self, text):
                """Do.

                Args:
                    text (str): It.

                Returns:
                    float: Something.
                """
                return 1.0

            @classmethod
            def train(cls, texts, epochs=3):
                """Learn.

                Args:
                    texts (list[str]): From these.
                    epochs (int): How often.

                Returns:
                    Model: A trained one.
                """
                return cls(len(texts))

            def save(self, path):
                """Write.

                Args:
                    path (str): Where.
                """

            @classmethod
            def load(cls, path):
                """Read.

                Args:
                    path (pathlib.Path): Where.

                Returns:
                    Model: As it was.
                """
                return cls(1)
        ''',
        (
            "def __init__(self, size: int):",
            "def train(cls, texts: list[str], epochs: int = 3) -> Model:",
            "def save(self, path: str):",
            "def load(cls, path: Path) -> Model:",
            "from __future__ import annotations",
        ),
    ),
    "itself": (
        '''
        class Model:
            def run(self, text):
                """Note.

                Parameters
                ----------
                text : str

                Returns
                -------
                self : object
                """
                return self

            def run_silently(self, text):
                """Note.

                Args:
                    text (str): It.

                Returns:
                    None
                """
        ''',
        ("def run(self, text: str) -> Model:", "def run_silently(self, text: str) -> None:"),
    ),
    "models": (
        '''
        import enum
        from dataclasses import dataclass

        class Model:
            def run(self, label, boxes, mood=None):
                """Draw.

                Args:
                    label (Label): What.
                    boxes (list of Box): Where.
                    mood (Mood): How.

                Returns:
                    Label or Box: One of them.
                """
                return label

        class Box:
            """A place.

            Args:
                x (float): From the left.
                y (float): From the top.
            """

            def __init__(self, x, y=0.0):
                self.x = x
                self.y = y

        @dataclass
        class Label:
            name: str
            box: Box

        class Mood(enum.Enum):
            GOOD = "good"
        ''',
        (
            "        boxes: list[Box],\n        mood: Mood | None = None,\n    ) -> Label | Box:",
            "def __init__(self, x: float, y: float = 0.0):",
        ),
    ),
    "attrs": (
        '''
        import attr

        @attr.s
        class Point:
            """A place.

            Attributes:
                x (float): From the left.
                tags (list of str): Words.
            """

            x = attr.ib()
            tags = attr.ib(factory=list)  # more to come

        class Model:
            def run(self, point):
                """Move.

                Args:
                    point (Point): From where.

                Returns:
                    Point: To where.
                """
                return point
        ''',
        ("x: float = attr.ib()", "tags: list[str] = attr.ib(factory=list)  # more to come"),
    ),
    "nested": (
        '''
        import torch

        class Model:
            def run(self, batches, image, both=None):
                """Do.

                Args:
                    batches (list of torch.Tensor of shape (n, 3)): Many.
                    image (np.ndarray of shape (2, 2) or str): One, or its name.
                    both (tuple of (int, set of str)): Two.

                Returns:
                    dict of str to (list of float): By name.
                """
                return {}
        ''',
        ("batches: list[torch.Tensor]", "image: np.ndarray | str", "both: tuple[int, set[str]] | None = None"),
    ),
    "scalars": (
        '''
        import datetime as dt
        import decimal

        class Model:
            def run(self, when, day, price, key, data, count, file):
                """Do.

                Args:
                    when (datetime.datetime): A moment.
                    day (datetime.date): A day.
                    price (decimal.Decimal): Money.
                    key (uuid.UUID): A key.
                    data (bytes): Bytes.
                    count (np.int32): A number.
                    file (typing.BinaryIO): A file.

                Returns:
                    numpy.float32: A number.
                """
                return 1
        ''',
        (
            "when: dt.datetime",
            "day: dt.date",
            "price: decimal.Decimal",
            "key: UUID",
            "count: np.int32",
            "file: BinaryIO",
            "-> np.float32:",
        ),
    ),
    "iterables": (
        '''
        class Model:
            def run(self, rows, also=()):
                """Do.

                Args:
                    rows (iterable of str): One after another.
                    also (iterable of int): All at once.

                Returns:
                    iterable of str: All at once.
                """
                return list(rows)

            def run_iterator(self, text):
                """Do.

                Args:
                    text (str): It.

                Returns:
                    iterator of str: One after another.
                """
                return iter(text)
        ''',
        (
            "def run(self, rows: Iterable[str], also: Iterable[int] = ()) -> Iterable[str]:",
            "def run_iterator(self, text: str) -> Iterator[str]:",
        ),
    ),
    "inherited": (
        '''
        class Ground:
            def run(self, text, n=1):
                """Do.

                Args:
                    text (str): It.
                    n (int): How often.

                Returns:
                    list of str: Them.
                """
                raise NotImplementedError

        class First(Ground):
            def run(self, text, n=1):
                return [text] * n

        class Second(Ground):
            def run(self, text, n=2):
                """Do the other.

                Args:
                    text (list of str): Them.

                Returns:
                    tuple of (str, int): Both.
                """
                return ("", 1)
        ''',
        ("def run(self, text: list[str], n: int = 2) -> tuple[str, int]:",),
    ),
    "partly": (
        '''
        from typing import Any

        class Model:
            def run(self, text: str, extra: dict, anything: Any, n=1):
                """Do.

                Args:
                    text (int): Something else.
                    extra (dict of str to int): More.
                    anything (list of str): Words.
                    n (int): How often.

                Returns:
                    str: It.
                """
                return text
        ''',
        ("def run(self, text: str, extra: dict, anything: Any, n: int = 1) -> str:",),
    ),
    "arraylike": (
        '''
        class Model:
            def run(self, X):
                """Do.

                Parameters
                ----------
                X : array-like of shape (n, 2)

                Returns
                -------
                y : array-like of shape (n,)
                """
                return X
        ''',
        ("def run(self, X: ArrayLike) -> np.ndarray:", "    from numpy.typing import ArrayLike"),
    ),
}


def written(folder: Path, source: str) -> Path:
    package = folder / "mylib"
    package.mkdir()
    (package / "__init__.py").write_text(textwrap.dedent(source).lstrip("\n"), encoding="utf-8")
    return package


def after(package: Path) -> str:
    return (package / "__init__.py").read_text(encoding="utf-8")


def spelled(reading: Reading) -> list[tuple[str, str, list[tuple[str, str, bool]], str]]:
    """The types in their text form, as the lock has them."""
    return [
        (found.name, method.name, [(p.name, text(p.type), p.required) for p in method.parameters], text(method.returns))
        for found in reading.contract.modules
        for method in (*found.methods, *(one for one in (found.construct, found.load, found.save) if one))
    ]


def same(before: Reading, now: Reading) -> None:
    """The two promise the same, hosts and defaults included."""
    assert spelled(before) == spelled(now)
    assert stated(before.contract) == stated(now.contract)
    assert before.contract == now.contract


@pytest.mark.parametrize("name", SOURCES)
def test_the_contract_stays_and_a_second_run_has_nothing_to_do(tmp_path: Path, name: str) -> None:
    source, pieces = SOURCES[name]
    package = written(tmp_path, source)
    before = read(package)
    assert spelled(before)
    outcome = annotate(package)
    assert not outcome.findings
    now = after(package)
    ast.parse(now)
    for piece in pieces:
        assert piece in now
    same(before, read(package))
    assert annotate(package) == Annotated()
    assert after(package) == now


def test_the_example_stays_what_it_is(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "examples/digits/digits", tmp_path / "digits")
    package = tmp_path / "digits"
    before = read(package)
    outcome = annotate(package)
    assert [(one.shown, one.count) for one in outcome.rewrites] == [("digits/classifier.py", 20)]
    same(before, read(package))
    assert annotate(package) == Annotated()
    line = "def __init__(self, pretrained: bool = True):"
    assert line in (package / "classifier.py").read_text()


def test_the_example_still_runs(tmp_path: Path) -> None:
    """The annotations are evaluated neither too early nor at all."""
    import subprocess
    import sys

    shutil.copytree(ROOT / "examples/digits/digits", tmp_path / "digits")
    annotate(tmp_path / "digits")
    code = "import torch, digits; print(digits.DigitClassifier().run_top(torch.zeros(8, 8))[0] in range(10))"
    run = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert run.stdout == "True\n", run.stderr


LAYOUT = '''\
#!/usr/bin/env python
# coding: utf-8
"""Say."""   # why not
import os; import sys   # both

# A class.


class Model :   # odd
\tdef run( self , text ,   # what
\t\t     n = 1, *rest , sep = ' ', ** more ) :   # how often
\t\t"""Do.

\t\tArgs:
\t\t    text (str): It.
\t\t    n (int): How often.
\t\t    sep (str): Between.

\t\tReturns:
\t\t    str: It.
\t\t"""
\t\t# inside
\t\treturn  text*n   # done
'''

LAID_OUT = '''\
#!/usr/bin/env python
# coding: utf-8
"""Say."""   # why not
import os; import sys   # both

# A class.


class Model :   # odd
\tdef run( self , text: str ,   # what
\t\t     n: int = 1, *rest , sep: str = ' ', ** more ) -> str :   # how often
'''


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_comments_and_layout_stay(tmp_path: Path, newline: str) -> None:
    package = tmp_path / "mylib"
    package.mkdir()
    (package / "__init__.py").write_bytes(LAYOUT.replace("\n", newline).encode())
    annotate(package)
    now = (package / "__init__.py").read_bytes().decode()
    assert now.startswith(LAID_OUT.replace("\n", newline))
    assert now.endswith(LAYOUT[-120:].replace("\n", newline))


def test_an_encoding_stays(tmp_path: Path) -> None:
    package = tmp_path / "mylib"
    package.mkdir()
    lines = [
        "# coding: latin-1",
        "class Model:  # Müller",
        "    def run(self, x):",
        "        ''':type x: int",
        "        :rtype: int'''",
    ]
    (package / "__init__.py").write_bytes("\n".join([*lines, "        return x  # größer", ""]).encode("latin-1"))
    annotate(package)
    data = (package / "__init__.py").read_bytes().decode("latin-1")
    assert "class Model:  # Müller\n    def run(self, x: int) -> int:" in data
    assert data.endswith("größer\n")


METHOD = '''
class Model:
    def run(self, x):
        """Do.

        Args:
            x ({}): It.

        Returns:
            int: A number.
        """
        return 1
'''

# Head of the file, docstring type, head of the file after.
IMPORTS = [
    ("", "dict of str to Any", "from typing import Any\n"),
    ('"""Doc."""\n', "object", '"""Doc."""\n\nfrom typing import Any\n'),
    ('"""Doc."""\nimport os\n', "object", '"""Doc."""\nimport os\nfrom typing import Any\n'),
    ("import numpy\n", "object", "from typing import Any\n\nimport numpy\n"),
    ("# hello\nimport numpy\n", "object", "# hello\nfrom typing import Any\n\nimport numpy\n"),
    ("import os\nfrom zlib import crc32\n", "object", "import os\nfrom typing import Any\nfrom zlib import crc32\n"),
    ("from typing import Union\n", "object", "from typing import Any, Union\n"),
    (
        "from typing import (\n    Dict,\n    Union,\n)\n",
        "object",
        "from typing import (\n    Any, Dict,\n    Union,\n)\n",
    ),
    ("from typing import Union as U\n", "object", "from typing import Any, Union as U\n"),
    ("import typing\n", "object", "import typing\n"),
    ("import typing as t\n", "object", "import typing as t\n"),
    ("from typing import *\n", "object", "from typing import Any\nfrom typing import *\n"),
    ("import numpy as np\n", "ndarray", "import numpy as np\n"),
    ("import numpy\n", "ndarray", "import numpy\n"),
    ("from numpy import ndarray\n", "ndarray", "from numpy import ndarray\n"),
    (
        "",
        "ndarray",
        "from __future__ import annotations\n\nfrom typing import TYPE_CHECKING\n\n"
        "if TYPE_CHECKING:\n    import numpy as np\n",
    ),
    (
        "from __future__ import division\nimport os\n",
        "torch.Tensor",
        "from __future__ import division\nfrom __future__ import annotations\nimport os\nfrom typing import TYPE_CHECKING\n\n"
        "if TYPE_CHECKING:\n    import torch\n",
    ),
    (
        "import typing\nif typing.TYPE_CHECKING:\n    import os\n",
        "torch.Tensor",
        "from __future__ import annotations\n\nimport typing\nif typing.TYPE_CHECKING:\n    import os\n    import torch\n",
    ),
    (
        "try:\n    import numpy as np\nexcept ImportError:\n    np = None\n",
        "ndarray",
        "from __future__ import annotations\n\ntry:\n    import numpy as np\nexcept ImportError:\n    np = None\n",
    ),
    ("from PIL import Image\n", "PIL.Image.Image", "from PIL import Image\n"),
    ("", "int or None", "from __future__ import annotations\n"),
]


@pytest.mark.parametrize(("head", "phrase", "expected"), IMPORTS)
def test_the_imports_that_annotations_need(tmp_path: Path, head: str, phrase: str, expected: str) -> None:
    package = written(tmp_path, head + METHOD.format(phrase))
    before = read(package)
    annotate(package)
    now = after(package)
    assert now.partition("class Model")[0].strip() == expected.strip()
    assert "def run(self, x: " in now
    same(before, read(package))
    compile(now, "mylib", "exec")


def test_a_class_of_another_module_is_imported_for_type_checkers(tmp_path: Path) -> None:
    package = written(tmp_path, "from .model import Model\n")
    (package / "data.py").write_text("from dataclasses import dataclass\n\n\n@dataclass\nclass Box:\n    x: int\n")
    (package / "model.py").write_text(METHOD.format("Box"))
    before = read(package)
    annotate(package)
    assert "if TYPE_CHECKING:\n    from mylib.data import Box\n" in (package / "model.py").read_text()
    assert "x: Box)" in (package / "model.py").read_text()
    same(before, read(package))


@pytest.mark.parametrize(
    "source",
    [
        METHOD.format("ndarray of shape (2, 3)").replace("class Model", "np = 3\n\n\nclass Model"),
        METHOD.format("str").replace("def run(self, x):", "def run(self, x):\n        # type: (str) -> int"),
        METHOD.format("str").replace("def run(self, x):", "def run(self,\n            x,  # type: str\n            ):"),
    ],
    ids=["a name that is taken", "a type comment", "a type comment on a parameter"],
)
def test_what_cannot_be_annotated_stays(tmp_path: Path, source: str) -> None:
    package = written(tmp_path, source)
    before, text_before = read(package), after(package)
    annotate(package)
    assert "x:" not in after(package).replace(text_before, "").partition('"""')[0]
    assert "def run(self, x: " not in after(package)
    same(before, read(package))


def test_what_no_annotation_says_is_told(tmp_path: Path) -> None:
    package = written(tmp_path, METHOD.format("ndarray").replace("class Model", "np = 3\n\n\nclass Model"))
    outcome = annotate(package)
    assert [finding.code for finding in outcome.findings] == ["type-stays-in-docstring"]
    assert "`x` of `Model.run`" in outcome.findings[0].message
    assert outcome.kept == 1


def test_an_annotation_never_says_less_than_the_docstring(tmp_path: Path) -> None:
    """What cannot be sent can still be passed in Python."""
    source = METHOD.format("int or callable").replace("int: A number", "int or sparse matrix: A number")
    package = written(tmp_path, source)
    before = read(package)
    assert spelled(before)[0][2] == [("x", "int64", True)]
    outcome = annotate(package)
    assert outcome.rewrites == ()
    assert [finding.code for finding in outcome.findings] == ["type-stays-in-docstring"]


def test_an_annotation_that_would_change_the_contract_is_not_written(tmp_path: Path) -> None:
    """Here `float` is no type; docstrings mean the builtin one all the same."""
    source = "def float(text):\n    return 0\n\n" + METHOD.format("float").replace("(self, x)", "(self, x, y)")
    package = written(tmp_path, source.replace("x (float): It.", "x (float): It.\n            y (str): Too."))
    before = read(package)
    outcome = annotate(package)
    assert [finding.code for finding in outcome.findings] == ["type-stays-in-docstring"]
    assert "def run(self, x, y: str) -> int:" in after(package)
    same(before, read(package))
    assert annotate(package).rewrites == ()


def test_long_signatures_get_a_parameter_a_line(tmp_path: Path) -> None:
    names = [f"parameter_{number}" for number in range(6)]
    doc = "\n".join(f"            {name} (dict[str, float]): It." for name in names)
    source = f'class Model:\n    def run(self, {", ".join(names)}, *, last=None, **more):\n        """Do.\n\n        Args:\n{doc}\n        """\n'
    package = written(tmp_path, source)
    before = read(package)
    annotate(package)
    lines = after(package).splitlines()
    start = lines.index("    def run(")
    assert lines[start + 1 : start + 3] == ["        self,", "        parameter_0: dict[str, float],"]
    assert lines[start + 8 : start + 12] == ["        *,", "        last=None,", "        **more,", "    ):"]
    same(before, read(package))


def test_a_signature_of_several_lines_that_got_too_long_too(tmp_path: Path) -> None:
    head = "class Model:\n    def run(self, first, second,\n            third):\n"
    types = "".join(
        f"            {name} (dict[str, dict[str, list[float]]]): It.\n" for name in ("first", "second", "third")
    )
    package = written(tmp_path, f'{head}        """Do.\n\n        Args:\n{types}        """\n')
    annotate(package)
    lines = after(package).splitlines()
    start = lines.index("    def run(")
    assert lines[start + 1 : start + 3] == ["        self,", "        first: dict[str, dict[str, list[float]]],"]


def test_what_one_module_gives_type_checkers_is_one_import(tmp_path: Path) -> None:
    source = '''
    import numpy as np

    class Model:
        def run(self, x, y):
            """Do.

            Args:
                x (array-like): It.
                y (ndarray of int64): It.
            """
            return None
    '''
    package = written(tmp_path, source)
    annotate(package)
    assert "    from numpy.typing import ArrayLike, NDArray\n" in after(package)


def test_settings_that_give_a_type_count_before_and_after(tmp_path: Path) -> None:
    package = written(tmp_path, METHOD.format("something odd"))
    (tmp_path / "modelgen.toml").write_text('[types]\n"mylib.Model.run.x" = "int"\n')
    outcome = annotate(package)
    assert "def run(self, x) -> int:" in after(package)
    assert not outcome.failed


def test_a_method_that_is_refused_does_not_stop_the_others(tmp_path: Path) -> None:
    other = METHOD.format("str").replace("def run", "def run_other")
    package = written(tmp_path, METHOD.format("a thing from nowhere") + other.partition("class Model:\n")[2])
    assert not annotate(package).failed
    assert "def run(self, x):" in after(package)
    assert "def run_other(self, x: str) -> int:" in after(package)


def test_nothing_is_written_where_it_is_only_asked(tmp_path: Path) -> None:
    package = written(tmp_path, METHOD.format("str"))
    before = after(package)
    outcome = annotate(package, write=False)
    assert after(package) == before
    assert "-    def run(self, x):\n+    def run(self, x: str) -> int:\n" in outcome.rewrites[0].diff()


def test_a_file_that_changed_meanwhile_is_not_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = written(tmp_path, METHOD.format("str") + "\n\nfrom .other import Other\n")
    (package / "other.py").write_text(METHOD.format("int").replace("Model", "Other"))
    rewritten = module.codemod.rewritten

    def meddling(*arguments: object) -> bytes:
        (package / "other.py").write_text("# mine\n")
        return rewritten(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(module.codemod, "rewritten", meddling)
    before = after(package)
    outcome = annotate(package)
    assert [finding.code for finding in outcome.findings] == ["source-changed"]
    assert (package / "other.py").read_text() == "# mine\n"
    assert after(package) == before


def test_a_files_rights_stay_and_a_link_stays_a_link(tmp_path: Path) -> None:
    package = written(tmp_path, "from .model import Model\n")
    real = tmp_path / "real.py"
    real.write_text(METHOD.format("str"))
    real.chmod(0o750)
    (package / "model.py").symlink_to(real)
    annotate(package)
    assert (package / "model.py").is_symlink()
    assert real.stat().st_mode & 0o777 == 0o750
    assert "x: str" in real.read_text()
    assert sorted(one.name for one in tmp_path.iterdir()) == ["mylib", "real.py"]


@pytest.mark.parametrize(
    ("source", "code"),
    [("class Model(:\n", "syntax-error"), ("x = 1\n", "nothing-servable"), (None, "package-not-found")],
)
def test_a_package_that_cannot_be_read_is_left_alone(tmp_path: Path, source: str | None, code: str) -> None:
    package = written(tmp_path, source) if source is not None else tmp_path / "nothing"
    outcome = annotate(package)
    assert outcome.failed
    assert code in [finding.code for finding in outcome.findings]


def test_texts_stand_in_for_files(tmp_path: Path) -> None:
    """What annotating relies on: a package can be read as it would be."""
    package = written(tmp_path, METHOD.format("str"))
    replaced = {package / "__init__.py": METHOD.format("bool").encode()}
    found = read(package, Options(texts=replaced)).contract.modules[0].methods[0].parameters[0]
    assert text(found.type) == "bool"
    assert facts(found) != facts(read(package).contract.modules[0].methods[0].parameters[0])


def test_a_name_that_cannot_be_served_can_be_annotated(tmp_path: Path) -> None:
    package = written(tmp_path, METHOD.format("str").replace("class Model", "class Option"))
    assert not annotate(package).failed
    assert "def run(self, x: str) -> int:" in after(package)

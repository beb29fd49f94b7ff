"""Whatever a package's files hold, reading ends, in findings: no crash, no hang."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from modelgen.source import Options, Reading, read

SERVED = "class Model:\n    def run(self, x: int) -> str:\n        return str(x)\n"
PATIENCE = 20.0
"""Seconds of processor time for what should take a fraction of one."""

WORDS = st.sampled_from(
    "class def run self return import from as * ( ) [ ] { } : , . = -> @ | None int str list dict Optional Union Literal "
    "Annotated Self Any type TypeVar Generic dataclass property overload async await yield lambda if else try except "
    "with for in __all__ __getattr__ TYPE_CHECKING 'text' \"Model\" 0 1.5 ... \\ # \t \n \n\n \n    \n        ".split(
        " "
    )
)


def reading(files: dict[str, bytes], folder: Path) -> Reading:
    """A package of these files, read within the time that is given."""
    root = folder / "mylib"
    for name, data in {"__init__.py": b"", **files}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    started = time.process_time()
    answer = read(root, Options(methods={"*": ("run", "run_*", "__call__")}))
    assert time.process_time() - started < PATIENCE
    return answer


def errors(answer: Reading) -> list[str]:
    return [finding.code for finding in answer.findings if finding.level.value == "error"]


ANY = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@ANY
@given(st.binary(max_size=400))
@example(b"\x00")
@example(b"\xef\xbb\xbf" + SERVED.encode())
@example(b"# coding: nonsense\n" + SERVED.encode())
@example(b"# coding: utf-16\n" + SERVED.encode())
def test_random_bytes(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        answer = reading({"m.py": SERVED.encode(), "n.py": data, "o.py": SERVED.encode() + data}, Path(folder))
        assert answer.contract.package == "mylib"


@ANY
@given(st.lists(WORDS, max_size=80))
def test_random_words_of_python(words: list[str]) -> None:
    text = " ".join(words)
    with tempfile.TemporaryDirectory() as folder:
        reading({"m.py": text.encode(), "n.py": f"{SERVED}    {text}\n".encode()}, Path(folder))


@ANY
@given(st.text(max_size=60))
def test_random_annotations_and_docstrings(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        said(text, Path(folder))


GIANT = {
    "parentheses": "(" * 10_000,
    "lists": "list[" * 3_000 + "int" + "]" * 3_000,
    "a union": "int" + " | int" * 5_000,
    "words": "int or " * 5_000,
    "a name": "x" * 1_000_000,
    "braces": "{" * 5_000 + "'a', " * 5_000,
}


@pytest.mark.parametrize("what", GIANT)
def test_giant_annotations_and_docstrings(what: str, tmp_path: Path) -> None:
    said(GIANT[what], tmp_path)


def said(text: str, folder: Path) -> None:
    """Read a method of which an annotation, and a docstring, say a text."""
    source = f'class Model:\n    def run(self, x: {text!r}, y=None) -> int:\n        """Run.\n\n        Args:\n'
    escaped = text.replace("\\", "\\\\").replace('"', "'")
    source += f'            y ({escaped}): {escaped}\n        """\n        return 0\n'
    reading({"m.py": source.encode("utf-8", "surrogatepass")}, folder)


NESTED = {
    "parentheses": "x = " + "(" * 10_000 + "1" + ")" * 10_000,
    "parentheses left open": "(" * 10_000,
    "lists": "x = " + "[" * 10_000 + "]" * 10_000,
    "unary": "x = " + "-" * 10_000 + "1",
    "attributes": "x = a" + ".a" * 10_000,
    "calls": "x = a" + "()" * 10_000,
    "additions": "x = 1" + " + 1" * 10_000,
    "blocks": "".join(" " * depth + "if x:\n" for depth in range(90)) + " " * 90 + "pass",
    "elif": "if x: pass\n" + "elif y: pass\n" * 10_000,
    "classes": "".join(" " * depth + f"class C{depth}:\n" for depth in range(90)) + " " * 90 + "pass",
    "lambdas": "x = " + "lambda: " * 5_000 + "1",
    "an annotation": "def f(x: " + "list[" * 3_000 + "int" + "]" * 3_000 + "): pass",
    "a union": "X = int" + " | int" * 10_000,
    "f-strings": "x = " + 'f"{' * 100 + "1" + '}"' * 100,
}


@pytest.mark.parametrize("what", NESTED)
def test_deep_nesting(what: str, tmp_path: Path) -> None:
    answer = reading({"m.py": SERVED.encode(), "deep.py": f"{NESTED[what]}\n{SERVED}".encode()}, tmp_path)
    symbols = {module.symbol for module in answer.contract.modules}
    assert "mylib.m.Model" in symbols
    assert "mylib.deep.Model" in symbols or errors(answer) == ["syntax-error"]


LONG = {
    "functions": "\n".join(f"def f{number}(x: int) -> int:\n    return x" for number in range(5_000)),
    "aliases, each of the one before": "A0 = int\n" + "\n".join(f"A{n} = A{n - 1}" for n in range(1, 10_000)),
    "imports of itself": "\n".join(f"from mylib.long import Name{n}" for n in range(10_000)),
    "branches of one name": "\n".join(
        "try:\n    from a import X\nexcept ImportError:\n    X = None" for _ in range(2_500)
    ),
    "a string": f'x = """{"text " * 1_000_000}"""',
    "a docstring": f'"""{"- name (int): text" * 100_000}"""',
    "a line": f"x = [{'1, ' * 300_000}]",
    "classes, each below the one before": "class C0: pass\n"
    + "\n".join(f"class C{n}(C{n - 1}): pass" for n in range(1, 5_000)),
}


@pytest.mark.parametrize("what", LONG)
def test_long_files(what: str, tmp_path: Path) -> None:
    served = "class Model:\n    def run(self, x: 'A9999 | int' = 0, y: 'X' = None) -> int: ...\n"
    answer = reading({"long.py": f"{LONG[what]}\n{served}".encode()}, tmp_path)
    assert [module.symbol for module in answer.contract.modules] == ["mylib.long.Model"]


WRITTEN = {
    "utf-8": ("utf-8", ""),
    "utf-8 with a mark": ("utf-8-sig", ""),
    "utf-8 that says so": ("utf-8", "# -*- coding: utf-8 -*-\n"),
    "latin-1": ("latin-1", "# -*- coding: latin-1 -*-\n"),
    "latin-1 in the second line": ("latin-1", "#!/usr/bin/python\n# vim: set fileencoding=latin-1 :\n"),
    "cp1252": ("cp1252", "# coding=cp1252\n"),
    "old line ends": ("utf-8", "# text\r"),
}


@pytest.mark.parametrize("way", WRITTEN)
def test_every_encoding_that_python_reads(way: str, tmp_path: Path) -> None:
    encoding, head = WRITTEN[way]
    source = (
        f'{head}class Model:\n    """Größe."""\n\n    def run(self, größe: int = 1, *, x: "str" = "é") -> int: ...\n'
    )
    if way == "old line ends":
        source = source.replace("\n", "\r")
    answer = reading({"m.py": source.encode(encoding)}, tmp_path)
    (module,) = answer.contract.modules
    assert module.doc == "Größe."


@pytest.mark.parametrize(
    "data",
    [
        SERVED.encode("utf-16"),
        SERVED.encode("utf-32"),
        SERVED.encode() + "é".encode("latin-1"),
        b"# coding: utf-8\n" + SERVED.encode() + b"\xff",
        b"\xef\xbb\xbf# coding: latin-1\n" + SERVED.encode(),
        SERVED.encode() + b"\x00",
    ],
)
def test_what_python_does_not_read_is_an_error_with_its_file(data: bytes, tmp_path: Path) -> None:
    answer = reading({"m.py": data, "n.py": SERVED.encode()}, tmp_path)
    assert [module.symbol for module in answer.contract.modules] == ["mylib.n.Model"]
    told = [finding for finding in answer.findings if finding.where and finding.where.path == "mylib/m.py"]
    assert [finding.code for finding in told] == ["syntax-error"]


def test_links_that_lead_back_are_not_followed_for_ever(tmp_path: Path) -> None:
    (tmp_path / "mylib").mkdir()
    (tmp_path / "mylib/again").symlink_to(tmp_path / "mylib", target_is_directory=True)
    (tmp_path / "mylib/self.py").symlink_to(tmp_path / "mylib/self.py")
    (tmp_path / "mylib/gone.py").symlink_to(tmp_path / "nowhere.py")
    answer = reading({"m.py": SERVED.encode()}, tmp_path)
    assert "mylib.m.Model" in {module.symbol for module in answer.contract.modules}
    assert set(errors(answer)) <= {"file-unreadable"}


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="a superuser reads every file")
def test_a_file_that_may_not_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "mylib").mkdir()
    (tmp_path / "mylib/closed.py").write_text(SERVED)
    (tmp_path / "mylib/closed.py").chmod(0)
    assert errors(reading({"m.py": SERVED.encode()}, tmp_path)) == ["file-unreadable"]


def test_a_folder_with_the_name_of_a_file_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "mylib/folder.py").mkdir(parents=True)
    (tmp_path / "mylib/folder.pyi").mkdir()
    answer = reading({"m.py": SERVED.encode()}, tmp_path)
    assert [module.symbol for module in answer.contract.modules] == ["mylib.m.Model"]


CIRCLES = {
    "bases": "class A(B): pass\nclass B(A): pass\nclass Model(A):\n    def run(self, x: 'A') -> 'B': ...\n",
    "its own base": "class Model(Model):\n    def run(self, x: int) -> int: ...\n",
    "aliases": "A = B\nB = A\nclass Model:\n    def run(self, x: 'A', y: 'list[B]') -> int: ...\n",
    "an alias of itself": "A = list['A']\nclass Model:\n    def run(self, x: A) -> int: ...\n",
    "a fields' type": "class P:\n    def __init__(self, p: 'P'): self.p = p\nclass Model:\n    def run(self, x: P) -> P: ...\n",
    "a variable's bound": "from typing import TypeVar\nT = TypeVar('T', bound='T')\nclass Model:\n    def run(self, x: T) -> T: ...\n",
    "a generic that grows": (
        "from dataclasses import dataclass\nfrom typing import Generic, TypeVar\nT = TypeVar('T')\n"
        "@dataclass\nclass G(Generic[T]):\n    g: 'G[list[T]] | None' = None\n"
        "class Model:\n    def run(self, x: G[int]) -> int: ...\n"
    ),
    "a default": "X = Y\nY = X\nclass Model:\n    def run(self, x: int = X) -> int: ...\n",
}


@pytest.mark.parametrize("what", CIRCLES)
def test_circles(what: str, tmp_path: Path) -> None:
    answer = reading({"m.py": CIRCLES[what].encode()}, tmp_path)
    assert answer.contract.modules or errors(answer)


@pytest.mark.parametrize("way", ["star", "try", "plain"])
def test_modules_that_all_import_from_each_other(way: str, tmp_path: Path) -> None:
    count = 30
    line = {
        "star": "from mylib.m{0} import *",
        "try": "try:\n    from mylib.m{0} import Thing\nexcept ImportError:\n    Thing = None",
        "plain": "from mylib.m{0} import Thing",
    }[way]
    files = {
        f"m{number}.py": "\n".join(line.format(other) for other in range(count) if other != number).encode()
        for number in range(count)
    }
    files["m0.py"] += b"\nclass Model:\n    def run(self, x: Thing) -> int: ...\n"
    answer = reading(files, tmp_path)
    assert errors(answer)

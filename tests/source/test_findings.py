"""Bad input: each with a readable finding at its place, never a crash."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelgen.source import Options, read

MODEL = "class Model:\n    def run(self, x: int) -> int: ...\n"

BAD = {
    "a syntax error": (
        {"a.py": "class Model:\n    def run(self, x: int -> int: ...\n"},
        "syntax-error",
        "mylib/a.py:2",
        "error",
    ),
    "a syntax error where a name leads": (
        {"a.py": "from .b import Point\n" + MODEL.replace("x: int", "x: Point"), "b.py": "class Point(:\n"},
        "syntax-error",
        "mylib/b.py:1",
        "error",
    ),
    "a syntax error elsewhere": ({"a.py": MODEL, "b.py": "def f(:\n"}, "syntax-error", "mylib/b.py:1", "warning"),
    "a NUL": ({"a.py": MODEL + "x = '\0'\n"}, "syntax-error", "mylib/a.py", "error"),
    "an unknown encoding": ({"a.py": "# coding: klingon\n" + MODEL}, "syntax-error", "mylib/a.py", "error"),
    "an unresolvable type": (
        {"a.py": MODEL.replace("x: int", "x: Nowhere")},
        "type-unresolved",
        "mylib/a.py:2:19",
        "error",
    ),
    "no type": ({"a.py": MODEL.replace("x: int", "x")}, "type-missing", "mylib/a.py:2:19", "error"),
    "nothing to serve": (
        {"a.py": "class Model:\n    def other(self): ...\n"},
        "nothing-servable",
        "mylib/__init__.py",
        "error",
    ),
    "an empty package": ({}, "nothing-servable", "mylib/__init__.py", "error"),
    "a Python keyword": ({"a.py": MODEL.replace("Model", "Import")}, "name-is-keyword", "mylib/a.py:1:1", "error"),
    "a proto keyword": ({"a.py": MODEL.replace("Model", "Message")}, "name-is-keyword", "mylib/a.py:1:1", "error"),
    "no proto name": ({"a.py": MODEL.replace("Model", "Größe")}, "name-is-keyword", "mylib/a.py:1:1", "error"),
    "no proto name of a parameter": (
        {"a.py": MODEL.replace("x:", "größe:")},
        "name-is-keyword",
        "mylib/a.py:2:19",
        "error",
    ),
    "two classes of one name": ({"a.py": f"{MODEL}\n{MODEL}"}, "class-redefined", "mylib/a.py:4:1", "error"),
}


@pytest.mark.parametrize("way", BAD)
def test_bad_input_is_told(package, way):
    files, code, place, level = BAD[way]
    findings = package.read(files).findings
    found = [finding for finding in findings if finding.code == code]
    assert found, [str(finding) for finding in findings]
    assert found[0].level.value == level
    assert str(found[0].where).startswith(place)
    assert found[0].hint


def test_two_classes_of_one_name_in_branches_are_one(package):
    body = textwrap.indent(MODEL, "    ")
    assert package.module({"a.py": f"try:\n    import torch\nexcept ImportError:\n{body}else:\n{body}"}).name == "Model"


def test_two_classes_of_one_name_in_two_modules_are_two(package):
    reading = package.read({"a.py": MODEL, "b.py": MODEL})
    assert [module.symbol for module in reading.contract.modules] == ["mylib.a.Model", "mylib.b.Model"]


def test_bytes_that_are_not_utf8(package):
    root = package.folder / "mylib"
    root.mkdir()
    (root / "__init__.py").write_bytes(MODEL.encode() + b"# \xff\xfe\n")
    assert [finding.code for finding in read(root).findings] == ["syntax-error"]


def test_the_syntax_of_a_newer_python_is_told(package):
    newer = (
        "type X = int\n"
        if sys.version_info < (3, 12)
        else "x = t'{1}'\n" if sys.version_info < (3, 14) else "x = = 1\n"
    )
    (finding,) = package.read(f"{newer}{MODEL}").findings
    assert finding.code == "syntax-error"
    assert f"{sys.version_info.major}.{sys.version_info.minor}" in finding.hint


ENCODINGS = ["utf-8", "utf-8-sig", "latin-1", "cp1252", "iso8859-15"]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_encoding_is_read(package, encoding):
    root = package.folder / "mylib"
    root.mkdir()
    text = f'# coding: {encoding}\n"""Größe."""\nclass Model:\n    def run(self, x: str = "é") -> int: ...\n'
    (root / "__init__.py").write_bytes(text.encode(encoding))
    (module,) = read(root).contract.modules
    default = module.methods[0].parameters[0].default
    assert default is not None
    assert (default.text, default.value) == ('"é"', "é")


def test_a_package_that_cannot_be_listed_is_no_crash(tmp_path):
    (tmp_path / "mylib").mkdir()
    (tmp_path / "mylib" / "__init__.py").symlink_to(tmp_path / "gone.py")
    (tmp_path / "mylib" / "a.py").mkdir()
    assert read(tmp_path / "mylib").findings[0].level.value == "error"


DEEP = [
    "x: " + "list[" * 150 + "int" + "]" * 150,
    "x: " + " | ".join(f"Literal[{n}]" for n in range(3000)),
    "x: " + "a." * 3000 + "b",
    "x: '" + "list[" * 80 + "int" + "]" * 80 + "'",
    "x: int = " + "+".join(["1"] * 3000),
    "x: int = " + "-" * 500 + "1",
    "x: int = " + "(" * 90 + "1" + ")" * 90,
]


@pytest.mark.parametrize("parameter", DEEP, ids=range(len(DEEP)))
def test_deep_nesting_is_no_crash(package, parameter):
    package.read(f"from typing import Literal\nclass Model:\n    def run(self, {parameter}) -> int: ...\n")


def test_long_chains_are_no_crash(package):
    classes = "class C0:\n    def run(self, x: int) -> int: ...\n" + "".join(
        f"class C{n}(C{n - 1}): pass\n" for n in range(1, 400)
    )
    models = (
        "".join(f"@dataclass\nclass M{n}:\n    x: 'M{n + 1}'\n" for n in range(400))
        + "@dataclass\nclass M400:\n    x: int\n"
    )
    branches = "if x == 0:\n    y = 0\n" + "".join(f"elif x == {n}:\n    y = {n}\n" for n in range(1, 500))
    tail = "class Model:\n    def run_m(self, x: M0) -> int: ...\n"
    reading = package.read(f"from dataclasses import dataclass\n{branches}{models}{classes}{tail}")
    assert len(reading.contract.models) == 401


def test_classes_that_inherit_from_themselves_are_no_crash(package):
    package.read(
        "class Model(Model):\n    def run(self, x: int) -> int: ...\nclass A(B): pass\nclass B(A):\n    def run(self, x: int): ...\n"
    )


PIECES = [
    "class Model:", "    def run(self, x", ": int", " = 3", ") -> ", "list[", "]", "Optional", "'", '"""', "\n", "    ", "@dataclass\n", "(", ")",
    "from . import x\n", "from .x import *\n", "yield", "*", "**", "|", "Args:\n", "        x (int): y\n", "\\", "\t", "é", "\x0c", "#:", "__all__ = ", "type X = ",
]  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(PIECES), max_size=60).map("".join))
def test_random_pieces_of_python_are_no_crash(tmp_path, text):
    path = tmp_path / "m.py"
    path.write_text(f"{MODEL}\n{text}", encoding="utf-8")
    read(path)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=400))
def test_random_bytes_are_no_crash(tmp_path, data):
    path = tmp_path / "m.py"
    path.write_bytes(data)
    read(path)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(alphabet="abx ,.:;()[]{}'\"`|=-*\n\\oflist rintsaue", max_size=80))
def test_random_phrases_are_no_crash(tmp_path, phrase):
    body = f"Run.\n\n    Args:\n        x ({phrase}): y\n\n    Returns:\n        {phrase}: z"
    path = tmp_path / "m.py"
    path.write_text(
        f"class Model:\n    def run(self, x):\n        return 1\n    run.__doc__ = ''\n\ndef f(x):\n    {body!r}\n    return 1\n\nclass Other:\n    run = f\n"
    )
    read(path)


SCRIPT = "import sys, pathlib; from modelgen.source import read; print(repr(read(pathlib.Path(sys.argv[1]))))"


def test_the_same_input_reads_the_same_whatever_the_hash_seed_and_the_folder(tmp_path):
    files = {
        "mylib/__init__.py": "from .a import *\nfrom .b import B\n",
        "mylib/a.py": "from enum import Flag\nfrom typing import Literal\nclass F(Flag):\n    X = 1\n    Y = 2\n"
        "class A:\n    def run(self, x: set[Literal['q', 'a', 'z']], f: F, **k) -> dict[str, 'B']: ...\nfrom .b import B\n",
        "mylib/b.py": "import dataclasses\n@dataclasses.dataclass\nclass B:\n    a: 'int | str | bytes | None' = None\n    f: 'set[int]' = dataclasses.field(default_factory=set)\n",
    }
    answers = set()
    for seed, folder in (("0", "one"), ("1", "two"), ("random", "three")):
        for name in random.sample(sorted(files), len(files)):
            path = tmp_path / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(files[name])
        package = tmp_path / folder / "mylib"
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT, str(package)], env=environment, capture_output=True, text=True, check=True
        )
        answers.add(done.stdout.replace(str(Path(tmp_path / folder)), ""))
    assert len(answers) == 1


def test_refusals_as_warnings_still_need_a_method_to_serve(package, codes):
    reading = package.read(MODEL.replace("x: int", "x"), Options(refused="warning"))
    assert codes(reading) == ["nothing-servable", "type-missing"]


def test_nesting_costs_no_more_than_its_depth(package):
    annotation = "list[" * 25 + "int" + "]" * 25
    (parameter,) = package.method(f"class Model:\n    def run(self, x: {annotation}) -> int: ...\n").parameters
    assert str(parameter.type).count("ListOf") == 25

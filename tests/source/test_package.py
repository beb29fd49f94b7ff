"""What `PACKAGE` may be, and which files are read."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelgen.source import read

MODEL = "class Model:\n    def run(self, x: int) -> int: ...\n"

LAYOUTS = [
    (["mylib/__init__.py"], "mylib", "mylib"),
    (["pyproject.toml", "mylib/__init__.py"], ".", "mylib"),
    (["pyproject.toml", "src/mylib/__init__.py"], ".", "mylib"),
    (["pyproject.toml", "mylib/__init__.py", "tests/__init__.py", "docs/__init__.py"], ".", "mylib"),
    (["pyproject.toml", "my_lib/__init__.py", "other/__init__.py"], ".", "my_lib"),
    (["mylib.py"], "mylib.py", "mylib"),
    (["mylib/__init__.py"], "mylib/__init__.py", "mylib"),
]


def write(folder: Path, names: list[str]) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("[project]\nname = 'My-Lib'\n" if name == "pyproject.toml" else MODEL)


@pytest.mark.parametrize(("names", "path", "package"), LAYOUTS)
def test_a_package_is_found(tmp_path, names, path, package):
    write(tmp_path, names)
    reading = read(tmp_path / path)
    assert reading.contract.package == package
    assert reading.contract.modules[0].symbol == f"{package}.Model"
    assert reading.findings == ()


def test_a_relative_path_is_as_good(tmp_path, monkeypatch):
    write(tmp_path, ["mylib/__init__.py"])
    monkeypatch.chdir(tmp_path / "mylib")
    assert read(Path()).contract.package == "mylib"
    monkeypatch.chdir(tmp_path)
    assert str(read(Path("mylib")).contract.modules[0].where) == "mylib/__init__.py:1:1"


MISSING = [
    ([], "nowhere", "does not exist"),
    (["a.txt"], "a.txt", "not a Python module"),
    (["pyproject.toml"], ".", "holds no package"),
    (["one/__init__.py", "two/__init__.py"], ".", "several packages: `one`, `two`"),
    (["not-a-name.py"], "not-a-name.py", "not a Python module"),
    (["class.py"], "class.py", "keyword"),
]


@pytest.mark.parametrize(("names", "path", "said"), MISSING)
def test_no_package_is_a_finding(tmp_path, names, path, said):
    write(tmp_path, names)
    (finding,) = read(tmp_path / path).findings
    assert finding.level.value == "error"
    assert said in finding.message
    assert finding.hint


def test_files_lists_all_that_was_read(package):
    reading = package.read({"__init__.py": "from .a import Model\n", "a.py": MODEL, "b.py": ""})
    root = package.folder / "mylib"
    assert reading.files == (root / "__init__.py", root / "a.py", root / "b.py")


def test_tests_and_the_command_line_of_a_package_are_not_served(package):
    names = ("tests/test_a.py", "test_b.py", "conftest.py", "__main__.py", "a.py")
    reading = package.read(dict.fromkeys(names, MODEL) | {"tests/__init__.py": ""})
    assert [module.symbol for module in reading.contract.modules] == ["mylib.a.Model"]


def test_the_contract_has_the_package_s_doc(package):
    reading = package.read({"__init__.py": '"""My library.\n\nIt is good.\n"""\n', "a.py": MODEL})
    assert reading.contract.doc == "My library.\n\nIt is good."

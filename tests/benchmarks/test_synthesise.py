"""The synthetic packages that `make bench` measures with."""

import ast
from pathlib import Path

from benchmarks.synthesise import METHODS, module, name, write_large, write_module, write_package


def read(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_the_same_size_is_the_same_package(tmp_path):
    write_package(tmp_path / "a", 12)
    write_package(tmp_path / "b", 12)
    assert read(tmp_path / "a") == read(tmp_path / "b")
    assert len(read(tmp_path / "a")) == 12 + 2


def test_every_module_is_python_with_a_class_of_its_own():
    assert len({name(index) for index in range(450)}) == 450
    for index in range(len(METHODS)):
        classes = [node.name for node in ast.parse(module(index)).body if isinstance(node, ast.ClassDef)]
        assert classes[-1] == name(index)


def test_ten_modules_hold_every_kind_of_method():
    text = "".join(module(index) for index in range(10))
    for trait in (
        "np.ndarray",
        "torch.Tensor of shape",
        "Iterator[str]",
        "Literal",
        "str | list[str]",
        "bytes",
        "Args:",
    ):
        assert trait in text


def test_a_revision_adds_one_parameter_and_goes_away_again(tmp_path):
    write_package(tmp_path / "p", 2)
    before = read(tmp_path / "p")
    write_module(tmp_path / "p", 0, revised=True)
    after = read(tmp_path / "p")
    (changed,) = [path for path in before if before[path] != after[path]]
    assert after[changed].replace(", revised: bool = False", "") == before[changed]
    write_module(tmp_path / "p", 0, revised=False)
    assert read(tmp_path / "p") == before


def test_a_large_package_has_its_files_lines_and_classes(tmp_path):
    write_large(tmp_path / "p", files=12, lines=3000, served=4)
    files = {path: text for path, text in read(tmp_path / "p").items() if path.endswith(".py")}
    assert len(files) == 12
    assert 3000 <= sum(text.count("\n") for text in files.values()) <= 3600
    assert sum("    def run(" in text for text in files.values()) == 4
    for text in files.values():
        ast.parse(text)

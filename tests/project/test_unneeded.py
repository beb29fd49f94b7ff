"""Settings that are of nothing are told, with what may have been meant; what is excluded is not even looked at."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelgen.project.found import found
from modelgen.project.reading import inspect
from modelgen.source import Reading


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "mylib"
    (folder / "old").mkdir(parents=True)
    (folder / "__init__.py").write_text("class Doubler:\n    def run(self, x: int) -> int:\n        return 2 * x\n")
    (folder / "old" / "__init__.py").write_text("")
    (folder / "old" / "two.py").write_text("class Old:\n    def run(self, x):\n        print 'x'\n")
    return folder


def told(package: Path, settings: str) -> list[str]:
    (package.parent / "modelgen.toml").write_text(settings)
    return [str(finding) for finding in reading(package).findings]


def reading(package: Path) -> Reading:
    located, settings, problems = found(package)
    assert located is not None
    assert problems == ()
    return inspect(located, settings)


def test_a_file_of_another_python_is_an_error_that_says_how_to_leave_it_out(package: Path) -> None:
    (error,) = told(package, "")
    assert "error [syntax-error]" in error
    assert 'exclude = ["mylib.old.two.*"]' in error
    assert told(package, 'exclude = ["mylib.old.two.*"]') == []


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ('[types]\n"mylib.Doubler.run.y" = "str"', "'mylib.Doubler.run.y' in 'types'"),
        ('[types]\n"mylib.Doubler.walk.*" = "drop"', "'mylib.Doubler.walk.*' in 'types'"),
        ('[roles]\n"mylib.Doubler.run.y" = "inputs"', "'mylib.Doubler.run.y' in 'roles'"),
        ('[methods]\n"*" = ["run"]\n"mylib.Halver" = ["run"]', "'mylib.Halver' in 'methods'"),
    ],
)
def test_a_glob_of_nothing_is_told_where_it_is(package: Path, table: str, message: str) -> None:
    (warning,) = told(package, f'exclude = ["mylib.old.*"]\n{table}')
    assert message in warning
    assert "warning [settings-unused]" in warning
    assert "modelgen.toml:" in warning


def test_a_general_glob_behind_a_special_one_is_needed(package: Path) -> None:
    types = '"*.run.x" = "float"\n"mylib.Doubler.run.x" = "int"\n"mylib.Doubler.run.return" = "int"'
    assert told(package, f'exclude = ["mylib.old.*"]\n[types]\n{types}') == []


def test_the_names_of_methods_may_be_globs_with_classes_of_characters(package: Path) -> None:
    (package.parent / "modelgen.toml").write_text('exclude = ["mylib.old.*"]\n[methods]\n"*" = ["r[a-u]n", "[!a-z]x"]')
    modules = reading(package).contract.modules
    assert [method.name for module in modules for method in module.methods] == ["run"]

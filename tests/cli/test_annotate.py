"""`modelgen annotate`, as its users see it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

Modelgen = Callable[..., Result]

SOURCE = '''\
class Model:
    def run(self, x):
        """Do.

        Args:
            x (int): It.

        Returns:
            int: It again.
        """
        return x
'''


@pytest.fixture
def silent(tmp_path: Path) -> Path:
    package = tmp_path / "silent"
    package.mkdir()
    (package / "__init__.py").write_text(SOURCE)
    return package


def test_it_writes_and_says_so(modelgen: Modelgen, silent: Path) -> None:
    done = modelgen("annotate", silent)
    assert done.exit_code == 0
    assert done.stdout == "~ silent/__init__.py: 2 annotations\n2 annotations written, 0 types left to docstrings\n"
    assert "    def run(self, x: int) -> int:\n" in (silent / "__init__.py").read_text()
    again = modelgen("annotate", silent)
    assert (again.exit_code, again.stdout) == (0, "0 annotations written, 0 types left to docstrings\n")


def test_diff_writes_nothing_and_exits_one_until_there_is_nothing_to_do(modelgen: Modelgen, silent: Path) -> None:
    shown = modelgen("annotate", silent, "--diff")
    assert shown.exit_code == 1
    assert "--- a/silent/__init__.py\n+++ b/silent/__init__.py\n" in shown.stdout
    assert "-    def run(self, x):\n+    def run(self, x: int) -> int:\n" in shown.stdout
    assert (silent / "__init__.py").read_text() == SOURCE
    modelgen("annotate", silent)
    assert modelgen("annotate", silent, "--diff").exit_code == 0


def test_what_is_wrong_ends_it(modelgen: Modelgen, tmp_path: Path) -> None:
    done = modelgen("annotate", tmp_path / "nothing")
    assert done.exit_code == 2
    assert "package-not-found" in done.stderr

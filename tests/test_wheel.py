"""The wheel: what it carries, and that it generates on its own, far from the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from modelgen.targets.templates import template_root

ROOT = Path(__file__).parents[1]
MODEL = "class Doubler:\n    def run(self, x: float) -> float:\n        return 2 * x\n"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    (path,) = folder.glob("*.whl")
    return path


def test_it_carries_every_template_and_nothing_of_the_checkout(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    templates = {path.relative_to(template_root()).as_posix() for path in template_root().rglob("*.jinja")}
    assert templates
    assert {name.removeprefix("modelgen/_templates/") for name in names if "/_templates/" in name} == templates
    assert {name.partition("/")[0].rpartition(".")[2] for name in names} == {"modelgen", "dist-info"}
    assert "modelgen/py.typed" in names


def test_it_generates_from_another_folder(wheel: Path, tmp_path: Path) -> None:
    installed, work = tmp_path / "installed", tmp_path / "work"
    zipfile.ZipFile(wheel).extractall(installed)
    work.mkdir()
    (work / "doubler.py").write_text(MODEL)
    environment = {**os.environ, "PYTHONPATH": str(installed), "MODELGEN_CACHE_DIR": str(tmp_path / "cache")}
    whence = "import modelgen, sys; sys.stdout.write(modelgen.__file__)"
    found = subprocess.run([sys.executable, "-c", whence], capture_output=True, text=True, env=environment, cwd=work)
    assert Path(found.stdout).is_relative_to(installed)
    command = [sys.executable, "-m", "modelgen", "generate", "doubler.py"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=work, timeout=120)
    assert done.returncode == 0, done.stderr
    assert (work / "doubler-service/modelgen.lock").is_file()

"""The first settings of packages."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest

from modelgen.finding import Level
from modelgen.project import settings
from modelgen.project.init import init
from modelgen.project.inspection import inspect

MANY = '''
"""Several habits."""


class Text:
    def predict(self, text: str) -> float:
        return 1.0

    def predict_proba(self, text: str) -> list[float]:
        return [1.0]

    def helper(self, text: str) -> str:
        return text


class Sound:
    def transcribe(self, path, language: str = "en"):
        """Write down."""
        return ""

    def encode(self, text: str, callback=None, **more) -> list[int]:
        return []


class Callable:
    def __call__(self, x: int) -> int:
        return x


class Both:
    def __call__(self, x: int) -> int:
        return x

    def generate(self, x: int) -> int:
        return x


class Nothing:
    def close(self) -> None:
        pass
'''


def written(folder: Path, source: str, name: str = "mylib") -> Path:
    package = folder / name
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(textwrap.dedent(source))
    return package


def test_methods_are_named_and_gaps_are_listed(tmp_path: Path) -> None:
    package = written(tmp_path, MANY)
    started = init(package)
    assert not started.findings
    assert started.path == tmp_path / "modelgen.toml"
    assert (started.classes, started.methods, started.gaps) == (4, 6, 3)
    found, findings = settings.load(package)
    assert findings == ()
    assert found.methods == {
        "*": ("generate", "encode", "transcribe", "predict", "predict_proba"),
        "mylib.Callable": ("__call__",),
    }
    assert found.refused == "warning"
    assert '# mylib/__init__.py:17:26: it has no type\n# "mylib.Sound.transcribe.path" = ""\n' in started.text
    assert '# "mylib.Sound.encode.callback" = "drop"\n' in started.text
    assert '# "mylib.Sound.transcribe.return" = ""\n' in started.text
    assert "encode.more" not in started.text


def test_what_was_found_is_what_is_served(tmp_path: Path) -> None:
    package = written(tmp_path, MANY)
    started = init(package)
    assert started.path
    assert not [one for one in inspect(package).findings if one.level is Level.ERROR]
    served = set(served_methods(package))
    assert served == {"Text.predict", "Text.predict_proba", "Sound.encode", "Callable.__call__", "Both.generate"}
    filled = re.sub(r'# ("mylib\.Sound\.transcribe\.\w+" = )""', r'\1"str"', started.text)
    started.path.write_text(re.sub(r'# (".*" = "drop")', r"\1", filled))
    assert "Sound.transcribe" in served_methods(package)


def served_methods(package: Path) -> list[str]:
    contract = inspect(package).contract
    assert contract
    return [
        f"{module['name']}.{method['name']}"
        for module in contract["modules"]
        for method in module["methods"]
        if method["served"]
    ]


def test_every_suggestion_is_a_setting(tmp_path: Path) -> None:
    """Taking the marks away leaves settings that are right, but for the types that are to be filled in."""
    package = written(tmp_path, MANY)
    started = init(package)
    assert started.path
    lines = [re.sub(r'^# (?=\[?"?[\w.]+"?\]? ?=|\[)', "", line) for line in started.text.splitlines()]
    text = "\n".join(lines).replace('" = ""', '" = "str"')
    started.path.write_text(re.sub(r'^refused = "error"\n|^"mylib.Cls" = .*\n', "", text, flags=re.MULTILINE))
    found, findings = settings.load(package)
    assert findings == ()
    assert found.service == "mylib-service"
    assert found.adapters.keys() == {"PIL.Image.Image"}
    assert found.renames == {"mylib.Old": "mylib.New"}
    assert found.batching == {"mylib.Cls.predict": {"max_size": 32, "axis": 0}}
    assert found.deployments == {"second": {"module": "mylib.Cls", "arguments": {"language": "de"}}}


def test_where_nothing_needs_to_be_said_nothing_is(tmp_path: Path) -> None:
    package = written(tmp_path, "class Model:\n    def run(self, x: int) -> int:\n        return x\n")
    started = init(package)
    assert (started.classes, started.methods, started.gaps) == (1, 1, 0)
    found, findings = settings.load(package)
    assert findings == ()
    assert found == settings.Settings(files=(tmp_path / "modelgen.toml",))


def test_a_package_without_a_usual_method_gets_a_file_to_fill_in(tmp_path: Path) -> None:
    started = init(written(tmp_path, "class Model:\n    def work(self, x) -> int:\n        return x\n"))
    assert started.classes == 0
    assert "# No class has a method with a usual name. Name yours:\n# [methods]\n" in started.text


def test_methods_of_other_names_that_could_be_served_are_suggested(tmp_path: Path) -> None:
    source = "class Model:\n    def work(self, x: int) -> int:\n        return x\n\n    def close(self) -> None: ...\n"
    package = written(tmp_path, source)
    started = init(package)
    assert '# [methods]\n# "mylib.Model" = ["work"]\n' in started.text
    assert started.path
    started.path.write_text(re.sub(r'^# (?=\[methods|"mylib.Model)', "", started.text, flags=re.MULTILINE))
    assert served_methods(package) == ["Model.work"]


def test_a_file_that_cannot_be_read_does_not_hide_the_others(tmp_path: Path) -> None:
    package = written(tmp_path, "class Model:\n    def predict(self, x: int) -> int:\n        return x\n")
    (package / "old.py").write_text("class Old:\n    def predict(self): print 'x'\n")
    assert init(package).methods == 1


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("mylib", "modelgen.toml"),
        ("src/mylib", "modelgen.toml"),
        ("lib/site-packages/mylib", "lib/site-packages/mylib/modelgen.toml"),
    ],
)
def test_where_it_is_written(tmp_path: Path, place: str, expected: str) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "mylib"\nversion = "2.0.0"\n')
    package = written((tmp_path / place).parent, MANY)
    started = init(package)
    assert started.path == tmp_path / expected
    found, _ = settings.load(package)
    assert started.path in found.files


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("modelgen.toml", ""),
        ("mylib/modelgen.toml", "# mine\n"),
        ("pyproject.toml", '[tool.modelgen]\nversion = "1.0.0"\n'),
        ("pyproject.toml", '[tool.modelgen.types]\n"a.b" = "int"\n'),
    ],
)
def test_settings_that_are_there_are_never_overwritten(tmp_path: Path, name: str, text: str) -> None:
    package = written(tmp_path, MANY)
    (tmp_path / name).write_text(text)
    started = init(package)
    assert started.failed
    assert [one.code for one in started.findings] == ["settings-exist"]
    assert (tmp_path / name).read_text() == text
    assert sorted(path.name for path in tmp_path.rglob("*.toml")) == [Path(name).name]


@pytest.mark.parametrize(
    ("source", "code"), [("class Model(:\n    def run(self): pass\n", "syntax-error"), (None, "package-not-found")]
)
def test_what_cannot_be_read_gets_no_settings(tmp_path: Path, source: str | None, code: str) -> None:
    package = written(tmp_path, source) if source else tmp_path / "nothing"
    started = init(package)
    assert started.path is None
    assert [one.code for one in started.findings] == [code]
    assert not list(tmp_path.rglob("*.toml"))

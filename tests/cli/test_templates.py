"""`--templates`, the setting of that name, and `modelgen templates`: files made otherwise than modelgen makes them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from modelgen.project.manifest import MANIFEST
from modelgen.project.render import render
from modelgen.project.settings import Settings
from modelgen.source.package import locate
from modelgen.targets.target import Forgetful
from modelgen.targets.templates import template_names, template_root

Modelgen = Callable[..., Result]
Files = dict[str, bytes]


def snapshot(root: Path) -> Files:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.fixture
def own(modelgen: Modelgen, tmp_path: Path) -> Path:
    """A folder with templates of the user's: the application with a remark below."""
    folder = tmp_path / "own"
    assert modelgen("templates", "service/app.py", "--copy", folder).exit_code == 0
    with (folder / "service/app.py.jinja").open("a") as file:
        file.write("\nREMARK = {{ package | literal }}\n")
    return folder


@pytest.fixture
def project(modelgen: Modelgen, moods: Path, tmp_path: Path) -> Path:
    """The project of `moods`, generated without."""
    assert modelgen("generate", moods).exit_code == 0
    return tmp_path / "moods-service"


# Overriding


@pytest.mark.parametrize("way", ["flag", "setting", "setting of the project file"])
def test_a_template_of_ones_own_makes_the_file(
    modelgen: Modelgen, moods: Path, project: Path, own: Path, tmp_path: Path, way: str
) -> None:
    before = snapshot(project)
    arguments: tuple[object, ...] = ("--templates", own) if way == "flag" else ()
    if way == "setting":
        (tmp_path / "modelgen.toml").write_text('templates = "own"\n')
    elif way == "setting of the project file":
        (tmp_path / "pyproject.toml").write_text('[tool.modelgen]\ntemplates = "own"\n')
    result = modelgen("generate", moods, *arguments)
    assert result.exit_code == 0, result.stderr
    after = snapshot(project)
    assert {path for path in after if after[path] != before[path]} == {"moods_service/app.py", MANIFEST}
    assert after["moods_service/app.py"].endswith(b'\nREMARK = "moods"\n')
    assert json.loads(after[MANIFEST])["overridden"] == ["service/app.py"]
    assert modelgen("generate", moods, *arguments, "--check").exit_code == 0


def test_the_flag_counts_more_than_the_setting(modelgen: Modelgen, moods: Path, own: Path, tmp_path: Path) -> None:
    (tmp_path / "modelgen.toml").write_text('templates = "nowhere"\n')
    assert modelgen("generate", moods).exit_code == 2
    assert modelgen("generate", moods, "--templates", own).exit_code == 0


@pytest.mark.parametrize(
    "template", ["service/app.py", "service/routers.py", "protos/file.proto", "converters/file.py"]
)
def test_a_change_of_a_template_is_noticed(
    modelgen: Modelgen, moods: Path, project: Path, tmp_path: Path, template: str
) -> None:
    own, mark = tmp_path / "own", "//" if template.endswith(".proto") else "#"
    assert modelgen("templates", template, "--copy", own).exit_code == 0
    assert modelgen("generate", moods, "--templates", own).exit_code == 0
    for text in ("{% include '_remark.jinja' %}", f"{mark} more\n"):
        (own / "_remark.jinja").write_text(f"{mark} said\n")
        with (own / f"{template}.jinja").open("a") as file:
            file.write(text)
        assert modelgen("generate", moods, "--templates", own, "--check").exit_code == 1
        assert modelgen("generate", moods, "--templates", own).exit_code == 0
    (own / "_remark.jinja").write_text(f"{mark} said again\n")
    assert modelgen("generate", moods, "--templates", own, "--check").exit_code == 1


def test_a_template_can_include_the_one_that_it_stands_for(modelgen: Modelgen, moods: Path, tmp_path: Path) -> None:
    own = tmp_path / "own/service"
    own.mkdir(parents=True)
    (own / "app.py.jinja").write_text('# Ours.\n{% include "modelgen/service/app.py.jinja" %}\n')
    modelgen("generate", moods, "-o", "plain")
    assert modelgen("generate", moods, "-o", "own-service", "--templates", "own").exit_code == 0
    plain = (tmp_path / "plain/moods_service/app.py").read_text()
    assert (tmp_path / "own-service/moods_service/app.py").read_text() == f"# Ours.\n{plain}"


def test_templates_that_are_given_no_more_are_told_of_once(
    modelgen: Modelgen, moods: Path, project: Path, own: Path
) -> None:
    plain = (project / "moods_service/app.py").read_text()
    modelgen("generate", moods, "--templates", own)
    looked = modelgen("generate", moods, "--check")
    assert looked.exit_code == 1
    assert "warning [template-left-out]" in looked.stderr
    assert "service/app.py" in looked.stderr
    result = modelgen("generate", moods)
    assert result.exit_code == 0
    assert "[template-left-out]" in result.stderr
    assert (project / "moods_service/app.py").read_text() == plain
    assert "overridden" not in (project / MANIFEST).read_text()
    assert "[template-left-out]" not in modelgen("generate", moods).stderr


def test_all_templates_copied_make_the_same_project(modelgen: Modelgen, moods: Path, tmp_path: Path) -> None:
    assert modelgen("templates", "--copy", "own").exit_code == 0
    modelgen("generate", moods, "-o", "plain")
    assert modelgen("generate", moods, "-o", "own-service", "--templates", "own").exit_code == 0
    plain, made = snapshot(tmp_path / "plain"), snapshot(tmp_path / "own-service")
    assert {path for path in plain if plain[path] != made.get(path)} == {MANIFEST}
    assert plain.keys() == made.keys()


def test_every_template_is_named_by_the_files_that_it_makes() -> None:
    """What the manifest says of a file leads to the template to override."""
    root = Path(__file__).parents[2]
    packages = [*root.glob("examples/*/pyproject.toml"), *root.glob("fixtures/packages/*/*/__init__.py")]
    named = {
        file.template
        for path in packages
        for file in render(locate(path.parent), Settings(), root, Forgetful(), lambda step: None).files
    }
    assert named - {""} == set(template_names())


# What can be wrong

BROKEN = {
    "syntax": ("service/app.py.jinja", "x = 1\n{% if %}\n", 2, "Expected an expression"),
    "unknown name": ("service/app.py.jinja", "x = 1\n\n{{ nothing }}\n", 3, "'nothing' is undefined"),
    "unknown attribute": ("service/app.py.jinja", "{{ modules[0].nothing }}\n", 1, "has no attribute 'nothing'"),
    "unknown filter": ("service/app.py.jinja", "{{ package | shout }}\n", 1, "No filter named 'shout'"),
    "unknown include": ("service/app.py.jinja", "\n{% include 'gone' %}\n", 2, "no template 'gone'"),
    "an exception": ("service/app.py.jinja", "\n{{ 1 / 0 }}\n", 2, "ZeroDivisionError"),
    "for ever": ("service/app.py.jinja", "{% include 'service/app.py.jinja' %}\n", 1, "RecursionError"),
    "no Python": ("service/app.py.jinja", "def f(:\n", 0, "does not write Python"),
    "no Python, long": ("service/bindings.py.jinja", f"def f(: # {'x' * 200}\n", 0, "does not write Python"),
    "no proto": ("protos/file.proto.jinja", "message {{ package }}\n", 0, "protoc refused"),
    "no TOML": ("scaffolds/service.toml.jinja", "= 1\n", 0, "service.toml is not valid"),
    "no text": ("service/app.py.jinja", "\udcff", 0, "is not UTF-8"),
    "an own one": ("_own.jinja", "\n\n{% for %}", 3, "Expected"),
    "the process": ("service/app.py.jinja", "{{ ''.__class__.__mro__ }}\n", 1, "unsafe"),
    "a function's world": ("service/app.py.jinja", "{{ cycler.__init__.__globals__.os.getpid() }}\n", 1, "unsafe"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_template_is_told_with_file_and_line_and_writes_nothing(
    modelgen: Modelgen, moods: Path, project: Path, tmp_path: Path, name: str
) -> None:
    file, text, line, words = BROKEN[name]
    path = tmp_path / "own" / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, errors="surrogateescape")
    if "scaffolds" in file:
        (project / "service.toml").unlink()
        manifest = json.loads((project / MANIFEST).read_text())
        del manifest["files"]["service.toml"]
        (project / MANIFEST).write_text(json.dumps(manifest))
    before = snapshot(project)
    result = modelgen("generate", moods, "--templates", "own")
    assert result.exit_code == 2
    place = f"own/{file}:{line}" if line else f"own/{file}"
    assert f"{place}: error [template-invalid] " in result.stderr
    assert words in result.stderr
    assert "nothing was written" in result.stderr
    assert snapshot(project) == before


def test_every_unknown_name_is_told_with_the_nearest_known_one(modelgen: Modelgen, moods: Path, tmp_path: Path) -> None:
    for name in ("service/ap.py.jinja", "service/app.py", "readme.txt", "service/__min__.py.jinja"):
        path = tmp_path / "own" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    result = modelgen("generate", moods, "--templates", "own")
    assert result.exit_code == 2
    assert result.stderr.count("[template-unknown]") == 4
    assert result.stderr.count("did you mean 'service/app.py.jinja'?") == 2
    assert "did you mean 'service/__main__.py.jinja'?" in result.stderr
    assert '"modelgen templates" lists them' in result.stderr
    assert not (tmp_path / "moods-service").exists()


def test_a_folder_that_is_not_there_is_told(modelgen: Modelgen, moods: Path) -> None:
    result = modelgen("generate", moods, "--templates", "nowhere")
    assert result.exit_code == 2
    assert "nowhere: error [template-invalid] there is no such folder" in result.stderr


# Listing


def test_the_templates_are_listed(modelgen: Modelgen) -> None:
    result = modelgen("templates")
    assert result.exit_code == 0
    assert tuple(result.stdout.splitlines()) == template_names()


def test_a_copy_is_the_original_and_overwrites_nothing(modelgen: Modelgen, tmp_path: Path) -> None:
    first, second = (modelgen("templates", "service/app.py.jinja", "--copy", "own") for _ in range(2))
    copy = tmp_path / "own/service/app.py.jinja"
    assert (first.exit_code, first.stdout) == (0, "+ own/service/app.py.jinja\n")
    assert copy.read_bytes() == (template_root() / "service/app.py.jinja").read_bytes()
    assert second.exit_code == 2
    assert "[template-exists]" in second.stderr


def test_an_unknown_template_cannot_be_copied(modelgen: Modelgen, tmp_path: Path) -> None:
    result = modelgen("templates", "service/ap.py", "--copy", "own")
    assert result.exit_code == 2
    assert "did you mean 'service/app.py.jinja'?" in result.stderr
    assert not (tmp_path / "own").exists()

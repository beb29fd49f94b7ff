"""Settings, right and wrong."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from modelgen.finding import Finding
from modelgen.project import keys
from modelgen.project.settings import Settings, load
from modelgen.runtime import errors
from modelgen.runtime import settings as service
from modelgen.targets import TARGETS


def package(folder: Path, name: str = "lib", inside: str = "") -> Path:
    place = folder / inside / name
    place.mkdir(parents=True, exist_ok=True)
    (place / "__init__.py").touch()
    return place


def codes(findings: tuple[Finding, ...]) -> list[str]:
    return [finding.code for finding in findings]


def own(tmp_path: Path, text: str) -> tuple[Settings, tuple[Finding, ...]]:
    (tmp_path / "modelgen.toml").write_text(text)
    return load(package(tmp_path))


def test_without_a_file_everything_is_as_it_is_by_custom(tmp_path: Path) -> None:
    assert load(package(tmp_path)) == (Settings(), ())


def test_a_pyproject_that_a_published_package_brings_hides_no_settings(tmp_path: Path) -> None:
    (package(tmp_path) / "pyproject.toml").write_text('[project]\nname = "built-by"\n')
    found, findings = own(tmp_path, 'service = "moods-service"')
    assert (found.service, findings) == ("moods-service", ())


def test_all_keys_in_a_file_of_their_own(tmp_path: Path) -> None:
    found, findings = own(
        tmp_path,
        """
        service = "moods-service"
        version = "1.4.0-rc.1"
        output = "services/moods"
        include = ["lib.*"]
        exclude = ["lib.Old"]
        refused = "warning"
        targets = ["tests"]
        [methods]
        "lib.*" = ["predict", "score_*"]
        [types]
        "lib.Model.run.image" = "numpy.ndarray"
        "lib.Model.run.debug" = "drop"
        [adapters."PIL.Image.Image"]
        type = "bytes"
        load = "lib.wire.load_image"
        dump = "lib.wire.dump_image"
        [roles]
        "lib.Model.run.top_k" = "parameters"
        [raises]
        "lib.errors.TooLong" = "INVALID_ARGUMENT"
        [renames]
        "lib.Old" = "lib.New"
        [tasks]
        "lib.*" = "text-classification"
        [batching]
        "lib.Model.run" = { max_size = 8, axis = 0 }
        [deployments.german]
        module = "lib.Model"
        arguments = { language = "de" }
        """,
    )
    assert findings == ()
    assert found == Settings(
        service="moods-service",
        version="1.4.0-rc.1",
        output=tmp_path / "services/moods",
        include=("lib.*",),
        exclude=("lib.Old",),
        refused="warning",
        methods={"lib.*": ("predict", "score_*")},
        types={"lib.Model.run.image": "numpy.ndarray", "lib.Model.run.debug": "drop"},
        adapters={"PIL.Image.Image": {"type": "bytes", "load": "lib.wire.load_image", "dump": "lib.wire.dump_image"}},
        roles={"lib.Model.run.top_k": "parameters"},
        raises={"lib.errors.TooLong": "INVALID_ARGUMENT"},
        renames={"lib.Old": "lib.New"},
        targets=("tests",),
        tasks={"lib.*": "text-classification"},
        batching={"lib.Model.run": {"max_size": 8, "axis": 0}},
        deployments={"german": {"module": "lib.Model", "arguments": {"language": "de"}}},
        files=(tmp_path / "modelgen.toml",),
    )


@pytest.mark.parametrize("inside", ["", "src"])
def test_the_packages_project_has_them_too(tmp_path: Path, inside: str) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "lib-of-mine"\nversion = "2.3.4"\n[tool.modelgen]\nexclude = ["lib.Old"]\n'
    )
    found, findings = load(package(tmp_path, inside=inside))
    assert findings == ()
    assert (found.version, found.distribution, found.exclude) == ("2.3.4", "lib-of-mine", ("lib.Old",))


def test_a_project_further_up_is_another_ones(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "monorepo"\n[tool.modelgen]\nnonsense = 1\n')
    assert load(package(tmp_path, inside="models")) == (Settings(), ())


@pytest.mark.parametrize("version", ['dynamic = ["version"]', 'version = "2024.1"', "version = 3"])
def test_a_version_that_is_not_semantic_is_not_the_services(tmp_path: Path, version: str) -> None:
    (tmp_path / "pyproject.toml").write_text(f'[project]\nname = "lib"\n{version}\n')
    assert load(package(tmp_path))[0].version == "0.1.0"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("service = 3", 1, "'service' is a number, not a string"),
        ('service = "no/slash"', 1, "'no/slash'"),
        ('# hello\nversion = "1.4"', 2, "'1.4'"),
        ('output = ""', 1, "''"),
        ('include = "lib.*"', 1, "not a list of strings"),
        ('exclude = ["lib.*", 3]', 1, "not a list of strings"),
        ('methods = ["predict"]', 1, "not a table"),
        ('[methods]\n"lib.*" = "predict"', 2, "'lib.*' is not a list of strings"),
        ('[types]\n"lib.a b" = "int"', 2, "the key 'lib.a b'"),
        ("[types]\nlib = 3", 2, "'lib' is a number"),
        ('[roles]\nx = "input"', 2, "did you mean 'inputs'?"),
        ('[raises]\nx = "INVALID_ARGUMENTS"', 2, "did you mean 'INVALID_ARGUMENT'?"),
        ('[raises]\n"a b" = "INTERNAL"', 2, "the key 'a b'"),
        ('[renames]\n"lib.Old" = "lib.N-w"', 2, "'lib.N-w'"),
        ("adapters = 3", 1, "is a number, not a table"),
        ('[adapters.PIL]\nImage = "bytes"', 1, "the key 'PIL'"),
        ('[adapters."a.B"]\ntype = "bytes"\nload = "m.f"', 1, "'a.B' has no 'dump'"),
        ('[adapters."a.B"]\ntype = "bytes"\nload = "f"\ndump = "m.g"', 3, "a 'load' that is 'f'"),
        ('[adapters."a.B"]\ntype = " "\nload = "m.f"\ndump = "m.g"', 2, "a 'type' that is ' '"),
        ('[adapters."a.B"]\ntype = "str"\nload = "m.f"\ndump = "m.g"\ndumb = "m.g"', 5, "did you mean 'dump'?"),
        ('refused = "warn"', 1, "did you mean 'warning'?"),
        ('targets = "tests"', 1, "is a string, not a list"),
        ('targets = ["python_client"]', 1, "did you mean 'python-client'?"),
        ('[tasks]\n"lib.*" = "text-clasification"', 2, "did you mean 'text-classification'?"),
        ("[tasks]\nlib = 3", 2, "'lib' is 3"),
        ('[batching]\n"lib.*" = { max_sice = 3 }', 2, "did you mean 'max_size'?"),
        ('[batching."lib.*"]\nadaptive = true\nmax_size = 0', 3, "is 0, which is less than 1"),
        ('[batching]\n"lib.*" = { axis = "0" }', 2, "a 'axis' that is a string, not an integer"),
        ('[batching]\n"lib.*" = { adaptive = 1 }', 2, "not a boolean"),
        ('[batching]\n"lib.*" = { axis = -1 }', 2, "is -1, which is less than 0"),
        ('[batching]\n"lib.*" = { axis = 0, pad_axis = 1, pad = "a" }', 2, "a 'pad' that is a string, not a number"),
        ('[batching]\n"lib.*" = { axis = 0, pad_axis = 1, pad = { x = true } }', 2, "'x' is a boolean, not a number"),
        ('[batching]\n"lib.*" = { axis = 0, pad_axis = 1, cut_axis = { x = -1 } }', 2, "is -1, which is less than 0"),
        ('[batching]\n"lib.*" = { axis = 0, pad_axis = 1, pad_side = "up" }', 2, "'pad_side' that is 'up'"),
        ('[batching]\n"lib.*" = { pad_axis = 1 }', 2, "has a 'pad_axis' without an 'axis'"),
        ('[batching]\n"lib.*" = { axis = 1, pad_axis = 1 }', 2, "has a 'pad_axis' that is its 'axis'"),
        ('[batching]\n"lib.*" = { axis = 0, pad = 1 }', 2, "has a 'pad' without a 'pad_axis'"),
        ('[deployments.a]\nartifact = "x"', 1, "'a' has no 'module'"),
        ('[deployments.a]\nmodule = "M"\nreplica = 2', 3, "did you mean 'replicas'?"),
        ('[deployments.a]\nmodule = "M"\nreplicas = 1.5', 3, "not an integer"),
        ('[deployments.a]\nmodule = "M"\n[deployments.a.batch]\nmax_siz = 1', 4, "did you mean 'max_size'?"),
        ('[deployments."a b"]\nmodule = "M"', 1, "the key 'a b'"),
    ],
)
def test_a_wrong_value_is_told_with_its_line(tmp_path: Path, text: str, line: int, words: str) -> None:
    found, findings = own(tmp_path, text)
    assert codes(findings) == ["settings-invalid"]
    assert findings[0].where is not None
    assert findings[0].where.line == line
    assert words in f"{findings[0].message} {findings[0].hint}"
    assert found == Settings(files=(tmp_path / "modelgen.toml",))


def test_every_wrong_thing_is_told_and_what_is_right_holds(tmp_path: Path) -> None:
    found, findings = own(tmp_path, 'versoin = "1.0.0"\ninclude = 3\nexclude = ["lib.x"]\nzzzz = 1\n')
    assert codes(findings) == ["settings-unknown", "settings-invalid", "settings-unknown"]
    assert findings[0].hint == "did you mean 'version'?"
    assert "renames" in findings[2].hint
    assert found.exclude == ("lib.x",)


def test_a_key_of_the_project_table_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "1.0.0"\n\n[tool.modelgen]\nversion = 3\n')
    _, findings = load(package(tmp_path))
    assert findings[0].where is not None
    assert findings[0].where.line == 5


@pytest.mark.parametrize("text", ["a = [", "[tool", b"\xff\xfe"])
def test_a_file_that_is_not_toml_is_told(tmp_path: Path, text: str | bytes) -> None:
    for name in ("modelgen.toml", "pyproject.toml"):
        (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        assert codes(load(package(tmp_path))[1]) == ["settings-invalid"]
        (tmp_path / name).unlink()


@pytest.mark.parametrize("text", ["[tool]\nmodelgen = 3", "tool = 3", "project = 3"])
def test_tables_that_are_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    _, findings = load(package(tmp_path))
    assert codes(findings) == (["settings-invalid"] if "modelgen" in text else [])


def test_two_places_are_one_too_many(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.modelgen]\nversion = "1.0.0"\n')
    assert codes(own(tmp_path, 'version = "1.0.0"')[1]) == ["settings-twice"]


def test_the_error_codes_are_the_runtimes() -> None:
    def below(kind: type[errors.ServiceError]) -> set[str]:
        return {kind.code}.union(*map(below, kind.__subclasses__()))

    assert set(keys.CODES) == below(errors.ServiceError)


def test_the_keys_of_batches_and_deployments_are_the_runtimes() -> None:
    assert set(keys.BATCH) == {one.name for one in fields(service.Batch)}
    assert set(keys.DEPLOYMENT) == {one.name for one in fields(service.Deployment)} - {"name"}


def test_the_targets_are_those_that_are_written() -> None:
    assert set(keys.TARGETS) == {one.setting for one in TARGETS if one.setting}

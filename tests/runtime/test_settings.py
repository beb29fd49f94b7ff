"""Settings from a file, the environment and flags."""

from __future__ import annotations

import pytest

from modelgen.runtime.settings import Deployment, Settings, read


def findings(tmp_path, text: str, **environment: str) -> list[str]:
    file = tmp_path / "service.toml"
    file.write_text(text)
    return [str(finding) for finding in read(file, environment)[1]]


def test_nothing_given_is_the_defaults():
    assert read(environment={}) == (Settings(), ())


def test_flags_beat_the_environment_which_beats_the_file(tmp_path):
    file = tmp_path / "service.toml"
    file.write_text('host = "file"\nhttp_port = 1\ngrpc_port = 1\nmax_jobs = 3\n')
    environment = {"MODELGEN_HTTP_PORT": "2", "MODELGEN_GRPC_PORT": "2", "MODELGEN_GRPC": "false"}
    settings, found = read(file, environment, {"grpc_port": 3, "host": None})
    assert found == ()
    assert settings == Settings(
        host="file", http_port=2, grpc_port=3, grpc=False, max_jobs=3, state=str(tmp_path / "state")
    )


def test_a_file_that_is_not_there_says_nothing(tmp_path):
    settings, found = read(tmp_path / "service.toml", {})
    assert (settings.http_port, found) == (Settings().http_port, ())


def test_deployments(tmp_path):
    file = tmp_path / "service.toml"
    file.write_text(
        '[deployments.a]\nmodule = "M"\nartifact = "x.pt"\ndevice = "cpu"\nreplicas = 2\ntimeout = 1\n'
        "max_queue = 5\n[deployments.a.arguments]\nsize = 3\n"
    )
    settings, found = read(file, {})
    assert found == ()
    assert settings.deployments == (
        Deployment(
            name="a",
            module="M",
            artifact="x.pt",
            arguments={"size": 3},
            device="cpu",
            replicas=2,
            timeout=1,
            max_queue=5,
        ),
    )


def test_an_artifact_is_found_beside_the_file_and_else_is_taken_as_it_is(tmp_path):
    file = tmp_path / "service.toml"
    file.write_text('[deployments.a]\nmodule = "M"\nartifact = "x"\n[deployments.b]\nmodule = "M"\nartifact = "y"\n')
    (tmp_path / "x").touch()
    settings, _ = read(file, {})
    assert [found.artifact for found in settings.deployments] == [str(tmp_path / "x"), "y"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hst = 1", "service.toml:1: error [settings-unknown] `hst` is no setting (did you mean `host`?)"),
        ("\nhttp_port = true", "service.toml:2: error [settings-value] `http_port` must be an integer, not True"),
        ("http_port = 70000", "service.toml:1: error [settings-value] `http_port` must be 65535 or less, not 70000"),
        ("max_jobs = 0", "service.toml:1: error [settings-value] `max_jobs` must be 1 or more, not 0"),
        (
            'log_level = "loud"',
            "service.toml:1: error [settings-value] `log_level` must be one of debug, info, warning, error, not 'loud'",
        ),
        ("deployments = 1", "service.toml:1: error [settings-value] `deployments` must be tables"),
        ("[deployments]\na = 1", "service.toml:2: error [settings-value] `deployments.a` must be a table"),
        ("[deployments.a]", "service.toml:1: error [settings-missing] deployment `a` does not say its `module`"),
        (
            '[deployments.a]\nmodule = "M"\nmodul = "M"',
            "service.toml:3: error [settings-unknown] `modul` is no setting (did you mean `module`?)",
        ),
        (
            '[deployments."/"]\nmodule = "M"',
            "service.toml:1: error [settings-value] `/` is no name of a deployment (letters, digits, `.`, `_` and `-`)",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path, text, expected):
    assert findings(tmp_path, text) == [expected]


def test_everything_wrong_is_told_at_once(tmp_path):
    assert len(findings(tmp_path, "hst = 1\nprt = 2\n", MODELGEN_HTTP="perhaps")) == 3


def test_a_file_that_is_no_toml_is_told(tmp_path):
    (found,) = findings(tmp_path, "host = \n")
    assert found.startswith("service.toml:1: error [settings-syntax] service.toml cannot be read: ")

"""Settings from a file, the environment and flags."""

from __future__ import annotations

import importlib.util

import pytest

from modelgen.runtime.checks import check_settings
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


def test_any_setting_may_be_stated(tmp_path):
    (tmp_path / "service.toml").write_text("access_log = false\nhttp_port = 1\n")
    stated = ["access_log=true", "management_port=9090", "grace=1.5", "jwt_issuer=https://a.example/?b=c"]
    settings, found = read(tmp_path / "service.toml", {"MODELGEN_GRACE": "7"}, {"http_port": 2}, stated)
    assert not found
    assert (settings.access_log, settings.management_port, settings.grace) == (True, 9090, 1.5)
    assert settings.jwt_issuer == "https://a.example/?b=c"
    assert settings.http_port == 2


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        (
            "access_log",
            "--set: error [settings-value] `access_log` is no setting with its value (`--set access_log=true`)",
        ),
        ("acces_log=true", "--set: error [settings-unknown] `acces_log` is no setting (did you mean `access_log`?)"),
        ("access_log=perhaps", "--set: error [settings-value] `access_log` must be true or false, not 'perhaps'"),
        ("management_port=x", "--set: error [settings-value] `management_port` must be an integer, not 'x'"),
        ("management_port=70000", "--set: error [settings-value] `management_port` must be 65535 or less, not 70000"),
        ("management=all", "--set: error [settings-value] `management` must be one of local, token, open, not 'all'"),
    ],
)
def test_what_is_wrong_with_what_is_stated_is_told(stated, expected):
    assert [str(finding) for finding in read(None, {}, {}, [stated])[1]] == [expected]


def test_paths_are_looked_for_beside_the_file(tmp_path):
    (tmp_path / "service.toml").write_text('tokens = "a"\ntls_key = "/b"\n')
    settings, _ = read(tmp_path / "service.toml", {})
    assert (settings.tokens, settings.tls_key, settings.tls_certificate) == (str(tmp_path / "a"), "/b", "")


TOKEN = "t" * 32


@pytest.mark.parametrize(
    ("settings", "environment", "expected"),
    [
        ({}, {}, []),
        ({"host": "0.0.0.0"}, {}, []),
        ({"host": "0.0.0.0", "management": "open"}, {}, ["management-open"]),
        ({"host": "0.0.0.0", "management": "open"}, {"MODELGEN_TOKEN": TOKEN}, []),
        ({"management_port": 1, "management_host": "0.0.0.0"}, {}, ["management-open"]),
        ({"management_port": 1, "host": "0.0.0.0"}, {}, []),
        ({}, {"MODELGEN_TOKEN": "short"}, ["settings-token"]),
        ({}, {"MODELGEN_MANAGE_TOKEN": ""}, ["settings-token"]),
        ({"tokens": "/nowhere"}, {}, ["settings-token"]),
        ({"tls_key": "k"}, {}, ["settings-missing"]),
        ({"tls_client_authority": "k"}, {}, ["settings-missing"]),
        ({"jwt_issuer": "https://a.example"}, {}, ["settings-missing"]),
        ({"jwt_issuer": "http://a.example", "jwt_audience": "a"}, {}, ["settings-value"]),
        ({"jwt_issuer": "file:///etc/passwd", "jwt_audience": "a"}, {}, ["settings-value"]),
        ({"jwt_issuer": "https://a.example", "jwt_audience": "a", "jwt_keys": "k"}, {}, ["settings-value"]),
        ({"jwt_audience": "a"}, {}, ["settings-missing"]),
        ({"trace_endpoint": "localhost:4318"}, {}, ["settings-value"]),
        ({"trace_endpoint": "http://a.example"}, {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, []),
        ({"trace_endpoint": "http://a.example"}, {"OTEL_EXPORTER_OTLP_PROTOCOL": "http/json"}, ["settings-value"]),
        ({}, {"OTEL_EXPORTER_OTLP_PROTOCOL": "http/json"}, []),
    ],
)
def test_settings_that_do_not_hold_together_are_told(settings, environment, expected):
    found = check_settings(Settings(**settings), environment)
    assert [finding.code for finding in found] == expected
    tokens = [value for name, value in environment.items() if name.endswith("TOKEN") and value]
    assert not any(token in str(finding) for finding in found for token in tokens)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("one", "it must be a token and its scopes"),
        (f"{TOKEN} infer manage", "it must be a token and its scopes"),
        ("sha256:12 infer", "after `sha256:` there must be 64 hexadecimal digits"),
        ("short infer", "the token has less than 16 characters"),
        (f"name-of-the-shop {TOKEN}", "after the token there must be `infer`, `manage`, or `infer,manage`"),
        (f"{TOKEN} infre", "after the token there must be `infer`, `manage`, or `infer,manage`"),
        ("# nothing", "the tokens' file has no token"),
    ],
)
def test_what_is_wrong_with_the_tokens_is_told_without_them(tmp_path, line, said):
    (tmp_path / "tokens").write_text(f"\n{line}\n")
    (found,) = check_settings(Settings(tokens=str(tmp_path / "tokens")), {})
    assert (found.code, found.message) == ("settings-token", said)
    assert TOKEN not in str(found)
    assert "nothing" in line or found.where.line == 2


@pytest.mark.parametrize(
    ("settings", "module"),
    [
        ({"jwt_issuer": "https://a.example", "jwt_audience": "a"}, "jwt"),
        ({"trace_endpoint": "http://a.example"}, "opentelemetry.sdk"),
    ],
)
def test_an_extra_that_is_not_installed_is_told(monkeypatch, settings, module):
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == module else real(name))
    (found,) = check_settings(Settings(**settings), {})
    assert found.code == "extra-not-installed"
    assert found.hint.startswith("pip install 'modelgen[")


def test_everything_wrong_is_told_at_once(tmp_path):
    assert len(findings(tmp_path, "hst = 1\nprt = 2\n", MODELGEN_HTTP="perhaps")) == 3


def test_a_file_that_is_no_toml_is_told(tmp_path):
    (found,) = findings(tmp_path, "host = \n")
    assert found.startswith("service.toml:1: error [settings-syntax] service.toml cannot be read: ")


@pytest.mark.parametrize("name", ["max_process_memory", "max_process_calls"])
def test_limits_of_a_process_need_one(tmp_path, name):
    file = tmp_path / "service.toml"
    for isolation, count in (("thread", 1), ("process", 0)):
        file.write_text(f'[deployments.a]\nmodule = "M"\nisolation = "{isolation}"\n{name} = 5\n')
        settings, found = read(file, {})
        assert found == ()
        said = [str(finding) for finding in check_settings(settings, {})]
        assert [name in text for text in said] == [True] * count
    assert findings(tmp_path, f'[deployments.a]\nmodule = "M"\n{name} = -1\n') != []

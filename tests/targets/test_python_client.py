"""The generated Python client: written as by hand, imported in no time, and the local class's twin."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.targets.conftest import PACKAGES, Served

BIN = Path(sys.executable).parent


def client_folder(project: Path) -> Path:
    return project / "clients/python"


def python(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run code where only the client's folder is added to what can be imported."""
    return subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("name", "tool"),
    [
        *((name, tool) for name in PACKAGES for tool in (["black", "--check", "."], ["ruff", "check", "."])),
        ("types_zoo", ["mypy", "--no-incremental"]),
    ],
)
def test_generated_clients_are_clean(project: Callable[[str], Path], name: str, tool: list[str]) -> None:
    found = subprocess.run(
        [str(BIN / tool[0]), *tool[1:]], cwd=client_folder(project(name)), capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stdout + found.stderr


def test_no_generated_method_costs_more_lines_than_promised(project: Callable[[str], Path]) -> None:
    for name, methods in (("quickstart", 8), ("textgen", 6)):
        package = client_folder(project(name)) / f"{name}_client"
        own = [path for path in package.rglob("*.py") if "_proto" in path.parts or "_json" in path.parts]
        own += [path for path in package.glob("*.py") if not path.name.startswith("_")]
        lines = sum(len(path.read_text().splitlines()) for path in own if path.name not in ("errors.py", "jobs.py"))
        assert lines / methods <= 120


def test_importing_a_client_loads_no_library(project: Callable[[str], Path]) -> None:
    code = "import sys, types_zoo_client; print(*{name.split('.')[0] for name in sys.modules})"
    loaded = set(python(code, client_folder(project("types_zoo"))).stdout.split())
    assert "types_zoo_client" in loaded
    assert not loaded & {"httpx", "numpy", "grpc", "google", "pydantic", "modelgen", "types_zoo", "asyncio"}


@pytest.mark.parametrize(
    ("missing", "url", "extra"),
    [
        ("grpc", "grpc://127.0.0.1:1", "types-zoo-client[grpc]"),
        ("numpy", "http://127.0.0.1:1", "types-zoo-client[numpy]"),
    ],
)
def test_a_missing_extra_is_named(project: Callable[[str], Path], missing: str, url: str, extra: str) -> None:
    code = f"import sys; sys.modules[{missing!r}] = None\nimport types_zoo_client as c; c.Echo.connect({url!r})"
    found = python(code, client_folder(project("types_zoo")))
    assert found.returncode == 1
    assert extra in found.stderr


def test_a_client_builds(project: Callable[[str], Path], tmp_path: Path) -> None:
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path)]
    subprocess.run(
        command, cwd=client_folder(project("textgen")), check=True, capture_output=True, env={**os.environ, "CI": ""}
    )
    wheel = next(tmp_path.glob("textgen_client-*.whl"))
    assert wheel.stat().st_size < 5_000_000
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        metadata = archive.read(next(name for name in names if name.endswith("METADATA"))).decode()
    assert {"textgen_client/py.typed", "textgen_client/pb/textgen/v1/text_generator_pb2.py"} <= set(names)
    needed = [
        line.split(": ")[1]
        for line in metadata.splitlines()
        if line.startswith("Requires-Dist") and "extra" not in line
    ]
    assert [one.split(">")[0] for one in needed] == ["httpx"]


def twins(served: Served) -> list[tuple[type, type]]:
    """The servable classes, local and remote."""
    client = sys.modules[f"{served.remote.__name__}._client"].Client
    remote = [one for one in vars(served.remote).values() if isinstance(one, type) and issubclass(one, client)]
    assert remote
    return [(getattr(served.local, one.__name__), one) for one in remote]


@pytest.mark.parametrize("name", PACKAGES)
def test_signatures_are_the_local_ones(name: str, request: pytest.FixtureRequest) -> None:
    served: Served = request.getfixturevalue("zoo" if name == "types_zoo" else name)
    compared = 0
    for local, remote in twins(served):
        for method in (one for one in vars(local) if one.startswith(("run", "train"))):
            there = inspect.signature(getattr(remote, method)).parameters
            for here in inspect.signature(getattr(local, method)).parameters.values():
                if here.name == "nothing":  # None is its only value: it is left out
                    continue
                assert there[here.name].kind is here.kind, (method, here)
                assert same_default(there[here.name].default, here.default, served.remote.UNSET), (method, here)
                compared += 1
            assert set(there) - set(inspect.signature(getattr(local, method)).parameters) <= {"target"}
    assert compared > 10


def same_default(remote: object, local: object, unset: object) -> bool:
    """A default that can be changed in place, or that only the package knows, is left to the service."""
    if remote is unset:
        return isinstance(local, list | dict)
    return getattr(remote, "value", remote) == getattr(local, "value", local)


def test_data_models_have_the_local_fields_and_defaults(zoo: Served) -> None:
    local, remote = zoo.local.Point(1.0), zoo.remote.Point(1.0)
    assert vars(remote) == {**vars(local), "colour": zoo.remote.Colour.RED}
    assert remote.tags is not zoo.remote.Point(1.0).tags
    assert zoo.remote.Pair(1) == zoo.local.Pair(1) == (1, 7)
    assert zoo.remote.Config(class_name="x").rate == zoo.local.Config(class_name="x").rate
    assert zoo.local.Colour.RED.value == zoo.remote.Colour.RED
    assert zoo.remote.Level.HIGH == zoo.local.Level.HIGH == 3
    assert zoo.remote.Node.__doc__ == zoo.local.Node.__doc__


def test_docstrings_travel(quickstart: Served) -> None:
    doc = inspect.getdoc(quickstart.remote.BinaryClassifier.run)
    assert doc is not None
    assert doc.startswith("Classify one point.")
    assert "threshold: Probability from which on a point counts as positive." in doc
    assert "InvalidInput: The point has another number of features" in doc


def test_only_what_differs_from_its_default_is_sent(zoo: Served) -> None:
    module = sys.modules["types_zoo_client.echo"]
    codec = zoo.remote.Echo._codecs(messages=False)["run_limits"]
    unset = zoo.remote.UNSET

    def sent(**arguments: object) -> object:
        return codec.request(module._RUN_LIMITS.given(arguments))["parameters"]

    assert sent(count=1, rate=0.5, name="abc", values=unset, maybe=None) == {}
    assert sent(count=1, rate=0.0, name="", values=[], maybe=0) == {"rate": 0.0, "name": "", "values": [], "maybe": 0}
    assert sent(count=1, rate=True, name="abc", values=[1], maybe=None) == {"rate": True, "values": [1]}


def test_targets_that_are_none_are_refused(zoo: Served) -> None:
    for target in ("127.0.0.1:80", "ftp://host:21", "http://", "", "unix:/x"):
        with pytest.raises(ValueError, match="http://, https://, grpc:// or grpcs://"):
            zoo.remote.Echo.connect(target)

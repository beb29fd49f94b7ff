"""`modelgen serve`: run a generated project in this interpreter."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from modelgen.cli.options import WRONG
from modelgen.finding import Finding, Level, Location
from modelgen.project.remarks import unfinished
from modelgen.project.transaction import interrupted

if TYPE_CHECKING:
    from collections.abc import Iterator

MANIFEST = Path(".modelgen/manifest.json")

RUNTIME = frozenset({"fastapi", "grpc", "grpc_health", "grpc_reflection", "grpc_status", "numpy", "orjson", "uvicorn"})
"""What the extra `serve` installs, as it is imported."""


def serve(
    project: Annotated[
        Path, typer.Argument(metavar="[PROJECT]", help="The folder of a generated project.", show_default="here")
    ] = Path(),
    host: Annotated[
        Optional[str],  # noqa: UP045 - Typer evaluates it, on Python 3.10 too
        typer.Option(help="The address to listen on.", show_default="the project's settings"),
    ] = None,
    http_port: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(min=0, max=65535, help="The port for HTTP; 0 is any.", show_default="the project's settings"),
    ] = None,
    grpc_port: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(min=0, max=65535, help="The port for gRPC; 0 is any.", show_default="the project's settings"),
    ] = None,
    no_http: Annotated[bool, typer.Option("--no-http", help="Serve gRPC only.")] = False,
    no_grpc: Annotated[bool, typer.Option("--no-grpc", help="Serve HTTP only.")] = False,
    workers: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(min=1, help="Processes that share the ports.", show_default="the project's settings"),
    ] = None,
    management_port: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(
            min=0,
            max=65535,
            help="A port of its own for management and metrics; 0 is any.",
            show_default="the project's settings",
        ),
    ] = None,
    access_log: Annotated[
        Optional[bool],  # noqa: UP045
        typer.Option("--access-log", help="Log every request.", show_default="the project's settings"),
    ] = None,
    stated: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--set", metavar="NAME=VALUE", help="Any other setting of the service; may be repeated."),
    ] = None,
) -> None:
    """Serve a generated project over HTTP and gRPC, until SIGTERM or Ctrl-C.

    The package is imported from where it is installed, or else from beside the project.
    """
    flags = {
        "host": host,
        "http_port": http_port,
        "grpc_port": grpc_port,
        "http": False if no_http else None,
        "grpc": False if no_grpc else None,
        "workers": workers,
        "management_port": management_port,
        "access_log": access_log,
    }
    found = find_project(project)
    if isinstance(found, Finding):
        raise _stopped(found)
    if interrupted(found):
        raise _stopped(unfinished())
    binding = load_service(found)
    if isinstance(binding, Finding):
        raise _stopped(binding)
    from modelgen.runtime.server import main

    raise typer.Exit(main(binding, found / "service.toml", flags, stated or ()))


def find_project(path: Path) -> Path | Finding:
    """The generated project in a folder, or the only one directly inside of it."""
    path = path.absolute()
    if (path / MANIFEST).is_file():
        return path
    inside = sorted(place.parent.parent for place in path.glob(f"*/{MANIFEST}"))
    if len(inside) == 1:
        return inside[0]
    if inside:
        names = ", ".join(place.name for place in inside)
        return _finding(
            "project-ambiguous", f"{path} holds several generated projects: {names}", "give one of them", path
        )
    hint = 'make one with "modelgen generate PACKAGE", or give its folder'
    return _finding("project-not-found", f"{path} is not a generated project, and holds none", hint, path)


def load_service(project: Path) -> Any:
    """The service's binding, or a Finding that says why it cannot be imported."""
    services = sorted(path.parents[1].name for path in project.glob("*/bindings/__init__.py"))
    if len(services) != 1:
        return _finding("project-incomplete", f"{project} has no service", 'run "modelgen generate" again', project)
    _make_importable(project)
    return _imported(f"{services[0]}.bindings", list(_beside(project)))


def _imported(bindings: str, beside: list[Path]) -> Any:
    """The service's binding. What is missing on the way is looked for in the folders, each of which helps once."""
    try:
        return importlib.import_module(bindings).SERVICE
    except ModuleNotFoundError as error:
        name = (error.name or "").partition(".")[0]
    place = next((folder for folder in beside if _holds(folder, name)), None)
    if place is None:
        return _missing(name)
    typer.echo(f"importing {name} from {place}: it is not installed", err=True)
    _make_importable(place)
    return _imported(bindings, [folder for folder in beside if folder != place])


def _beside(project: Path) -> Iterator[Path]:
    """Where the package may be that the project was made from."""
    yield from (project.parent, project.parent / "src", Path.cwd(), Path.cwd() / "src")


def _holds(folder: Path, name: str) -> bool:
    return bool(name) and ((folder / name / "__init__.py").is_file() or (folder / f"{name}.py").is_file())


def _make_importable(folder: Path) -> None:
    """For this process and those that it starts."""
    sys.path.insert(0, str(folder))
    known = os.environ.get("PYTHONPATH", "")
    os.environ["PYTHONPATH"] = os.pathsep.join(part for part in (str(folder), known) if part)
    importlib.invalidate_caches()


def _missing(name: str) -> Finding:
    hint = "pip install 'modelgen[serve]'" if name in RUNTIME else "install it, with the package that needs it"
    return _finding("module-not-found", f"{name!r} is not installed", hint)


def _finding(code: str, message: str, hint: str, where: Path | None = None) -> Finding:
    place = Location(path=str(where)) if where else None
    return Finding(level=Level.ERROR, code=code, message=message, hint=hint, where=place)


def _stopped(finding: Finding) -> typer.Exit:
    from modelgen.cli.report import write_findings

    write_findings([finding])
    return typer.Exit(WRONG)

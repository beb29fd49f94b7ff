"""The commands, their arguments, options and exit codes, as the command line itself has them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from docs.reference_pages.markdown import attribute_docs, code, item, paragraphs, table
from modelgen.cli import main as modelgen_main
from modelgen.cli import options
from modelgen.runtime.binding import ServiceBinding
from modelgen.runtime.server import command_line

HEAD = ("argument or option", "meaning", "default")


def page() -> str:
    """The whole page."""
    parts = ["# Commands", "## modelgen", *_group("modelgen", typer.main.get_command(modelgen_main.application()))]
    parts += ["### Exit codes", _exit_codes()]
    parts += [
        "## python -m name_service",
        "What a generated project answers to; `name` is the served package's.",
    ]
    parts += _group("python -m name_service", typer.main.get_command(command_line(nothing())))
    return "\n\n".join(parts)


def _group(program: str, group: Any) -> Iterator[str]:
    own = [row for parameter in group.params if (row := _row(parameter))]
    if own:
        yield table(HEAD, own)
    for name, command in group.commands.items():
        arguments = [one.metavar for one in command.params if _is_argument(one)]
        yield f"### {program} {name}"
        yield code(" ".join([program, name, "[OPTIONS]", *arguments]))
        yield paragraphs(command.help)
        yield table(HEAD, [_row(parameter) for parameter in command.params])


def _row(parameter: Any) -> tuple[str, str, str]:
    if _is_argument(parameter):
        return code(parameter.metavar), parameter.help, _default(parameter)
    names = ", ".join(code(name) for name in parameter.opts)
    return names + _value(parameter), parameter.help, _default(parameter)


def _value(parameter: Any) -> str:
    if parameter.is_flag:
        return ""
    choices = getattr(parameter.type, "choices", None)
    if choices:
        return " " + " or ".join(code(choice) for choice in choices)
    low, high = getattr(parameter.type, "min", None), getattr(parameter.type, "max", None)
    return f" {low} to {high}" if low is not None else ""


def _default(parameter: Any) -> str:
    if isinstance(parameter.show_default, str):
        return code(parameter.show_default) if "<" in parameter.show_default else parameter.show_default
    if parameter.default is None or getattr(parameter, "is_flag", False):
        return ""
    return code(getattr(parameter.default, "value", parameter.default))


def _is_argument(parameter: Any) -> bool:
    return bool(parameter.param_type_name == "argument")


def _exit_codes() -> str:
    codes = [(getattr(options, name), doc) for name, doc in attribute_docs(options).items()]
    codes.append((modelgen_main.INTERRUPTED, "Ctrl-C ended it."))
    return "\n".join(item(f"{number}: {doc}") for number, doc in sorted(codes))


def nothing() -> ServiceBinding:
    """A service that serves nothing, for what every service has."""
    return ServiceBinding(
        name="name_service",
        package="name",
        version="0.0.0",
        contract_hash="",
        modules=(),
        openapi=Path(),
        contract=Path(),
        routers=tuple,
        servicers=lambda server, endpoint: (),
    )

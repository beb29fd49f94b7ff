"""A contract, for people as tables and for programs as data, in the text form that the lock uses for types."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

import typer

from modelgen.cli.report import count, finding_data, write_table
from modelgen.finding import Finding, Location

Data: TypeAlias = Mapping[str, Any]
"""A contract as `modelgen.project.describe` gives it, or a part of it."""

NOTHING: Data = {"modules": [], "models": [], "enums": []}
"""What is said of a package that cannot be read."""


def write_contract(contract: Data) -> None:
    """The contract as tables: a row for each method, data model and enumeration."""
    write_methods(contract)
    shapes = [*map(_model_row, contract["models"]), *map(_enum_row, contract["enums"])]
    write_table(("type", "where", "holds"), shapes)


def write_methods(contract: Data) -> None:
    """What became of each method, as a table, and how many there are of each fate."""
    methods = [method for module in contract["modules"] for method in module["methods"]]
    served = [method for method in methods if method["served"]]
    partly = sum(any(map(_is_left_out, method["parameters"])) for method in served)
    found = count(len(methods), "method")
    fates = f"{len(served)} served ({partly} without some parameters), {len(methods) - len(served)} refused"
    typer.echo(f"{contract['package']} {contract['version']}: {found} found, {fates}")
    rows = [row for module in contract["modules"] for row in _method_rows(module)]
    write_table(("method", "status", "where", "answers", "takes"), rows)


def contract_data(contract: Data | None, findings: Iterable[Finding]) -> dict[str, Any]:
    """A contract and the findings on it, for programs."""
    return {**(contract or NOTHING), "findings": [finding_data(finding) for finding in findings]}


def _method_rows(module: Data) -> Iterator[tuple[str, ...]]:
    for method in module["methods"]:
        if method["served"]:
            yield _row(module, method, "served", f"{'stream of ' * method['stream']}{method['returns']}")
    for kind in ("construct", "load", "save"):
        if module[kind] is not None:
            yield _row(module, module[kind], kind)
    for method in module["methods"]:
        if not method["served"]:
            yield (f"{module['name']}.{method['name']}", f"refused: {method['reason']}", _where(method), "", "")


def _row(module: Data, method: Data, status: str, answers: str = "") -> tuple[str, ...]:
    left_out = [f"without {one['name']} ({one['reason']})" for one in method["parameters"] if _is_left_out(one)]
    takes = ", ".join(_takes(one) for one in method["parameters"] if not _is_left_out(one))
    return (f"{module['name']}.{method['name']}", ", ".join([status, *left_out]), _where(method), answers, takes)


def _is_left_out(parameter: Data) -> bool:
    return bool(parameter.get("left_out"))


def _takes(parameter: Data) -> str:
    default = f" = {parameter['default']}" if "default" in parameter else ""
    return f"{parameter['name']}: {'stream of ' * parameter['stream']}{parameter['type']}{default}"


def _model_row(model: Data) -> tuple[str, ...]:
    holds = ", ".join(f"{field['name']}: {field['type']}" for field in model["fields"])
    return (f"message {model['path']}", _where(model), holds)


def _enum_row(enum: Data) -> tuple[str, ...]:
    return (f"enum {enum['path']}", _where(enum), ", ".join(member["name"] for member in enum["members"]))


def _where(part: Data) -> str:
    """The place of a part, as findings show it."""
    place = part.get("location")
    return str(Location(**place)) if place else ""

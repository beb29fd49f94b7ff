"""Findings as SARIF 2.1.0, which code hosts and editors show at the lines that they are about.

Source: the OASIS standard "Static Analysis Results Interchange Format", version 2.1.0, errata 01.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import modelgen
from modelgen.finding import Finding, Level, Location, failed

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {Level.ERROR: "error", Level.WARNING: "warning", Level.INFO: "note"}
SEVERITY = (Level.ERROR, Level.WARNING, Level.INFO)


def sarif(findings: Iterable[Finding], folders: Sequence[Path]) -> dict[str, Any]:
    """The log of one run. Paths that findings give are looked for in the folders, and in the current one."""
    findings = tuple(findings)
    codes = sorted({finding.code for finding in findings})
    return log(
        [_rule(code, [one for one in findings if one.code == code]) for code in codes],
        [_result(finding, codes, folders) for finding in findings],
        {"executionSuccessful": not failed(findings)},
    )


def log(rules: list[dict[str, Any]], results: list[dict[str, Any]], invocation: dict[str, Any]) -> dict[str, Any]:
    """The log of one run of modelgen."""
    run = {
        "tool": {
            "driver": {
                "name": "modelgen",
                "version": modelgen.__version__,
                "semanticVersion": modelgen.__version__,
                "rules": rules,
            }
        },
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"%SRCROOT%": {"uri": f"{Path.cwd().as_uri()}/"}},
        "invocations": [invocation],
        "results": results,
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(code: str, findings: Sequence[Finding]) -> dict[str, Any]:
    """A code, as a rule: its gravest level here, and the help that it comes with."""
    level = min((finding.level for finding in findings), key=SEVERITY.index)
    hints = list(dict.fromkeys(finding.hint for finding in findings if finding.hint))
    return {
        "id": code,
        "name": pascal(code),
        "shortDescription": {"text": code.replace("-", " ").capitalize()},
        **({"help": {"text": "\n".join(hints)}} if hints else {}),
        "defaultConfiguration": {"level": LEVELS[level]},
    }


def _result(finding: Finding, codes: Sequence[str], folders: Sequence[Path]) -> dict[str, Any]:
    hint = f"\n{finding.hint[0].upper()}{finding.hint[1:]}." if finding.hint else ""
    return {
        "ruleId": finding.code,
        "ruleIndex": codes.index(finding.code),
        "level": LEVELS[finding.level],
        "message": {"text": f"{finding.message}{hint}"},
        "locations": [{"physicalLocation": physical(finding.where, folders)}] if finding.where else [],
    }


def pascal(code: str) -> str:
    """A code, as names of rules are spelled."""
    return "".join(word.capitalize() for word in code.split("-"))


def physical(where: Location, folders: Sequence[Path] = ()) -> dict[str, Any]:
    """A place, as results have it."""
    region = {"startLine": where.line, **({"startColumn": where.column} if where.column else {})}
    return {"artifactLocation": _artifact(where.path, folders), **({"region": region} if where.line else {})}


def _artifact(path: str, folders: Sequence[Path]) -> dict[str, str]:
    """Where a file is, from the current folder where it lies in there."""
    here = Path.cwd()
    places = [(folder / path).absolute() for folder in (*folders, here)]
    found = next((place for place in places if place.exists()), here / path)
    if found.is_relative_to(here):
        return {"uri": quote(found.relative_to(here).as_posix()), "uriBaseId": "%SRCROOT%"}
    return {"uri": found.as_uri()}

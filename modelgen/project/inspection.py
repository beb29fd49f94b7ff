"""Inspecting: a package's contract as data, and all there is to say of it, remembered until something changes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelgen.finding import Finding, failed
from modelgen.project import cache
from modelgen.project.found import found
from modelgen.project.memo import Inputs, finding_of, row_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """What was found out."""

    contract: dict[str, Any] | None = None
    """As `describe` gives it; None where the package cannot be read."""
    findings: tuple[Finding, ...] = ()


def inspect(path: Path) -> Inspection:
    """The contract of the package at `path`; read again only if something that it is read from has changed."""
    package, decided, findings = found(path)
    if package is None or failed(findings):
        return Inspection(findings=findings)
    store = cache.of_project(package.root)
    inputs = Inputs(package.root)
    text = store.get("inspection")
    record = json.loads(text) if text is not None else None
    if record is None or not inputs.match(record):
        from modelgen.project.describe import describe
        from modelgen.project.reading import inspect as read

        reading = read(package, decided)
        record = {
            **inputs.record(reading.files),
            "contract": describe(reading.contract),
            "findings": list(map(row_of, reading.findings)),
        }
        store.put("inspection", json.dumps(record))
    return Inspection(contract=record["contract"], findings=findings + tuple(map(finding_of, record["findings"])))

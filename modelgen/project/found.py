"""A package and its settings, looked for where a user points."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from modelgen.finding import Finding
from modelgen.project import settings
from modelgen.project.settings import Settings

if TYPE_CHECKING:
    from modelgen.source.package import Package


def found(path: Path) -> tuple[Package | None, Settings, tuple[Finding, ...]]:
    """The package at a path, None if there is none; what its author decided; and what is wrong with either."""
    from modelgen.source.package import PackageNotFound, locate

    try:
        package = locate(path)
    except PackageNotFound as error:
        return None, Settings(), (error.finding,)
    decided, findings = settings.load(package.root)
    return package, decided, findings


def place(package: Package, decided: Settings, out: Path | None) -> Path:
    """Where the package's project is: at `out`, as the settings say, or `<service>` beside the package."""
    beside = package.parent.parent if package.parent.name == "src" else package.parent
    service = decided.service or f"{package.name}_service"
    return Path(os.path.normpath((out or decided.output or beside / service.replace("_", "-")).absolute()))

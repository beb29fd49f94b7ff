"""A package's contract, read as its settings say. Loads nothing of the targets."""

from __future__ import annotations

import gc
from dataclasses import replace
from typing import TYPE_CHECKING

from modelgen.contract.types import Adapter
from modelgen.project import serving
from modelgen.project.settings import Settings
from modelgen.source import Options, Reading, read
from modelgen.source.options import DEFAULT_METHODS, Globs

if TYPE_CHECKING:
    from modelgen.source.package import Package


def inspect(package: Package, settings: Settings) -> Reading:
    """The package's contract, read as the settings say.

    The collector looks at nothing that this makes, now or later: a large package's trees are millions of nodes, all of
    them in use, and going through them takes as long as all else.
    """
    asked = options(settings)
    gc.disable()
    try:
        reading = read(package.root, asked)
    finally:
        gc.freeze()
        gc.enable()
    contract = serving.tasked(reading.contract, settings.tasks)
    looked_up = {
        key: table.used for key, table in (("types", asked.types), ("roles", asked.roles)) if isinstance(table, Globs)
    }
    problems = serving.problems(contract, settings, looked_up)
    return replace(reading, contract=contract, findings=(*reading.findings, *problems))


def options(settings: Settings) -> Options:
    """What the settings say about reading."""
    return Options(
        methods=settings.methods or DEFAULT_METHODS,
        include=settings.include,
        exclude=settings.exclude,
        types=Globs(settings.types),
        adapters={
            name: (given["type"], Adapter(host=name, load=given["load"], dump=given["dump"]))
            for name, given in settings.adapters.items()
        },
        roles=Globs(settings.roles),
        raises=settings.raises,
        version=settings.version,
        refused=settings.refused,
    )

"""What a contract becomes: the files of a generated project, a target for each kind of output."""

from __future__ import annotations

from modelgen.targets.checks import CHECKS
from modelgen.targets.converters import CONVERTERS
from modelgen.targets.openapi import OPENAPI
from modelgen.targets.protos import PROTOS
from modelgen.targets.python_client import PYTHON_CLIENT
from modelgen.targets.scaffolds import SCAFFOLDS
from modelgen.targets.schemas import SCHEMAS
from modelgen.targets.service import SERVICE
from modelgen.targets.stubs import STUBS
from modelgen.targets.target import Blueprint, Cache, File, Target

TARGETS: tuple[Target, ...] = (PROTOS, STUBS, OPENAPI, SCHEMAS, CONVERTERS, SERVICE, PYTHON_CLIENT, CHECKS, SCAFFOLDS)
"""In the order in which a project is written."""

LOCK = "modelgen.lock"


def emit(blueprint: Blueprint) -> tuple[File, ...]:
    """Every file of the project but the manifest."""
    lock = File(path=LOCK, text=blueprint.lock)
    wanted = [target for target in TARGETS if not target.setting or target.setting in blueprint.outputs]
    return (lock, *(file for target in wanted for file in target.emit(blueprint)))


__all__ = ["LOCK", "TARGETS", "Blueprint", "Cache", "File", "Target", "emit"]

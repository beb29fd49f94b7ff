"""Which classes a served class inherits from."""

from __future__ import annotations

from collections.abc import Iterator

from modelgen.contract.model import Module
from modelgen.source.mro import Hierarchy
from modelgen.source.package import Package
from modelgen.source.reader import ClassDefinition
from modelgen.source.resolver import Resolver


def ancestors(package: Package, module: Module) -> Iterator[tuple[str, str]]:
    """The classes of a module's MRO, itself first: the file, as findings show it, and the name."""
    resolver = Resolver(package)
    scope = resolver.module(module.import_module)
    first, *rest = module.qualname.split(".")
    found = resolver.member(scope, first) if scope else None
    for name in rest:
        found = resolver.attribute(found, name) if found else None
    if isinstance(found, ClassDefinition):
        for ancestor in Hierarchy(resolver).lineage(found).classes:
            yield ancestor.definition.module.file.shown, ancestor.definition.name

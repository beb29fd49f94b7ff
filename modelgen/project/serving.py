"""What settings say of served classes and methods: their tasks, how calls are batched, what is deployed at first."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from modelgen.contract.model import Contract, Module
from modelgen.contract.names import kebab
from modelgen.finding import Finding, Level, Location
from modelgen.project.settings import Settings, place
from modelgen.project.values import instead
from modelgen.source.options import nearest


def tasked(contract: Contract, tasks: Mapping[str, str]) -> Contract:
    """The contract, with the task of each class."""
    modules = (replace(module, task=_of(tasks, module.symbol, module.name) or "") for module in contract.modules)
    return replace(contract, modules=tuple(modules)) if tasks else contract


def batching(contract: Contract, settings: Settings) -> dict[str, Mapping[str, Any]]:
    """How calls of methods are batched, by the method's symbol."""
    given = {symbol: _of(settings.batching, symbol) for symbol in _batched(contract)}
    return {symbol: table for symbol, table in given.items() if table is not None}


def deployments(contract: Contract, settings: Settings) -> dict[str, Mapping[str, Any]]:
    """What is deployed at first, each with the class's own name as its module."""
    known = {name: module for module in contract.modules for name in _names(module)}
    return {name: {**table, "module": known[table["module"]].name} for name, table in settings.deployments.items()}


def problems(contract: Contract, settings: Settings, looked_up: Mapping[str, Collection[str]]) -> Iterator[Finding]:
    """What in the settings is of no class, method or parameter; `looked_up` are the globs of tables that were."""
    classes = [(module.symbol, module.name) for module in contract.modules]
    methods = [(symbol,) for symbol in _batched(contract)]
    yield from _unused(settings, "tasks", settings.tasks, classes, "no served class")
    yield from _unused(settings, "batching", settings.batching, methods, "no method that can be batched")
    yield from _unused(settings, "methods", settings.methods, classes, "no class with one of those methods")
    for key, used in looked_up.items():
        for glob in getattr(settings, key):
            if glob not in used:
                yield _unneeded(settings, key, glob, "no parameter and no result", _nearest_symbol(contract, glob))
    yield from _padded(contract, settings)
    for name, table in settings.deployments.items():
        yield from _deployment(contract, settings, name, table)


def _padded(contract: Contract, settings: Settings) -> Iterator[Finding]:
    """Tables of what inputs are filled up with that name others."""
    for glob, table in settings.batching.items():
        takes = {parameter for symbol, inputs in _inputs(contract) if _of({glob: glob}, symbol) for parameter in inputs}
        for name in table["pad"] if isinstance(table.get("pad"), dict) and takes else ():
            if name not in takes:
                message = f"'pad' of {glob!r} in 'batching' names {name!r}, which is no parameter of its methods"
                where = _where(settings, "batching", glob, "pad", name)
                hint = instead(name, tuple(sorted(takes)))
                yield Finding(level=Level.ERROR, code="settings-argument", message=message, where=where, hint=hint)


def _inputs(contract: Contract) -> Iterator[tuple[str, list[str]]]:
    for module in contract.modules:
        for method in module.methods:
            yield f"{module.symbol}.{method.name}", [parameter.name for parameter in method.parameters]


def _deployment(contract: Contract, settings: Settings, name: str, table: Mapping[str, Any]) -> Iterator[Finding]:
    known = {one: module for module in contract.modules for one in _names(module)}
    module = known.get(table["module"])
    if module is None:
        message = f"the deployment {name!r} is of {table['module']!r}, which is not served"
        hint = instead(table["module"], tuple(module.symbol for module in contract.modules))
        where = _where(settings, "deployments", name, "module")
        yield Finding(level=Level.ERROR, code="settings-module", message=message, where=where, hint=hint)
        return
    if module.construct is None or "artifact" in table:
        return
    arguments = table.get("arguments", {})
    takes = {parameter.name: parameter for parameter in module.construct.parameters}
    left_out = {parameter.name for parameter in module.construct.left_out}
    for argument in arguments.keys() - takes.keys() - left_out:
        where = _where(settings, "deployments", name, "arguments", argument)
        message = f"the deployment {name!r} gives {argument!r}, which {module.name} does not take"
        hint = instead(argument, tuple(takes)) if takes else "leave it out"
        yield Finding(level=Level.ERROR, code="settings-argument", message=message, where=where, hint=hint)
    for parameter in takes.values():
        if parameter.required and parameter.name not in arguments:
            where = _where(settings, "deployments", name)
            message = f"the deployment {name!r} does not give {parameter.name!r}, which {module.name} needs"
            hint = f"write it in its `arguments`{', or an `artifact` to load' if module.load else ''}"
            yield Finding(level=Level.ERROR, code="settings-argument", message=message, where=where, hint=hint)


def _unused(
    settings: Settings, key: str, table: Iterable[str], known: Iterable[tuple[str, ...]], what: str
) -> Iterator[Finding]:
    known = list(known)
    for glob in table:
        if not any(_of({glob: glob}, *names) for names in known):
            hint = instead(glob, tuple(names[0] for names in known)) if known else ""
            yield _unneeded(settings, key, glob, what, hint)


def _unneeded(settings: Settings, key: str, glob: str, what: str, hint: str) -> Finding:
    message, where = f"{glob!r} in {key!r} is {what}", _where(settings, key, glob)
    return Finding(level=Level.WARNING, code="settings-unused", message=message, where=where, hint=hint)


def _nearest_symbol(contract: Contract, glob: str) -> str:
    """The parameter or result that a glob may have meant."""
    names = tuple(
        f"{module.symbol}.{method.name}.{part}"
        for module in contract.modules
        for method in module.methods
        for part in (*(parameter.name for parameter in method.parameters), "return")
    )
    near = difflib.get_close_matches(glob, names, n=1, cutoff=0.5)
    return f"did you mean {near[0]!r}?" if near else "write mylib.Cls.method.parameter, or .return"


def _batched(contract: Contract) -> Iterator[str]:
    for module in contract.modules:
        for method in module.methods:
            if method.kind == "infer" and not method.stream and method.stream_parameter is None:
                yield f"{module.symbol}.{method.name}"


def _names(module: Module) -> tuple[str, ...]:
    return (module.symbol, module.name, kebab(module.name))


def _of(table: Mapping[str, Any], *names: str) -> Any:
    """The value of the longest glob that matches one of the names."""
    globs = [glob for name in names if (glob := nearest(table, name)) is not None]
    return table[globs[0]] if globs else None


def _where(settings: Settings, *keys: str) -> Location | None:
    return place(settings.files, *keys)

"""What a check looks at beside locks: where things are written, the service's limits, the words that describe."""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelgen.check.pairs import Refusal, Sources
from modelgen.contract.model import Contract
from modelgen.finding import Location, failed
from modelgen.project.baseline import Baseline
from modelgen.project.found import found
from modelgen.project.history import HistoryError, Repository, Revision
from modelgen.project.reading import inspect
from modelgen.project.settings import Settings

if sys.version_info >= (3, 11):
    import tomllib
else:  # the standard library has it from 3.11 on
    import tomli as tomllib

if TYPE_CHECKING:
    from modelgen.source import Reading
    from modelgen.source.package import Package

SERVICE = "service.toml"

_LIMIT = re.compile(r"(timeout|grace|max_\w+)")


def limits(baseline: Baseline, file: Path) -> dict[str, tuple[float | None, float | None]]:
    """Every limit that a service's settings stated or state, before and after."""
    try:
        before = baseline.read(file)
    except HistoryError:
        before = None
    if before is None or not file.is_file():
        return {}
    old, new = (_toml_limits(data) for data in (before, file.read_bytes()))
    return {name: (old.get(name), new.get(name)) for name in (*old, *(one for one in new if one not in old))}


def descriptions(baseline: Baseline, package: Package, settings: Settings) -> dict[str, tuple[str, str]]:
    """What is described in other words than in the source of the baseline, by its symbol."""
    try:
        before = _described(baseline, package, settings)
    except HistoryError:
        return {}
    now = _words(inspect(package, replace(settings, refused="warning")).contract) if before else {}
    return {symbol: (words, now[symbol]) for symbol, words in before.items() if now.get(symbol, words) != words}


def _described(baseline: Baseline, package: Package, settings: Settings) -> dict[str, str]:
    """The words of the baseline's source; none where there is only a lock."""
    if baseline.package is not None:
        return _read(baseline.package, settings)
    if baseline.repository is None or baseline.revision is None:
        return {}
    with tempfile.TemporaryDirectory(prefix="modelgen-") as place:
        target = Path(place) / package.root.name
        if not _extract(baseline.repository, baseline.revision, package.root, target):
            return {}
        return _read(target, settings)


def _read(path: Path, settings: Settings) -> dict[str, str]:
    package, _, findings = found(path)
    if package is None or failed(findings):
        return {}
    return _words(inspect(package, replace(settings, refused="warning")).contract)


def _extract(repository: Repository, revision: Revision, root: Path, target: Path) -> bool:
    """Write the package's source as of a revision; false where there was none."""
    if root.is_dir():
        source = repository.files(revision, root, (".py",))
    else:
        data = repository.read(revision, root)
        source = {} if data is None else {"": data}
    for name, data in source.items():
        file = target / name if name else target
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    return bool(source)


def sources(reading: Reading, package: Package) -> Sources:
    """Where the new edition's elements are written, and what of it is not served."""
    contract = reading.contract
    refused = {
        f"{module.symbol}.{one.name.rpartition('.')[2]}": Refusal(reason=one.reason, where=one.where)
        for module in contract.modules
        for one in module.refused
    }
    return Sources(places=dict(_places(contract, package)), refused=refused)


def _places(contract: Contract, package: Package) -> Iterator[tuple[str, Location]]:
    yield package.name, Location(path=package.files[package.name].shown, line=1)
    for symbol, element in _elements(contract):
        if element.where:
            yield symbol, element.where


def _words(contract: Contract) -> dict[str, str]:
    return {symbol: element.doc for symbol, element in _elements(contract)}


def _elements(contract: Contract) -> Iterator[tuple[str, Any]]:
    for module in contract.modules:
        yield module.symbol, module
        for method in module.methods:
            symbol = f"{module.symbol}.{method.name}"
            yield symbol, method
            yield from ((f"{symbol}.{one.name}", one) for one in method.parameters)
    for model in contract.models:
        yield model.symbol, model
        yield from ((f"{model.symbol}.{one.name}", one) for one in model.fields)
    for enum in contract.enums:
        yield enum.symbol, enum
        yield from ((f"{enum.symbol}.{one.name}", one) for one in enum.members)


def _toml_limits(data: bytes) -> dict[str, float]:
    """Every limit that a service's settings state, by its dotted key."""
    found_: dict[str, float] = {}

    def walk(table: Mapping[str, Any], prefix: str) -> None:
        for key, value in table.items():
            name = f"{prefix}{key}"
            if isinstance(value, dict):
                walk(value, f"{name}.")
            elif _LIMIT.fullmatch(key) and isinstance(value, int | float) and not isinstance(value, bool) and value:
                found_[name] = value

    try:
        walk(tomllib.loads(data.decode("utf-8")), "")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        return {}
    return found_

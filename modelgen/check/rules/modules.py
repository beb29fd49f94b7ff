"""Rules on the package and its served classes."""

from __future__ import annotations

from collections.abc import Iterator

from modelgen.check.change import Change, Subject, Surfaces
from modelgen.check.pairs import ModulePair, PackagePair
from modelgen.check.rule import rule
from modelgen.check.subjects import module_change
from modelgen.contract.edition import ROUTES
from modelgen.contract.names import kebab

_GONE = Surfaces(wire="breaking", json="breaking", source="breaking")


@rule(PackagePair)
def package_changed(pair: PackagePair) -> Iterator[Change]:
    """The package has another name.

    Every rpc's path begins with the proto package, and the client's imports with its name: no old client reaches the
    service. Keep the package's name, or publish a package of the old name beside the new one while it is called.
    """
    if pair.old.package and pair.old.package != pair.new.package:
        old, new = (edition.package.rpartition(".")[0] for edition in (pair.old, pair.new))
        yield Change(
            rule="package-changed",
            element=Subject(kind="package", python=new, proto=pair.new.package),
            surfaces=_GONE,
            message=f"the package {old} is called {new}",
            before=pair.old.package,
            after=pair.new.package,
            suggestion=f"keep the name {old}, or keep its numbers with: modelgen rename {old} {new}",
            where=pair.sources.place(new),
        )


@rule(ModulePair)
def module_removed(pair: ModulePair) -> Iterator[Change]:
    """A class is served no more.

    Its service, its routes and its class in the clients are gone: every call of it fails. Its numbers stay reserved. A
    class that only moved is served under its old name again once it is re-exported there, or once a rename says so.
    """
    if pair.old and not pair.new:
        name = pair.old.symbol
        like = "".join(f"; if it is {moved} now: modelgen rename {name} {moved}" for moved in pair.moved[:1])
        yield module_change(
            pair,
            "module-removed",
            _GONE,
            f"{pair.old.name} is gone",
            before=name,
            suggestion=f"keep it, deprecated, until nobody calls it{like}",
        )


@rule(ModulePair)
def module_renamed(pair: ModulePair) -> Iterator[Change]:
    """A class has another name, by a rename in the settings.

    Its name on the wire stays with its numbers, and with it rpc paths and routes. The generated client has the class
    under the new name only. To keep the old name for callers, leave `class Old(New)` in the package beside it.
    """
    if pair.old and pair.new and pair.old.name != pair.new.name:
        yield module_change(
            pair,
            "module-renamed",
            Surfaces(source="breaking") if pair.old.base == pair.new.base else _GONE,
            f"{pair.old.name} is called {pair.new.name}",
            before=pair.old.symbol,
            after=pair.new.symbol,
            suggestion=f"leave `class {pair.old.name}({pair.new.name})` beside it, so that clients have both names",
        )


@rule(ModulePair)
def route_changed(pair: ModulePair) -> Iterator[Change]:
    """A class has another name on the wire, while it has the same one in Python: its routes and rpc paths are others.

    That happens where two classes share a name and the lock was made anew, so that the other one got the plain name:
    old clients call the wrong class, or none. Restore the lock.
    """
    old, new = pair.old, pair.new
    if old and new and old.name == new.name and old.base != new.base:
        yield module_change(
            pair,
            "route-changed",
            _GONE,
            f"its routes begin with {ROUTES}/{kebab(old.base)} -> {ROUTES}/{kebab(new.base)}",
            before=old.base,
            after=new.base,
            suggestion="give it back the name that the published modelgen.lock has: restore the lock, and generate",
        )


@rule(ModulePair)
def import_path_removed(pair: ModulePair) -> Iterator[Change]:
    """A class moved to another module, and the old path does not lead to it any more.

    A rename in the settings keeps its wire names and numbers, so services and clients understand each other. Code that
    imports the class from the package by its old path breaks. Re-export it there.
    """
    if pair.old and pair.new and pair.old.symbol != pair.new.symbol and pair.old.name == pair.new.name:
        if pair.editions.old.package != pair.editions.new.package:
            return  # package-changed says it
        home = pair.old.symbol.rpartition(".")[0]
        yield module_change(
            pair,
            "import-path-removed",
            Surfaces(source="breaking"),
            f"{pair.old.name} is not in {home} any more",
            before=pair.old.symbol,
            after=pair.new.symbol,
            suggestion=f"re-export it: `from {pair.new.symbol.rpartition('.')[0]} import {pair.new.name}` in {home}",
        )


@rule(ModulePair)
def module_added(pair: ModulePair) -> Iterator[Change]:
    """A class is served that was not. Nobody called it, so nothing breaks."""
    if pair.new and not pair.old:
        yield module_change(pair, "module-added", Surfaces(), f"{pair.new.name} is new", after=pair.new.symbol)

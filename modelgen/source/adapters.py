"""Classes that say nothing of their fields, and travel as another type because settings give them an adapter."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import replace

from modelgen.contract.types import Adapter, Empty, OneOf, OptionalOf
from modelgen.source.expressions import TypeReader
from modelgen.source.meaning import Meaning, Unreadable
from modelgen.source.reader import ClassDefinition, ModuleScope
from modelgen.source.resolver import Definition, External, Scope
from modelgen.source.spelling import canonical


class Adapters:
    """The adapters of settings, by the class that each is for."""

    def __init__(self, table: Mapping[str, tuple[str, Adapter]], types: TypeReader) -> None:
        self.table = table
        self.types = types
        self._reading = False

    def meaning(self, name: str, found: Definition | None, scope: Scope) -> Meaning | None:
        """What a name means that is found to be an adapted class; None where it is none.

        Raises:
            Unreadable: the adapter's own type cannot be read.
        """
        key = self._key(name, found, scope) if not self._reading else None
        return self._read(key, scope) if key is not None else None

    def _key(self, name: str, found: Definition | None, scope: Scope) -> str | None:
        match found:
            case External(name=dotted):
                return next((key for key in (dotted, canonical(dotted)) if key in self.table), None)
            case ClassDefinition():
                return next((key for key in self._called(found.name) if self._is(key, found)), None)
            case None if scope.loose:  # docstrings name what they do not import
                alike = self._called(name.rpartition(".")[2])
                return alike[0] if len(alike) == 1 else None
            case _:
                return None

    def _called(self, name: str) -> list[str]:
        return [key for key in self.table if key.rpartition(".")[2] == name]

    def _is(self, key: str, definition: ClassDefinition) -> bool:
        """Whether a dotted name leads to a class, over re-exports too."""
        if key == definition.symbol:
            return True
        module = self.types.resolver.module(key.rpartition(".")[0])
        return module is not None and self.types.resolver.member(module, definition.name) is definition

    def _read(self, key: str, scope: Scope) -> Meaning:
        from modelgen.source.phrases import PhraseReader  # its many patterns take time to compile

        text, adapter = self.table[key]
        for part in ("load", "dump"):
            self._check(key, part, getattr(adapter, part))
        self._reading = True
        try:
            meaning = PhraseReader(self.types).meaning(text, scope)
        except Unreadable as error:
            raise _wrong(key, text, error.reason) from error
        finally:
            self._reading = False
        type_ = meaning.type
        if meaning.stream or isinstance(type_, (Empty, OptionalOf, OneOf)):
            raise _wrong(key, text, "it must be one type, always there")
        return meaning.with_type(replace(type_, adapter=adapter))

    def _check(self, key: str, part: str, function: str) -> None:
        """Refuse a function that is not there, as far as the source of its module can be read."""
        name, _, own = function.rpartition(".")
        module = self.types.resolver.module(name)
        inside = name.partition(".")[0] == self.types.resolver.package.name
        if module is None and not inside:  # of another library, which need not be installed here
            return
        if module is None or (self.types.resolver.member(module, own) is None and "__getattr__" not in module.names):
            raise Unreadable(
                f'the adapter of `{key}` has `{part} = "{function}"`, which is not defined',
                f'correct `{part}` of [adapters."{key}"] in settings{_alike(own, module)}',
            )


def _alike(name: str, module: ModuleScope | None) -> str:
    near = difflib.get_close_matches(name, module.names, n=1) if module is not None else []
    return f": did you mean `{near[0]}`?" if near else ""


def _wrong(key: str, text: str, reason: str) -> Unreadable:
    return Unreadable(
        f"the adapter of `{key}` has the type `{text}`: {reason}", f'correct `type` of [adapters."{key}"] in settings'
    )

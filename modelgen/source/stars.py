"""Which `import *` may lead to a name, told from the files' words: what is starred is often large."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelgen.source.reader import ModuleScope
    from modelgen.source.resolver import Resolver

WORD = re.compile(rb"[\w\x80-\xff]+")


@dataclass(slots=True)
class Reach:
    """Where the star imports of a module lead."""

    leading: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """Each module that they lead to, also by further stars, and the ones that do."""
    unknown: set[str] = field(default_factory=set)
    """The ones that lead, also, to a module whose source is not read."""


class Stars:
    """The star imports of all modules."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._reach: dict[str, Reach] = {}
        self._next: dict[str, list[str] | None] = {}
        self._mentioning: defaultdict[bytes, list[str]] = defaultdict(list)

    def leading_to(self, name: str, module: ModuleScope) -> list[str]:
        """What a module stars that may have a name, the last first."""
        if not module.stars:
            return []
        reach = self._reach.get(module.name) or self._found(module)
        wanted = set(reach.unknown)
        for mentioning in self._mentioning.get(name.encode(), ()):
            wanted.update(reach.leading.get(mentioning, ()))
        return [source for source in reversed(module.stars) if source in wanted] if wanted else []

    def _found(self, module: ModuleScope) -> Reach:
        reach = self._reach[module.name] = Reach()
        for source in dict.fromkeys(module.stars):
            for reached in self._closure(source):
                if reached is None:
                    reach.unknown.add(source)
                else:
                    reach.leading[reached].append(source)
        return reach

    def _closure(self, source: str) -> Iterator[str | None]:
        """The modules that a star leads to, itself first; None for one that is not read."""
        seen = {source}
        pending = [source]
        while pending:
            name = pending.pop()
            following = self._following(name)
            yield name if following is not None else None
            more = [one for one in following or () if one not in seen]
            seen.update(more)
            pending.extend(more)

    def _following(self, name: str) -> list[str] | None:
        """The modules that one stars in turn, None where there is no source; only those that do are parsed."""
        if name not in self._next:
            self._next[name] = self._read(name)
        return self._next[name]

    def _read(self, name: str) -> list[str] | None:
        file = self._resolver.file(name)
        if file is None:
            return None
        data = self._resolver.bytes_of(file)
        for word in set(WORD.findall(data)):
            self._mentioning[word].append(name)
        module = self._resolver.module(name) if b"import *" in data else None
        return module.stars if module is not None else []

"""A rule: a function over a pair of elements, before and after, that yields what changed. Its docstring is its page."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from modelgen.check.change import Change

Find = TypeVar("Find", bound=Callable[..., Iterator[Change]])


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One kind of change."""

    code: str
    """Kebab-case, for ever."""
    looks_at: tuple[type, ...]
    """The kinds of pairs that it judges."""
    find: Callable[[Any], Iterator[Change]]
    page: str
    """What it means, why it matters, what to do: Markdown."""
    default: str = "on"
    """`off` where it only runs if the settings give it a severity."""

    @property
    def title(self) -> str:
        """The first sentence of its page."""
        return self.page.partition("\n")[0]


RULES: dict[str, Rule] = {}
"""Every rule by its code, in the order of the files."""


def rule(*looks_at: type, off: bool = False) -> Callable[[Find], Find]:
    """Register a function as the rule of its name, for some kinds of pairs; `off` where settings must ask for it."""

    def register(find: Find) -> Find:
        code = find.__name__.replace("_", "-")
        page = inspect.getdoc(find) or ""
        RULES[code] = Rule(code=code, looks_at=looks_at, find=find, page=page, default="off" if off else "on")
        return find

    return register

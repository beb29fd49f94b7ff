"""What the reader, the settings, the generator and the checker have to say, in one shape."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Level(Enum):
    """How much a finding matters. An error stops the command; nothing is written."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A place in a file: the path as the user would type it, line and column from 1 (0: the whole file)."""

    path: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        parts = [self.path, *(str(number) for number in (self.line, self.column) if number)]
        return ":".join(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing worth telling.

    `code` is stable and kebab-case (`type-unresolved`). `message` names the element and says what happened;
    `hint` says what to write instead.
    """

    level: Level
    code: str
    message: str
    where: Location | None = None
    hint: str = ""

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        hint = f" ({self.hint})" if self.hint else ""
        return f"{place}{self.level.value} [{self.code}] {self.message}{hint}"


def failed(findings: tuple[Finding, ...] | list[Finding]) -> bool:
    """Whether any of the findings is an error."""
    return any(finding.level is Level.ERROR for finding in findings)

"""One change of the contract, and what it means on each surface that callers touch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Literal, TypeAlias

from modelgen.finding import Level, Location

Verdict: TypeAlias = Literal["safe", "warning", "breaking"]
Surface: TypeAlias = Literal["wire", "json", "source", "behaviour"]
ElementKind: TypeAlias = Literal[
    "package", "module", "method", "parameter", "result", "model", "field", "enum", "member"
]

_WEIGHT: Mapping[Verdict, int] = {"safe": 0, "warning": 1, "breaking": 2}
LEVELS: Mapping[Verdict, Level] = {"safe": Level.INFO, "warning": Level.WARNING, "breaking": Level.ERROR}


def worst(*verdicts: Verdict) -> Verdict:
    """The gravest of some verdicts; safe if there is none."""
    return max(verdicts, key=_WEIGHT.__getitem__, default="safe")


@dataclass(frozen=True, slots=True, kw_only=True)
class Surfaces:
    """A verdict for each surface."""

    wire: Verdict = "safe"
    """Whether the bytes of one side decode to the same values on the other; rpc paths and streaming too."""
    json: Verdict = "safe"
    """REST and OpenAPI."""
    source: Verdict = "safe"
    """Code that calls the generated clients."""
    behaviour: Verdict = "safe"
    """Whether calls that stay valid mean the same, and are still accepted."""

    def items(self) -> Iterator[tuple[Surface, Verdict]]:
        """Each surface with its verdict, in their usual order."""
        for one in fields(self):
            yield one.name, getattr(self, one.name)  # type: ignore[misc]


SURFACES: tuple[Surface, ...] = ("wire", "json", "source", "behaviour")


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What changed, in every language that speaks of it."""

    kind: ElementKind
    python: str
    """Dotted symbol: `sentikit.SentimentClassifier.run.top_k`."""
    owner: str = ""
    """Symbol of what it is part of: the method of a parameter, the model of a field."""
    proto: str = ""
    """Full name: `sentikit.v1.SentimentClassifierServiceRunRequest.top_k`."""
    route: str = ""
    """`POST /api/v1/sentiment-classifier/run`."""

    @property
    def name(self) -> str:
        """What it is called inside its owner."""
        return self.python.removeprefix(f"{self.owner}.") if self.owner else self.python

    @property
    def label(self) -> str:
        """How messages name it: `SentimentClassifier.run(top_k)`, `Label.score`, `Mood.HAPPY`."""
        owner = ".".join(self.owner.split(".")[-2:])
        match self.kind:
            case "parameter":
                return f"{owner}({self.name})"
            case "result":
                return f"{owner} -> result"
            case "field" | "member":
                return f"{self.owner.rpartition('.')[2]}.{self.name}"
            case "method":
                return ".".join(self.python.split(".")[-2:])
            case "package":
                return f"{self.owner} {self.name}".strip()
            case _:
                return self.python.rpartition(".")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One finding of a check."""

    rule: str
    element: Subject
    surfaces: Surfaces
    message: str
    """What happened: `int64 -> double`, `is gone`."""
    before: str = ""
    after: str = ""
    notes: Mapping[Surface, str] = field(default_factory=dict)
    """What a verdict means here."""
    suggestion: str = ""
    """What to do instead."""
    where: Location | None = None
    via: tuple[str, ...] = ()
    """The methods through which callers meet it, where it is part of a model."""
    fixed: bool = False
    """About numbers themselves: neither settings nor an acceptance change its weight."""

    @property
    def key(self) -> str:
        """What an acceptance names it by."""
        owner, name = self.element.owner, self.element.name
        return f"{owner}:{name}:{self.rule}" if owner else f"{self.element.python}:{self.rule}"

    def verdict(self, surfaces: tuple[Surface, ...] = SURFACES) -> Verdict:
        """The gravest verdict among some surfaces."""
        return worst(*(verdict for surface, verdict in self.surfaces.items() if surface in surfaces))

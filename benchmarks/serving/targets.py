"""What is aimed at: ratios of the generated service to others, and what each must be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.serving.entrants import BARE, ECHO, NAME, PLAIN
from benchmarks.serving.rounds import CONNECTIONS, MODELS, Results, middle

TITLES = {"tiny": "M1", "wide": "M2"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A ratio, or a time."""

    name: str
    reached: float | None
    """Nothing where the other server was not measured."""
    must: float
    least: bool = True
    """Whether more is better."""

    @property
    def words(self) -> str:
        """The row of a table."""
        bound = f"{'≥' if self.least else '≤'} {self.must:g}"
        if self.reached is None:
            return f"| {self.name} | not measured | {bound} |"
        met = self.reached >= self.must if self.least else self.reached <= self.must
        return f"| {self.name} | {self.reached:.2f} | {bound} {'met' if met else 'missed'} |"


def targets(results: Results) -> Iterator[Target]:
    """All of them."""
    yield from _busy(results)
    yield from _quiet(results)
    yield from _calls(results)
    yield from _streams(results)
    for index, name in enumerate(("start to the first answer", "memory then")):
        ours, plain = (middle([one[index] for one in results.starts["tiny", who]]) for who in (NAME, PLAIN.name))
        yield Target(name=f"M1, {name}, × plain FastAPI", reached=_ratio(ours, plain), must=1.15, least=False)


def _busy(results: Results) -> Iterator[Target]:
    """At 64 connections."""
    many = CONNECTIONS[-1]
    for model, other, must in (
        ("tiny", PLAIN.name, 3),
        ("tiny", "LitServe", 10),
        ("tiny", BARE.name, 0.45),
        ("wide", PLAIN.name, 5),
        ("wide", "LitServe", 4),
    ):
        word = "of" if must < 1 else "×"
        reached = _ratio(results.rate(model, NAME, many), results.rate(model, other, many))
        yield Target(name=f"{TITLES[model]}, {many} connections, {word} {other}", reached=reached, must=must)
    loop = middle(results.loops["wide", 64])
    reached = _ratio(results.rate("wide", NAME, many), loop)
    yield Target(name=f"M2, {many} connections, of the loop at batch 64", reached=reached, must=0.45)
    for model in MODELS:
        spread = _ratio(results.p99(model, NAME, many), results.p50(model, NAME, many))
        yield Target(name=f"{TITLES[model]}, p99 / p50 at {many} connections", reached=spread, must=4, least=False)


def _quiet(results: Results) -> Iterator[Target]:
    """At fewer connections."""
    for model in MODELS:
        alone = _ratio(results.p50(model, NAME, 1), results.p50(model, PLAIN.name, 1))
        yield Target(
            name=f"{TITLES[model]}, p50 at 1 connection, × plain FastAPI", reached=alone, must=1.2, least=False
        )
    own = (BARE.name, PLAIN.name, NAME)
    for model in MODELS:
        for few in CONNECTIONS[:-1]:
            peers = {name: results.rate(model, name, few) for found, name in results.starts if found == model}
            best = max((rate for name, rate in peers.items() if name not in own and rate), default=None)
            name = f"{TITLES[model]}, {few} connection{'s' if few > 1 else ''}, × the fastest peer"
            yield Target(name=name, reached=_ratio(peers[NAME], best), must=1)


def _calls(results: Results) -> Iterator[Target]:
    """Over gRPC."""
    echo = _ratio(results.calling("tiny", NAME), results.calling("tiny", ECHO.name))
    yield Target(name="gRPC, 64 in flight, M1 of a bare echo", reached=echo, must=0.55)
    for other, must in (("KServe", 4), ("MLServer", 2.5), ("Triton", 1)):
        reached = _ratio(results.calling("wide", NAME), results.calling("wide", other))
        yield Target(name=f"gRPC, 64 in flight, M2 × {other}", reached=reached, must=must)


def _streams(results: Results) -> Iterator[Target]:
    """Of 64 tokens."""
    ours, others = results.streams[NAME], results.streams.get("LitServe", [])
    rates, firsts = (
        [middle([getattr(one, part) for one in who]) for who in (ours, others)] for part in ("rate", "first")
    )
    yield Target(name="tokens a second, × LitServe", reached=_ratio(*rates), must=10)
    yield Target(name="time to the first token, × LitServe", reached=_ratio(*firsts), must=0.3, least=False)
    added = middle([1000 * one.added for one in ours])
    yield Target(name="ms added to a token every 5 ms", reached=added, must=1, least=False)


def _ratio(ours: float | None, other: float | None) -> float | None:
    return ours / other if ours and other else None

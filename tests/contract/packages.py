"""Packages that change at random, as their authors would change them, and the locks that they leave behind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from hypothesis import strategies as st

from modelgen.contract.model import Contract, DataModel, Default, Enumeration, Field, Member, Method, Module
from modelgen.contract.types import ListOf, Literals, OneOf, OptionalOf, Scalar, TupleOf, TypeRef

from .histories import INT, LABEL, MOOD, REAL, TEXT, parameter

Where: TypeAlias = Literal["parameters", "fields", "members"]
Step: TypeAlias = "Callable[[State], State | None]"
"""A change of a package; None where it cannot be."""

SHORT = Scalar(kind="int32")
TYPES: tuple[TypeRef, ...] = (
    INT,
    TEXT,
    REAL,
    LABEL,
    MOOD,
    ListOf(item=TEXT),
    ListOf(item=ListOf(item=REAL)),
    OptionalOf(item=TEXT),
    OneOf(arms=(TEXT, INT)),
    OneOf(arms=(INT, TEXT, LABEL)),
    Literals(values=("auto", "brute")),
    TupleOf(items=(INT, TEXT)),
)
NAMES = ("alpha", "beta", "gamma", "deltaX")
MEMBERS = ("HAPPY", "SAD", "CALM", "WILD")
CLASSES = ("Tagger", "Labeller")


@dataclass(frozen=True)
class State:
    """What a package's source says, and what its settings and its author say with it."""

    parameters: tuple[tuple[str, TypeRef], ...] = (("alpha", TEXT),)
    fields: tuple[tuple[str, TypeRef], ...] = (("alpha", TEXT),)
    members: tuple[tuple[str, TypeRef], ...] = (("HAPPY", TEXT),)
    cls: str = "Tagger"
    second: bool = False
    """Whether there is a second method."""
    extra: bool = False
    """Whether there is a second data model."""
    file: str = "lib"
    """Where the class is defined; it stays re-exported."""
    renames: Mapping[str, str] = field(default_factory=dict)
    keep: tuple[str, ...] = ()
    """Symbols that this very step keeps the numbers of."""

    def symbol(self, where: Where, name: str) -> str:
        """What the settings call it."""
        homes = {"parameters": f"lib.{self.cls}.run", "fields": "lib.Label", "members": "lib.Mood"}
        return f"{homes[where]}.{name}"

    def contract(self) -> Contract:
        """The package as it is read."""
        run = Method(
            name="run",
            parameters=tuple(
                parameter(name, type_, Default(text="None") if isinstance(type_, OptionalOf) else None)
                for name, type_ in self.parameters
            ),
            returns=LABEL,
        )
        tag = Method(name="tag", parameters=(parameter("words", ListOf(item=TEXT)),), returns=MOOD)
        module = Module(
            name=self.cls,
            symbol=f"lib.{self.cls}",
            import_module=self.file,
            qualname=self.cls,
            methods=(run, tag) if self.second else (run,),
        )
        models = {"Extra": (("name", TEXT),), "Label": self.fields} if self.extra else {"Label": self.fields}
        members = tuple(Member(name=name, value=name.lower()) for name, _ in self.members)
        mood = Enumeration(name="Mood", symbol="lib.Mood", import_module="lib", qualname="Mood", members=members)
        return Contract(
            package="lib",
            modules=(module,),
            models=tuple(_model(name, fields) for name, fields in models.items()),
            enums=(mood,),
        )


def _model(name: str, fields: tuple[tuple[str, TypeRef], ...]) -> DataModel:
    return DataModel(
        name=name,
        symbol=f"lib.{name}",
        import_module="lib",
        qualname=name,
        flavour="dataclass",
        fields=tuple(Field(name=one, type=type_) for one, type_ in fields),
    )


# What an author does


def add(where: Where, name: str, type_: TypeRef, place: int) -> Step:
    def step(state: State) -> State | None:
        now = getattr(state, where)
        if name in dict(now):
            return None
        at = place % (len(now) + 1)
        return replace(state, **{where: (*now[:at], (name, type_), *now[at:])})

    return step


def remove(where: Where, name: str) -> Step:
    def step(state: State) -> State | None:
        left = tuple(one for one in getattr(state, where) if one[0] != name)
        return replace(state, **{where: left}) if left else None

    return step


def retype(where: Where, name: str, type_: TypeRef) -> Step:
    def step(state: State) -> State | None:
        now = getattr(state, where)
        if where == "members" or name not in dict(now):
            return None
        return replace(state, **{where: tuple((one, type_ if one == name else was) for one, was in now)})

    return step


def widen(where: Where, name: str) -> Step:
    """From int32 to int64 or back, and the number stays."""

    def step(state: State) -> State | None:
        was = dict(getattr(state, where)).get(name)
        if where == "members" or was not in (INT, SHORT):
            return None
        wider = retype(where, name, INT if was == SHORT else SHORT)(state)
        return replace(wider, keep=(state.symbol(where, name),)) if wider else None

    return step


def rename(where: Where, old: str, new: str) -> Step:
    def step(state: State) -> State | None:
        now = getattr(state, where)
        if old not in dict(now) or new in dict(now):
            return None
        renamed = tuple((new if one == old else one, type_) for one, type_ in now)
        return _renamed(replace(state, **{where: renamed}), state.symbol(where, old), state.symbol(where, new))

    return step


def rename_class(new: str) -> Step:
    def step(state: State) -> State | None:
        return _renamed(replace(state, cls=new), f"lib.{state.cls}", f"lib.{new}") if new != state.cls else None

    return step


def _renamed(state: State, old: str, new: str) -> State:
    """As `modelgen rename` writes it: a rename back takes the first one out."""
    renames = {key: value for key, value in state.renames.items() if (key, value) != (new, old)}
    return replace(state, renames={**renames, old: new})


def reorder(where: Where, by: int) -> Step:
    def step(state: State) -> State | None:
        now = getattr(state, where)
        at = by % len(now)
        return replace(state, **{where: now[at:] + now[:at]})

    return step


def toggle(what: Literal["second", "extra"]) -> Step:
    return lambda state: replace(state, **{what: not getattr(state, what)})


def move(file: str) -> Step:
    return lambda state: replace(state, file=file)


def known(where: Where, which: int, change: Callable[[str], Step]) -> Step:
    """A change of what is there already."""

    def step(state: State) -> State | None:
        now = getattr(state, where)
        return change(now[which % len(now)][0])(state)

    return step


def fresh(where: Where, which: int, change: Callable[[str], Step]) -> Step:
    """A change that brings a name that is not there."""

    def step(state: State) -> State | None:
        free = [name for name in (MEMBERS if where == "members" else NAMES) if name not in dict(getattr(state, where))]
        return change(free[which % len(free)])(state) if free else None

    return step


# Parameters more often than the rest: a history goes deep in one message rather than wide.
WHERE = st.sampled_from(["parameters", "parameters", "parameters", "fields", "members"])
PLACES = st.integers(0, 3)


@st.composite
def steps(draw: st.DrawFn) -> Step:
    """One change."""
    where: Where = draw(WHERE)  # type: ignore[assignment]
    which, other, place = draw(PLACES), draw(PLACES), draw(PLACES)
    type_ = draw(st.sampled_from((*TYPES, SHORT)))
    adding = fresh(where, other, lambda name: add(where, name, type_, place))
    removing = known(where, which, lambda name: remove(where, name))
    changes: tuple[Step, ...] = (
        *[adding] * 3,
        *[removing] * 2,
        known(where, which, lambda name: retype(where, name, type_)),
        known(where, which, lambda name: widen(where, name)),
        known(where, which, lambda old: fresh(where, other, lambda new: rename(where, old, new))),
        reorder(where, which),
        rename_class(draw(st.sampled_from(CLASSES))),
        toggle(draw(st.sampled_from(["second", "extra"]))),
        move(draw(st.sampled_from(["lib.a", "lib.b"]))),
    )
    return draw(st.sampled_from(changes))


def merged(base: State, ours: State, theirs: State) -> State:
    """What a person makes of two branches: what either added or changed, without what either removed."""

    def elements(where: Where) -> tuple[tuple[str, TypeRef], ...]:
        was, one, two = (_by_symbol(state, where, (ours.renames, theirs.renames)) for state in (base, ours, theirs))
        names = [name for name in {**one, **two} if not (name in was and (name not in one or name not in two))]
        return tuple(
            (name, (one if name in one and one[name] != was.get(name) else two if name in two else one)[name])
            for name in names
        ) or getattr(ours, where)

    def flag(what: str) -> object:
        was, one, two = (getattr(state, what) for state in (base, ours, theirs))
        return one if one != was else two

    return State(
        parameters=elements("parameters"),
        fields=elements("fields"),
        members=elements("members"),
        cls=str(flag("cls")),
        second=bool(flag("second")),
        extra=bool(flag("extra")),
        file=str(flag("file")),
        renames={**theirs.renames, **ours.renames},
    )


def _by_symbol(state: State, where: Where, renames: tuple[Mapping[str, str], ...]) -> dict[str, TypeRef]:
    """The elements of a state under the names that they have after the renames of both branches."""
    found = {}
    for name, type_ in getattr(state, where):
        symbol = state.symbol(where, name)
        for given in renames:
            new = given.get(symbol)
            if new and symbol not in state.renames:
                name = new.rpartition(".")[2]
        found[name] = type_
    return found

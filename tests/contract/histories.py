"""Small contracts, by hand and at random, for the laws of numbers."""

from __future__ import annotations

from hypothesis import strategies as st

from modelgen.contract.model import (
    Contract,
    DataModel,
    Default,
    Enumeration,
    Field,
    Member,
    Method,
    Module,
    Parameter,
)
from modelgen.contract.types import (
    Json,
    ListOf,
    Literals,
    MapOf,
    Named,
    OneOf,
    OptionalOf,
    Scalar,
    Tensor,
    TupleOf,
    TypeRef,
)

INT = Scalar(kind="int64")
TEXT = Scalar(kind="string")
REAL = Scalar(kind="double")
LABEL = Named(symbol="lib.Label", kind="message")
MOOD = Named(symbol="lib.Mood", kind="enum")


def parameter(name: str, type_: TypeRef, default: Default | None = None) -> Parameter:
    return Parameter(name=name, type=type_, default=default, role="inputs" if default is None else "parameters")


def contract(
    *parameters: Parameter,
    fields: tuple[Field, ...] = (Field(name="name", type=TEXT),),
    members: tuple[Member, ...] = (Member(name="HAPPY", value="happy"),),
    returns: TypeRef = TEXT,
) -> Contract:
    """One class with one method, one data model and one enumeration."""
    run = Method(name="run", parameters=parameters, returns=returns)
    return Contract(
        package="lib",
        modules=(Module(name="Tagger", symbol="lib.Tagger", import_module="lib", qualname="Tagger", methods=(run,)),),
        models=(
            DataModel(
                name="Label",
                symbol="lib.Label",
                import_module="lib",
                qualname="Label",
                flavour="dataclass",
                fields=fields,
            ),
        ),
        enums=(Enumeration(name="Mood", symbol="lib.Mood", import_module="lib", qualname="Mood", members=members),),
    )


SIMPLE: tuple[TypeRef, ...] = (INT, TEXT, REAL, Json(), LABEL, MOOD, Tensor(dtype="float32", shape=(-1, 3)))


def arms(inner: st.SearchStrategy[TypeRef]) -> st.SearchStrategy[TypeRef]:
    single = inner.filter(lambda type_: not isinstance(type_, OptionalOf | OneOf | Json))
    return st.lists(single, min_size=2, max_size=3, unique=True).map(lambda types: OneOf(arms=tuple(types)))


def wrapped(inner: st.SearchStrategy[TypeRef]) -> st.SearchStrategy[TypeRef]:
    return st.one_of(
        inner.map(lambda item: ListOf(item=item)),
        inner.map(lambda value: MapOf(key=TEXT, value=value)),
        st.lists(inner, min_size=1, max_size=3).map(lambda items: TupleOf(items=tuple(items))),
        inner.filter(lambda item: not isinstance(item, OptionalOf | Json)).map(lambda item: OptionalOf(item=item)),
        arms(inner),
    )


TYPES: st.SearchStrategy[TypeRef] = st.recursive(
    st.one_of(st.sampled_from(SIMPLE), st.just(Literals(values=("auto", "brute")))), wrapped, max_leaves=6
)

DEFAULTS = st.sampled_from(
    [
        None,
        Default(text="None"),
        Default(text="f()", known=False),
        Default(text="[]", value=()),
        Default(text="1", value=1),
    ]
)

NAMES = st.sampled_from(["text", "top_k", "items", "class", "threshold", "_hidden", "self_"])


@st.composite
def parameters(draw: st.DrawFn) -> tuple[Parameter, ...]:
    names = draw(st.lists(NAMES, max_size=5, unique=True))
    return tuple(parameter(name, draw(TYPES), draw(DEFAULTS)) for name in names)


@st.composite
def contracts(draw: st.DrawFn) -> Contract:
    fields = tuple(Field(name=one.name, type=one.type, default=one.default) for one in draw(parameters()))
    names = draw(st.lists(st.sampled_from(["HAPPY", "SAD", "CALM", "WILD"]), min_size=1, max_size=4, unique=True))
    members = tuple(Member(name=name, value=name.lower()) for name in names)
    return contract(*draw(parameters()), fields=fields, members=members, returns=draw(TYPES))

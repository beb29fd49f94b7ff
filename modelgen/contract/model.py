"""What a package promises its callers, as frozen data: the only thing that reading, generating and checking share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from modelgen.contract.types import Constraints, Named, OptionalOf, TypeRef, constraints_of, walk
from modelgen.finding import Location

Role: TypeAlias = Literal["inputs", "parameters"]
Flavour: TypeAlias = Literal["dataclass", "attrs", "pydantic", "typeddict", "namedtuple", "plain"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Default:
    """The value a caller gets by leaving a field out.

    The runtime never passes a default: an argument that was left out is left out of the Python call as well, so the
    code's own default holds even where nothing static is known of it.
    """

    text: str
    """As the source wrote it: `1`, `None`, `Mood.HAPPY`, `torch.float32`."""
    known: bool = True
    """Whether `value` is the value. False for anything but literals, constants and enum members."""
    value: Any = field(default=None, hash=False)
    """None, bool, int, float, str, bytes, a tuple or a dict of such; for an enumeration the member's *name*."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """Anything with a name, the author's words on it, and a place in the source."""

    name: str
    doc: str = ""
    where: Location | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Field(Element):
    """A named, typed value: of a data model, or (as Parameter) of a method."""

    type: TypeRef
    default: Default | None = None
    """None: required."""
    alias: str = ""
    """The name JSON uses where it is not the Python name (pydantic aliases)."""
    documented: str = field(default="", compare=False)
    """The docstring's text of the type, where no annotation and no setting states one."""

    @property
    def constraints(self) -> Constraints:
        """What its value must satisfy; what is inside it is said by the types inside its type."""
        return constraints_of(self.type)

    @property
    def required(self) -> bool:
        """Whether callers must send it."""
        return self.default is None

    @property
    def nullable(self) -> bool:
        """Whether None is a value of it."""
        return isinstance(self.type, OptionalOf)

    @property
    def json_name(self) -> str:
        """The key in JSON."""
        return self.alias or self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter(Field):
    """An argument of a method that callers can send."""

    stream: bool = False
    """Arrives piece by piece; `type` is the type of one piece."""
    asynchronous: bool = field(default=False, compare=False)
    """A stream that the method reads with `async for`."""
    role: Role = "inputs"
    kind: Literal["positional", "standard", "keyword"] = "standard"
    """Positional-only, positional or keyword, keyword-only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut(Element):
    """A parameter that cannot be sent and need not be: it has a default, or is `**kwargs`."""

    text: str
    """The type as the source wrote it, or empty."""
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised(Element):
    """An exception class that the docstring or the settings name; `name` is dotted where it could be resolved."""

    code: str = ""
    """The error code that callers see, one of the runtime's; empty: by the runtime's own rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Method(Element):
    """A callable that is served."""

    kind: Literal["infer", "train", "construct", "load", "save"] = "infer"
    parameters: tuple[Parameter, ...] = ()
    returns: TypeRef
    """Of one item, where the method streams."""
    stream: bool = False
    asynchronous: bool = field(default=False, compare=False)
    """`async def`; with `stream` an async generator."""
    generator: bool = field(default=False, compare=False)
    """Sync or async generator function or declared iterator: the runtime pulls items from what the call returns."""
    receiver: Literal["instance", "class", "static"] = "instance"
    raises: tuple[Raised, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    batch: str = ""
    """Name of the sibling that takes many inputs (`run_batch`)."""
    documented: str = field(default="", compare=False)
    """The docstring's text of what is answered, where no annotation and no setting states it."""

    @property
    def inputs(self) -> tuple[Parameter, ...]:
        """What the request carries under `inputs`, without the stream."""
        return tuple(p for p in self.parameters if p.role == "inputs" and not p.stream)

    @property
    def options(self) -> tuple[Parameter, ...]:
        """What the request carries under `parameters`."""
        return tuple(p for p in self.parameters if p.role == "parameters" and not p.stream)

    @property
    def stream_parameter(self) -> Parameter | None:
        """The parameter that arrives piece by piece; a method has one at the most."""
        return next((p for p in self.parameters if p.stream), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused(Element):
    """A method that was found and cannot be served. `name` is `Class.method`."""

    reason: str
    gaps: tuple[LeftOut, ...] = field(default=(), compare=False)
    """The parameters, or the result as `return`, that are why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Module(Element):
    """A servable class. `name` is the class's name."""

    symbol: str
    """Public dotted path: `mylib.SentimentClassifier`."""
    import_module: str = field(compare=False)
    """What to import to get at it: `mylib`."""
    qualname: str = field(compare=False)
    """The name inside that module, dotted for a nested class."""
    methods: tuple[Method, ...] = ()
    """infer and train, in the order of the source."""
    construct: Method | None = None
    """How an instance is made; None where `__init__` cannot be described."""
    load: Method | None = None
    save: Method | None = None
    refused: tuple[Refused, ...] = ()
    task: str = ""
    example: bool = field(default=False, compare=False)
    """Whether the class has an `example()` that needs no arguments: the keyword arguments of a call that works."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataModel(Element):
    """A class that travels as a message. `name` is the class's name."""

    symbol: str
    import_module: str = field(compare=False)
    qualname: str = field(compare=False)
    flavour: Flavour = field(compare=False)
    fields: tuple[Field, ...] = ()
    init: tuple[str, ...] = field(default=(), compare=False)
    """For `attrs` and `plain`: the constructor's name of each field (`_x` is passed as `x`); empty: the same names."""
    arguments: tuple[str, ...] = field(default=(), compare=False)
    """For an instance of a generic model: the Python text of its arguments."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member(Element):
    """One value of an enumeration."""

    value: str | int | float | bool | tuple[str | int | float | bool, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Enumeration(Element):
    """An enum class. JSON carries the member's value."""

    symbol: str
    import_module: str = field(compare=False)
    qualname: str = field(compare=False)
    members: tuple[Member, ...] = ()
    flag: bool = False
    """An enum.Flag: values combine; carried as int."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """All that a package promises. Modules, models and enums are sorted by symbol."""

    package: str
    """The Python package: `mylib`."""
    version: str = "0.1.0"
    """The service's semantic version."""
    doc: str = ""
    modules: tuple[Module, ...] = ()
    models: tuple[DataModel, ...] = ()
    enums: tuple[Enumeration, ...] = ()

    _named: dict[str, DataModel | Enumeration] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index what is looked up."""
        self._named.update({element.symbol: element for element in self.models})
        self._named.update({element.symbol: element for element in self.enums})

    def model(self, symbol: str) -> DataModel:
        """The data model of that symbol; KeyError if there is none."""
        found = self._named[symbol]
        if not isinstance(found, DataModel):
            raise KeyError(symbol)
        return found

    def enum(self, symbol: str) -> Enumeration:
        """The enumeration of that symbol; KeyError if there is none."""
        found = self._named[symbol]
        if not isinstance(found, Enumeration):
            raise KeyError(symbol)
        return found


def references(fields: tuple[Field, ...], returns: TypeRef | None = None) -> set[str]:
    """The symbols of data models and enumerations that some fields and a return type name directly."""
    types = [f.type for f in fields] + ([returns] if returns is not None else [])
    return {part.symbol for type_ in types for part in walk(type_) if isinstance(part, Named)}
